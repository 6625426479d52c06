"""What `marsad schema --vscode` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.settings.editors import FILES, make_schema_line, write_schemas, write_vscode
from monitor.settings.schema import json_schema

ROOT = Path(__file__).parents[2]


def test_each_kind_of_file_has_its_schema(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert {path.stem: json.loads(path.read_text("utf-8")) for path in written} == json_schema()
    settings = json.loads(write_vscode(tmp_path).read_text("utf-8"))
    assert {(tmp_path / path).resolve() for path in settings["yaml.schemas"]} == set(written)
    assert set(settings["yaml.schemas"].values()) == set(FILES.values())


def test_other_settings_stay(tmp_path: Path) -> None:
    path = tmp_path / ".vscode" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"editor.fontFamily": "Noto Naskh", "yaml.schemas": {"x.json": "x.yaml"}}', encoding="utf-8")
    write_vscode(tmp_path)
    settings = json.loads(path.read_text("utf-8"))
    assert settings["editor.fontFamily"] == "Noto Naskh"
    assert settings["yaml.schemas"]["x.json"] == "x.yaml"
    assert len(settings["yaml.schemas"]) == 5


@pytest.mark.parametrize("text", ["{} // mine", "[]", '{"yaml.schemas": 1}'])
def test_settings_with_comments_are_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".vscode" / "settings.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"add to it by hand:\n.*\n.*yaml.schemas"):
        write_vscode(tmp_path)
    assert path.read_text("utf-8") == text


def test_the_files_of_init_name_their_schema() -> None:
    init = ROOT / "templates" / "init"
    for kind, pattern in FILES.items():
        for path in init.glob(pattern):
            depth = len(path.relative_to(init).parts) - 1
            assert path.read_text("utf-8").startswith(make_schema_line(kind, depth)), path
