"""The configuration as it would be with other rule files, which are not put into it yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.errors import UsageError
from monitor.model import RuleId
from monitor.settings.files import Files, read_files
from monitor.settings.load import load_files
from monitor.settings.model import Loaded
from monitor.settings.yaml.nodes import list_entries
from monitor.settings.yaml.read import read_document

SECTIONS = ("rules", "entities", "groups")
TEXT = "playground.yaml"  # what a text is called that is in no file


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedSettings:
    """A configuration with drafts in it, and the rules that the drafts define."""

    loaded: Loaded
    rules: tuple[RuleId, ...] = ()
    file: Path = Path()  # of a text that is in no file: what problems call it


def load_draft(directory: Path, drafts: Sequence[Path], *, packs: Path) -> DraftedSettings:
    """A draft stands in for the rule file of the same name; one with a new name is added. Raises UsageError."""
    files = read_files(directory.absolute(), packs)
    own, places = dict(files.own), dict[Path, Path]()
    for draft in drafts:
        name = _find_place(draft, files)
        try:
            own[name] = draft.read_bytes()
        except OSError as error:
            raise UsageError(f"{draft}: {error.strerror}") from error
        places[files.directory / name] = draft
    loaded = load_files(replace(files, own=own))
    problems = tuple(replace(one, file=places.get(one.file, one.file)) for one in loaded.problems)
    if loaded.settings is None:
        return DraftedSettings(loaded=replace(loaded, problems=problems))
    origins = loaded.settings.origins
    rules = [rule for rule in loaded.settings.watchlist.rules if f"rules.{rule}" in origins]
    defined = tuple(rule for rule in rules if origins[f"rules.{rule}"].file in places)
    return DraftedSettings(loaded=replace(loaded, problems=problems), rules=defined)


def _find_place(draft: Path, files: Files) -> str:
    """Under which name a draft is read: its own in the configuration, or that of the rule file it stands in for."""
    path = draft.resolve()
    rules = files.directory.resolve() / "rules"
    if path.is_relative_to(rules):
        return f"rules/{path.relative_to(rules).as_posix()}"
    same = [name for name in files.own if name.startswith("rules/") and Path(name).name == path.name]
    if len(same) > 1:
        raise UsageError(f"{draft}: the configuration has several files of this name ({', '.join(same)}); rename it")
    return same[0] if same else f"rules/{path.name}"


def load_text(directory: Path, text: str, *, packs: Path) -> DraftedSettings:
    """The configuration with the text of a rule file added, which is in no file.

    What it defines, and a file of the configuration defines too, it replaces.
    """
    files = read_files(directory.absolute(), packs)
    name = f"rules/{TEXT}"
    content = text.encode("utf-8", "replace")
    own = {
        path: _leave_out(old, _list_ids(content)) if path.startswith("rules/") else old
        for path, old in files.own.items()
    }
    loaded = load_files(replace(files, own={**own, name: content}))
    file = files.directory / name
    if loaded.settings is None:
        return DraftedSettings(loaded=loaded, file=file)
    origins = loaded.settings.origins
    is_own = lambda rule: (at := origins.get(f"rules.{rule}")) is not None and at.file == file  # noqa: E731
    return DraftedSettings(loaded=loaded, rules=tuple(filter(is_own, loaded.settings.watchlist.rules)), file=file)


def _list_ids(content: bytes) -> dict[str, frozenset[str]]:
    """What the text defines, by section."""
    root = read_document(Path(TEXT), content).root
    return {section: frozenset(name for name, _ in list_entries(root, section)) for section in SECTIONS}


def _leave_out(content: bytes, ids: Mapping[str, frozenset[str]]) -> bytes:
    """A rule file without the lines of those entries; every other line keeps its number."""
    lines, kept = content.decode("utf-8", "replace").splitlines(keepends=True), []
    section, inner, is_out = "", 0, False
    for line in lines:
        body = line.strip()
        depth = len(line) - len(line.lstrip(" "))
        if body and not body.startswith("#"):
            if depth == 0:
                section, inner, is_out = body.partition(":")[0], 0, False
            elif not inner or depth <= inner:
                inner = inner or depth
                is_out = body.partition(":")[0].strip("'\"") in ids.get(section, ())
        kept.append("\n" if is_out else line)
    return "".join(kept).encode()
