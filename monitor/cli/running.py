"""The commands demo, run and once, which run all stages."""

from __future__ import annotations

import mailbox
import shutil
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.app import load_configuration, open_app, read_candidate
from monitor.cli.digests import describe_outcome
from monitor.cli.fleet import require_extra
from monitor.cli.options import find_config, find_options
from monitor.cli.output import count, say, say_errors, say_problems, write, write_json, write_table
from monitor.cli.progress import show_progress
from monitor.errors import ConfigError, MarsadError
from monitor.line import OnceOutcome, run_once
from monitor.ops import notify
from monitor.ops.eventloop import run_loop
from monitor.ops.logging import configure_logging
from monitor.ops.ownership import check_ownership
from monitor.ops.statelock import hold_state, take_state
from monitor.packaged import find_share
from monitor.pipeline.feedback import FeedbackOutcome
from monitor.pipeline.fulltext import PageOutcome
from monitor.pipeline.poll import PollOutcome
from monitor.queries.mail import Mail, read_mail
from monitor.settings.model import Settings

PAGE = "digest.html"
BAD_CONFIGURATION = 78  # sysexits.h EX_CONFIG; the unit does not restart on it


def run(
    context: typer.Context,
    fleet: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Work as one of several on a PostgreSQL store, under a name of its own."),
    ] = None,
) -> None:
    """Run the daemon. SIGTERM stops it; SIGHUP reloads the configuration."""
    # A reload that is asked for while the daemon starts would kill it: it is remembered until the daemon can hear it.
    asked = threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: asked.set())
    options = find_options(context)
    configure_logging(verbose=options.verbose, json=options.json)
    directory = find_config(options)
    try:
        serve, settings = _load_service(directory, fleet)
    except ConfigError as error:
        say_problems(error.problems)
        why = f"{error}, and there is no copy of an earlier good configuration; nothing was started"
        say(f"marsad: {why}")
        notify.say_status(f"ended: {why}")
        raise typer.Exit(BAD_CONFIGURATION) from error
    try:
        check_ownership(settings.state)
        lock = take_state(settings.state, command="run")
        try:
            run_loop(serve(lock=lock, is_asked=asked.is_set))
        finally:
            lock.release()
    except MarsadError as error:
        notify.say_status(f"ended: {error}")  # `systemctl status` keeps it
        raise


def _load_service(directory: Path, fleet: str | None) -> tuple[Callable[..., Coroutine[Any, Any, None]], Settings]:
    """What serves the configuration, of one machine or as a worker. Raises ConfigError."""
    if fleet is None:
        from monitor.service import run_service

        candidate = read_candidate(directory)
        say_errors(candidate.problems)
        return partial(run_service, directory, candidate), candidate.settings
    require_extra()
    from monitor.fleet.service import run_worker

    in_force = load_configuration(directory)
    say_errors(in_force.problems)
    return partial(run_worker, directory, in_force, name=fleet), in_force.settings


def once(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Poll every source and build every digest now, whatever their schedules.")
    ] = False,
) -> None:
    """Make one pass: poll the sources that are due, build the digests that are due, deliver the mail."""
    options = find_options(context)
    configure_logging(verbose=options.verbose, json=options.json)
    in_force = load_configuration(find_config(options))
    say_errors(in_force.problems)
    outcome = _pass_once(in_force.settings, everything=everything)
    if options.json:
        write_json(outcome, options.mask)
    else:
        _print_outcome(outcome)
    if not outcome.ok:
        raise typer.Exit(1)


def _pass_once(settings: Settings, *, everything: bool) -> OnceOutcome:
    check_ownership(settings.state)
    with hold_state(settings.state, command="once") as holder:
        return run_loop(_open_and_pass(settings, holder, everything=everything))


async def _open_and_pass(settings: Settings, holder: str, *, everything: bool) -> OnceOutcome:
    app = await open_app(settings, holder=holder)
    try:
        with show_progress("polling", len(settings.sources) if everything else None) as advance:
            return await run_once(app, everything=everything, polled=lambda _: advance(1))
    finally:
        await app.close()


def _say_page(page: PageOutcome) -> None:
    if page.error:
        then = f"tried again from {page.next_try_at:%Y-%m-%d %H:%M}Z on" if page.next_try_at else "not tried again"
        say(f"{page.source.id}: no full text of {page.article.headline!r}: {page.error}; {then}")


def _say_poll(poll: PollOutcome) -> None:
    if poll.defect is not None:
        say("".join(traceback.format_exception(poll.defect)).rstrip())
    for problem in (*poll.problems, *([poll.error] if poll.error else [])):
        say(f"{poll.source.id}: {problem}")
    if poll.waits_until:
        until = f"{poll.waits_until:%Y-%m-%d %H:%M}Z"
        say(f"{poll.source.id}: not polled; its server asked Marsad to wait until {until}")
    if poll.is_taken:
        say(f"{poll.source.id}: not polled; another Marsad that uses this store is polling it")


def _print_outcome(outcome: OnceOutcome) -> None:
    for poll in outcome.polls:
        _say_poll(poll)
    write_table(
        ("source", "documents", "new", "changed", "matches"),
        [(poll.source.id, poll.documents, poll.new, poll.changed, poll.matches) for poll in outcome.polls],
    )
    for page in outcome.pages:
        _say_page(page)
    if outcome.pages:
        read = sum(page.error is None for page in outcome.pages)
        found = count(sum(page.matches for page in outcome.pages), "match", "matches")
        write(f"full text: {read} of {count(len(outcome.pages), 'article page')} read, {found}")
    for answer in outcome.answers:
        write(_describe_answer(answer))
    for digest in outcome.digests:
        (write if digest.ok else say)(describe_outcome(digest))
    for delivery in outcome.deliveries:
        write(f"{delivery.state} to {delivery.recipient} by {delivery.channel}: {delivery.reply}")


def _describe_answer(answer: FeedbackOutcome) -> str:
    if answer.refusal is not None:
        return f"feedback: mail {answer.mail} refused: {answer.refusal}"
    about = f" of story {answer.story}" if answer.story else ""
    return f"feedback: {answer.wish or 'nothing'}{about} from {answer.recipient or 'nobody'}"


def demo(context: typer.Context) -> None:
    """Run everything once on packaged articles and rules, write a digest into a Maildir, and print it."""
    options = find_options(context)
    configure_logging(verbose=options.verbose, json=options.json)
    folder = Path(tempfile.mkdtemp(prefix="marsad-demo-"))
    shutil.copytree(find_share("templates") / "demo", folder, dirs_exist_ok=True)
    (folder / "seeds").symlink_to(find_share("seeds"))
    in_force = load_configuration(folder)
    say_errors(in_force.problems)
    outcome = _pass_once(in_force.settings, everything=True)
    mails = _read_maildir(folder / "mail")
    for mail in mails:
        (folder / PAGE).write_text(mail.html, encoding="utf-8")
    if options.json:
        write_json(_describe_demo(outcome, mails, folder))
    else:
        _print_demo(outcome, mails, folder)
    if not outcome.ok or not mails:
        raise typer.Exit(1)


def _read_maildir(folder: Path) -> Sequence[Mail]:
    box = mailbox.Maildir(folder, create=False)
    return [read_mail(box.get_bytes(key)) for key in sorted(box.keys())]


def _print_demo(outcome: OnceOutcome, mails: Sequence[Mail], folder: Path) -> None:
    _print_outcome(outcome)
    for mail in mails:
        write(f"\nSubject: {mail.subject}\n\n{mail.text}")
    write(f"HTML part:      {folder / PAGE}")
    write(f"Maildir:        {folder / 'mail'}")
    write(f"configuration:  {folder}")
    write(f"\nTo look at the stories in a browser, run: marsad --config {folder} console")


def _describe_demo(outcome: OnceOutcome, mails: Sequence[Mail], folder: Path) -> dict[str, object]:
    return {
        "outcome": outcome,
        "messages": [{"subject": mail.subject, "text": mail.text} for mail in mails],
        "html": folder / PAGE,
        "maildir": folder / "mail",
        "configuration": folder,
    }
