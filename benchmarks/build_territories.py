"""Write monitor/text/data/{territories,brief_names,shadows,words,capitals}.json from the CLDR data in Babel.

    python benchmarks/build_territories.py

territories: {code: {name: first locale}} for the locales of modern coverage, at least four letters outside the scripts
without spaces. What stands in brackets is cut off, unless two territories would then share the name. brief_names:
{code: {name: languages}}, the names that are shorter than that but have letters enough for their script, Latin names of
four letters that are not English (Pole is Poland in Afrikaans), and some longer ones that are names elsewhere. shadows:
names that contain another territory's name. words: folded one-word names of territories and languages, which no
misspelling may be read into. capitals: as territories, for capitals after which CLDR names a time zone.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from babel import Locale

from monitor.text.normalize import fold
from monitor.text.scripts import detect_script
from monitor.text.tokenize import is_unspaced, tokenize

DATA = Path(__file__).parent.parent / "monitor" / "text" / "data"
# CLDR's locales of modern coverage, most widely written first: the first to use a name is the one named beside it.
LOCALES = """
    en ar ru fr es zh de pt tr fa uk he az hy ka pl it ja ko af am as be bg bn bs ca cs cy da el et eu fi fil ga
    gl gu ha hi hr hu id ig is jv kk km kn ky lo lt lv mk ml mn mr ms my nb ne nl nn or pa ps ro sd si sk sl so sq
    sr sr_Latn sv sw ta te th tk ur uz vi yo zh_Hant zu ku ckb tt ug
""".split()  # noqa: SIM905 (ninety quoted strings read worse)
# Capitals that are the city of a time zone, under the zone's name in CLDR.
CAPITALS = """
    AF:Asia/Kabul AL:Europe/Tirane AM:Asia/Yerevan AO:Africa/Luanda AR:America/Buenos_Aires AT:Europe/Vienna
    AZ:Asia/Baku BA:Europe/Sarajevo BD:Asia/Dhaka BE:Europe/Brussels BF:Africa/Ouagadougou BG:Europe/Sofia
    BI:Africa/Bujumbura BJ:Africa/Porto-Novo BO:America/La_Paz BT:Asia/Thimphu BW:Africa/Gaborone
    BY:Europe/Minsk CD:Africa/Kinshasa CF:Africa/Bangui CG:Africa/Brazzaville CO:America/Bogota
    CU:America/Havana CY:Asia/Nicosia CZ:Europe/Prague DE:Europe/Berlin DK:Europe/Copenhagen DO:America/Santo_Domingo
    DZ:Africa/Algiers EE:Europe/Tallinn EG:Africa/Cairo ER:Africa/Asmera ES:Europe/Madrid ET:Africa/Addis_Ababa
    FI:Europe/Helsinki FR:Europe/Paris GA:Africa/Libreville GB:Europe/London GE:Asia/Tbilisi GH:Africa/Accra
    GM:Africa/Banjul GN:Africa/Conakry GR:Europe/Athens GW:Africa/Bissau HN:America/Tegucigalpa HR:Europe/Zagreb
    HT:America/Port-au-Prince HU:Europe/Budapest ID:Asia/Jakarta IE:Europe/Dublin IQ:Asia/Baghdad IR:Asia/Tehran
    IS:Atlantic/Reykjavik JO:Asia/Amman JP:Asia/Tokyo KE:Africa/Nairobi KG:Asia/Bishkek KH:Asia/Phnom_Penh
    KP:Asia/Pyongyang KR:Asia/Seoul LA:Asia/Vientiane LB:Asia/Beirut LR:Africa/Monrovia LS:Africa/Maseru
    LT:Europe/Vilnius LV:Europe/Riga LY:Africa/Tripoli MD:Europe/Chisinau ME:Europe/Podgorica MG:Indian/Antananarivo
    MK:Europe/Skopje ML:Africa/Bamako MN:Asia/Ulaanbaatar MR:Africa/Nouakchott
    MY:Asia/Kuala_Lumpur MZ:Africa/Maputo NA:Africa/Windhoek NE:Africa/Niamey NI:America/Managua NL:Europe/Amsterdam
    NO:Europe/Oslo NP:Asia/Katmandu OM:Asia/Muscat PE:America/Lima PH:Asia/Manila PL:Europe/Warsaw PT:Europe/Lisbon
    PY:America/Asuncion RO:Europe/Bucharest RS:Europe/Belgrade RU:Europe/Moscow RW:Africa/Kigali SA:Asia/Riyadh
    SD:Africa/Khartoum SE:Europe/Stockholm SI:Europe/Ljubljana SK:Europe/Bratislava SL:Africa/Freetown SN:Africa/Dakar
    SO:Africa/Mogadishu SR:America/Paramaribo SS:Africa/Juba SY:Asia/Damascus TD:Africa/Ndjamena TG:Africa/Lome
    TH:Asia/Bangkok TJ:Asia/Dushanbe TM:Asia/Ashgabat TN:Africa/Tunis TW:Asia/Taipei UA:Europe/Kiev UG:Africa/Kampala
    UY:America/Montevideo UZ:Asia/Tashkent VE:America/Caracas ZM:Africa/Lusaka ZW:Africa/Harare
"""
PREFIX_IN_ZULU = re.compile(
    "^i-?(?=[A-Z])"
)  # i-Finland is "in Finland" in Scandinavia; behind the hyphen the rest is a word of its own
NOT_PLACES = frozenset({"XA", "XB", "ZZ", "QO", "EZ", "UN", "EU"})
FEWEST_LETTERS = 4
# Longer ones that are names or words elsewhere: Hellas Verona, Columbia University, Герман Греф, Turki al-Faisal.
ALSO_NAMES = frozenset(
    """
    Armeni Columbia França Hellas Indie Indië Jamus Katara Labanan Maali Malis Marok Norra Omaan Omāna Ruméni Serbi
    Spanje Spánn Süüria Turki Yaman Yəmən Аман Герман Дани Йордан Сири Франц
    میسر رومانی كامېرون فرانس
    """.split()  # noqa: SIM905
) | {"Ba Lan", "Hà Lan"}
FEWEST_AND_SIGNS = {"HANGUL": 2, "ETHIOPIC": 2}  # letters of a brief name, with vowel signs; elsewhere three
LIKE_NEW = frozenset({"নিউ", "ନିଉ", "නියූ", "నియూ", "ನಿಯು", "ਨਿਯੂ", "નીયુ", "नीयू", "নিউয়ে"})  # Niue, and New York's first word


def main(folder: Path = DATA) -> None:
    names = collect_names()
    brief = collect_brief_names()
    both = {code: spellings | brief.get(code, {}) for code, spellings in names.items()}
    write(folder / "territories.json", names)
    write(folder / "brief_names.json", brief)
    write(folder / "shadows.json", sorted(find_shadows(both)))
    write(folder / "words.json", sorted(collect_words(names)))
    write(folder / "capitals.json", collect_capitals(names))


def collect_names() -> dict[str, dict[str, str]]:
    """{code: {name: first locale}}"""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for tag in LOCALES:
        for code, name in read_locale(tag).items():
            if is_long_enough(name):
                names[code].setdefault(name, tag.replace("_", "-"))
    return dict(sorted(names.items()))


def collect_brief_names() -> dict[str, dict[str, str]]:
    """{code: {name: its languages}}"""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    english = set(read_locale("en").values())
    for tag in LOCALES:
        language = tag.partition("_")[0]
        for code, name in read_locale(tag).items():
            is_short = not is_long_enough(name) and is_brief(name) and name not in LIKE_NEW
            if is_short or (is_name_elsewhere(name) and name not in english):
                names[code][name] = " ".join(sorted({language, *names[code].get(name, "").split()}))
    return dict(sorted(names.items()))


def read_locale(tag: str) -> dict[str, str]:
    """What a locale calls each territory."""
    territories = Locale.parse(tag).territories.items()
    places = {
        code: PREFIX_IN_ZULU.sub("", text)
        for code, text in territories
        if re.fullmatch("[A-Z]{2}", code) and code not in NOT_PLACES
    }
    return shorten(places)


def collect_capitals(territories: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """{code: {name: first locale}}; not what in some language is also the name of a territory (Tunis, Djibouti)."""
    countries = {fold(name) for names in territories.values() for name in names}
    capitals: dict[str, dict[str, str]] = defaultdict(dict)
    for code, zone in sorted(pair.split(":") for pair in CAPITALS.split()):
        for tag in LOCALES:
            name = Locale.parse(tag).time_zones.get(zone, {}).get("city", "")
            if tag == "en" and not name:
                name = zone.rpartition("/")[2].replace("_", " ")
            if is_long_enough(name) and fold(name) not in countries:
                capitals[code].setdefault(name, tag.replace("_", "-"))
    return dict(capitals)


def shorten(territories: Mapping[str, str]) -> dict[str, str]:
    """Names without what stands in brackets, where that is enough to tell them apart."""
    short = {code: re.sub(r"\s*[(（].*?[)）]\s*", " ", text).strip() for code, text in territories.items()}
    begun = [re.split(r"[\W_]", text)[0] for text in short.values()]
    shared = {text for text in short.values() if max(begun.count(text), list(short.values()).count(text)) > 1}
    return {code: territories[code] if text in shared else text for code, text in short.items() if text}


def is_long_enough(name: str) -> bool:
    return is_unspaced(name) or sum(char.isalpha() for char in name) >= FEWEST_LETTERS


def is_brief(name: str) -> bool:
    """Whether a short name has enough of what a reader sees as letters, vowel signs among them."""
    return sum(unicodedata.category(char)[0] in "LM" for char in name) >= FEWEST_AND_SIGNS.get(detect_script(name), 3)


def is_name_elsewhere(name: str) -> bool:
    """Whether a name is so short that in other languages it is likely to be another name or word, or is known to be."""
    is_latin = detect_script(name) == "LATIN" and name.isalpha()
    return (is_latin and len(name) == FEWEST_LETTERS) or name in ALSO_NAMES


def find_shadows(names: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Names of one territory that hold, as whole words, the name of another."""
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for code, spellings in names.items():
        for name in spellings:
            owners[split(name)].add(code)
    return {
        name
        for code, spellings in names.items()
        for name in spellings
        if any(owners.get(part, set()) - {code} for part in list_parts(split(name)))
    }


def split(name: str) -> tuple[str, ...]:
    return tuple(fold(token.text) for token in tokenize(name))


def list_parts(words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Every proper run of neighbouring words."""
    size = len(words)
    return (words[i:j] for i in range(size) for j in range(i + 1, size + 1) if j - i < size)


def collect_words(names: Mapping[str, Mapping[str, str]]) -> set[str]:
    languages = (text for tag in LOCALES for text in Locale.parse(tag).languages.values())
    territories = (name for spellings in names.values() for name in spellings)
    words = (split(text) for text in (*languages, *territories))
    return {found[0] for found in words if len(found) == 1 and len(found[0]) > FEWEST_LETTERS}


def write(file: Path, data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=0 if file.stem == "territories" else None, separators=(",", ":"))
    file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
