"""What stands on every page: the menu, and the keys."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.web.desk import Pulse
from monitor.web.language import Reader

Link = tuple[str, str, int, str]  # address, title, a number beside it, and what the number counts
UNDER = {"/": "/stories/", "/search": "/articles/", "/digests": "/mails/"}  # pages that a menu's page leads to


def make_menu(reader: Reader, pulse: Pulse) -> Sequence[tuple[str, Sequence[Link]]]:
    say, count = reader.say, reader.count
    troubled = count("{number} source in trouble", "{number} sources in trouble", pulse.troubled)
    failed = count("{number} message failed", "{number} messages failed", pulse.failed)
    return (
        (
            say("Reading"),
            (("/", say("Today"), 0, ""), ("/search", say("Search"), 0, ""), ("/mentions", say("Mentions"), 0, "")),
        ),
        (say("Rules"), (("/rules", say("Rules"), 0, ""), ("/playground", say("Playground"), 0, ""))),
        (
            say("Running"),
            (
                ("/sources", say("Sources"), pulse.troubled, troubled),
                ("/digests", say("Digests"), 0, ""),
                ("/outbox", say("Outbox"), pulse.failed, failed),
                ("/silences", say("Silences"), 0, ""),
                ("/status", say("Status"), 0, ""),
            ),
        ),
    )


def is_here(path: str, href: str) -> bool:
    """Whether the page is that one of the menu, or one that it leads to."""
    return path == href or (href != "/" and path.startswith(f"{href}/")) or path.startswith(UNDER.get(href, "\n"))


def list_keys(reader: Reader) -> Sequence[tuple[str, str]]:
    say = reader.say
    return (
        ("/", say("Search")),
        ("j", say("Next")),
        ("k", say("Previous")),
        ("o", say("Open at the publisher")),
        ("e", say("Why?")),
        ("s", say("Story")),
        ("r", say("Try it as a rule")),
        ("g t", say("Today")),
        ("g s", say("Search")),
        ("g m", say("Mentions")),
        ("g r", say("Rules")),
        ("g p", say("Playground")),
        ("g f", say("Sources")),
        ("g d", say("Digests")),
        ("g x", say("Outbox")),
        ("g i", say("Silences")),
        ("g a", say("Status")),
        ("Esc", say("Leave the field")),
        ("?", say("Keys")),
    )
