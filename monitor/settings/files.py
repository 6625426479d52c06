"""The files of a configuration as bytes, so that a copy of them can be read exactly as they were."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from monitor.model import Problem
from monitor.ops.file_watch import Survey, identify_text
from monitor.settings.yaml.decode import MAX_BYTES
from monitor.settings.yaml.document import Document
from monitor.settings.yaml.nodes import list_entries, list_texts, make_problem
from monitor.settings.yaml.read import read_document
from monitor.text.quoting import quote, suggest_near

TEMPLATES = "templates"
MAIN, SOURCES, DIGESTS = "marsad.yaml", "sources.yaml", "digests.yaml"
_SINGLE = (MAIN, SOURCES, DIGESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """`own` is keyed by the path relative to the configuration directory, `packs` by name."""

    directory: Path
    own: Mapping[str, bytes]
    base: Path  # what relative paths in them are relative to: `directory`, but for a copy the original one
    packs: Mapping[str, bytes] = field(default_factory=dict)
    pack_folder: Path
    problems: tuple[Problem, ...] = ()

    def list_all(self) -> Iterator[tuple[str, bytes]]:
        """Every file under the name that it has in a copy."""
        yield from ((f"own/{name}", content) for name, content in self.own.items())
        yield from ((f"packs/{name}.yaml", content) for name, content in self.packs.items())

    def identify_texts(self) -> Mapping[Path, str]:
        """What was read, as `FileWatch` knows it."""
        return {self.directory / name: identify_text(content) for name, content in self.own.items()}


def read_files(directory: Path, pack_folder: Path) -> Files:
    """Every file of the configuration in `directory` and of the packs that it names."""
    problems: list[Problem] = []
    own: dict[str, bytes] = {}
    if closed := _find_closed(directory):
        return Files(directory=directory, own={}, base=directory, pack_folder=pack_folder, problems=(closed,))
    problems += _find_closed_folders(directory / "rules")
    for name in [*_SINGLE, *list_rule_files(directory / "rules", directory)]:
        content = _read_bytes(directory / name, problems)
        if content is not None:
            own[name] = content
    problems += _find_strays(directory)
    packs = {}
    for name in _list_packs(own):
        content = _read_bytes(pack_folder / f"{name}.yaml", problems)
        if content is not None:
            packs[name] = content
    return Files(
        directory=directory, own=own, base=directory, packs=packs, pack_folder=pack_folder, problems=tuple(problems)
    )


def _find_closed(directory: Path) -> Problem | None:
    """What to say where this user may not look into the configuration directory."""
    try:
        next(directory.iterdir(), None)
        (directory / MAIN).exists()
    except (FileNotFoundError, NotADirectoryError):
        return None  # that marsad.yaml is missing is said later, with what to do
    except OSError as error:
        hint = "run this as the service's user (sudo -u marsad marsad …), or as a member of the group that owns it"
        what = f"cannot be read by this user: {error.strerror}"
        return Problem(file=directory, line=0, column=0, path="", what=what, hint=hint)
    return None


def _find_closed_folders(folder: Path) -> Iterator[Problem]:
    """Folders of rules that this user may not read: what is in them would be missing without a word."""
    closed: list[OSError] = []
    for _ in os.walk(folder, onerror=closed.append):
        pass
    for error in closed:
        if not isinstance(error, FileNotFoundError):
            what = f"cannot be read: {error.strerror}"
            path = Path(error.filename)
            yield Problem(file=path, line=0, column=0, path="", what=what, hint="check its owner and mode")


def _read_bytes(path: Path, problems: list[Problem]) -> bytes | None:
    """The content of a file, None where there is none; one that cannot be read is a problem.

    Of a file that is too large no more is read than shows it.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        problems.append(Problem(file=path, line=0, column=0, path="", what=what, hint="check its owner and mode"))
        return None


def list_rule_files(folder: Path, above: Path) -> list[str]:
    """The YAML files below `folder`, relative to `above`, without hidden ones (editors leave those)."""
    paths = (path.relative_to(above) for path in folder.rglob("*.yaml") if path.is_file())
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))


def survey_files(directory: Path) -> Survey:
    """What an edit of the configuration can touch: its YAML files, its templates, and the folders of both."""
    if not directory.is_dir():
        return Survey(folders=(), files=())
    rules, templates = directory / "rules", directory / TEMPLATES
    names = [*_SINGLE, *list_rule_files(rules, directory)]
    folders = [directory, *(each for root in (rules, templates) for each in _list_folders(root))]
    drawn = [path for path in templates.rglob("*.j2") if path.is_file() and not path.name.startswith(".")]
    return Survey(folders=tuple(folders), files=(*(directory / name for name in names), *sorted(drawn)))


def _list_folders(root: Path) -> list[Path]:
    """A folder and those in it, without hidden ones."""
    found: list[Path] = []
    for folder, names, _ in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        found.append(Path(folder))
    return found


def _find_strays(directory: Path) -> Iterator[Problem]:
    """Files that look as if somebody expected them to be read."""
    for path in sorted([*directory.glob("*.yaml"), *directory.glob("*.yml"), *(directory / "rules").rglob("*.yml")]):
        name = path.relative_to(directory).as_posix()
        if name in _SINGLE or path.name.startswith("."):
            continue
        hint = suggest_near(path.name, _SINGLE) if path.parent == directory else f"rename it to {path.stem}.yaml"
        what = "is not read: only marsad.yaml, sources.yaml, digests.yaml and rules/**/*.yaml are"
        yield Problem(file=path, line=0, column=0, path="", what=what, hint=hint, is_error=False)


def _list_packs(own: Mapping[str, bytes]) -> list[str]:
    """The packs that marsad.yaml names, those with the name of a file at least."""
    document = read_document(Path(MAIN), own.get(MAIN, b""))
    names = [name.strip() for _, name in list_texts(document.root, "packs")]
    return [name for name in dict.fromkeys(names) if name and "/" not in name and "\0" not in name]


def check_packs(main: Document, files: Files) -> Iterator[Problem]:
    """Packs that are named but not shipped."""
    for index, name in list_texts(main.root, "packs"):
        if name.strip() not in files.packs:
            shipped = list_packs(files.pack_folder)
            hint = suggest_near(name, shipped) or f"there are: {', '.join(shipped) or 'none'}"
            yield make_problem(main, ("packs", index), f"no pack is called {quote(name)}", hint=hint)


def list_packs(folder: Path) -> list[str]:
    """The names of the shipped packs."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def make_pack_finder(folder: Path, loaded: Iterable[str]) -> Callable[[str], str | None]:
    """A function that says which shipped pack, none of `loaded`, has an id. It reads them when it is first asked."""

    @cache
    def index() -> dict[str, str]:
        return {
            identifier: name
            for name in reversed(list_packs(folder))
            if name not in loaded
            for identifier in _list_ids(folder / f"{name}.yaml")
        }

    return lambda identifier: index().get(identifier)


def _list_ids(path: Path) -> Iterator[str]:
    root = read_document(path, path.read_bytes()).root
    for section in ("entities", "groups", "rules"):
        yield from (identifier for identifier, _ in list_entries(root, section))
