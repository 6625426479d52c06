"""The commands fmt and new rule, which write files of the configuration."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import find_config, find_options
from monitor.cli.output import count, say, say_errors, write, write_json
from monitor.digests.build import is_selected
from monitor.errors import ConfigError, MarsadError, UsageError
from monitor.model import Severity
from monitor.queries.samples import HeadlineSamples, SampleWish, find_samples
from monitor.settings.append import replace_file
from monitor.settings.files import DIGESTS, Files, read_files, survey_files
from monitor.settings.format import format_text
from monitor.settings.model import Settings
from monitor.settings.new_rule import RuleDraft, RuleWish, draft_rule, list_owners, select_in_digest, try_draft
from monitor.text.quoting import suggest_near

group = typer.Typer(name="new", no_args_is_help=True, help="Begin a rule.")


def fmt(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="YAML files. Without them: all of the configuration.", metavar="[FILE]…")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a file is not formatted.")] = False,
) -> None:
    """Format YAML files: indents, spaces, line ends. Order, quotes and comments stay."""
    paths = files or _list_yaml(find_config(find_options(context)))
    changed, failed = [], 0
    for path in paths:
        try:
            text = path.read_bytes().decode("utf-8")
            formatted = format_text(path, text)
            if formatted != text:
                changed.append(path)
                if not check:
                    replace_file(path, formatted)
        except (OSError, UnicodeError, UsageError) as error:
            failed += 1
            say(str(error) if isinstance(error, UsageError) else f"{path} cannot be read: {error}")
    for path in changed:
        write(f"{path}: {'not formatted' if check else 'formatted'}")
    say(f"{count(len(paths), 'file')}, {len(changed)} {'to format' if check else 'formatted'}")
    if failed:
        raise typer.Exit(2)
    if check and changed:
        raise typer.Exit(1)


def _list_yaml(directory: Path) -> list[Path]:
    found = [path for path in survey_files(directory).files if path.suffix == ".yaml" and path.exists()]
    if not found:
        raise UsageError(f"{directory} has no configuration; marsad init {directory} writes one")
    return found


@group.command()
def rule(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What the rule is about, as digests will call it.", metavar="TITLE")],
    names: Annotated[
        str | None, typer.Option("--names", help="Names or ids to look for, with commas between.", metavar="LIST")
    ] = None,
    together: Annotated[
        str | None, typer.Option("--with", help="Names or ids of which one must be there too.", metavar="LIST")
    ] = None,
    without: Annotated[
        str | None, typer.Option("--without", help="Names or ids that must not be there.", metavar="LIST")
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="How urgent a match is.")] = None,
    digest: Annotated[str | None, typer.Option("--digest", help="The digest that reports it.", metavar="NAME")] = None,
) -> None:
    """Ask five questions and write a rule, with examples from the archive. Options answer questions beforehand."""
    from monitor.app import read_configuration
    from monitor.packaged import find_share

    options = find_options(context)
    directory = find_config(options)
    loaded = read_configuration(directory)
    if loaded.settings is None:
        raise ConfigError(loaded.problems)
    settings = loaded.settings
    _check_digest(digest, settings)
    wish = RuleWish(
        title=title,
        names=_split(_ask("Names to look for, with commas between", names, title)) or (title,),
        together=_split(_ask("Which of these must be there too (empty: none)", together, "")),
        without=_split(_ask("What must not be there (empty: nothing)", without, "")),
        severity=severity or _ask_severity(),
    )
    files = read_files(directory, find_share("rules"))
    draft = draft_rule(wish, files, list_owners(settings.watchlist))
    chosen = digest or _ask_digest(draft, settings)
    draft, samples = _find_examples(draft, files)
    text, digests = _finish(draft, files, chosen, settings)
    _put(directory, draft, text, digests)
    if options.json:
        write_json({"rule": draft.id, "file": directory / draft.path, "match": draft.match, "skip": draft.skip})
    else:
        write(str(directory / draft.path))
        _say_next(draft, samples, chosen, settings)


def _ask(question: str, given: str | None, default: str) -> str:
    """The option, else the answer of the person at a terminal, else the default."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return default
    print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)  # noqa: T201
    try:
        return input() or default  # with line editing; stdout stays for data
    except EOFError:
        raise UsageError("the questions were not answered; nothing was written") from None


def _split(answer: str) -> tuple[str, ...]:
    """Commas of any script."""
    for comma in "،，、;؛\n":
        answer = answer.replace(comma, ",")
    return tuple(dict.fromkeys(name for part in answer.split(",") if (name := " ".join(part.split()))))


def _ask_severity() -> Severity:
    levels = ", ".join(Severity)
    while True:
        answer = _ask(f"Severity ({levels})", None, Severity.NORMAL).strip().lower()
        if answer in list(Severity):
            return Severity(answer)
        say(f"{answer!r} is not one of {levels}")


def _check_digest(digest: str | None, settings: Settings) -> None:
    known = [str(plan.name) for plan in settings.digests]
    if digest is not None and digest not in known:
        hint = suggest_near(digest, known) or f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"no digest is called {digest!r}; {hint}")


def _list_selecting(draft: RuleDraft, settings: Settings) -> list[str]:
    return [str(plan.name) for plan in settings.digests if is_selected(plan, draft.id, draft.wish.severity)]


def _ask_digest(draft: RuleDraft, settings: Settings) -> str | None:
    """The digest that reports the rule; None where there are none."""
    known = [str(plan.name) for plan in settings.digests]
    default = next(iter(_list_selecting(draft, settings) or known), None)
    while default is not None:
        answer = _ask(f"Which digest reports it ({', '.join(known)})", None, default).strip()
        if answer in known:
            return answer
        say(f"no digest is called {answer!r}")
    return None


def _find_examples(draft: RuleDraft, files: Files) -> tuple[RuleDraft, HeadlineSamples | None]:
    """The draft with headlines of the archive, which hold as examples; as it is where there is no archive to read."""
    from monitor.app import using_store
    from monitor.matchers import make_explainer

    _, loaded = try_draft(draft, files)
    if loaded.settings is None:
        return draft, None
    settings, explainer = loaded.settings, make_explainer(loaded.settings.watchlist)

    async def search() -> HeadlineSamples:
        async with using_store(settings, read_only=True) as store:
            return await find_samples(draft.id, explainer, store.past, SampleWish())

    try:
        samples = asyncio.run(search())
    except MarsadError as error:
        say(f"the archive was not read, so the rule has no examples: {error}")
        return draft, None
    return replace(draft, match=samples.match, skip=samples.near), samples


def _finish(draft: RuleDraft, files: Files, digest: str | None, settings: Settings) -> tuple[str, str | None]:
    """The text of the rule's file, and of digests.yaml where that has to change. Raises ConfigError."""
    digests = None
    if digest is not None and not _has_rule(draft, digest, settings):
        digests = select_in_digest(files.own[DIGESTS].decode(), digest, draft.id)
        files = replace(files, own={**files.own, DIGESTS: digests.encode()})
    text, loaded = try_draft(draft, files)
    if loaded.settings is None:
        say("nothing was written; with this rule, the configuration would have errors:")
        raise ConfigError(loaded.problems)
    say_errors([problem for problem in loaded.problems if problem.file == files.directory / draft.path])
    return text, digests


def _has_rule(draft: RuleDraft, digest: str, settings: Settings) -> bool:
    """Whether the digest's `rules` select it; its `severity` may still leave it out."""
    plan = next(plan for plan in settings.digests if plan.name == digest)
    return is_selected(plan, draft.id, Severity.URGENT)


def _put(directory: Path, draft: RuleDraft, text: str, digests: str | None) -> None:
    path = directory / draft.path
    if path.exists():
        raise UsageError(f"{path} exists; nothing was written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path.parent}: {error.strerror}") from error
    replace_file(path, text)
    if digests is not None:
        replace_file(directory / DIGESTS, digests)


def _say_next(draft: RuleDraft, samples: HeadlineSamples | None, digest: str | None, settings: Settings) -> None:
    if samples is not None:
        found = f"{count(len(draft.match), 'matching headline')}, {count(len(draft.skip), 'near one')}"
        hint = "; look through `skip`" if draft.skip else ""
        say(f"examples from {count(samples.articles, 'article')} of the archive: {found}{hint}")
    if not draft.match:
        say("the rule has no `match` example yet; add a headline that it must find")
    plan = next((plan for plan in settings.digests if plan.name == digest), None)
    if plan is not None and not plan.severity.rank <= draft.wish.severity.rank:
        say(f"digest {digest} reports {plan.severity} and above only: it leaves this rule out")
    soon = "a running daemon uses it within seconds" if settings.watch else "then: systemctl reload marsad"
    say(f"next: marsad check   and: marsad explain {draft.id} --headline '…'   ({soon})")


__all__: Sequence[str] = ("fmt", "group")
