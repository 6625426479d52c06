"""The last good configuration, kept as a copy under the state directory, so that a broken edit never stops a daemon.

state/last-good/<digest>/    the files of one good configuration, packs included
state/last-good/index.json   which of them is the last good one, and which older one has the last good version of
                             each rule whose examples fail; replaced in one rename
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from monitor.durable import sync, write_durably
from monitor.errors import ConfigError
from monitor.model import EntityId, Problem, RuleId, derive_id
from monitor.names.model import Entity
from monitor.rules.model import Condition, EntityRef, Literal, Rule, RuleRef, Watchlist
from monitor.settings.build import find_state
from monitor.settings.files import MAIN, Files, read_files
from monitor.settings.load import load_files
from monitor.settings.model import Settings
from monitor.settings.references import read_text
from monitor.settings.yaml.read import read_document


class FailedExample(Protocol):
    """An example that does not do what it was written for; `str` says which and why in one line."""

    @property
    def rule(self) -> RuleId: ...


Check = Callable[[Watchlist], Sequence[FailedExample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What holds now. With `fallback` the files are broken and the last good copy holds; `problems` says why.

    `held_rules` are those whose examples fail: each holds in its last good version, or not at all where it has none.
    """

    settings: Settings
    problems: tuple[Problem, ...] = ()
    fallback: bool = False
    held_rules: tuple[RuleId, ...] = ()
    texts: Mapping[Path, str] = field(default_factory=dict)  # of the files as they were read, whatever holds


def load_in_force(
    directory: Path, *, packs: Path, check: Check, state: Path | None = None, keep: bool = True
) -> InForce:
    """The configuration in `directory`, or its last good copy; `check` runs the rules' examples.

    With `keep` a good one becomes the last good copy (only in a state directory of this user: a command run by another
    one leaves no files that the service cannot write). Raises ConfigError with every problem when nothing good exists.
    """
    return read_candidate(directory, packs=packs, state=state).settle(check, keep=keep)


def read_candidate(directory: Path, *, packs: Path, state: Path | None = None) -> Candidate:
    """The configuration in `directory`, or its last good copy, before any example is run. Raises ConfigError."""
    files = read_files(directory.absolute(), packs)
    state = state or locate_state(files)
    store = _Copies(folder=state / "last-good", directory=files.directory, pack_folder=packs, state=state)
    loaded = load_files(files, state=state)
    settings = loaded.settings or store.load_last()
    if settings is None:
        raise ConfigError(loaded.problems)
    return Candidate(
        settings=settings, problems=loaded.problems, fallback=loaded.settings is None, files=files, store=store
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration that can be used, but for rules whose examples may fail: `settle` runs them, for seconds."""

    settings: Settings
    problems: tuple[Problem, ...]
    fallback: bool
    files: Files
    store: _Copies

    def settle(self, check: Check, *, keep: bool = True) -> InForce:
        """What holds, each rule whose examples fail in its last good version; see `load_in_force`."""
        is_known = not self.fallback and self.store.knows(self.files)
        in_force, held = _hold_rules(self.settings, self.store, _find_nothing if is_known else check)
        if keep and not self.fallback:
            self.store.keep(self.files, held)
        return self._complete(in_force)

    def believe(self) -> InForce:
        """What would hold if no example failed."""
        return self._complete(InForce(settings=self.settings))

    def _complete(self, in_force: InForce) -> InForce:
        problems = (*self.problems, *in_force.problems)
        return replace(in_force, problems=problems, fallback=self.fallback, texts=self.files.identify_texts())


def load_last_good(directory: Path, *, packs: Path) -> Settings | None:
    """What a daemon of this directory has in force, or had last; None where nothing was ever in force."""
    files = read_files(directory.absolute(), packs)
    state = locate_state(files)
    store = _Copies(folder=state / "last-good", directory=files.directory, pack_folder=packs, state=state)
    settings = store.load_last()
    if settings is None:
        return None
    held = store.list_held()
    good = {rule: found[1] for rule in held if (found := store.find_rule(rule))}
    return replace(settings, watchlist=replace_rules(settings.watchlist, held, good)) if held else settings


def locate_state(files: Files) -> Path:
    """The state directory, also where marsad.yaml cannot be read: then by its line `state:`."""
    content = files.own.get(MAIN, b"")
    root = read_document(files.directory / MAIN, content).root
    if root is not None:
        return find_state(files.directory, read_text(root, "state")).absolute()
    line = next((line for line in content.splitlines() if line.startswith(b"state:")), b"")
    written = read_text(read_document(files.directory / MAIN, line).root, "state")
    return find_state(files.directory, written).absolute()


def _find_nothing(_: Watchlist) -> Sequence[FailedExample]:
    """Of examples that all held when this program tried them on the same files: to try them takes seconds."""
    return ()


def _hold_rules(settings: Settings, store: _Copies, check: Check) -> tuple[InForce, dict[RuleId, str]]:
    """`settings` with each rule whose examples fail in its last good version, and which copy has that version."""
    failures = check(settings.watchlist)
    failing = tuple(dict.fromkeys(failure.rule for failure in failures))
    good = {rule: found for rule in failing if (found := store.find_rule(rule))}
    watchlist = replace_rules(settings.watchlist, failing, {rule: found[1] for rule, found in good.items()})
    problems = [_report_failure(failure, settings, is_held=failure.rule in good) for failure in failures]
    in_force = InForce(
        settings=replace(settings, watchlist=watchlist) if failing else settings,
        problems=tuple(problems),
        held_rules=failing,
    )
    return in_force, {rule: good[rule][0] if rule in good else "" for rule in failing}


def _report_failure(failure: FailedExample, settings: Settings, *, is_held: bool) -> Problem:
    key = f"rules.{failure.rule}"
    origin = settings.origins.get(f"{key}.examples") or settings.origins.get(key)
    hint = "its last good version stays in force" if is_held else "the rule is not in force: it has no good version yet"
    return Problem(
        file=origin.file if origin else settings.directory,
        line=origin.line if origin else 0,
        column=1 if origin else 0,
        path=f"{key}.examples",
        what=str(failure),
        hint=hint,
    )


def replace_rules(watchlist: Watchlist, failing: Collection[RuleId], good: dict[RuleId, Watchlist]) -> Watchlist:
    """The watch-list with each failing rule as it stands in its good one, or without it where there is none.

    Entities that only the older rule knows come along; rules that refer to one that is gone go too.
    """
    rules: dict[RuleId, Rule] = {}
    entities: dict[EntityId, Entity] = dict(watchlist.entities)
    for identifier, rule in watchlist.rules.items():
        if identifier not in failing:
            rules[identifier] = rule
        elif identifier in good:
            old = good[identifier]
            rules[identifier] = old.rules[identifier]
            for entity in _list_entities(old.rules[identifier].condition, old):
                entities.setdefault(entity.id, entity)
    return Watchlist(entities=entities, rules=_drop_dangling(rules))


def _list_entities(condition: Condition, watchlist: Watchlist) -> list[Entity]:
    """The entities of a condition and those that they are near to."""
    if isinstance(condition, (Literal, RuleRef)):
        return []
    if isinstance(condition, EntityRef):
        entity = watchlist.entities[condition.id]
        return [entity, *(watchlist.entities[near] for near in entity.near)]
    return [entity for operand in condition.operands for entity in _list_entities(operand, watchlist)]


def _drop_dangling(rules: dict[RuleId, Rule]) -> dict[RuleId, Rule]:
    while True:
        kept = {key: rule for key, rule in rules.items() if set(_list_rules(rule.condition)) <= set(rules)}
        if len(kept) == len(rules):
            return kept
        rules = kept


def _list_rules(condition: Condition) -> list[RuleId]:
    if isinstance(condition, RuleRef):
        return [condition.id]
    if isinstance(condition, EntityRef | Literal):
        return []
    return [rule for operand in condition.operands for rule in _list_rules(operand)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copies:
    """The folder of copies of one configuration directory."""

    folder: Path
    directory: Path
    pack_folder: Path
    state: Path

    def load_last(self) -> Settings | None:
        """The last good configuration; None where there is none that this program can still use."""
        return self._load(self._read_index().get("configuration", ""))

    def list_held(self) -> tuple[RuleId, ...]:
        """The rules whose examples fail in the last good configuration."""
        return tuple(map(RuleId, self._read_index().get("rules", {})))

    def find_rule(self, rule: RuleId) -> tuple[str, Watchlist] | None:
        """The copy with the last good version of a rule, and its watch-list."""
        index = self._read_index()
        digest = index.get("rules", {}).get(rule, index.get("configuration", ""))
        settings = self._load(digest)
        if settings is None or rule not in settings.watchlist.rules:
            return None
        return digest, settings.watchlist

    def knows(self, files: Files) -> bool:
        """Whether `files` are the last good configuration, and every example in them held with this very program."""
        index = self._read_index()
        return index == self._make_index(files, {}) and (self.folder / _name(files)).is_dir()

    def _make_index(self, files: Files, held: dict[RuleId, str]) -> dict[str, Any]:
        return {
            "directory": str(self.directory),
            "configuration": _name(files),
            "rules": held,
            "program": identify_program(),
        }

    def keep(self, files: Files, held: dict[RuleId, str]) -> None:
        """Make `files` the last good configuration; where that cannot be written, the older one remains."""
        index = self._make_index(files, held)
        if index == self._read_index() or not self._is_mine():
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / _name(files)).is_dir():
                self._write_copy(files)
            _replace_file(self.folder / "index.json", json.dumps(index, indent=1))  # ids and paths may be no UTF-8
            self._drop_copies({_name(files), *held.values()})

    def _is_mine(self) -> bool:
        """Whether what is written here will belong to who runs the service."""
        nearest = next(path for path in (self.state, *self.state.parents) if path.exists())
        return nearest.stat().st_uid == os.geteuid()

    def _read_index(self) -> dict[str, Any]:
        """Nothing where it is missing, unreadable, or of another configuration directory."""
        try:
            index = json.loads((self.folder / "index.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return index if isinstance(index, dict) and index.get("directory") == str(self.directory) else {}

    def _load(self, digest: str) -> Settings | None:
        copy = self.folder / digest
        if not digest or not copy.is_dir():
            return None
        files = read_files(copy / "own", copy / "packs")
        return load_files(replace(files, base=self.directory), state=self.state).settings

    def _write_copy(self, files: Files) -> None:
        """All files in a folder of their own, durable, then under its name in one rename."""
        unfinished = Path(tempfile.mkdtemp(prefix=".", dir=self.folder))
        unfinished.chmod(0o750)
        for name, content in files.list_all():
            path = unfinished / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_file(path, content)
        unfinished.rename(self.folder / _name(files))

    def _drop_copies(self, wanted: Collection[str]) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in wanted:
                shutil.rmtree(path, ignore_errors=True)


@cache
def identify_program() -> str:
    """Changes with each file of the program and with the version of Python."""
    package = Path(__file__).parent.parent
    paths = sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    stats = [(path.relative_to(package), path.stat()) for path in paths]
    parts = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return derive_id("program", sys.version, *parts)


def _name(files: Files) -> str:
    parts = [part for name, content in files.list_all() for part in (name, content.decode("utf-8", "replace"))]
    return derive_id("configuration", *parts)


def _replace_file(path: Path, text: str) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}")
    _write_file(unfinished, text.encode())
    unfinished.replace(path)
    sync(path.parent)


def _write_file(path: Path, content: bytes) -> None:
    write_durably(path, content)
    path.chmod(0o640)
