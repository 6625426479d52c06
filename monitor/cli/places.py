"""Folders that the configuration names and the daemon needs, beside those of sources."""

from __future__ import annotations

from monitor.settings.model import Settings

PARTS = ("new", "cur")  # of the feedback Maildir; Marsad moves mails from the first to the second


def list_missing_places(settings: Settings) -> tuple[str, ...]:
    """A sentence for each that is not there now, with what to do. It may be made later, as a mounted disk may."""
    found = []
    if settings.feedback is not None and not all((settings.feedback.maildir / part).is_dir() for part in PARTS):
        found.append(f"feedback.maildir: {settings.feedback.maildir} is no Maildir; create it with new/, cur/ and tmp/")
    if settings.metrics is not None:
        places = {"socket": settings.metrics.socket, "textfile": settings.metrics.textfile}
        found += [
            f"metrics.{key}: the folder {path.parent} does not exist; create it, or name another one"
            for key, path in places.items()
            if path is not None and not path.parent.is_dir()
        ]
    return tuple(found)
