"""Published configurations: a folder as one row of the store, and the copy of it that a worker runs on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import lzma
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import structlog

from monitor.errors import ConfigError, MarsadError, UserMustFix
from monitor.settings.files import survey_files
from monitor.settings.lastgood import InForce
from monitor.settings.model import Settings
from monitor.settings.problems import format_problem
from monitor.store.fleet import Published, SqlFleetStore

log = structlog.get_logger()
Load = Callable[[Path], InForce]
MOST_BYTES = 50_000_000


def pack(directory: Path) -> tuple[str, bytes]:
    """The hash and an archive of the configuration's files, the same bytes for the same files. Raises UserMustFix."""
    files = _read(directory)
    digest = hashlib.sha256()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        for name, content in sorted(files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    if len(out.getvalue()) > MOST_BYTES:
        raise UserMustFix(
            f"{directory} is too large to be published: {len(out.getvalue())} bytes, {MOST_BYTES} at most"
        )
    return digest.hexdigest(), out.getvalue()


def _read(directory: Path) -> Mapping[str, bytes]:
    root = directory.absolute()
    paths = [Path(path) for path in survey_files(root).files]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def unpack(published: Published, state: Path) -> Path:
    """The folder with a published configuration's files, made if missing; older ones but the one before are deleted."""
    folder = state / "published" / str(published.number)
    if not folder.is_dir():
        draft = folder.with_name(f".{published.number}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        _write(published, draft)
        draft.rename(folder)
    numbers = sorted(int(path.name) for path in folder.parent.iterdir() if path.name.isdigit())
    for old in numbers[:-2]:
        shutil.rmtree(folder.with_name(str(old)), ignore_errors=True)
    return folder


def _write(published: Published, folder: Path) -> None:
    """Only files, and only into the folder; the filters of tarfile are newer than Debian 12. Raises UserMustFix."""
    with tarfile.open(fileobj=io.BytesIO(published.files), mode="r:xz") as archive:
        for entry in archive:
            name, content = PurePosixPath(entry.name), archive.extractfile(entry) if entry.isreg() else None
            if content is None or name.is_absolute() or ".." in name.parts:
                raise UserMustFix(
                    f"configuration {published.number} holds {entry.name!r}, which is no file of its folder: "
                    "publish it again with marsad publish"
                )
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


class Follower:
    """Which published configuration this worker runs, and why it is not the newest one.

    `switch` is given the folder of each one that loads; one that does not leaves the former in force.
    """

    def __init__(self, store: SqlFleetStore, settings: Settings, load: Callable[..., InForce]) -> None:
        self._store, self._settings, self._load = store, settings, load
        self.number: int | None = None
        self.trouble: str | None = None
        self.folder: Path | None = None
        self._tried: int | None = None

    def load(self, directory: Path) -> InForce:
        """As load_configuration, with this machine's state directory and way to the store."""
        found: InForce = self._load(directory, state=self._settings.state)
        settings = replace(found.settings, state=self._settings.state, store=self._settings.store)
        return replace(found, settings=settings)

    async def follow(self, number: int) -> bool:
        """Whether another configuration is in force from now on, in `folder`."""
        if number in {self.number, self._tried}:
            return False
        published = await self._store.read_published(number)
        if published is None:
            return False
        self._tried = number
        try:
            folder = await asyncio.to_thread(unpack, published, self._settings.state)
            found = await asyncio.to_thread(self.load, folder)
        except (MarsadError, OSError, EOFError, tarfile.TarError, lzma.LZMAError) as error:
            self._refuse(number, error)
            return False
        if found.fallback or found.held_rules:
            self._refuse(number, ConfigError(found.problems))
            return False
        self.number, self.trouble, self.folder = number, None, folder
        log.info("fleet.configuration", number=number, folder=str(folder))
        return True

    def _refuse(self, number: int, why: Exception) -> None:
        said = str(why)
        if isinstance(why, ConfigError):
            folder = f"{self._settings.state / 'published' / str(number)}/"
            said = "; ".join(format_problem(one).replace(folder, "") for one in why.problems if one.is_error)
        runs = f"configuration {self.number}" if self.number is not None else "its own folder"
        self.trouble = f"configuration {number} cannot be loaded ({said[:500]}); {runs} stays in force"
        log.error("fleet.configuration_refused", number=number, why=said)
