"""Every evidence's start and end give exactly the text as published, whatever stands around and inside the name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Zone

pytestmark = pytest.mark.untraced

NAMES = {
    "latin": ["Erdoğan", "Əliyev", "Ilham Aliyev"],
    "cyrillic": ["Путин", "Володимир Зеленський", "Горбачёв"],
    "arabic": ["بوتين", "قره باغ", "أردوغان"],
    "persian": ["خامنه‌ای", "تهران"],
    "hebrew": ["נתניהו", "ירושלים"],
    "greek": ["Μητσοτάκης", "Αθήνα"],
    "armenian": ["Փաշինյան"],
    "georgian": ["კობახიძე"],
    "han": ["普京", "習近平"],
    "kana": ["プーチン", "ウクライナ"],
    "hangul": ["푸틴"],
    "thai": ["ปูติน"],
    "devanagari": ["नरेन्द्र मोदी"],
    "ethiopic": ["ዐቢይ አሕመድ"],
}  # fmt: skip
# What news puts around a name: blanks of all kinds, marks, emoji outside the BMP, bidi controls, decomposed letters.
NOISE = ["", " ", "\u00a0", "\u2009", "\u200f", "\u202b", "\n", "\n\n", "👍", "🇺🇦", "«", "”", "(", "’s", "'in", "-", "/", "و", "ب", "ה", "l’", "e\u0301", "\u0301", "\ufeff", "𐍈", "。", "ー", "は", "에서", ".", "1", "x"]  # fmt: skip


def disguise(name: str, how: str) -> str:
    return {
        "nfd": unicodedata.normalize("NFD", name),
        "nfkc": unicodedata.normalize("NFKC", name),
        "upper": name.upper(),
        "plain": name,
    }[how]


@pytest.fixture(scope="session")
def watching(make):
    return make.reference([make.entity(script, *names) for script, names in NAMES.items()])


pieces = st.one_of(
    st.sampled_from(NOISE),
    st.builds(
        disguise,
        st.sampled_from([name for names in NAMES.values() for name in names]),
        st.sampled_from(["nfd", "nfkc", "upper", "plain"]),
    ),
    st.text(max_size=3),
)
texts = st.lists(pieces, max_size=12).map("".join)


@given(
    headline=texts, body=texts, language=st.sampled_from([None, "ar", "fa", "he", "ru", "tr", "el", "ja", "ko", "th"])
)
def test_places_give_the_text_as_published(watching, make, headline: str, body: str, language: str | None) -> None:
    article = make.article(headline, body, language=language)
    for evidence in watching.find(article):
        text = {Zone.HEADLINE: headline, Zone.BODY: body}[evidence.field]
        assert text[evidence.start : evidence.end] == evidence.text != ""
        assert evidence.term in NAMES[str(evidence.entity)]


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("how", ["nfd", "nfkc", "plain"])
def test_a_name_between_noise_is_found_where_it_stands(watching, make, script: str, how: str) -> None:
    """So that the law above cannot hold because nothing is ever found."""
    for name in NAMES[script]:
        before, written = "👍 e\u0301 « ", disguise(name, how)
        article = make.article(f"{before}{written} » 🇺🇦")
        places = [(e.start, e.end, e.text) for e in watching.find(article)]
        assert places == [(len(before), len(before) + len(written), written)]
