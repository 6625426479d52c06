"""Writes monitor/feeds/data/dates.json: what months and weekdays are called, from CLDR (Babel) and the table below.

A month's name has the number that it stands for and, where languages disagree (`listopad` is October in Croatian and
November in Polish), those of each. Each locale is read in a process of its own: names leak from one to the next.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from monitor.text.normalize import fold

FILE = Path(__file__).parent.parent / "monitor" / "feeds" / "data" / "dates.json"
LOCALES = """
ar ar_DZ ar_MA ar_MR ar_SY az az_Cyrl be bg bn bs ca cs da de de_AT el en es et fa fa_AF fi fil fr fr_CA gu he hi hr hu
hy id is it ka kk kn ky lt lv mk ml mn mr ms nb ne nl pa pl ps pt pt_PT ro ru sk sl sq sr sr_Latn sv sw ta te tg tk tr
uk ur uz uz_Cyrl
"""
# Words that say nothing: "on", "at … o'clock", "of the year".
NOISE = """
at on the of o'clock hrs de del d le la il a à às alle ore ora o um uhr h klo kl den dne w godz godzina ci saat ayının
tarihinde года год г в году року рік р о ст ч και στις ώρα ב בשעה في الساعة الموافق عام سنة م ساعت در مورخ روز թ թվական
ժամը ին წ წელი წლის
"""
HALVES = {"AM": "am ص صباحا صباحًا πμ قبل‌ازظهر صبح öö", "PM": "pm م مساء مساءً μμ بعدازظهر عصر ös"}
SHORTEST = 2  # letters; of a single one nobody knows what it stands for
# What newspapers write and CLDR has not; twelve months a row, "-" where there is nothing to add, "/" between variants.
MORE_MONTHS = {
    "ar": "كانون ثاني/كانون ثان|-|اذار|-|-|-|-|-|-|تشرين اول/تشرين أول|تشرين ثاني/تشرين ثان|كانون اول/كانون أول",
    "ar_DZ": "جانفي|فيفري|مارس|أفريل|ماي|جوان|جويلية|أوت|سبتمبر|أكتوبر|نوفمبر|ديسمبر",
    "az": "yan|fev|-|apr|-|iyn|iyl|avq|sen/sent|okt|noy|dek",
    "bg": "яну|фев|мар|апр|май|юни|юли|авг|сеп|окт|ное|дек",
    "de": "jän/jänner|feb/feber|mrz/mär|-|-|-|-|-|sept|-|-|-",
    "en": "-|-|-|-|-|-|-|-|sept|-|-|-",
    "es": "-|-|-|-|-|-|-|-|sept/set|-|-|-",
    "fa": "-|-|-|اپریل|می/مئی|جون|جولای/جولاى|اگست/آگوست|سپتمبر|اکتوبر|نومبر|دسمبر",
    "fr": "jan/janv|fev/fév|-|-|-|-|jul/juil|aou/aout|sep|-|-|dec",
    "hy": "հնվ|-|-|-|-|հնս|հլս|-|-|-|-|-",
    "it": "-|-|-|-|-|-|-|-|sett|-|-|-",
    "ru": "янв|фев|мар|апр|май|июн|июл|авг|сен/сент|окт|ноя|дек",
    "uk": "січ|лют|бер|кві/квіт|тра/трав|чер/черв|лип|сер|вер/верес|жов/жовт|лис|гру",
}
MORE_WEEKDAYS = {  # Monday first
    "ar": "اثنين|ثلاثاء|اربعاء|خميس|جمعة|سبت|احد",
    "en": "mon|tues|-|thur/thurs|-|-|-",
    "fa": "دوشنبه|سه شنبه|چهارشنبه|پنجشنبه/پنج شنبه|-|-|یکشنبه/یک شنبه",
    "uk": "понеділок|вівторок|середа|четвер|пятниця|субота|неділя",
}
# The solar year of Iran and, with the names of the zodiac, of Afghanistan.
SOLAR_MONTHS = {
    "fa": "فروردین|اردیبهشت|خرداد|تیر|مرداد/امرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند",
    "fa_AF": "حمل|ثور|جوزا|سرطان|اسد|سنبله|میزان|عقرب|قوس|جدی|دلو|حوت",
    "en": "farvardin|ordibehesht|khordad|tir|mordad|shahrivar|mehr|aban|azar|dey|bahman|esfand",
}
READ = """
import json, sys
from babel import Locale
found = Locale.parse(sys.argv[1])
shapes = [(use, width) for use in ("format", "stand-alone") for width in ("wide", "abbreviated")]
months = [[found.months[use][width].get(n, "") for use, width in shapes] for n in range(1, 13)]
days = [[found.days[use][width].get(n, "") for use, width in shapes] for n in range(7)]
print(json.dumps([months, days]))
"""


def write_key(name: str) -> str:
    """As monitor.feeds.datewords looks it up: folded words with a blank between them."""
    return " ".join(filter(None, map(fold, name.replace("-", " ").replace("\u200c", " ").split())))


def split_row(row: str) -> list[list[str]]:
    return [[] if cell == "-" else cell.split("/") for cell in row.split("|")]


def list_names() -> Iterator[tuple[str, str, int, str]]:
    """Kind, language, number and name of every month and weekday."""
    for locale in LOCALES.split():
        done = subprocess.run([sys.executable, "-c", READ, locale], check=True, capture_output=True, text=True)
        months, days = json.loads(done.stdout)
        yield from spread("months", locale, months, 1)
        yield from spread("weekdays", locale, days, 0)
    for locale, row in MORE_MONTHS.items():
        yield from spread("months", locale, split_row(row), 1)
    for locale, row in MORE_WEEKDAYS.items():
        yield from spread("weekdays", locale, split_row(row), 0)
    for locale, row in SOLAR_MONTHS.items():
        yield from spread("solar", locale, split_row(row), 1)


def spread(kind: str, locale: str, rows: list[list[str]], first: int) -> Iterator[tuple[str, str, int, str]]:
    for number, names in enumerate(rows, start=first):
        for name in names:
            key = write_key(name)
            if len(key) >= SHORTEST and not any(char.isdigit() for char in key):
                yield kind, locale.partition("_")[0], number, key


def main() -> None:
    tables: dict[str, dict[str, dict[int, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for kind, language, number, key in list_names():
        tables[kind][key][number].add(language)
    written = {
        "source": "CLDR by Babel, and benchmarks/build_dates.py, which wrote this",
        "months": {key: pack(meanings) for key, meanings in sorted(tables["months"].items())},
        "solar": {key: min(meanings) for key, meanings in sorted(tables["solar"].items())},
        "noise": sorted(set(map(write_key, NOISE.split()))),
        "halves": {write_key(word): half for half, words in HALVES.items() for word in words.split()},
        "weekdays": {key: sorted(meanings) for key, meanings in sorted(tables["weekdays"].items())},
    }
    FILE.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    for key, meanings in tables["months"].items():
        if len(meanings) > 1:
            print(key, {number: sorted(languages) for number, languages in meanings.items()})
    print("both a month and a weekday:", sorted(tables["months"].keys() & tables["weekdays"].keys()))
    print("of both calendars:", sorted(tables["months"].keys() & tables["solar"].keys()))


def pack(meanings: dict[int, set[str]]) -> int | dict[str, int]:
    if len(meanings) == 1:
        return next(iter(meanings))
    return {language: number for number, languages in sorted(meanings.items()) for language in sorted(languages)}


if __name__ == "__main__":
    main()
