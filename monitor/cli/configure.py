"""The commands init, check, show and schema, which work on the configuration files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Options, find_config, find_options
from monitor.cli.output import count, say, say_problems, write, write_json, write_table
from monitor.cli.places import list_missing_places
from monitor.cli.progress import show_progress
from monitor.errors import ConfigError, MarsadError, UsageError
from monitor.model import Problem, RuleId, Source
from monitor.ops.file_watch import Edit, FileWatch
from monitor.pipeline.schedule import next_times
from monitor.registry import SOURCES, load_class
from monitor.rules.changes import list_changed_rules
from monitor.rules.examples import ExampleFailure
from monitor.settings.describe import describe_thing, find_origin
from monitor.settings.files import survey_files
from monitor.settings.lastgood import load_last_good
from monitor.settings.model import Origin, Settings
from monitor.text.urls import mask_text

MOST_NAMED = 5  # edited rules
SAVING_SECONDS = 0.3  # in which an editor writes its files; nobody else is put to trouble by a check of half an edit
LEAVES_OUT = {
    "reports": "the text part of {} leaves out headlines: list `story.reports`, the further articles of a story, as "
    "digest/text.j2 does",
    "signals": "the text part of {} leaves out signals: list `signals`, as digest/text.j2 does",
}


def init(
    directory: Annotated[
        Path, typer.Argument(help="The folder to write to. It is created if it is missing.", metavar="DIR")
    ],
) -> None:
    """Write a commented configuration that works as it is."""
    from monitor.packaged import find_share
    from monitor.settings.editors import write_schemas

    template = find_share("templates") / "init"
    existing = [path for path in _list_files(template) if (directory / path).exists()]
    if existing:
        names = ", ".join(map(str, existing))
        raise UsageError(f"{directory} already has {names}; nothing was written (choose another folder)")
    try:
        shutil.copytree(template, directory, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {directory}: {error.strerror or error}") from error
    for path in (*(directory / path for path in _list_files(template)), *write_schemas(directory)):
        write(str(path))
    say(f"next: marsad check --config {directory}   then: marsad once --all --config {directory}")


def _list_files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    """What is wrong with a template; `digests` name it, the first one in the line of `origin`; or none does."""

    what: str
    digests: tuple[str, ...] = ()
    origin: Origin | None = None
    is_error: bool = True

    def __str__(self) -> str:
        place = f"{self.origin.file}:{self.origin.line}  " if self.origin else ""
        named = ", ".join(f"digests.{digest}.template" for digest in self.digests)
        level = "" if self.is_error else "warning: "
        return f"{place}{named}  {level}{self.what}" if named else f"{level}{self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All that `check` found. `errors` counts what a person must fix."""

    settings: Settings | None
    problems: tuple[Problem, ...]
    failures: tuple[ExampleFailure, ...] = ()
    templates: tuple[TemplateProblem, ...] = ()
    missing: tuple[Source, ...] = ()  # whose folder is not there: a warning, it may be mounted later
    places: tuple[str, ...] = ()  # what else is not there
    examples: int = 0
    next_times: tuple[tuple[str, tuple[datetime, ...]], ...] = ()
    edited: tuple[RuleId, ...] = ()  # rules that look for something else than those in force

    @property
    def errors(self) -> int:
        problems = sum(problem.is_error for problem in self.problems)
        return problems + sum(problem.is_error for problem in self.templates) + len(self.failures)


def check(
    context: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Also connect to every channel and read every source once.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Report errors only, without warnings and times.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again each time a file is saved, until Ctrl+C.")
    ] = False,
) -> None:
    """Check the configuration: files, rule examples, templates, schedules; with --online, channels and sources too."""
    options = find_options(context)
    directory = find_config(options, quiet=quiet)
    if online and watch:
        raise UsageError("--watch checks after each save and connects to nothing; leave out --online or --watch")
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(keep_checking(directory, lambda: _tell(check_configuration(directory), (), options, quiet)))
        return
    report = check_configuration(directory)
    trials = asyncio.run(_try_out(report.settings)) if online and report.settings else ()
    _tell(report, trials, options, quiet)
    if report.errors:
        raise typer.Exit(2)
    if not all(trial.ok for trial in trials):
        raise typer.Exit(1)


async def keep_checking(directory: Path, check_once: Callable[[], None]) -> None:
    """Check now and after each edit, until cancelled."""
    edits = asyncio.Queue[Edit]()
    files = FileWatch(partial(survey_files, directory), settle_seconds=SAVING_SECONDS)
    following = asyncio.create_task(files.run(edits.put_nowait))
    try:
        while True:
            await asyncio.to_thread(check_once)
            say(f"watching {directory}; Ctrl+C ends it")
            edit = await edits.get()
            say(f"\n{datetime.now().astimezone():%H:%M:%S} saved: {', '.join(file.name for file in edit.files)}")
    finally:
        following.cancel()


def _tell(report: CheckReport, trials: Sequence[OnlineTrial], options: Options, quiet: bool) -> None:
    if options.json:
        _write_report(report, trials)
    elif quiet:
        _say_faults(report, trials)
    else:
        _say_report(report, trials)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineTrial:
    """What came of connecting to one channel or reading one source."""

    kind: str  # "channel" | "source"
    name: str
    ok: bool
    detail: str


def check_configuration(directory: Path) -> CheckReport:
    """Read, compile and try out everything in `directory`, sending and fetching nothing."""
    from monitor.app import read_configuration
    from monitor.matchers import try_examples
    from monitor.packaged import find_share

    loaded = read_configuration(directory)
    if loaded.settings is None:
        return CheckReport(settings=None, problems=loaded.problems)
    settings = loaded.settings
    now = datetime.now(UTC)
    in_force = load_last_good(directory, packs=find_share("rules"))
    return CheckReport(
        settings=settings,
        problems=loaded.problems,
        failures=tuple(try_examples(settings.watchlist)),
        templates=asyncio.run(check_templates(settings)),
        missing=tuple(source for source in settings.sources if load_class(SOURCES[source.kind]).is_missing(source)),
        places=list_missing_places(settings),
        examples=sum(len(rule.examples) for rule in settings.watchlist.rules.values()),
        next_times=tuple(
            (f"{plan.name} -> {recipient.email}", next_times(plan.schedule, recipient.timezone, after=now, count=3))
            for plan in settings.digests
            for recipient in plan.recipients
        ),
        edited=list_changed_rules(in_force.watchlist, settings.watchlist) if in_force else (),
    )


async def check_templates(settings: Settings) -> tuple[TemplateProblem, ...]:
    """Every template that a digest names, tried out, and every other file of the folders, read."""
    from monitor.app import make_renderer

    renderer = make_renderer(settings)
    names: dict[str, tuple[str, ...]] = {}
    reports = {plan.template for plan in settings.digests if plan.is_report}  # they have no headlines to leave out
    for plan in settings.digests:
        names[plan.template] = (*names.get(plan.template, ()), plan.name)
    try:
        problems: dict[str, TemplateProblem] = {}
        for template, digests in names.items():
            whats = await renderer.check(template)
            missing = () if whats or template in reports else await renderer.leaves_out(template)
            gaps = [LEAVES_OUT[one].format(template) for one in missing]
            origin = _find_template(settings, digests[0])
            for what in (*whats, *gaps):
                problems[what] = TemplateProblem(what=what, digests=digests, origin=origin, is_error=what in whats)
        others = {what: TemplateProblem(what=what) for what in await renderer.check_files()}
    finally:
        await renderer.close()
    return tuple((others | problems).values())


def _find_template(settings: Settings, digest: str) -> Origin | None:
    """Where the digest names its template, or stands where it has the default one."""
    return find_origin(settings.origins, f"digests.{digest}", "template") or settings.origins.get(f"digests.{digest}")


async def _try_out(settings: Settings) -> tuple[OnlineTrial, ...]:
    return (*await _probe_channels(settings), *await _read_sources(settings))


async def _probe_channels(settings: Settings) -> list[OnlineTrial]:
    from monitor.app import make_channels

    found = []
    for name, channel in make_channels(settings).items():
        try:
            ok, detail = True, await channel.probe()
        except MarsadError as error:
            ok, detail = False, str(error)
        finally:
            await channel.close()
        found.append(OnlineTrial(kind="channel", name=name, ok=ok, detail=detail))
    return found


async def _read_sources(settings: Settings) -> list[OnlineTrial]:
    from monitor.line import try_sources

    with show_progress("reading sources", len(settings.sources)) as advance:
        outcomes = await try_sources(settings, polled=lambda _: advance(1))
    by_source = {outcome.source.id: outcome for outcome in outcomes}
    return [
        OnlineTrial(
            kind="source",
            name=source.id,
            ok=outcome.ok,
            detail=mask_text("; ".join(filter(None, (outcome.error, *outcome.problems))))
            or count(outcome.new, "article"),
        )
        for source in settings.sources
        if (outcome := by_source.get(source.id)) is not None
    ]


def _write_report(report: CheckReport, trials: Sequence[OnlineTrial]) -> None:
    write_json(
        {
            "errors": report.errors,
            "problems": report.problems,
            "example_failures": report.failures,
            "template_errors": [str(problem) for problem in report.templates if problem.is_error],
            "template_warnings": [str(problem) for problem in report.templates if not problem.is_error],
            "missing_folders": [{"source": source.id, "path": source.path} for source in report.missing],
            "missing_places": report.places,
            "examples": report.examples,
            "edited": report.edited,
            "next": [{"digest": name, "times": times} for name, times in report.next_times],
            "online": trials,
        }
    )


def _place(settings: Settings | None, failure: ExampleFailure) -> str:
    """Where the example is written, as it stands before a problem of a file; nothing where that is not known."""
    key = f"examples.{'match' if failure.example.fires else 'skip'}[{failure.index}]"
    origin = find_origin(settings.origins, f"rules.{failure.rule}", key) if settings else None
    return f"{origin.file}:{origin.line}  " if origin else ""


def _say_errors(report: CheckReport) -> None:
    for failure in report.failures:
        say(f"{_place(report.settings, failure)}{failure}")
    for problem in report.templates:
        if problem.is_error:
            say(str(problem))


def _say_faults(report: CheckReport, trials: Sequence[OnlineTrial]) -> None:
    """For `systemctl reload`, whose output goes to the journal each time."""
    say_problems([problem for problem in report.problems if problem.is_error])
    _say_errors(report)
    for trial in trials:
        if not trial.ok:
            say(f"{trial.kind} {trial.name}: FAILED: {trial.detail}")


def _say_warnings(report: CheckReport) -> None:
    """Beside those of the files' own problems."""
    for source in report.missing:
        say(f"warning: source {source.id}: {source.location} does not exist yet; create it, or correct `{source.kind}`")
    for place in report.places:
        say(f"warning: {place}")
    for problem in report.templates:
        if not problem.is_error:
            say(str(problem))


def _say_report(report: CheckReport, trials: Sequence[OnlineTrial]) -> None:
    say_problems(report.problems)
    _say_warnings(report)
    _say_errors(report)
    for name, times in report.next_times:
        write(f"{name}: next {', '.join(f'{at:%a %Y-%m-%d %H:%M %Z}' for at in times) or 'as soon as a rule fires'}")
    if report.edited:
        write(f"edited: {_name_rules(report.edited)}; to see what they would have caught: {_offer(report.edited)}")
    for trial in trials:
        write(f"{trial.kind} {trial.name}: {'ok' if trial.ok else 'FAILED'}: {trial.detail}")
    if report.settings:
        watchlist = report.settings.watchlist
        write(
            f"{count(len(report.settings.sources), 'source')}, "
            f"{count(len(watchlist.entities), 'entity', 'entities')}, "
            f"{count(len(watchlist.rules), 'rule')} with {count(report.examples, 'example')}, "
            f"{count(len(report.settings.digests), 'digest')}: "
            f"{count(report.errors, 'error') if report.errors else 'all good'}"
        )
    else:
        write(count(report.errors, "error"))


def _name_rules(rules: Sequence[RuleId]) -> str:
    more = f" and {len(rules) - MOST_NAMED} more" if len(rules) > MOST_NAMED else ""
    return f"{'rule' if len(rules) == 1 else 'rules'} {', '.join(rules[:MOST_NAMED])}{more}"


def _offer(rules: Sequence[RuleId]) -> str:
    """The command, which tries all that were edited unless it names some."""
    named = f" {shlex.quote(rules[0])}" if len(rules) == 1 else ""
    return f"marsad backtest{named} --since 30d"


def show(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="rule, entity, digest or source.", metavar="KIND")],
    identifier: Annotated[str, typer.Argument(help="The id of the rule, entity, digest or source.", metavar="ID")],
) -> None:
    """Print a rule, entity, digest or source with all its values, and the file and line of each value."""
    from monitor.app import read_configuration

    options = find_options(context)
    loaded = read_configuration(find_config(options))
    if loaded.settings is None:
        raise ConfigError(loaded.problems)
    lines = describe_thing(loaded.settings, kind, identifier)
    if options.json:
        write_json([{"key": line.key, "value": line.value, "origin": line.origin} for line in lines], options.mask)
    else:
        rows = [(line.key, options.mask(line.value), _name_origin(line.origin)) for line in lines]
        write_table(("key", "value", "from"), rows)


def _name_origin(origin: Origin | None) -> str:
    return f"{origin.file}:{origin.line}" if origin else "default"


def schema(
    context: typer.Context,
    kind: Annotated[str | None, typer.Argument(help="marsad, sources, rules or digests.", metavar="[FILE]")] = None,
    vscode: Annotated[
        bool, typer.Option("--vscode", help="Write the schemas, and the settings of VS Code, beside the configuration.")
    ] = False,
) -> None:
    """Print the JSON Schema of the YAML files, which editors use for completion."""
    from monitor.settings.editors import write_schemas, write_vscode
    from monitor.settings.schema import json_schema

    if vscode:
        directory = find_config(find_options(context))
        for path in (*write_schemas(directory), write_vscode(directory)):
            write(str(path))
        say("next: install the extension redhat.vscode-yaml, and open the folder in VS Code")
        return
    schemas = json_schema()
    if kind is not None and kind not in schemas:
        raise UsageError(f"there is no schema {kind!r}; there are: {', '.join(schemas)}")
    write(json.dumps(schemas[kind] if kind else schemas, ensure_ascii=False, indent=2))
