"""The leaders of rules/leaders.yaml: since when each is in office, and names in the languages that every reader may need."""

from __future__ import annotations

import pytest
from packs import EVERYWHERE, find, list_lacking, list_lacking_local, list_languages, load_packs

from monitor.names.model import Entity, EntityKind

pytestmark = [pytest.mark.untraced, pytest.mark.xdist_group("packs")]

# What the newspapers of the leader's country are written in, where that is none of the languages above.
LOCAL = {
    "af": "ramaphosa",
    "am": "abiy tedros taye",
    "az": "aliyev asadov",
    "be": "lukashenko tikhanovskaya turchin",
    "bg": "radev iotova georgieva",
    "bi": "napat vurobaravu",
    "bn": "yunus tarique-rahman sheikh-hasina mirza-fakhrul",
    "bs": "kristo becirovic komsic",
    "ca": "espot",
    "ckb": "barzani abdul-latif-rashid mazloum-abdi ocalan zaidi amedi",
    "cs": "babis pavel",
    "da": "frederiksen frederik-x nielsen-jens-frederik",
    "de": "merz steinmeier scholz merkel frieden stocker van-der-bellen parmelin haas von-der-leyen king-philippe hans-adam-ii guillaume-v",
    "dv": "muizzu",
    "dz": "wangchuck tobgay",
    "el": "mitsotakis tasoulas christodoulides",
    "et": "michal karis kallas madise",
    "fi": "stubb orpo",
    "fj": "rabuka lalabalavu",
    "ga": "micheal-martin connolly",
    "he": "netanyahu herzog",
    "hi": "modi murmu jaishankar",
    "hr": "plenkovic milanovic kristo komsic",
    "ht": "fils-aime",
    "hu": "orban magyar-peter sulyok baka",
    "hy": "pashinyan khachaturyan",
    "id": "prabowo widodo",
    "is": "frostadottir tomasdottir",
    "it": "meloni mattarella leo-xiv pope-francis",
    "ja": "ishiba takaichi naruhito kishida abe",
    "ka": "kobakhidze kavelashvili ivanishvili zourabichvili",
    "kk": "tokayev bektenov nazarbayev",
    "kl": "nielsen-jens-frederik",
    "km": "hun-manet hun-sen sihamoni",
    "ko": "kim-jong-un lee-jae-myung yoon ban-ki-moon pak-thae-song",
    "ku": "barzani abdul-latif-rashid mazloum-abdi ocalan zaidi amedi",
    "ky": "japarov kasymaliev",
    "lb": "frieden guillaume-v",
    "lo": "thongloun sonexay",
    "lt": "nauseda ruginiene sinkevicius",
    "lv": "rinkevics silina kulbergs",
    "mg": "randrianirina rajoelina rajaonarison",
    "mh": "heine",
    "mk": "mickoski siljanovska-davkova",
    "mn": "khurelsukh uchral",
    "ms": "anwar-ibrahim sultan-ibrahim lawrence-wong bolkiah",
    "mt": "abela metsola spiteri-debono",
    "my": "min-aung-hlaing suu-kyi",
    "ne": "balen-shah karki oli poudel",
    "nl": "de-wever jetten rutte geerlings-simons michel-charles king-philippe willem-alexander",
    "no": "store stoltenberg haakon-viii harald-v",
    "pl": "tusk nawrocki duda",
    "ps": "akhundzada hasan-akhund",
    "pt": (
        "lula bolsonaro montenegro-luis seguro rebelo-de-sousa costa-antonio guterres lourenco chapo neves vila-nova "
        "horta-ntam embalo ramos-horta xanana-gusmao levy-benvinda vieira-te correia-e-silva"
    ),
    "rn": "ndayishimiye ntahontuye",
    "ro": "sandu munteanu dan-nicusor bolojan iohannis tofan",
    "rw": "kagame nsengiyumva",
    "si": "dissanayake amarasuriya",
    "sk": "fico pellegrini",
    "sl": "golob pirc-musar jansa",
    "sm": "schmidt-samoa tuimalealiifano",
    "so": "hassan-sheikh-mohamud guelleh hamza-abdi-barre irro kamil-mohamed",
    "sq": "rama begaj kurti osmani haxhiu",
    "sr": "vucic macut dodik milatovic spajic kurti osmani brnabic kristo becirovic cvijanovic komsic haxhiu",
    "sv": "kristersson stubb orpo andersson carl-xvi-gustaf",
    "sw": "ruto samia-suluhu-hassan nchemba",
    "ta": "dissanayake amarasuriya tharman lawrence-wong",
    "te": "modi",
    "tg": "rahmon rasulzoda",
    "th": "anutin vajiralongkorn shinawatra-paetongtarn",
    "ti": "afwerki",
    "tk": "berdimuhamedow gurbanguly-berdimuhamedow",
    "tl": "marcos duterte",
    "to": "tupou-vi fakafanua",
    "uk": "zelensky svyrydenko sybiha syrskyi koretskyi drapatyi",
    "ur": "shehbaz-sharif zardari asim-munir imran-khan",
    "uz": "mirziyoyev aripov",
    "vi": "to-lam pham-minh-chinh le-minh-hung",
}


def load_leaders() -> dict[str, Entity]:
    return {str(one.id): one for one in load_packs().entities.values() if one.kind is EntityKind.LEADER}


def test_each_says_since_when() -> None:
    leaders = load_leaders().values()
    assert [one.id for one in leaders if not one.since] == []
    assert [one.id for one in leaders if one.since and not "1965" < one.since <= "2026-12-01"] == []


def test_those_who_left_their_office_are_marked() -> None:
    former = {identifier for identifier, one in load_leaders().items() if one.former}
    assert {"assad", "biden", "khamenei", "orban", "maduro", "starmer"} <= former
    assert {"putin", "trump", "burnham", "mojtaba-khamenei", "magyar-peter"} & former == set()


def test_each_has_names_in_eight_languages() -> None:
    assert list_lacking(load_leaders().values()) == {}


def test_each_has_names_in_the_language_of_the_country() -> None:
    assert list_lacking_local(load_leaders(), LOCAL) == []


def test_a_language_of_names_is_one_of_these() -> None:
    """A mistyped language would leave its names without grammar."""
    known = EVERYWHERE | LOCAL.keys()
    assert {language for one in load_leaders().values() for language in list_languages(one)} <= known


@pytest.mark.parametrize(
    ("text", "language", "entity"),
    [
        ("Prime Minister Burnham meets King Philippe", "en", "king-philippe"),
        ("Встреча с Сергеем Корецким", "ru", "koretskyi"),
        ("Зустріч із Михайлом Драпатим", "uk", "drapatyi"),
        ("رئيسة الحكومة فاطمة الزهراء المنصوري تعرض برنامجها", "ar", "el-mansouri"),
        ("Kong Haakon åpnet Stortinget", "no", "haakon-viii"),
        ("Kong Frederik 10. besøger Nuuk", "da", "frederik-x"),
        ("Mindaugą Sinkevičių priėmė Berlyne", "lt", "sinkevicius"),
        ("Tikās ar Andri Kulbergu", "lv", "kulbergs"),
        ("Tárgyalás Baka Andrással", "hu", "baka"),
        ("Başbakan Ali ez-Zeydi'nin ziyareti", "tr", "zaidi"),
        ("Kral 2. Abdullah Ankara'da", "tr", "abdullah-ii"),
        ("参议院主席洪森会见大使", "zh", "hun-sen"),
        ("首相安华访华", "zh", "anwar-ibrahim"),
    ],
)
def test_those_of_2026_as_newspapers_write_them(text: str, language: str, entity: str) -> None:
    assert entity in find(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("林洪森获得冠军", "zh"),  # an athlete, not Hun Sen
        ("莫迪利亚尼画展开幕", "zh"),  # Modigliani, not Modi
        ("演员李强出席首映式", "zh"),  # an actor
        ("网球选手梅德韦杰夫晋级", "zh"),  # the tennis player
        ("北方地区出现扬沙天气", "zh"),  # sand in the wind, not Janša
        ("King Haakon VII fled to London", "en"),
        ("Mohammed Sinwar killed in a tunnel", "en"),
        ("Wal-Mart Stores cuts prices", "en"),  # not Støre
    ],
)
def test_others_of_the_same_name(text: str, language: str) -> None:
    assert find(text, language) == set()
