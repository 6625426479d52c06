"""A configuration directory made of texts, and a folder of packs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from monitor.model import Problem
from monitor.settings.load import load_settings
from monitor.settings.model import Loaded, Settings
from monitor.settings.problems import format_problem

MAIN = """\
config: 1
channels:
  box: {type: maildir, path: mail}
people:
  sami: {email: sami@example.org, language: ar-SY, timezone: Asia/Damascus}
"""
SOURCES = "sources:\n  - {id: saved, path: seeds, tags: [caucasus]}\n"
DIGESTS = "digests:\n  morning: {to: [sami]}\n"
LEADERS = """\
entities:
  putin: {kind: leader, names: {ru: [Путин], ar: [بوتين], he: [פוטין]}}
  aliyev: {kind: leader, names: {az: [Əliyev], ar: [علييف]}}
  pashinyan: {kind: leader, names: {hy: [Փաշինյան], ru: [Пашинян]}}
"""
REGIONS = """\
entities:
  karabakh: {kind: region, names: {ar: [قره باغ], ru: [Карабах], zh: [卡拉巴赫]}}
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The shipped packs `leaders` and `regions`."""
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "leaders.yaml").write_text(LEADERS, encoding="utf-8")
    (folder / "regions.yaml").write_text(REGIONS, encoding="utf-8")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write a configuration that is good but for the given files; None leaves one out."""

    def write_files(files: Mapping[str, str | None]) -> Path:
        folder = tmp_path / "config"
        whole = {"marsad.yaml": MAIN, "sources.yaml": SOURCES, "digests.yaml": DIGESTS, **files}
        for name, text in whole.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return folder

    return write_files


@pytest.fixture
def load(write: Callable[[Mapping[str, str]], Path], packs: Path) -> Callable[..., Loaded]:
    """Load a configuration that is good but for the given files."""

    def load_files(files: Mapping[str, str]) -> Loaded:
        return load_settings(write(files), packs=packs)

    return load_files


@pytest.fixture
def settle(load: Callable[..., Loaded]) -> Callable[..., Settings]:
    """The same, for configurations without an error."""

    def load_good(files: Mapping[str, str]) -> Settings:
        loaded = load(files)
        assert loaded.settings is not None, "\n".join(map(format_problem, loaded.problems))
        return loaded.settings

    return load_good


@pytest.fixture
def find(load: Callable[..., Loaded]) -> Callable[[str, str], list[Problem]]:
    """The problems of one file; a rule file may be called `rules`."""

    def find_problems(name: str, text: str) -> list[Problem]:
        path = "rules/watch.yaml" if name == "rules" else f"{name}.yaml"
        return [problem for problem in load({path: text}).problems if problem.file.name == path.rpartition("/")[2]]

    return find_problems
