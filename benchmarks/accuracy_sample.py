"""A smaller or a harder copy of labelled news for `score.py --data`: every Nth article, or one name per entity.

    python benchmarks/accuracy_sample.py [--every N] [--one-name] FROM TO

FROM holds SET.rules.yaml, SET.articles.jsonl.gz and SET.gold.jsonl.gz, as score.py reads them. Articles are taken
in their order, from the first; the gold rows are those of the same articles. Nothing is written outside TO.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_rows(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def keep_one_name(rules: Path, target: Path) -> None:
    """The first name of each entity, the one that its articles use most."""
    yaml = YAML(typ="safe")
    data = yaml.load(rules)
    for entity in data["entities"].values():
        language, names = next(iter(entity["names"].items()))
        entity["names"] = {language: names[:1]}
    with target.open("w", encoding="utf-8") as stream:
        yaml.dump(data, stream)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--one-name", action="store_true")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    for file in sorted(args.source.glob("*.articles.jsonl.gz")):
        write_rows(args.target / file.name, read_rows(file)[:: args.every])
    for file in sorted(args.source.glob("*.gold.jsonl.gz")):
        articles = file.name.split(".")[0].replace("orgs-", "slavic-") + ".articles.jsonl.gz"
        kept = {row["id"] for row in read_rows(args.target / articles)}
        write_rows(args.target / file.name, [row for row in read_rows(file) if row["id"] in kept])
    for file in sorted(args.source.glob("*.rules.yaml")):
        target = args.target / file.name
        if args.one_name:
            keep_one_name(file, target)
        else:
            target.write_bytes(file.read_bytes())


if __name__ == "__main__":
    main()
