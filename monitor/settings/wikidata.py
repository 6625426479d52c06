"""A saved result of the Wikidata Query Service becomes a rule file: entities with names by language.

The result is JSON as in https://www.w3.org/TR/sparql11-results-json/ with the variables of `NEEDED` and
`OPTIONAL`; several rows may tell of one item, as a join of labels and aliases does.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from monitor.errors import UsageError
from monitor.names.model import EntityKind
from monitor.settings.references import LONG_NAME
from monitor.settings.times import take_since
from monitor.settings.values import Wrong, take_language, take_name
from monitor.text.quoting import quote

NEEDED, OPTIONAL = ("item", "label"), ("alias", "start", "end")
ANY_LANGUAGE = "mul"  # Wikidata's code for names that are the same in all languages of a script
_PLAIN = re.compile(r"[^\W\d_][\w' .-]*[\w.]", re.ASCII)
_WORDS = frozenset({"null", "true", "false"})


@dataclass(slots=True, kw_only=True)
class WikidataItem:
    """What the rows tell of one item: names by language, labels before aliases, and the dates of an office."""

    number: str  # Q7747
    labels: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)
    is_over: bool = True  # every row has an end

    def collect_names(self) -> dict[str, list[str]]:
        """Names by language in alphabetical order of the codes, each once."""
        codes = sorted({*self.labels, *self.aliases})
        return {code: list(dict.fromkeys([*self.labels.get(code, []), *self.aliases.get(code, [])])) for code in codes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    items: tuple[WikidataItem, ...]
    left_out: tuple[str, ...]  # names and items that cannot be used, each with why


def read_result(content: bytes, languages: Collection[str] = ()) -> Result:
    """The items of a result, with names in `languages` alone where some are given.

    Raises UsageError for what is no result, and for one without `?item` or without `?label`.
    """
    items: dict[str, WikidataItem] = {}
    left_out: dict[str, None] = {}
    for row in _list_rows(content):
        number = _read_value(row, "item").rpartition("/")[2]
        if not re.fullmatch(r"Q[0-9]+", number):
            left_out[f"{quote(number or 'a row')}: no item of Wikidata"] = None
            continue
        item = items.setdefault(number, WikidataItem(number=number))
        _add_row(item, row, languages, left_out)
    for item in [item for item in items.values() if not item.labels and not item.aliases]:
        left_out[f"{item.number}: no name in the languages wanted"] = None
        del items[item.number]
    return Result(items=tuple(items.values()), left_out=tuple(left_out))


def _list_rows(content: bytes) -> list[Mapping[str, Any]]:
    expected = "expected the JSON that the Wikidata Query Service saves (Download, JSON file)"
    try:
        data = json.loads(content)
        names, rows = data["head"]["vars"], data["results"]["bindings"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "; in query.wikidata.org choose “JSON file”, not “JSON file (verbose)”" if content[:1] == b"[" else ""
        raise UsageError(f"the file is not a SPARQL result; {expected}{hint}") from error
    if not isinstance(names, list) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"the file is not a SPARQL result; {expected}")
    optional = ", ".join(f"?{name}" for name in OPTIONAL)
    for name in NEEDED:
        if name not in names:
            raise UsageError(
                f"the result has no ?{name}; the query must select ?item and ?label, and may select {optional}"
            )
    return rows


def _add_row(item: WikidataItem, row: Mapping[str, Any], languages: Collection[str], left_out: dict[str, None]) -> None:
    for key, names in (("label", item.labels), ("alias", item.aliases)):
        text, code = _read_value(row, key), _read_value(row, key, "xml:lang")
        if not text:
            continue
        try:
            language = take_language("en" if code in {"", ANY_LANGUAGE} else code)
            name = take_name(text)
        except Wrong as wrong:
            left_out[f"{item.number}: {wrong.what}"] = None
            continue
        if fault := _find_fault(name):
            left_out[f"{item.number}: {quote(name)} {fault}"] = None
        elif (not languages or language in languages) and name not in names.setdefault(language, []):
            names[language].append(name)
    item.starts |= {_read_value(row, "start")[:10]} - {""}
    item.is_over = item.is_over and bool(_read_value(row, "end"))


def _find_fault(name: str) -> str:
    if len(name) > LONG_NAME:
        return f"has {len(name)} letters"
    if "," in name:
        return "has a comma, as a list of names or a family name put first has"
    letters = sum(letter.isalpha() for letter in name)
    return "has fewer than two letters" if letters < len("ab") else ""


def _read_value(row: Mapping[str, Any], name: str, key: str = "value") -> str:
    cell = row.get(name)
    value = cell.get(key) if isinstance(cell, dict) else None
    return value if isinstance(value, str) else ""


def write_rules(items: Collection[WikidataItem], kind: EntityKind, as_of: date) -> Iterator[str]:
    """The lines of a rule file; each entity's id is made of its English name, or of its number where it has none."""
    yield f"as_of: {as_of.isoformat()}"
    yield ""
    yield "entities:"
    taken: set[str] = set()
    for item in items:
        names = item.collect_names()
        names = {code: texts for code, texts in names.items() if texts}
        identifier = _make_id(item, names, taken)
        yield f"  {identifier}:  # https://www.wikidata.org/wiki/{item.number}"
        yield f"    kind: {kind}"
        if item.is_over:
            yield "    former: true"
        if since := _find_since(item):
            yield f"    since: {since}"
        yield "    names:"
        for code, texts in names.items():
            yield f"      {_quote(code)}: [{', '.join(map(_quote, texts))}]"


def _make_id(item: WikidataItem, names: Mapping[str, list[str]], taken: set[str]) -> str:
    text = unicodedata.normalize("NFKD", names.get("en", [""])[0])
    identifier = "-".join(re.findall(r"[a-z0-9]+", text.encode("ascii", "ignore").decode().lower()))
    if not identifier or identifier.isdecimal() or identifier in _WORDS:
        identifier = item.number.lower()
    if identifier in taken:
        identifier = f"{identifier}-{item.number.lower()}"
    taken.add(identifier)
    return identifier


def _find_since(item: WikidataItem) -> str | None:
    """The latest start that is a date; Wikidata writes a year alone as its first of January."""
    dates: list[str] = []
    for start in item.starts:
        try:
            dates.append(take_since(start))
        except Wrong:
            continue
    return max(dates, default=None)


def _quote(text: str) -> str:
    """As YAML: in quotes unless it is plain words."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and " #" not in text
    return text if is_plain else json.dumps(text, ensure_ascii=False)
