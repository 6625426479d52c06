"""What travels in rules/: every file is clean, its examples hold, its names are there, and its usual confusions are not matched."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel import Locale
from packs import RULES, find, load_packs, see

from monitor.names.model import Entity, EntityKind, Name
from monitor.rules.examples import run_examples
from monitor.settings.load import load_rules

pytestmark = [pytest.mark.untraced, pytest.mark.xdist_group("packs")]

FILES = sorted(RULES.glob("*.yaml"))
# What the script of a language's names must be; a name typed in the wrong keyboard layout shows here.
SCRIPTS = {
    "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "ckb": "ARABIC", "ug": "ARABIC", "he": "HEBREW", "ru": "CYRILLIC",
    "uk": "CYRILLIC", "be": "CYRILLIC", "kk": "CYRILLIC", "ky": "CYRILLIC", "tg": "CYRILLIC", "hy": "ARMENIAN",
    "ka": "GEORGIAN", "el": "GREEK", "am": "ETHIOPIC", "ti": "ETHIOPIC", "hi": "DEVANAGARI", "bn": "BENGALI",
    "zh": "CJK", "ko": "HANGUL", "my": "MYANMAR", "bo": "TIBETAN",
    "en": "LATIN", "fr": "LATIN", "tr": "LATIN", "az": "LATIN", "es": "LATIN", "de": "LATIN", "ro": "LATIN",
}  # fmt: skip
# Letters that only the neighbour's alphabet has: Arabic yeh and kaf in Persian, Persian ones in Arabic, Russian ones in Ukrainian.
FOREIGN = {"fa": "كيىة", "ar": "کیگچپژ", "ur": "كي", "uk": "ыэёъ", "ru": "іїєґ", "be": "иъ", "az": "wÀâ", "tr": "ə"}


def list_named(kind: EntityKind) -> list[Entity]:
    """Those whose names are written out; the others have every name of CLDR."""
    return [entity for entity in load_packs().entities.values() if entity.kind is kind and entity.territory is None]


def test_every_file_is_there() -> None:
    assert [path.stem for path in FILES] == [
        "ceasefires", "conflicts", "diplomacy", "elections", "leaders", "organisations", "regions",
    ]  # fmt: skip


def test_all_of_them_together_are_clean() -> None:
    _, problems = load_rules([RULES], packs=RULES)
    assert [problem for problem in problems if problem.path != "as_of"] == []


def test_every_example_holds() -> None:
    watchlist = load_packs()
    assert run_examples(watchlist) == ()
    for rule in watchlist.rules.values():
        assert {example.fires for example in rule.examples} == {True, False}, rule.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_says_as_of_when(path: Path) -> None:
    [written] = re.findall(r"^as_of: (\d{4}-\d\d-\d\d)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert date(2025, 1, 1) <= date.fromisoformat(written) <= datetime.now(UTC).date()


def test_there_are_enough_leaders_and_regions() -> None:
    assert len(list_named(EntityKind.LEADER)) >= 60
    assert len(list_named(EntityKind.REGION)) >= 80


@pytest.mark.parametrize(
    ("entity", "language"),
    [
        ("aliyev", "az"), ("pashinyan", "hy"), ("kobakhidze", "ka"), ("zelensky", "uk"), ("lukashenko", "be"),
        ("erdogan", "tr"), ("khamenei", "fa"), ("netanyahu", "he"), ("barzani", "ckb"), ("abiy", "am"),
        ("afwerki", "ti"), ("orban", "hu"), ("vucic", "sr"), ("kurti", "sq"), ("mitsotakis", "el"),
        ("xi-jinping", "zh"), ("kim-jong-un", "ko"), ("ishiba", "ja"), ("modi", "hi"), ("shehbaz-sharif", "ur"),
        ("yunus", "bn"), ("karabakh", "hy"), ("karabakh", "az"), ("abkhazia", "ka"), ("crimea", "uk"),
        ("transnistria", "ro"), ("kosovo", "sq"), ("gaza", "he"), ("kobani", "ku"), ("tigray", "am"),
        ("cabo-delgado", "pt"), ("somaliland", "so"), ("kashmir", "ur"), ("rakhine", "my"), ("tibet", "bo"),
        ("south-china-sea", "vi"), ("essequibo", "es"), ("natanz", "fa"),
    ],
)  # fmt: skip
def test_the_language_of_the_place_is_there(entity: str, language: str) -> None:
    found = next(one for one in load_packs().entities.values() if one.id == entity)
    assert language in {name.language for name in found.names}


def list_names() -> list[tuple[str, str, str]]:
    return [
        (entity.id, name.language or "", name.text)
        for entity in load_packs().entities.values()
        for name in (*entity.names, *entity.short, *entity.never)
        if entity.territory is None
    ]


def test_names_are_written_in_the_script_of_their_language() -> None:
    wrong = [
        (entity, language, text)
        for entity, language, text in list_names()
        if language in SCRIPTS
        for letter in text
        if letter.isalpha() and not unicodedata.name(letter).startswith(SCRIPTS[language])
    ]
    allowed = {"M23", "II", "III", "V", "VI", "VII", "VIII", "X", "XIV", "XVI"}  # Latin in every script
    assert [one for one in wrong if not allowed & set(one[2].split())] == []


def test_no_name_has_letters_of_the_neighbours_alphabet() -> None:
    wrong = [one for one in list_names() if set(one[2]) & set(FOREIGN.get(one[1], ""))]
    assert wrong == []


def test_no_name_stands_twice_in_one_entity() -> None:
    twice = [one for one, count in Counter(list_names()).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("الوزير يسلم الفائز درعاً تكريمياً", "ar"),  # a trophy, not Daraa
        ("آيات كريمة من القرآن", "ar"),  # noble, not Crimea
        ("طريقة عمل حمص بالطحينة", "ar"),  # chickpeas, not Homs
        ("جنين في الشهر السادس", "ar"),  # an unborn child, not Jenin
        ("مستشفى ابن سينا", "ar"),  # Avicenna, not Sinai
        ("خطبة عن جنات عدن", "ar"),  # Eden, not Aden
        ("מים קרים בחורף", "he"),  # cold water, not Crimea
        ("Les rives du Tigre", "fr"),  # the river, not Tigray
        ("سرقت کابل برق", "fa"),  # a cable, not Kabul
        ("南海トラフ地震", "ja"),  # a trough, not the South China Sea
        ("拉法基公司受审", "zh"),  # Lafarge, not Rafah
        ("Jerusalem Post editor resigns", "en"),
        ("Mount Sinai Hospital opens a wing", "en"),
        ("لتحقيق مآرب سياسية", "ar"),  # aims, not Marib
        ("لم تبت المحكمة في القضية", "ar"),  # has not ruled, not Tibet
        ("الجنينة خلف المنزل", "ar"),  # a garden, not El Geneina
        ("الشباب يفوز على الهلال", "ar"),  # a football club, not al-Shabaab
        ("صاحب طویله از دزدی اسب‌ها گفت", "fa"),  # a stable, not Tawila
        ("سومی در این مسابقه مدال گرفت", "fa"),  # the third, not Sumy
        ("تماشاگران در ساحل دریا جمع شدند", "fa"),  # a beach, not the Sahel
        ("خرطوم فیل زخمی شد", "fa"),  # a trunk, not Khartoum
        ("عصب سیاتیک و درد کمر", "fa"),  # a nerve, not Assab
        ("مهره شطرنج و وزیر", "fa"),  # a chessman, not Mahra
        ("رشد جنین در ماه پنجم", "fa"),  # an unborn child, not Jenin
        ("باغ عدن در کتاب مقدس", "fa"),  # Eden, not Aden
        ("Goma de borrar en oferta", "es"),  # a rubber
        ("Sana alimentación en los colegios", "es"),  # healthy, not Sanaa
        ("La UE Sant Andreu gana la liga", "es"),  # a football club, not the European Union
        ("Damasco y durazno, frutas de temporada", "es"),  # an apricot
        ("Sumi Jo canta en Madrid", "es"),  # a singer
        ("Sana bir sözüm var", "tr"),  # to you, not Sanaa
        ("Cenin gelişimi ve gebelik", "tr"),  # an unborn child, not Jenin
        ("Tavus kuşu görüldü", "tr"),  # a peacock, not Tavush
        ("Gaza bastı, kaza yaptı", "tr"),  # stepped on the gas
        ("太子港鐵站附近發生火警", "zh"),  # a station of Hong Kong, not Port-au-Prince
        ("霍姆斯与华生的故事", "zh"),  # Holmes, not Homs
        ("德拉吉辞去总理职务", "zh"),  # Draghi, not Daraa
        ("苏梅岛旅游", "zh"),  # Ko Samui, not Sumy
        ("阿盟旗县旅游", "zh"),  # the Alxa League, not the Arab League
        ("Le canal de Lachine à Montréal", "fr"),
        ("Taraji Henson wins", "en"),  # not Kherson, in Turkish Herson
        ("Jerson Malagón anotó dos veces", "es"),  # not Kherson, in Spanish Jersón
        ("Senator Tom Harkin retires", "en"),  # not Kharkiv
        ("Aleksandar Mitrović scores twice", "en"),
        ("Sremska Mitrovica opens a museum", "en"),
        ("Bangu wins the derby", "en"),
        ("گروه هفت نفره به کوه رفت", "fa"),  # seven people, not the G7
        ("Yeniden Refah Partisi toplandı", "tr"),  # a party, not Rafah
        ("Arkan led the Tigers", "en"),
        ("boulevard de Sébastopol à Paris", "fr"),
    ],
)
def test_words_that_only_look_like_names(text: str, language: str) -> None:
    assert find(text, language) == set()


def test_the_quds_force_is_not_jerusalem() -> None:
    assert find("فرمانده نیروی قدس سخنرانی کرد", "fa") == {"quds-force"}
    assert find("زيارة قائد فيلق القدس", "ar") == {"quds-force"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("King Charles Spaniel wins the show", "en"),
        ("金门大桥附近发生车祸", "zh"),  # the Golden Gate Bridge, not Kinmen
        ("فريق من المهرة في الحاسوب", "ar"),  # skilled people, not Mahra
        ("محمد مصطفى يسجل هدفين", "ar"),  # a footballer
        ("ECB names its squad for the Ashes", "en"),  # cricket
        ("مركز الملك سلمان للإغاثة يوزع سلالا غذائية", "ar"),
    ],
)
def test_words_that_only_look_like_the_names_of_2026(text: str, language: str) -> None:
    assert find(text, language) == set()


@pytest.mark.parametrize(
    ("text", "language", "entity"),
    [
        ("Takaichi to meet Lee Jae-myung in Seoul", "en", "takaichi"),
        ("高市首相が演説した", "ja", "takaichi"),
        ("Magyar Péter Brüsszelbe utazott", "hu", "magyar-peter"),
        ("مجتبى خامنئي يلقي خطابا", "ar", "mojtaba-khamenei"),
        ("Хаменеи отверг предложение США", "ru", "mojtaba-khamenei"),
        ("Ali Hamaney'in ölümünden sonra", "tr", "khamenei"),
        ("بشار الأسد في موسكو", "ar", "assad"),
        ("Байдена спросили о Трампе", "ru", "biden"),
        ("Papież Leon XIV w Turcji", "pl", "leo-xiv"),
        ("Кароля Навроцкого приняли в Вашингтоне", "ru", "nawrocki"),
        ("اليونيفيل تتعرض لإطلاق نار", "ar", "unifil"),
        ("Костянтинівку обстріляли вночі", "uk", "kostiantynivka"),
    ],
)
def test_names_of_2026_as_newspapers_write_them(text: str, language: str, entity: str) -> None:
    assert entity in find(text, language)


@pytest.mark.parametrize(
    ("text", "language", "entity"),
    [
        ("انفجار في درعا جنوب سوريا", "ar", "daraa"),
        ("قتلى في حمص وسط سوريا", "ar", "homs"),
        ("اقتحام جنين في الضفة الغربية", "ar", "jenin"),
        ("حمله به کریمه؛ اوکراین مسئولیت را پذیرفت", "fa", "crimea"),
        ("פיצוצים בקרים, אוקראינה שותקת", "he", "crimea"),
        ('צה"ל פעל בגדה המערבית', "he", "west-bank"),
        ("Éthiopie : le Tigré craint la reprise de la guerre", "fr", "tigray"),
        ("川普與普丁通話", "zh", "trump"),
        ("川普與普丁通話", "zh", "putin"),
        ("Мухаммед бен Сальман прибыл в Вашингтон", "ru", "mohammed-bin-salman"),
        ("مەسعود بارزانی گەیشتە بەغدا", "ckb", "barzani"),
        ("Ким Чен Ына встретили в Пекине", "ru", "kim-jong-un"),
    ],
)
def test_names_as_newspapers_write_them(text: str, language: str, entity: str) -> None:
    assert entity in find(text, language)


FRAMES = tomllib.loads((Path(__file__).parent / "frames.toml").read_text("utf-8"))
FRAME_OF = {EntityKind.LEADER: "person", EntityKind.REGION: "place", EntityKind.ORGANISATION: "organisation"}
NAMED_KINDS = pytest.mark.parametrize("kind", FRAME_OF, ids=str)


def frame(kind: EntityKind, name: Name) -> str:
    return str(FRAMES[FRAME_OF[kind]][name.language]).format(name.text)


@NAMED_KINDS
def test_every_name_is_found_in_a_sentence_of_its_language(kind: EntityKind) -> None:
    missed = [
        (entity.id, name.language, name.text)
        for entity in list_named(kind)
        for name in entity.names
        if entity.id not in find(frame(kind, name), name.language)
    ]
    assert missed == []


@NAMED_KINDS
def test_every_short_name_is_found_beside_another_name(kind: EntityKind) -> None:
    missed = [
        (entity.id, name.language, name.text)
        for entity in list_named(kind)
        for name in entity.short
        if not is_found_beside(frame(kind, name), name, entity)
    ]
    assert missed == []


def is_found_beside(sentence: str, short: Name, entity: Entity) -> bool:
    """Whether a short name counts once a name of the entity, or of one near it, stands in the article too."""
    others = [*entity.names, *(name for near in entity.near for name in load_packs().entities[near].names)]
    texts = [f"{sentence} {other.text}." for other in others if other.language == short.language]
    return any(
        short.text.casefold() in evidence.text.casefold()
        for text in texts or [f"{sentence} {others[0].text}."]
        for evidence in see(text, short.language)
        if evidence.entity == entity.id
    )


@pytest.mark.parametrize("language", ["ar", "en", "es", "fa", "fr", "ru", "tr", "zh"])
def test_every_state_is_found_by_its_name_in_cldr(language: str) -> None:
    names = Locale.parse(language).territories
    missed = [
        (entity.id, name.text)
        for entity in load_packs().entities.values()
        if entity.territory
        for name in [Name(text=names[entity.territory], language=language)]
        if entity.id not in find(frame(EntityKind.REGION, name), language)
    ]
    assert missed == []
