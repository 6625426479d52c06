"""Places and organisations of the packs: since when, and names in the languages that every reader may need."""

from __future__ import annotations

import pytest
from packs import EVERYWHERE, list_lacking, list_lacking_local, list_languages, load_packs

from monitor.names.model import Entity, EntityKind

pytestmark = [pytest.mark.untraced, pytest.mark.xdist_group("packs")]

OLDEST = "1523"  # Sweden
# What the newspapers of the place are written in, where that is none of the languages above.
LOCAL = {
    "ab": "abkhazia",
    "am": "tigray amhara oromia assab african-union igad tplf fano",
    "az": "karabakh zangezur lachin nakhchivan khankendi tavush crimea csto osce-minsk-group turkic-states",
    "be": "csto",
    "bn": "manipur",
    "bo": "tibet",
    "bs": "republika-srpska",
    "ce": "chechnya",
    "ckb": "mosul kirkuk sinjar iraqi-kurdistan pkk",
    "de": "ecb european-commission european-parliament",
    "el": "northern-cyprus",
    "gag": "gagauzia",
    "ha": "borno zamfara lake-chad boko-haram iswap ecowas",
    "he": "gaza rafah khan-younis deir-al-balah jabalia nuseirat west-bank jenin tulkarm nablus hebron jerusalem golan idf",
    "hi": "kashmir ladakh manipur pahalgam line-of-control sco brics",
    "ht": "port-au-prince artibonite viv-ansanm",
    "hy": "karabakh zangezur lachin nakhchivan khankendi tavush csto cis eaeu osce-minsk-group",
    "id": "west-papua asean",
    "ja": "senkaku kuril-islands taiwan-strait kinmen dmz-korea",
    "ka": "abkhazia south-ossetia karabakh",
    "kk": "eaeu csto sco turkic-states",
    "km": "preah-vihear ta-muen-thom asean",
    "ko": "dokdo dmz-korea",
    "ku": "kobani qamishli afrin sinjar deir-ez-zor raqqa kirkuk iraqi-kurdistan pkk sdf-syria pmf-iraq",
    "ky": "csto eaeu turkic-states",
    "lt": "suwalki-gap kaliningrad",
    "ms": "asean",
    "my": "rakhine sagaing kachin myawaddy arakan-army nug-myanmar asean",
    "om": "oromia",
    "os": "south-ossetia",
    "pl": "suwalki-gap kaliningrad",
    "ps": "kabul durand-line khyber-pakhtunkhwa waziristan taliban ttp",
    "pt": "cabo-delgado african-union ecowas sadc oas mercosur brics tren-de-aragua",
    "ro": "transnistria gagauzia",
    "so": "somaliland puntland mogadishu al-shabaab igad",
    "sq": "kosovo mitrovica",
    "sr": "kosovo mitrovica republika-srpska",
    "sw": "goma bukavu kivu ituri uvira masisi walikale m23 adf-congo african-union igad sadc",
    "tg": "sco",
    "th": "preah-vihear ta-muen-thom myawaddy asean",
    "ti": "tigray assab tplf",
    "tl": "mindanao south-china-sea asean",
    "ug": "xinjiang",
    "uk": (
        "crimea sevastopol donbas donetsk luhansk mariupol bakhmut avdiivka pokrovsk kharkiv kherson zaporizhzhia kupiansk odesa "
        "kyiv sumy kramatorsk sloviansk kostiantynivka myrnohrad huliaipole chasiv-yar vovchansk dnipropetrovsk transnistria azov"
    ),
    "ur": "kashmir ladakh balochistan kabul khyber-pakhtunkhwa waziristan durand-line pahalgam line-of-control ttp bla oic sco",
    "uz": "sco turkic-states",
    "vi": "south-china-sea asean",
}


def load_places_and_organisations() -> dict[str, Entity]:
    kinds = {EntityKind.REGION, EntityKind.ORGANISATION}
    return {str(one.id): one for one in load_packs().entities.values() if one.kind in kinds}


def test_each_says_since_when() -> None:
    entities = load_places_and_organisations()
    assert [identifier for identifier, one in entities.items() if not one.since] == []
    assert [(identifier, one.since) for identifier, one in entities.items() if one.since and one.since < OLDEST] == []
    assert [
        (identifier, one.since) for identifier, one in entities.items() if one.since and one.since > "2026-12"
    ] == []


@pytest.mark.parametrize(
    ("entity", "since"),
    [
        ("ukraine", "1991-08-24"),
        ("south-sudan", "2011-07-09"),
        ("un", "1945-10-24"),
        ("crimea", "2014-02"),
        ("ttp", "2007-12"),
    ],
)
def test_some_whose_beginning_is_known(entity: str, since: str) -> None:
    assert load_places_and_organisations()[entity].since == since


def test_each_has_names_in_eight_languages() -> None:
    assert list_lacking(one for one in load_places_and_organisations().values() if one.territory is None) == {}


def test_each_has_names_in_the_language_of_the_place() -> None:
    assert list_lacking_local(load_places_and_organisations(), LOCAL) == []


def test_a_language_of_names_is_one_of_these() -> None:
    """A mistyped language would leave its names without grammar."""
    known = EVERYWHERE | LOCAL.keys() | {"cs", "it"}
    written = {language for one in load_places_and_organisations().values() for language in list_languages(one)}
    assert written - known == set()
