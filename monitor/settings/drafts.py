"""The configuration as it would be with other rule files, which are not put into it yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.errors import UsageError
from monitor.model import RuleId
from monitor.settings.files import Files, read_files
from monitor.settings.load import load_files
from monitor.settings.model import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedSettings:
    """A configuration with drafts in it, and the rules that the drafts define."""

    loaded: Loaded
    rules: tuple[RuleId, ...] = ()


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
