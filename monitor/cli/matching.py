"""match: articles as JSON lines in, matches as JSON lines out. A filter that needs no store."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from monitor.cli.options import Options, find_config, find_options
from monitor.cli.output import say, say_problems, write
from monitor.cli.progress import show_progress
from monitor.errors import ConfigError, UsageError
from monitor.model import Article, ArticleId, EntityId, Evidence, Match, Source, SourceId
from monitor.ports import Matcher

# Text handed to the filter has no time of its own, and none is ever printed.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NO_SOURCE = SourceId("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One article as it was read, with the `id` exactly as given (any JSON value)."""

    given_id: Any
    article: Article
    source: Source | None
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    where: str
    reason: str
    size: int


def match(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="JSON lines; none, or -, is stdin.", metavar="[FILE…]")
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            "--rules", help="Use only these rule files or folders, and no other configuration.", metavar="PATH"
        ),
    ] = None,
    entities: Annotated[bool, typer.Option("--entities", help="Every entity found, whatever the rules.")] = False,
) -> None:
    """Read articles as JSON lines and write one line per rule that fires (with --entities: per entity found)."""
    matcher, sources = _make_matcher(find_options(context), rules)
    find = _find_entities if entities else _find_rules
    paths = files or [Path("-")]
    bad = 0
    with show_progress("matching", _count_bytes(paths)) as advance:
        for line in _read_lines(paths, sources):
            advance(line.size)
            if isinstance(line, BadLine):
                bad += 1
                say(f"{line.where}: {line.reason}")
                continue
            for row in find(line, matcher):
                write(json.dumps(row, ensure_ascii=False))
    sys.stdout.flush()
    if bad:
        raise typer.Exit(1)


def _count_bytes(paths: Sequence[Path]) -> int | None:
    """How much there is to read; None for pipes and what cannot be read."""
    if all(path.is_file() for path in paths):
        return sum(path.stat().st_size for path in paths)
    return None


def _make_matcher(options: Options, paths: list[Path] | None) -> tuple[Matcher, dict[str, Source]]:
    from monitor.app import find_share, load_configuration, make_matcher
    from monitor.settings.load import load_rules

    if not paths:
        in_force = load_configuration(find_config(options), keep=False)
        say_problems(in_force.problems)
        return make_matcher(in_force.settings.watchlist), {source.id: source for source in in_force.settings.sources}
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"--rules {missing[0]}: there is no such file or folder")
    watchlist, problems = load_rules(paths, packs=find_share("rules"))
    if watchlist is None:
        raise ConfigError(problems)
    say_problems(problems)
    return make_matcher(watchlist), {}


def _read_lines(files: Iterable[Path], sources: dict[str, Source]) -> Iterator[Line | BadLine]:
    for path in files:
        if str(path) == "-":
            yield from _parse_lines("stdin", sys.stdin.buffer, sources)
            continue
        try:
            with path.open("rb") as lines:
                yield from _parse_lines(str(path), lines, sources)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error


def _parse_lines(name: str, lines: IO[bytes], sources: dict[str, Source]) -> Iterator[Line | BadLine]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _parse_line(line, sources)
        except ValueError as error:
            yield BadLine(where=f"{name}:{number}", reason=str(error), size=len(line))


def _parse_line(line: bytes, sources: dict[str, Source]) -> Line:
    """Raises ValueError that says what is wrong with the line."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start})") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f'expected an object like {{"id", "headline", "body"}}, got {type(row).__name__}')  # noqa: TRY004
    if "id" not in row:
        raise ValueError('has no "id"')
    source = _read_text(row, "source")
    article = Article(
        id=ArticleId(str(row["id"])),
        source=SourceId(source or NO_SOURCE),
        keys=(str(row["id"]),),
        headline=_read_text(row, "headline") or "",
        body=_read_text(row, "body") or "",
        language=_read_text(row, "language"),
        url=_read_text(row, "url"),
        first_seen_at=NO_TIME,
    )
    return Line(given_id=row["id"], article=article, source=sources.get(source or ""), size=len(line))


def _read_text(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f'"{key}" must be text, got {type(value).__name__}')
    return value


def _find_rules(line: Line, matcher: Matcher) -> Iterator[dict[str, Any]]:
    for found in matcher.match(line.article, line.source):
        yield _describe(line, "rule", found.rule, found)


def _find_entities(line: Line, matcher: Matcher) -> Iterator[dict[str, Any]]:
    by_entity: dict[EntityId, list[Evidence]] = {}
    for found in matcher.find(line.article):
        if found.entity is not None:
            by_entity.setdefault(found.entity, []).append(found)
    for entity, evidence in by_entity.items():
        yield {
            "id": line.given_id,
            "entity": entity,
            "score": max(item.score for item in evidence),
            "evidence": [_describe_evidence(item) for item in evidence],
        }


def _describe(line: Line, key: str, name: str, found: Match) -> dict[str, Any]:
    evidence = [_describe_evidence(item) for item in found.evidence]
    return {"id": line.given_id, key: name, "score": found.score, "evidence": evidence}


def _describe_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "entity": evidence.entity,
        "term": evidence.term,
        "field": evidence.field,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
        "tier": evidence.tier,
        "score": evidence.score,
    }
