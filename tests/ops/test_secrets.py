"""Secrets come from where the configuration says; a value is never in an error or a log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from monitor.errors import UserMustFix
from monitor.model import Secret
from monitor.ops.secrets import LONGEST_SECRET, reveal

VALUE = "p@ss wörd کلمه"


def write_secret(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_TEST_SECRET", VALUE)
    assert reveal(Secret(kind="env", name="MARSAD_TEST_SECRET")) == VALUE


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_there(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("MARSAD_TEST_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("MARSAD_TEST_SECRET", value)
    with pytest.raises(UserMustFix, match="MARSAD_TEST_SECRET is missing or empty"):
        reveal(Secret(kind="env", name="MARSAD_TEST_SECRET"))


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_file_without_its_last_line_feed(tmp_path: Path, ending: str, caplog: pytest.LogCaptureFixture) -> None:
    path = write_secret(tmp_path / "secret", f"{VALUE}{ending}".encode())
    with caplog.at_level(logging.WARNING):
        assert reveal(Secret(kind="file", name=str(path))) == VALUE
    assert caplog.records == []


def test_blanks_and_further_line_feeds_are_not_trimmed_away(tmp_path: Path) -> None:
    path = write_secret(tmp_path / "secret", b"  two blanks before \n")
    assert reveal(Secret(kind="file", name=str(path))) == "  two blanks before "


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666])
def test_a_file_that_all_can_read_is_used_with_a_warning(
    tmp_path: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_secret(tmp_path / "secret", VALUE.encode(), mode)
    with caplog.at_level(logging.WARNING):
        assert reveal(Secret(kind="file", name=str(path))) == VALUE
    [record] = caplog.records
    assert f"chmod o-rwx {path}" in record.getMessage()
    assert VALUE not in caplog.text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hunter2\nhunter3\n", "has more than one line"),
        (b"hunter2\n\n", "has more than one line"),
        (b"hunter2\0", "has more than one line"),
        (b"hunter2\xff", "does not contain UTF-8 text"),
        (b"hunter2" * LONGEST_SECRET, "is too long for a secret"),
    ],
)
def test_a_file_that_holds_no_secret_is_named_but_not_shown(tmp_path: Path, content: bytes, why: str) -> None:
    path = write_secret(tmp_path / "secret", content)
    with pytest.raises(UserMustFix) as refused:
        reveal(Secret(kind="file", name=str(path)))
    assert str(path) in str(refused.value)
    assert why in str(refused.value)
    assert "hunter" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_longest_secret_is_still_one(tmp_path: Path) -> None:
    path = write_secret(tmp_path / "secret", b"x" * LONGEST_SECRET)
    assert len(reveal(Secret(kind="file", name=str(path)))) == LONGEST_SECRET


def test_a_file_that_is_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserMustFix, match=r"cannot read a secret from the file .*/none: No such file"):
        reveal(Secret(kind="file", name=str(tmp_path / "none")))
    with pytest.raises(UserMustFix, match="Is a directory"):
        reveal(Secret(kind="file", name=str(tmp_path)))


def test_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secret(tmp_path / "smtp-password", f"{VALUE}\n".encode())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert reveal(Secret(kind="credential", name="smtp-password")) == VALUE
    with pytest.raises(UserMustFix, match="the systemd credential 'other'"):
        reveal(Secret(kind="credential", name="other"))


def test_a_credential_outside_the_service_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(UserMustFix, match="LoadCredential=smtp-password"):
        reveal(Secret(kind="credential", name="smtp-password"))


def test_a_credential_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secret(tmp_path / "outside", VALUE.encode())
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    with pytest.raises(UserMustFix, match=r"write \{file: \.\./outside\}"):
        reveal(Secret(kind="credential", name="../outside"))
