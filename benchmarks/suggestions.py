"""How often `marsad entity suggest` has the right spelling first, and among the first five.

    python benchmarks/suggestions.py [rigour/data/names/persons.txt]

For the full names of rules/leaders.yaml, from English into each other language that it gives: with all knowledge, then
with the learnt costs alone. With persons.txt (see build_spellings.py) also for single names that nothing was learnt
from, by costs alone. Spellings are compared folded. One line a row: what, language, names, top 1, top 5.
Between the two, how often a proposal is right by its score, over all languages: constants of monitor/text/suggest.py.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from build_spellings import list_pairs, split
from ruamel.yaml import YAML

from monitor.text import suggest
from monitor.text.normalize import fold

LEADERS = Path(__file__).parent.parent / "rules" / "leaders.yaml"
MOST_HELD_OUT = 500

Case = tuple[str, frozenset[str]]


def list_leaders(language: str) -> Iterator[Case]:
    for entity in YAML(typ="safe").load(LEADERS)["entities"].values():
        names = entity.get("names", {})
        if language in names and " " in names.get("en", [""])[0]:
            yield names["en"][0], frozenset(map(fold, names[language]))


def list_held_out(persons: Path, language: str) -> list[Case]:
    pairs = split(list_pairs(persons, language))[1]
    return [(latin[0], frozenset({fold(other)})) for latin, other in pairs if len(latin) == 1][:MOST_HELD_OUT]


def measure(what: str, language: str, cases: Sequence[Case]) -> None:
    first = among = 0
    for name, right in cases:
        found = [fold(proposal.text) for proposal in suggest.propose(name, language, 5)]
        first += bool(found) and found[0] in right
        among += not right.isdisjoint(found)
    if cases:
        print(f"{what:24} {language}  {len(cases):4}  {first / len(cases):.3f}  {among / len(cases):.3f}")
        row = {"what": what, "language": language, "names": len(cases), "top1": first, "top5": among}
        print(json.dumps(row), file=sys.stderr)


def calibrate(leaders: dict[str, list[Case]]) -> None:
    """How often a proposal is right: the first and later ones, known and guessed, by the tens of its score."""
    counts: dict[tuple[str, str, int], list[bool]] = defaultdict(list)
    for language, cases in leaders.items():
        for name, right in cases:
            for at, found in enumerate(suggest.propose(name, language, 5)):
                place, kind = "later" if at else "first", "known" if found.is_known else "guessed"
                counts[place, kind, min(found.score, 99) // 10 * 10].append(fold(found.text) in right)
    for (place, kind, score), hits in sorted(counts.items()):
        print(f"{place} {kind:8} score {score:2}+  {len(hits):4}  {sum(hits) / len(hits):.2f}")


def main() -> None:
    leaders = {language: list(list_leaders(language)) for language in suggest.LANGUAGES}
    for language, cases in leaders.items():
        measure("leaders", language, cases)
    calibrate(leaders)
    suggest.list_real_spellings = lambda *_: ()
    suggest._list_known = lambda *_: {}  # noqa: SLF001 (no switch for it: nobody else wants less knowledge)
    for language, cases in leaders.items():
        measure("leaders, costs alone", language, cases)
    for persons in map(Path, sys.argv[1:]):
        for language in suggest.LANGUAGES:
            measure("single names, held out", language, list_held_out(persons, language))


if __name__ == "__main__":
    main()
