"""Pages that show something else than an article are not taken for one; articles about such things are."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from monitor.sources.stubs import CONSENT, LEAST, MISSING, OFFER, WALL, drop_offer, find_kind, find_stub, is_about

HEADLINE = "Переговоры в Баку о ситуации в Карабахе"
NEWS = (
    "The ministers of the three countries met in Baku on Tuesday and agreed to reopen the railway along the border, the "
    "foreign ministry said. Work on the bridge over the river will begin in the spring, and the first trains will run in "
    "the autumn of next year, according to the statement, which was published after five hours of talks."
)
SHORT = "Президент прибыл в Баку, где пройдут переговоры."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We and our 812 partners store and/or access information on a device, such as cookies, and process personal data.", CONSENT),
        ("Wir und unsere Partner verwenden Cookies, um Anzeigen zu messen. Mit Ihrer Zustimmung verarbeiten wir personenbezogene Daten.", CONSENT),
        ("Nos partenaires et nous déposons des cookies sur votre terminal. Vous pouvez accepter ou retirer vos préférences.", CONSENT),
        ("Nosotros y nuestros socios almacenamos cookies en su dispositivo. Puede aceptar o cambiar la configuración.", CONSENT),
        ("Мы и наши партнёры используем файлы cookie. Нажимая «Принять», вы даёте согласие на обработку персональных данных.", CONSENT),
        ("نستخدم نحن وشركاؤنا ملفات تعريف الارتباط. بالنقر على موافق فإنك تقبل سياسة الخصوصية.", CONSENT),
        ("Biz ve iş ortaklarımız çerez kullanıyoruz. Kabul ederek gizlilik politikamızı onaylarsınız.", CONSENT),
        ("当サイトはクッキーを使用します。プライバシー設定で同意を変更できます。", CONSENT),
        ("Subscribe now for unlimited access to every story.", OFFER),
        ("This article is for subscribers only. Already a subscriber? Log in.", OFFER),
        ("Try it for $1 a month. Cancel any time.", OFFER),
        ("Jetzt weiterlesen: 4 Wochen testen, danach 9,99 € pro Monat, monatlich kündbar.", OFFER),
        ("Il vous reste 78.4% de cet article à lire. La suite est réservée aux abonnés.", OFFER),
        ("Suscríbete para seguir leyendo.", OFFER),
        ("Чтобы продолжить чтение, оформите подписку.", OFFER),
        ("لمتابعة القراءة اشترك الآن", OFFER),
        ("この記事は会員限定です。続きを読むにはログインしてください。", OFFER),
        ("Please enable JavaScript and cookies to continue", WALL),
        ("Checking your browser before accessing the site.", WALL),
        ("Bitte aktivieren Sie JavaScript in Ihrem Browser.", WALL),
        ("The page you are looking for could not be found.", MISSING),
        ("Запрошенная страница не найдена", MISSING),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_a_paragraph_is_instead_of_news(text: str, kind: str) -> None:
    assert find_kind(text) == kind
    assert find_stub(text, HEADLINE, "") == kind
    assert find_stub(f"{text}\n\nPaper of Record\n\n{text}", "Paper of Record", "") == kind


@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        "The regulator fined the company for cookies that it set without consent, and the company said it would appeal.",
        "The paper said that it had won 20,000 subscribers in a month, and that a subscription costs less than a coffee.",
        "Суд обязал компанию удалить персональные данные пользователей.",
        "The party was denied access to the ballot, and its partners accept that, the minister said in an interview.",
        "تعلن الشركة عن إعلانات جديدة في المدينة بعد قبول العرض.",
        "Die Regierung will die Werbung für Tabak einschränken, sagte der Minister.",
    ],
    ids=range(7),
)
def test_news_about_such_things_is_news(text: str) -> None:
    assert find_kind(text) is None


def test_a_text_that_consists_mostly_of_such_paragraphs_is_no_article_and_one_with_a_few_is() -> None:
    consent = (
        "We and our partners store cookies on a device. You can withdraw your consent to personalised adverts. " * 3
    )
    assert find_stub(f"{consent}\n{consent}\n{NEWS}", HEADLINE, "") == CONSENT
    assert find_stub(f"{NEWS}\n\n{consent}\n\n{NEWS}\n\n{NEWS}", HEADLINE, "") is None
    assert find_stub(f"{NEWS[: LEAST - 10]}\n\nSubscribe now to read the rest.", HEADLINE, "") == OFFER
    assert find_stub(f"{NEWS}\n\nSubscribe now to read the rest.", HEADLINE, "") is None


def test_an_offer_at_the_end_is_dropped_and_one_within_stays() -> None:
    offer = "Subscribe now for unlimited access."
    assert drop_offer(f"{NEWS}\n\n{offer}\n\nAlready a subscriber? Sign in to continue.") == NEWS
    assert drop_offer(f"{NEWS}\n\n{offer}\n\n{NEWS}") == f"{NEWS}\n\n{offer}\n\n{NEWS}"
    assert drop_offer(offer) == offer


@pytest.mark.parametrize(
    ("text", "headline", "summary", "is_stub"),
    [
        (SHORT, HEADLINE, "", False),
        (SHORT, "Без слов", "Президент в Баку", False),
        (SHORT, "Погода на завтра: дожди и ветер", "", True),
        ("وقال الوزير إن المفاوضات مستمرة.", "الوزير: مفاوضات جديدة", "", False),
        ("外交部发言人称谈判将继续。", "外交部：谈判继续", "", False),
        ("Читайте нас в социальных сетях и следите за новостями.", HEADLINE, "Кратко.", True),
        (NEWS, HEADLINE, "", False),
    ],
    ids=range(7),
)
def test_a_short_text_counts_where_it_speaks_of_what_the_feed_speaks_of(
    text: str, headline: str, summary: str, *, is_stub: bool
) -> None:
    said = find_stub(text, headline, summary)
    assert (said is not None) == is_stub
    assert said is None or said == f"{len(text)} characters, and nothing of what the feed says"


def test_nothing_is_about_nothing() -> None:
    assert not is_about(NEWS, "")


def test_a_long_paragraph_is_none_of_them() -> None:
    assert find_kind("Subscribe now! " + "word " * 200) is None


def test_the_table_of_words_is_whole() -> None:
    table = tomllib.loads((files("monitor.sources") / "data" / "stubs.toml").read_text("utf-8"))
    assert set(table) == {"consent", "offer", "wall", "missing"}
    assert {"en", "de", "fr", "es", "it", "ru", "ar"} <= set(table["offer"]) & set(table["wall"]) | {"ar"}
    for phrases in (phrases for of in table.values() for phrases in of.values()):
        assert all(re.compile(phrase) and phrase == phrase.strip() for phrase in phrases)
