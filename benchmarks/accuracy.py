"""A simple matcher for the table of docs/accuracy.md: what exact words and likeness find without grammar.

    python benchmarks/accuracy.py METHOD --rules RULES.yaml ARTICLES.jsonl

METHOD is exact, partial-N (rapidfuzz's partial_ratio of at least N) or token-N (fuzz.ratio over windows of as many
words). Lines go in and out as in `marsad match --entities`, so that one scorer judges both. All ignore case; a hit of
partial_ratio has the place of its best alignment.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process
from ruamel.yaml import YAML

from monitor.text.tokenize import Token, tokenize

Span = tuple[int, int]
Find = Callable[[str, str, tuple[Token, ...]], Iterator[Span]]


def find_exact(name: str, _: str, tokens: tuple[Token, ...]) -> Iterator[Span]:
    words = [token.text.casefold() for token in tokenize(name)]
    folded = [token.text.casefold() for token in tokens]
    for start in range(len(folded) - len(words) + 1):
        if words and folded[start : start + len(words)] == words:
            yield tokens[start].start, tokens[start + len(words) - 1].end


def make_partial(threshold: int) -> Find:
    def find(name: str, text: str, _: tuple[Token, ...]) -> Iterator[Span]:
        best = fuzz.partial_ratio_alignment(name.casefold(), text.lower(), score_cutoff=threshold)
        if best is not None:
            yield best.dest_start, best.dest_end

    return find


def make_token(threshold: int) -> Find:
    def find(name: str, text: str, tokens: tuple[Token, ...]) -> Iterator[Span]:
        size, wanted = len(tokenize(name)), default_process(name)
        for first, last in zip(tokens, tokens[size - 1 :], strict=False):
            window = default_process(text[first.start : last.end])
            if fuzz.ratio(wanted, window, score_cutoff=threshold):
                yield first.start, last.end

    return find


def pick(method: str) -> Find:
    kind, _, threshold = method.partition("-")
    makers = {"partial": make_partial, "token": make_token}
    return makers[kind](int(threshold)) if threshold else find_exact


def read_names(file: Path) -> dict[str, list[str]]:
    entities = YAML(typ="safe").load(file)["entities"]
    return {entity: [name for names in shape["names"].values() for name in names] for entity, shape in entities.items()}


def match(article: dict[str, str], names: dict[str, list[str]], find: Find) -> Iterator[dict[str, object]]:
    texts = {field: article.get(field) or "" for field in ("headline", "body")}
    tokens = {field: tokenize(text) for field, text in texts.items()}
    for entity, spellings in names.items():
        evidence = [
            {"field": field, "start": start, "end": end}
            for field, text in texts.items()
            for name in spellings
            for start, end in find(name, text, tokens[field])
        ]
        if evidence:
            yield {"id": article["id"], "entity": entity, "evidence": evidence}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("articles", type=Path)
    given = parser.parse_args()
    names, find = read_names(given.rules), pick(given.method)
    for line in given.articles.read_text("utf-8").splitlines():
        for hit in match(json.loads(line), names, find):
            print(json.dumps(hit, ensure_ascii=False))


if __name__ == "__main__":
    main()
