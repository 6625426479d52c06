"""Reads secrets from where the configuration says they are; their values never appear in an error or a log."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from monitor.errors import UserMustFix
from monitor.model import Secret

# The standard library's logger: where no log is configured, it warns on stderr, not among a command's data on stdout.
log = logging.getLogger(__name__)
LONGEST_SECRET = 16 * 1024


def reveal(secret: Secret) -> str:
    """The secret's value, without one trailing newline. Raises UserMustFix that says what to do."""
    if secret.kind == "env":
        return _reveal_variable(secret.name)
    if secret.kind == "credential":
        return _reveal_credential(secret.name)
    path = Path(secret.name)
    value = _read(path, f"the file {path}")
    _warn_when_open_to_all(path)
    return value


def _reveal_variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UserMustFix(
            f"the environment variable {name} is missing or empty; the configuration expects a secret in it"
        )
    return _check(value, f"the environment variable {name}")


def _reveal_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        by_hand = f"systemd-run --pipe --wait -p User=marsad -p LoadCredential={name}:marsad.{name}"
        raise UserMustFix(
            f"the credential {name!r} is only there when systemd starts Marsad with LoadCredential={name}; "
            "outside the service use {env: …} or {file: …}. To try the credential by hand: "
            f"sudo {by_hand} $(command -v marsad) check --online"
        )
    if "/" in name:
        raise UserMustFix(f"{name!r} is not a credential name; to read a file, write {{file: {name}}}")
    return _read(Path(folder) / name, f"the systemd credential {name!r} (see docs/operations.md, Passwords)")


def _read(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_SECRET + 1)
    except OSError as error:
        raise UserMustFix(f"cannot read a secret from {what}: {error.strerror}") from None
    if len(content) > LONGEST_SECRET:
        raise UserMustFix(f"{what} is too long for a secret; check that it is the right one")
    try:
        return _check(content.decode("utf-8"), what)
    except UnicodeDecodeError:
        raise UserMustFix(f"{what} does not contain UTF-8 text; check that it is the right one") from None


def _check(value: str, what: str) -> str:
    secret = value.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise UserMustFix(f"{what} is empty; it must contain a secret")
    if "\n" in secret or "\0" in secret:
        raise UserMustFix(f"{what} has more than one line; it must contain the secret and nothing else")
    return secret


def _warn_when_open_to_all(path: Path) -> None:
    if path.stat().st_mode & stat.S_IROTH:
        log.warning("secret.readable_by_all: %s; run: chmod o-rwx %s", path, path)
