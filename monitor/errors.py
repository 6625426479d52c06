"""Every error Marsad raises on purpose; the class says who must act next.

MarsadError
├── UserMustFix               a person must change a file, an argument or a machine: exit 2 (78 at daemon start)
│   ├── ConfigError           the YAML is wrong; carries every problem of every file
│   ├── UsageError            a command was given something that does not exist or does not fit
│   └── StoreUnusable         the store is corrupt, newer than this program, or not this user's to open; never reset
├── Transient                 may succeed later without anyone doing anything: exit 1
│   ├── FetchError            a source did not answer, or not in time
│   │   └── HostDown          its host gave no answer at all, which concerns everything there
│   ├── StateLocked           another `run` or `once` holds the state directory
│   ├── StateUnavailable      the state directory cannot be used now: disk full, file system gone, directory replaced
│   ├── StoreUnavailable      the store cannot be used now: locked, disk full, server not up yet
│   ├── MailboxUnreadable     the feedback mailbox cannot be read now
│   ├── WorkerLost            a process that shares the work was killed, or cannot be started
│   └── ChannelDown           the channel as a whole refuses (connect, authentication, MAIL): keep every message
│       └── ConnectionBroken  the connection ended during one message, which may be the reason
└── Permanent                 the same input will fail the same way
    └── ParseError            bytes that are no feed and no article
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from monitor.model import Problem

# What a machine answers when it has no room or no handles left, or a disk or network file system does not answer.
_PASSING = frozenset(
    {
        errno.EAGAIN, errno.EBUSY, errno.EDQUOT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EINTR, errno.EIO,
        errno.EMFILE, errno.ENETUNREACH, errno.ENFILE, errno.ENOLCK, errno.ENOMEM, errno.ENOSPC, errno.ENOTCONN,
        errno.EREMOTEIO, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT,
    }
)  # fmt: skip


def may_pass(error: OSError) -> bool:
    """Whether the same call may work later, without a change to Marsad's files, their owners or their modes."""
    return error.errno in _PASSING


class MarsadError(Exception):
    """Anything Marsad raises on purpose. `str(error)` is one line for a person."""


class UserMustFix(MarsadError):
    """A person must act; waiting does not help."""


class ConfigError(UserMustFix):
    """The configuration cannot be used. `problems` holds all of them, errors and warnings, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = sum(problem.is_error for problem in self.problems)
        super().__init__(f"{errors} error{'s' if errors != 1 else ''} in the configuration")


class UsageError(UserMustFix):
    """A command-line argument names nothing that exists, or does not fit the others."""


class StoreUnusable(UserMustFix):
    """The store cannot be opened safely. It is left exactly as it was found."""


class Transient(MarsadError):
    """Worth another try later."""


class FetchError(Transient):
    """A source could not be read this time.

    `retry_after` is how long its server asked to be left alone; `is_gone` says that it called the feed gone (410),
    `is_unwelcome` that its robots.txt does not want it fetched, `is_held` that the server said so to somebody else and
    was not asked.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry_after: timedelta | None = None,
        is_gone: bool = False,
        is_unwelcome: bool = False,
        is_held: bool = False,
    ) -> None:
        self.is_held = is_held
        self.retry_after = retry_after
        self.is_gone = is_gone
        self.is_unwelcome = is_unwelcome
        super().__init__(reason)


class HostDown(FetchError):
    """No answer from a host, or none in time: its other URLs would fare no better."""


class StateLocked(Transient):
    """Another process owns the state directory; `str` says which."""


class StateUnavailable(Transient):
    """The state directory cannot be used now, or is no longer the one that this process locked."""


class StoreUnavailable(Transient):
    """The store cannot be opened now. It is left exactly as it was found."""


class MailboxUnreadable(Transient):
    """The Maildir with recipients' answers cannot be read or written now."""


class WorkerLost(Transient):
    """A process that shares the work was killed, or cannot be started."""


class ChannelDown(Transient):
    """The channel refuses everything for now; no message is to blame, and the one at hand did not arrive."""


class ConnectionBroken(ChannelDown):
    """The connection ended while one message was being sent; whether that one is the reason, the next ones show.

    `may_have_arrived` says that the message was handed over and no answer came.
    """

    def __init__(self, reason: str, *, may_have_arrived: bool = False) -> None:
        self.may_have_arrived = may_have_arrived
        super().__init__(reason)


class Permanent(MarsadError):
    """Trying again with the same input is useless."""


class ParseError(Permanent):
    """The document holds no feed and no article."""
