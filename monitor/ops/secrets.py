"""Reads secrets from where the configuration says they are; their values never appear in an error or a log."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.errors import UserMustFix
from monitor.model import Secret


def reveal(secret: Secret) -> str:
    """The secret's value, without a trailing newline. Raises UserMustFix that says what to do."""
    if secret.kind == "env":
        return _reveal_variable(secret.name)
    if secret.kind == "credential":
        return _reveal_credential(secret.name)
    return _read(Path(secret.name), f"the file {secret.name}")


def _reveal_variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UserMustFix(f"the environment variable {name} is not set; the configuration takes a secret from it")
    return value


def _reveal_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise UserMustFix(
            f"the credential {name!r} is only there when systemd starts Marsad (LoadCredential={name}:PATH); "
            "outside the service use {env: …} or {file: …}"
        )
    return _read(Path(folder) / name, f"the systemd credential {name!r} (LoadCredential={name}:PATH in the unit)")


def _read(path: Path, what: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserMustFix(f"cannot read a secret from {what}: {reason}") from None
    if not value:
        raise UserMustFix(f"{what} is empty; it must hold a secret")
    return value
