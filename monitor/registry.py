"""Every kind of source and channel, by the word used for it in YAML. Adding one is a module and a line here.

A source's class is a `ports.SourceKind`. It is called with the `FetchPolicy` of the configuration and the `Parser` that
reads in a process of its own.

A channel's module also defines `Options`, the frozen dataclass of its YAML keys; its class is called with them and
`reveal`, which reads a Secret.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

SOURCES = {
    "url": "monitor.sources.http:HttpKind",
    "path": "monitor.sources.folder:FolderKind",
}

CHANNELS = {
    "smtp": "monitor.channels.smtp:SmtpChannel",
    "maildir": "monitor.channels.maildir:MaildirChannel",
    "console": "monitor.channels.console:ConsoleChannel",
    "feed": "monitor.channels.feed:FeedChannel",
    "exec": "monitor.channels.exec:ExecChannel",
    "apprise": "monitor.channels.apprise:AppriseChannel",
}
MAIL_CHANNELS = frozenset({"smtp", "maildir", "console"})  # their addresses are mail addresses


def load_class(path: str) -> Any:
    """The class behind "module:Class", imported on first use."""
    module, name = path.split(":")
    return getattr(import_module(module), name)
