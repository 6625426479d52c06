"""The leaders of rules/leaders.yaml: since when each is in office, and names in the languages that every reader may need."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from monitor.names.model import Entity, EntityKind
from monitor.settings.load import load_rules

pytestmark = pytest.mark.untraced

RULES = Path(__file__).parent.parent.parent / "rules"
EVERYWHERE = frozenset({"ar", "en", "es", "fa", "fr", "ru", "tr", "zh"})
# What the newspapers of the leader's country are written in, where that is none of the languages above.
LOCAL = {
    "af": "ramaphosa",
    "am": "abiy tedros",
    "az": "aliyev asadov",
    "be": "lukashenko tikhanovskaya",
    "bg": "radev iotova georgieva",
    "bi": "napat",
    "bn": "yunus tarique-rahman sheikh-hasina",
    "ca": "espot",
    "ckb": "barzani abdul-latif-rashid mazloum-abdi ocalan",
    "cs": "babis pavel",
    "da": "frederiksen",
    "de": "merz steinmeier scholz merkel frieden stocker van-der-bellen parmelin haas von-der-leyen",
    "dv": "muizzu",
    "dz": "wangchuck tobgay",
    "el": "mitsotakis tasoulas christodoulides",
    "et": "michal karis kallas",
    "fi": "stubb orpo",
    "fj": "rabuka",
    "ga": "micheal-martin connolly",
    "he": "netanyahu herzog",
    "hi": "modi murmu jaishankar",
    "hr": "plenkovic milanovic",
    "ht": "fils-aime",
    "hu": "orban magyar-peter",
    "hy": "pashinyan khachaturyan",
    "id": "prabowo widodo",
    "is": "frostadottir",
    "it": "meloni mattarella leo-xiv pope-francis",
    "ja": "ishiba takaichi naruhito kishida abe",
    "ka": "kobakhidze kavelashvili ivanishvili zourabichvili",
    "kk": "tokayev bektenov nazarbayev",
    "km": "hun-manet hun-sen sihamoni",
    "ko": "kim-jong-un lee-jae-myung yoon ban-ki-moon",
    "ku": "barzani abdul-latif-rashid mazloum-abdi ocalan",
    "ky": "japarov",
    "lb": "frieden",
    "lo": "thongloun sonexay",
    "lt": "nauseda ruginiene",
    "lv": "rinkevics silina",
    "mg": "randrianirina rajoelina",
    "mh": "heine",
    "mk": "mickoski siljanovska-davkova",
    "mn": "khurelsukh",
    "ms": "anwar-ibrahim sultan-ibrahim lawrence-wong bolkiah",
    "mt": "abela metsola",
    "my": "min-aung-hlaing suu-kyi",
    "ne": "balen-shah karki oli",
    "nl": "de-wever jetten rutte geerlings-simons michel-charles",
    "no": "store stoltenberg",
    "pl": "tusk nawrocki duda",
    "ps": "akhundzada hasan-akhund",
    "pt": (
        "lula bolsonaro montenegro-luis seguro rebelo-de-sousa costa-antonio guterres lourenco chapo neves vila-nova "
        "horta-ntam embalo ramos-horta xanana-gusmao"
    ),
    "rn": "ndayishimiye",
    "ro": "sandu munteanu dan-nicusor bolojan iohannis",
    "rw": "kagame",
    "si": "dissanayake amarasuriya",
    "sk": "fico pellegrini",
    "sl": "golob pirc-musar",
    "sm": "schmidt-samoa",
    "so": "hassan-sheikh-mohamud guelleh",
    "sq": "rama begaj kurti osmani",
    "sr": "vucic macut dodik milatovic spajic kurti osmani",
    "sv": "kristersson stubb orpo",
    "sw": "ruto samia-suluhu-hassan",
    "ta": "dissanayake amarasuriya tharman lawrence-wong",
    "tg": "rahmon",
    "th": "anutin vajiralongkorn shinawatra-paetongtarn",
    "ti": "afwerki",
    "tk": "berdimuhamedow gurbanguly-berdimuhamedow",
    "tl": "marcos duterte",
    "to": "tupou-vi",
    "uk": "zelensky svyrydenko sybiha syrskyi",
    "ur": "shehbaz-sharif zardari asim-munir imran-khan",
    "uz": "mirziyoyev",
    "vi": "to-lam pham-minh-chinh",
}


@cache
def load_leaders() -> dict[str, Entity]:
    watchlist, problems = load_rules([RULES], packs=RULES)
    assert watchlist is not None, problems
    return {str(one.id): one for one in watchlist.entities.values() if one.kind is EntityKind.LEADER}


def list_languages(leader: Entity) -> set[str | None]:
    return {name.language for name in (*leader.names, *leader.short)}


def test_each_says_since_when() -> None:
    leaders = load_leaders().values()
    assert [one.id for one in leaders if not one.since] == []
    assert [one.id for one in leaders if one.since and not "1965" < one.since <= "2026-12-01"] == []


def test_those_who_left_their_office_are_marked() -> None:
    former = {identifier for identifier, one in load_leaders().items() if one.former}
    assert {"assad", "biden", "khamenei", "orban", "maduro", "starmer"} <= former
    assert {"putin", "trump", "burnham", "mojtaba-khamenei", "magyar-peter"} & former == set()


def test_each_has_names_in_eight_languages() -> None:
    lacking = {identifier: EVERYWHERE - list_languages(one) for identifier, one in load_leaders().items()}
    assert {identifier: languages for identifier, languages in lacking.items() if languages} == {}


def test_each_has_names_in_the_language_of_the_country() -> None:
    leaders = load_leaders()
    lacking = [
        (identifier, language)
        for language, identifiers in LOCAL.items()
        for identifier in identifiers.split()
        if language not in list_languages(leaders[identifier])
    ]
    assert lacking == []


def test_a_language_of_names_is_one_of_these() -> None:
    """A mistyped language would leave its names without grammar."""
    known = EVERYWHERE | LOCAL.keys()
    assert {language for one in load_leaders().values() for language in list_languages(one)} <= known
