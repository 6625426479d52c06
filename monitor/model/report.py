"""The report about rules, as lines that a terminal and a mail show alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineKind(StrEnum):
    """What a line of a report is."""

    RULE = "rule"  # where the report of a rule begins
    TEXT = "text"
    QUOTE = "quote"  # a headline, or what is to be said of one
    EDIT = "edit"  # what to write into a rule file


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One line in English, foreign text in it between direction isolates. `level` says how far it is indented."""

    text: str
    kind: LineKind = LineKind.TEXT
    level: int = 0
