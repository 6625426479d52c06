"""Folders of backups: each is complete or absent, says what is in it, and the newest few are kept."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.durable import sync, write_durably
from monitor.errors import UserMustFix

MANIFEST = "manifest.json"
DRAFT = ".marsad-draft-"
NAME = re.compile(r"marsad-\d{4}-\d\d-\d\dT\d{6}Z")
CHUNK = 1 << 20


@contextmanager
def writing_backup(directory: Path, now: datetime, about: Mapping[str, Any]) -> Iterator[Path]:
    """A folder to fill; at the end of the block it becomes the backup of `now` in `directory`, or it is removed.

    Its manifest has `about`, and the size and SHA-256 of every file. Only its owner can read it. Raises UserMustFix.
    """
    final = directory / name_backup(now)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for left in directory.glob(f"{DRAFT}*"):
            shutil.rmtree(left)  # a backup that was cut off
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=directory, ignore_cleanup_errors=True) as draft:
            yield Path(draft)
            manifest = {**about, "made_at": now.isoformat(), "files": dict(_describe_files(Path(draft)))}
            write_durably(Path(draft) / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())
            Path(draft).rename(final)
            sync(directory)
    except OSError as error:
        raise UserMustFix(f"{final} cannot be written: {error.strerror}; no backup was made") from error


def name_backup(now: datetime) -> str:
    """Sorts by time. `now` is UTC."""
    return f"marsad-{now:%Y-%m-%dT%H%M%SZ}"


def list_backups(directory: Path) -> Sequence[Path]:
    """The complete backups in `directory`, the oldest first."""
    found = directory.iterdir() if directory.is_dir() else ()
    return sorted(path for path in found if NAME.fullmatch(path.name) and (path / MANIFEST).is_file())


def find_backup(place: Path) -> Path:
    """`place` itself, where it is a backup, else the newest in it. Raises UserMustFix."""
    if (place / MANIFEST).is_file():
        return place
    found = list_backups(place)
    if not found:
        raise UserMustFix(f"there is no backup in {place}: name a folder that `marsad backup` wrote")
    return found[-1]


def read_manifest(backup: Path) -> Mapping[str, Any]:
    """What is said of a backup, once each of its files is as it was written. Raises UserMustFix."""
    try:
        manifest = json.loads((backup / MANIFEST).read_bytes())
        found = dict(_describe_files(backup))
    except (OSError, ValueError) as error:
        raise UserMustFix(f"{backup} cannot be read ({error}): use another backup") from error
    for name, written in manifest["files"].items():
        if found.get(name) != written:
            what = "is not as it was written" if name in found else "is missing"
            raise UserMustFix(f"{backup / name} {what}: use another backup")
    return manifest  # type: ignore[no-any-return]


def remove_oldest(directory: Path, keep: int) -> Sequence[Path]:
    """Remove all but the newest `keep` backups; gives those that were removed. Raises UserMustFix."""
    surplus = list_backups(directory)[:-keep]
    for backup in surplus:
        try:
            shutil.rmtree(backup)
        except OSError as error:
            raise UserMustFix(f"the old backup {backup} cannot be removed: {error.strerror}") from error
    return surplus


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """By their names relative to `folder`; a name may have folders in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, content)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Every file under `folder`, by its name relative to it; none where it does not exist."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _describe_files(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield path.relative_to(folder).as_posix(), {"bytes": path.stat().st_size, "sha256": digest}
