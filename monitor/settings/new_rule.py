"""A new rule as text: what a person answered becomes a file of rules/, tried out before it is put in place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, SequenceNode

from monitor.errors import UsageError
from monitor.model import RuleId, Severity
from monitor.names.compile import list_entity_names
from monitor.rules.model import Watchlist
from monitor.settings.append import Namer, load_plain, make_yaml
from monitor.settings.editors import FOLDER, make_schema_line
from monitor.settings.files import DIGESTS, MAIN, SOURCES, Files
from monitor.settings.load import load_files
from monitor.settings.model import Loaded
from monitor.settings.yaml.nodes import list_entries
from monitor.settings.yaml.read import read_document
from monitor.text.normalize import fold

SECTIONS = ("entities", "groups", "rules")
NO_OWNERS: Mapping[str, str] = {}
_PLAIN_LETTERS = frozenset("-'’ .")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWish:
    """What a rule is to find: ids of entities, groups and rules, or names that no entity has yet.

    One of `names` must be there, one of `together` too where there are any, and none of `without`.
    """

    title: str
    names: tuple[str, ...]
    together: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    severity: Severity = Severity.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A wish with ids: `entities` are new ones, by id with their names."""

    id: RuleId
    path: Path  # relative to the configuration
    wish: RuleWish
    entities: Mapping[str, tuple[str, ...]]
    all: tuple[tuple[str, ...], ...]  # one of each group must be there
    none: tuple[str, ...]
    match: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


def list_known_ids(files: Files) -> set[str]:
    """The ids of all entities, groups and rules, packs included."""
    named = [content for name, content in files.list_all() if not name.endswith((MAIN, SOURCES, DIGESTS))]
    roots = [read_document(Path("rules"), content).root for content in named]
    return {identifier for root in roots for section in SECTIONS for identifier, _ in list_entries(root, section)}


def list_owners(watchlist: Watchlist) -> dict[str, str]:
    """The entity that has a name, by the folded name; of several entities the first."""
    owners: dict[str, str] = {}
    for entity in watchlist.entities.values():
        for text in list_entity_names(entity):
            owners.setdefault(fold(text), entity.id)
    return owners


def draft_rule(wish: RuleWish, files: Files, owners: Mapping[str, str] = NO_OWNERS) -> RuleDraft:
    """Ids that are free, and a file that is not there yet. A name that an entity of `owners` has stands for it."""
    known = list_known_ids(files)
    wish = replace(
        wish,
        names=_find_owners(wish.names, known, owners),
        together=_find_owners(wish.together, known, owners),
        without=_find_owners(wish.without, known, owners),
    )
    name = Namer(known)
    identifier = name(wish.title)
    entities: dict[str, tuple[str, ...]] = {}
    groups = [_place(group, known, name, entities) for group in (wish.names, wish.together) if group]
    none = tuple(_find_id(one, known) or one for one in wish.without)
    stem = Namer({path.removeprefix("rules/").removesuffix(".yaml") for path in files.own})(wish.title)
    return RuleDraft(
        id=RuleId(identifier),
        path=Path("rules") / f"{stem}.yaml",
        wish=wish,
        entities=entities,
        all=tuple(groups),
        none=none,
    )


def _find_owners(names: Sequence[str], known: set[str], owners: Mapping[str, str]) -> tuple[str, ...]:
    found = (one if _find_id(one, known) else owners.get(fold(one), one) for one in names)
    return tuple(dict.fromkeys(_find_id(one, known) or one for one in found))


def _place(group: Sequence[str], known: set[str], name: Namer, entities: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ids in a group, and one new entity with all names that are no ids."""
    ids = [found for one in group if (found := _find_id(one, known))]
    names = tuple(one for one in group if not _find_id(one, known))
    if names:
        identifier = name(names[0])
        entities[identifier] = names
        ids.append(identifier)
    return tuple(ids)


def _find_id(written: str, known: set[str]) -> str | None:
    """The id as written; or in small letters with hyphens, as the packs write theirs."""
    return next((one for one in (written, written.lower().replace(" ", "-")) if one in known), None)


def write_draft(draft: RuleDraft, *, known: set[str], has_schemas: bool) -> str:
    """The file, in the order and with the indents of `marsad fmt`."""
    lines = [make_schema_line("rules", len(draft.path.parts) - 1).rstrip()] if has_schemas else []
    if draft.entities:
        lines.append("entities:")
    for identifier, names in draft.entities.items():
        lines += [f"  {_quote(identifier)}:", "    kind: topic", f"    names: {_list(names)}"]
    lines += [*([""] if draft.entities else []), "rules:", f"  {_quote(draft.id)}:"]
    lines.append(f"    title: {_quote(draft.wish.title)}")
    lines += _write_conditions(draft, known)
    if draft.wish.severity is not Severity.NORMAL:
        lines.append(f"    severity: {draft.wish.severity}")
    if draft.match or draft.skip:
        lines.append("    examples:")
    for key, texts in (("match", draft.match), ("skip", draft.skip)):
        if texts and key == "skip":
            lines.append("      # headlines that nearly match; move those that the rule must find to `match`")
        if texts:
            lines += [f"      {key}:", *(f"        - {_quote(text)}" for text in texts)]
    return "\n".join(lines) + "\n"


def _write_conditions(draft: RuleDraft, known: set[str]) -> list[str]:
    lines = [f"    any: {_list(draft.all[0])}"] if len(draft.all) == 1 else ["    all:"]
    if len(draft.all) > 1:
        lines += [f"      - any: {_list(group)}" for group in draft.all]
    if draft.none:
        lines.append("    none:")
        lines += [
            f"      - {_quote(one)}" if one in known else f"      - {{text: {_quote(one)}}}" for one in draft.none
        ]
    return lines


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quote, texts))}]"


def _quote(text: str) -> str:
    """Plain where YAML takes it for the text itself, else in double quotes."""
    is_plain = text[:1].isalpha() and all(
        letter.isalpha() or letter.isdigit() or letter in _PLAIN_LETTERS for letter in text
    )
    if is_plain and text == text.strip() and load_plain(f"- {text}") == [text]:
        return text
    return json.dumps(text, ensure_ascii=False)


def try_draft(draft: RuleDraft, files: Files) -> tuple[str, Loaded]:
    """The file of a draft, and what the configuration is with it."""
    text = write_draft(draft, known=list_known_ids(files), has_schemas=(files.directory / FOLDER).is_dir())
    own = {**files.own, draft.path.as_posix(): text.encode()}
    return text, load_files(replace(files, own=own))


def select_in_digest(text: str, digest: str, rule: str) -> str:
    """digests.yaml with the rule in a digest's `rules`; every other byte stays. Raises UsageError."""
    wanted = load_plain(text)
    rules = _find_rules(text, digest)
    if rules is None or not rules.value:
        raise UsageError(f"add {rule!r} to `rules:` of the digest {digest} in digests.yaml by hand")
    wanted["digests"][digest]["rules"].append(rule)
    last = rules.value[-1]
    if rules.flow_style:
        at, added = last.end_mark.index, f", {_quote(rule)}"
    else:
        newline = text.find("\n", last.end_mark.index)
        at = len(text) if newline < 0 else newline
        added = f"\n{' ' * rules.start_mark.column}- {_quote(rule)}"
    candidate = text[:at] + added + text[at:]
    if load_plain(candidate) != wanted:
        raise UsageError(f"add {rule!r} to `rules:` of the digest {digest} in digests.yaml by hand")
    return candidate


def _find_rules(text: str, digest: str) -> SequenceNode | None:
    node: Any = make_yaml("rt").compose(text)
    for key in ("digests", digest, "rules"):
        pairs = node.value if isinstance(node, MappingNode) else []
        node = next((value for name, value in pairs if name.value == key), None)
    return node if isinstance(node, SequenceNode) else None
