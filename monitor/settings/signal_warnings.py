"""Signals that nobody could be told of: of an entity that no rule names, or of rules that no digest selects."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.digests.build import is_signal_selected
from monitor.model import Problem
from monitor.model.signal import SubjectKind
from monitor.queries.signals import Asked, list_asked
from monitor.settings.model import Origin, Settings
from monitor.settings.problems import quote


def check_signals(settings: Settings) -> Iterator[Problem]:
    """Warnings, each at the first key below `signals:`."""
    for asked in list_asked(settings.watchlist):
        if not asked.rules:
            what = f"no rule names the entity {quote(asked.subject.id)}, so it is not counted"
            yield _warn(settings, asked, what, "write a rule that names it")
        elif settings.digests and not any(is_signal_selected(plan, asked.rules) for plan in settings.digests):
            what = f"no digest selects {', '.join(sorted(asked.rules))}, so these signals are reported to nobody"
            yield _warn(settings, asked, what, "name the rule under `rules:` of a digest")


def _warn(settings: Settings, asked: Asked, what: str, hint: str) -> Problem:
    section = "rules" if asked.subject.kind is SubjectKind.RULE else "entities"
    path = f"{section}.{asked.subject.id}.signals"
    origins = (origin for key, origin in settings.origins.items() if key.startswith(path))
    origin = next(origins, Origin(file=settings.directory, line=0))
    return Problem(
        file=origin.file, line=origin.line, column=1, path=path, what=what, expected="", hint=hint, is_error=False
    )
