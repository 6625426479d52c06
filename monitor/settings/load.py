"""A configuration directory becomes Settings, or the list of everything that is wrong in any of its files.

files -> nodes -> shapes, one file each -> what they say of each other -> Settings
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.model import ChannelName, Problem
from monitor.registry import CHANNELS
from monitor.rules.model import Watchlist
from monitor.settings.build import (
    KnownRecipients,
    build_console,
    build_feedback,
    build_metrics,
    build_polling,
    build_retention,
    build_sources,
    find_state,
)
from monitor.settings.channels import make_channel, make_shape
from monitor.settings.delivery import check_digests, check_main
from monitor.settings.files import (
    DIGESTS,
    MAIN,
    SOURCES,
    Files,
    check_packs,
    list_rule_files,
    make_pack_finder,
    read_files,
)
from monitor.settings.model import ChannelConfig, Loaded, Origin, Settings
from monitor.settings.origins import find_origins, trace_digests
from monitor.settings.overlays import check_overlays
from monitor.settings.references import (
    IdIndex,
    RuleFile,
    check_age,
    check_cycles,
    check_names,
    check_rule_file,
    check_selectors,
    check_sources,
    index_ids,
    read_text,
)
from monitor.settings.renamed import rename_keys
from monitor.settings.schema import DigestShape, DigestsShape, MarsadShape, RulesShape
from monitor.settings.source_shape import SourcesShape, make_sources_shape
from monitor.settings.validate import S, validate
from monitor.settings.warnings import check_alone, check_signals
from monitor.settings.watchlist import Checked, build_watchlist
from monitor.settings.yaml.document import Document
from monitor.settings.yaml.document import Mapping as MappingNode
from monitor.settings.yaml.nodes import list_entries, make_problem
from monitor.settings.yaml.read import read_document
from monitor.text.quoting import quote, suggest_near


def load_settings(directory: Path, *, packs: Path, state: Path | None = None) -> Loaded:
    """Read the configuration in `directory`; `packs` holds the shipped ones, `state` wins over what the files say."""
    return load_files(read_files(directory.absolute(), packs), state=state, today=datetime.now(UTC).date())


def load_files(files: Files, *, state: Path | None = None, today: date | None = None) -> Loaded:
    """The same from files that were read already; with `today`, old packs are reported."""
    if MAIN not in files.own:
        unreadable = [one for one in files.problems if one.file in {files.directory, files.directory / MAIN}]
        missing = () if unreadable else (_miss_main(files.directory),)
        return Loaded(settings=None, problems=(*files.problems, *missing))
    loading = _Loading(files=files)
    loading.check()
    if today:
        loading.problems += check_age(loading.rules, today)
    if any(problem.is_error for problem in loading.problems):
        return Loaded(settings=None, problems=loading.sort_problems())
    settings = loading.build(state)
    loading.problems += check_signals(settings)
    return Loaded(settings=settings, problems=loading.sort_problems())


def load_rules(paths: Sequence[Path], *, packs: Path) -> tuple[Watchlist | None, tuple[Problem, ...]]:
    """The watch-list of these files and folders alone; `packs` serves only to say which pack has an unknown id."""
    documents = [rename_keys(read_document(path, path.read_bytes()), "rules") for path in _list_paths(paths)]
    rules = [RuleFile(document=document) for document in documents]
    checked, index, found = check_rules(rules, packs, ())
    problems = sort_problems(found, [document.file for document in documents])
    if any(problem.is_error for problem in problems):
        return None, problems
    return build_watchlist(checked, index), problems


def _list_paths(paths: Sequence[Path]) -> list[Path]:
    found = [[path / name for name in list_rule_files(path, path)] if path.is_dir() else [path] for path in paths]
    return list(dict.fromkeys(path for group in found for path in group))


def _miss_main(directory: Path) -> Problem:
    hint = f"marsad init {directory} writes one that works"
    return Problem(file=directory / MAIN, line=0, column=0, path="", what="does not exist", hint=hint)


def check_rules(
    files: list[RuleFile], packs: Path, loaded: Sequence[str]
) -> tuple[list[Checked], IdIndex, list[Problem]]:
    """Everything that can be said of rule files alone."""
    problems = [problem for file in files for problem in file.document.problems]
    checked = []
    for file in files:
        shape, wrong = validate_read(RulesShape, file.document)
        problems += wrong
        if shape is not None:
            checked.append(Checked(file=file, shape=shape))
    index = index_ids(files, make_pack_finder(packs, loaded))
    problems += index.problems
    for file in files:
        problems += check_rule_file(file, index)
    problems += check_overlays(index)
    problems += [*check_names(files, index), *check_alone(files, index), *check_cycles(files, index)]
    return checked, index, problems


def validate_read(shape: type[S], document: Document) -> tuple[S | None, list[Problem]]:
    """As `validate`, but silent about a file that could not be read as YAML: that has been said."""
    if document.root is None and document.problems:
        return None, []
    return validate(shape, document)


@dataclass(slots=True, kw_only=True)
class _Loading:
    """One run over all files; every step adds its problems."""

    files: Files
    problems: list[Problem] = field(default_factory=list)
    main: Document = field(init=False)
    sources: Document = field(init=False)
    digests: Document = field(init=False)
    rules: list[RuleFile] = field(init=False)
    main_shape: MarsadShape | None = None
    sources_shape: SourcesShape | None = None
    digests_shape: DigestsShape | None = None
    channels: dict[ChannelName, ChannelConfig] = field(default_factory=dict)
    checked: list[Checked] = field(default_factory=list)
    index: IdIndex = field(default_factory=IdIndex)

    def __post_init__(self) -> None:
        self.main, self.sources, self.digests = (self._read(name) for name in (MAIN, SOURCES, DIGESTS))
        names = [name for name in self.files.own if name not in {MAIN, SOURCES, DIGESTS}]
        self.rules = [RuleFile(document=self._read(name)) for name in names]
        for name, content in self.files.packs.items():
            document = read_document(self.files.pack_folder / f"{name}.yaml", content)
            self.rules.append(RuleFile(document=rename_keys(document, "rules"), pack=name))

    def _read(self, name: str) -> Document:
        document = read_document(self.files.directory / name, self.files.own.get(name, b""))
        return rename_keys(document, name.removesuffix(".yaml") if "/" not in name else "rules")

    def check(self) -> None:
        """Find everything that is wrong."""
        self.problems += [*self.files.problems, *self._find_missing()]
        self.main_shape = self._validate(MarsadShape, self.main)
        self.sources_shape = self._validate(make_sources_shape(), self.sources)
        self.digests_shape = self._validate(DigestsShape, self.digests)
        self.problems += self._check_channels()
        self.problems += check_packs(self.main, self.files)
        self.checked, self.index, problems = check_rules(self.rules, self.files.pack_folder, list(self.files.packs))
        self.problems += problems
        self.problems += [*check_main(self.main), *check_sources(self.sources)]
        self.problems += check_digests(self.digests, self.main, self.index)
        if SOURCES in self.files.own and not self.sources.problems:
            self.problems += check_selectors(self.rules, self.sources)

    def _validate(self, shape: type[S], document: Document) -> S | None:
        self.problems += document.problems
        checked, problems = validate_read(shape, document)
        self.problems += problems
        return checked

    def _find_missing(self) -> Iterator[Problem]:
        for name, what in ((SOURCES, "nothing is watched"), (DIGESTS, "nothing is sent")):
            file = self.files.directory / name
            if name not in self.files.own and not any(problem.file == file for problem in self.files.problems):
                yield Problem(file=file, line=0, column=0, path="", what=f"does not exist: {what}", is_error=False)

    def _check_channels(self) -> Iterator[Problem]:
        for name, node in list_entries(self.main.root, "channels"):
            if not isinstance(node, MappingNode):
                continue
            place = ("channels", name)
            kind = read_text(self.main.root, *place, "type")
            if kind not in CHANNELS:
                what = f"unknown channel type {quote(kind)}" if kind else "'type' is missing"
                hint = suggest_near(kind, CHANNELS)
                where = (*place, "type") if kind else place
                yield make_problem(self.main, where, what, expected=f"one of {', '.join(CHANNELS)}", hint=hint)
                continue
            yield from self._check_channel(name, kind)

    def _check_channel(self, name: str, kind: str) -> Iterator[Problem]:
        shape, problems = validate(make_shape(kind), self.main, ("channels", name))
        yield from problems
        if shape is None:
            return
        try:
            self.channels[ChannelName(name)] = make_channel(name, shape, self.files.base)
        except ValueError as error:
            yield make_problem(self.main, ("channels", name), str(error), at_key=True)

    def build(self, state: Path | None) -> Settings:
        """The settings of files without an error."""
        main = self.main_shape or MarsadShape()
        directory = self.files.base
        readers = KnownRecipients(main, self.channels)
        digests = (self.digests_shape or DigestsShape()).digests
        return Settings(
            directory=directory,
            state=(state or find_state(directory, main.state)).absolute(),
            store=main.store,
            channels=self.channels,
            sources=build_sources((self.sources_shape or SourcesShape()).sources, directory),
            watchlist=build_watchlist(self.checked, self.index),
            digests=tuple(readers.build_digest(name, shape) for name, shape in digests.items()),
            people={name: person.email for name, person in main.people.items()},
            timezone=main.defaults.timezone or ZoneInfo("UTC"),
            operator=readers.build_operator(),
            feedback=build_feedback(main, directory),
            polling=build_polling(main, directory),
            metrics=build_metrics(main.metrics, directory),
            console=build_console(main.console, directory),
            retention=build_retention(main.retention),
            watch=main.watch,
            origins=self._find_origins(main, digests),
        )

    def _find_origins(self, main: MarsadShape, digests: Mapping[str, DigestShape]) -> dict[str, Origin]:
        origins = find_origins(self.main, self.sources, self.digests, self.rules, self.index)
        return origins | trace_digests(origins, main, digests)

    def sort_problems(self) -> tuple[Problem, ...]:
        documents = [self.main, self.sources, self.digests, *(file.document for file in self.rules)]
        return sort_problems(self.problems, [document.file for document in documents])


def sort_problems(problems: Sequence[Problem], files: Sequence[Path]) -> tuple[Problem, ...]:
    """In the order of the files, then from top to bottom; each once."""
    order = {file: number for number, file in enumerate(files)}
    key = lambda problem: (order.get(problem.file, len(order)), problem.file, problem.line, problem.column)  # noqa: E731
    return tuple(sorted(dict.fromkeys(problems), key=key))
