"""The simple matchers that docs compare Marsad with find what they claim to, with true places."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("accuracy", root / "benchmarks" / "accuracy.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("method", "name", "text", "found"),
    [
        ("exact", "Путин", "Снова Путин и путин", ["Путин", "путин"]),
        ("exact", "Путин", "встреча с Путиным", []),
        ("exact", "Владимир Путин", "о Владимир Путин", ["Владимир Путин"]),
        ("token-85", "Путин", "встреча с Путина", ["Путина"]),
        ("token-85", "Oman", "a woman", ["woman"]),
        ("token-100", "Oman", "a woman", []),
        ("partial-100", "Oman", "a woman", ["oman"]),
        ("partial-90", "Oman", "the sea", []),
    ],
)
def test_methods(script: ModuleType, method: str, name: str, text: str, found: list[str]) -> None:
    hits = list(script.match({"id": "1", "headline": "", "body": text}, {"e": [name]}, script.pick(method)))
    spans = [text[place["start"] : place["end"]] for hit in hits for place in hit["evidence"]]
    assert spans == found
    assert all(hit["entity"] == "e" for hit in hits)
