"""Where the files of a style are: templates/NAME/{subject,text,html}.j2, in the user's folder or the shipped one.

A style of earlier versions was NAME.txt.j2 and NAME.html.j2, and a user's own still works.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from monitor.text.quoting import suggest_near


class Piece(StrEnum):
    """A file of a style."""

    SUBJECT = "subject"
    TEXT = "text"
    HTML = "html"


FORMER = {Piece.TEXT: "{}.txt.j2", Piece.HTML: "{}.html.j2"}
DEFAULT = "digest"


def find_piece(folders: Sequence[Path], style: str, piece: Piece) -> str:
    """The name of the file under the first folder that has it; of a style that has no subject, the shipped one.

    A name for the error message where no folder has one.
    """
    names = [f"{style}/{piece}.j2", *([FORMER[piece].format(style)] if piece in FORMER else [])]
    found = [name for folder in folders for name in names if (folder / name).is_file()]
    return next(iter(found), f"{DEFAULT}/{piece}.j2" if piece is Piece.SUBJECT else names[0])


def list_styles(folder: Path) -> list[str]:
    """The styles of a folder that have all of their files there."""
    return sorted(path.name for path in folder.glob("*/") if all((path / f"{piece}.j2").is_file() for piece in Piece))


def suggest_style(folders: Sequence[Path], unknown: str) -> str:
    """The question "did you mean …?" with the styles of the folders that have nearly that name, or nothing."""
    return suggest_near(unknown, {style for folder in folders for style in list_styles(folder)})


def is_escaped(name: str | None) -> bool:
    """Whether what a file writes is HTML; a subject and a text part are not."""
    base = (name or "").rpartition("/")[2]
    return base not in {"subject.j2", "text.j2"} and not base.endswith(".txt.j2")
