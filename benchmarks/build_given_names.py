"""Write monitor/text/data/given_names.txt.xz: given names of many languages that are no usual words in any of them.

    python benchmarks/build_given_names.py

From the locales of Faker (MIT). What is usual in a list of `words/` is left out but for names that news has every day
(`USUAL`, by hand): in a title-case headline "Boris Will Meet Johnson" the word between is no name of Boris's.
Needs: pip install faker.
"""

from __future__ import annotations

import importlib
import lzma
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import faker.providers.person

from monitor.text.frequency import rate
from monitor.text.normalize import compose
from monitor.text.scripts import find_script

FILE = Path(__file__).parent.parent / "monitor" / "text" / "data" / "given_names.txt.xz"
# Names of babies of all kinds; and languages whose names have no case or stand in no middle.
LEFT_OUT = frozenset(
    """
    en es ja_JP ko_KR or_IN si_LK ta_IN th_TH vi_VN zh_CN zh_TW
    """.split()  # noqa: SIM905 (quoted strings read worse)
)
SCRIPTS = {
    "LATIN": "cs de en es fr id it nl pl pt ro sv tr",
    "CYRILLIC": "bg mk ru sr uk",
    "GREEK": "el",
    "ARABIC": "ar fa",
    "HEBREW": "he",
}
USUAL_FROM = 4.0  # Zipf
FEWEST = 3  # letters
USUAL = frozenset(
    """
    aaron abdullah ahmed ahmad ahmet alain alan albert alberto alejandro alessandro alex alexander alexandre alice
    amy andrea andreas andrew andrzej andré andrés andy ann anna anne anthony antoine antonio antônio arthur barbara
    barry benjamin bernard bernd bernhard bobby brian bruce bruno cameron carl carlo carlos catherine catarina cemal
    cengiz charles charlie charlotte chiara chris christian christoph christophe christopher claire clara claude
    craig cristina cristiano daniel danny dave david denis dennis diego dieter donald douglas ed eddie eduardo
    edward elizabeth emma emmanuel enrico enrique eric erol fatih federico felipe fernando filippo francesco francis
    francisco franco franklin franz françois fred frédéric friedrich fritz gabriel gary georg george georges gerhard
    giorgio giovanni giuseppe gordon graham greg guillaume hakan halil hans harvey hasan heinrich heinz helen helmut
    henri henrique henry hermann hillary horst howard hussein hüseyin ian ibrahim ismail ivan jacob jacques jake
    james jamie jan jane jason javier jean jeff jennifer jeremy jerry jessica jim jimmy joachim joe johann johannes
    john johnny jonathan jorge jose josef joseph joão josé juan julia julien justin jürgen kadir karl kate keith
    kelly kemal kevin klaus larry laura laurent lawrence lewis linda lisa lorenzo louis luc luca lucas ludwig luigi
    luis luiz mahmut manuel marcelo marco marcos marek margaret maria marie mario marta martin martín mary maría
    matteo matthew matthias maurice mehmet michael michel michele michelle miguel mike mitchell mohamed mohammed
    muhammad muhammed mustafa murat nelson nicolas noël oliver olivier onur orhan osman oskar oscar pablo paolo
    pascal patrick paul paula paulo paweł pedro peter philip philipp philippe pierre pietro piotr rachel rafael
    rainer recep ricardo richard roberto robert rodrigo roger ron ronald rosario russell ryan sandra sarah sara
    scott sean sebastian selim selçuk sinan simon stanley stefan stefano stephen steve steven süleyman susan tayyip
    ted thomas tim timothy tom tommy tony ulrich victor victoria vincent vittorio walter wayne werner wilhelm willem
    william wolfgang yunus yusuf yves ángel ömer александр александра алексей анатолий андрей анна борис василий
    вера виктор владимир дмитрий евгений елена иван игорь константин мария михаил николай олег ольга павел петр пётр
    сергей юрий наталья татьяна светлана максим антон денис илья валерий вячеслав валентина геннадий григорий федор
    фёдор степан егор артем артём кирилл никита леонид станислав олександр володимир ігор сергій петро андрій іван
    михайло дмитро віктор василь павло марія богдан євген олена надія віталій ірина тетяна тарас валерій юрій микола
    наталія оксана людмила георги христо александър стефан кирил васил тодор мартин никола йоан бойко стоян атанас
    емил даниел димитър петър γιώργος γιάννης νίκος μαρία κώστας δημήτρης ελένη κωνσταντίνος βασίλης χρήστος
    παναγιώτης ιωάννης γεώργιος ανδρέας άννα σταύρος μιχάλης κατερίνα αλέξανδρος χριστίνα παύλος πέτρος νικόλαος
    ηλίας μιχαήλ μαρίνα κυριάκος ιωάννα δημήτριος αθηνά ευάγγελος αλέξης
    """.split()  # noqa: SIM905 (quoted strings read worse)
)
# Words of headlines that the lists of frequent words do not hold as such, and family names.
NO_NAMES = frozenset(
    """
    smith williams johnson miller wilson davis jones brown clinton washington lincoln nixon gibson darwin peterson
    rodgers daniels benson ants arent danish emerald fares georgian greet indy kingston lone manila mentor
    philippine purity raven rim roar safari sep theres valves viking trinity tory hind gal lore baptist
    """.split()  # noqa: SIM905 (quoted strings read worse)
)


def main() -> None:
    names = sorted(set(collect()) | USUAL)
    FILE.write_bytes(lzma.compress(("\n".join(names) + "\n").encode(), preset=9 | lzma.PRESET_EXTREME))
    print(len(names), FILE.stat().st_size)


def collect() -> Iterator[str]:
    for listed in list_names():
        for word in re.split(r"[\s\-\u200c.]+", listed):
            name = compose(word)
            script = find_script(word[:1] or " ")
            is_name = len(word) >= FEWEST and word.isalpha() and word[:1] == word[:1].upper() and name not in NO_NAMES
            if is_name and (name in USUAL or not is_usual(name, SCRIPTS.get(script, ""))):
                yield name


def is_usual(name: str, languages: str) -> bool:
    return any(rate(name, language) >= USUAL_FROM for language in languages.split())


def list_names() -> Iterator[str]:
    for locale in pkgutil.iter_modules(faker.providers.person.__path__):
        if locale.name in LEFT_OUT:
            continue
        provider = importlib.import_module(f"faker.providers.person.{locale.name}").Provider
        for attribute in dir(provider):
            listed = getattr(provider, attribute)
            if "first_name" in attribute and not callable(listed) and not isinstance(listed, property):
                yield from map(str, listed)


if __name__ == "__main__":
    main()
