"""Edits of the configuration while the daemon runs: `watch: true` finds them, and refused ones are reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import structlog

from monitor.app import App
from monitor.line import notify_reader, tell_operator
from monitor.model import Problem
from monitor.ops.file_watch import Edit, FileWatch
from monitor.ports import Clock
from monitor.settings.files import survey_files
from monitor.settings.lastgood import InForce
from monitor.settings.model import Operator, Settings
from monitor.settings.problems import format_problem

log = structlog.get_logger()

BROKEN = "the configuration is broken, the last good one stays in force"
REFUSED = "your edit has errors, the last good configuration stays in force"


class Edits:
    """Watches the files while `watch: true` is in force; the last edit waits here until a reload takes it."""

    def __init__(self, directory: Path, clock: Clock, *, found: Callable[[], None]) -> None:
        self._directory, self._clock, self._found = directory, clock, found
        self._watch: FileWatch | None = None
        self._task: asyncio.Task[None] | None = None
        self._edit: Edit | None = None

    def follow(self, in_force: InForce) -> None:
        """Begin or end to watch, as the configuration in force says. What a reload has read is no edit any more."""
        if not in_force.settings.watch:
            self.end()
        elif self._task is None or self._task.done():
            survey = partial(survey_files, self._directory)
            self._watch = FileWatch(survey, known=in_force.texts, sleep=self._clock.sleep)
            self._task = asyncio.create_task(self._watch.run(self._note), name="edits")
            self._task.add_done_callback(_log_end)
        elif self._watch is not None:
            self._watch.learn(in_force.texts)

    def take(self) -> Edit | None:
        """The edit that a reload is about; None where somebody asked for the reload."""
        edit, self._edit = self._edit, None
        return edit

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _note(self, edit: Edit) -> None:
        log.info("edit.found", files=[str(file) for file in edit.files], login=edit.login)
        self._edit = edit
        self._found()


def _log_end(task: asyncio.Task[None]) -> None:
    """Edits are not seen until the next reload: nothing else would say so."""
    if not task.cancelled() and (error := task.exception()):
        log.error("edit.not_watched", exc_info=error)


def list_errors(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Each error in one line, without the warnings."""
    return tuple(format_problem(problem) for problem in problems if problem.is_error)


async def report_refusal(app: App, problems: Sequence[str], edit: Edit | None) -> None:
    """Queue a mail to the person who saved the edit, else to the operator; one for each text that is refused."""
    if edit is None:
        await tell_operator(app, BROKEN, problems)
        return
    reader, what = find_editor(app.settings, edit.login), REFUSED
    if reader is None:
        reader, what = app.settings.operator, BROKEN
    if reader is None:
        return
    names = ", ".join(str(_shorten(file, app.settings.directory)) for file in edit.files)
    saved = f"Saved by {edit.login or 'an unknown user'}: {names}"
    if await notify_reader(app, reader, what, (saved, *problems), occasion=edit.text):
        log.info("edit.refusal_reported", to=reader.to, login=edit.login)


def find_editor(settings: Settings, login: str | None) -> Operator | None:
    """The person whose id under `people` is the login, with the channel of one of their digests.

    Without a digest, the operator's channel, or the first one.
    """
    address = settings.people.get(login or "")
    if address is None or not settings.channels:
        return None
    theirs = [plan.channel for plan in settings.digests if any(one.email == address for one in plan.recipients)]
    others = [settings.operator.channel] if settings.operator else list(settings.channels)
    return Operator(to=address, channel=[*theirs, *others][0])


def _shorten(file: Path, directory: Path) -> Path:
    return file.relative_to(directory) if file.is_relative_to(directory) else file
