"""The fuzz target holds on what it begins with, and a short run of it finds nothing where atheris is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SEEDS = [
    b"",
    b"\x00<rss><channel><item><title>a</title></item></channel></rss>",
    b"\x01<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>\xd9\x86\xd8\xb5</title><id>1</id></entry></feed>",
    b"\x02<rss><channel><item><title>\xe4\xd5 \xc7\xe1\xce\xc8\xd1</title></item></channel></rss>",
    b'\x03{"items": [{"id": 1, "title": "a"}]}',
    b"\x00<rss><item>&#99999999999;&nbsp;",
]


@pytest.fixture
def target(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_parse", root / "benchmarks" / "fuzz_parse.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", SEEDS)
def test_the_target_holds_on_its_seeds(target: ModuleType, seed: bytes) -> None:
    target.parse_once(seed)


def test_a_short_run_finds_nothing(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed")
    for number, seed in enumerate(SEEDS):
        (tmp_path / str(number)).write_bytes(seed)
    command = [sys.executable, root / "benchmarks" / "fuzz_parse.py", tmp_path, "-runs=2000"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
