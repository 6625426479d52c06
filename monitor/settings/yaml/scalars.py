"""What a plain scalar means in the core schema of YAML 1.2: `no`, `on` and 12:30 are text."""

from __future__ import annotations

import re
from typing import Any

_CORE = (
    ("null", re.compile(r"(null|Null|NULL|~|)$")),
    ("bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$")),
    ("int", re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")),
    ("float", re.compile(r"[-+]?(\.inf|\.Inf|\.INF|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$|\.(nan|NaN|NAN)$")),
)
# Plain scalars that begin otherwise are text, whatever follows: a cheap test before the patterns above.
_NOT_TEXT = frozenset("0123456789+-.~nNtTfF")


KINDS = {  # in words, for messages
    "null": "null",
    "bool": "true or false, not a text",
    "int": "a number, not a text",
    "float": "a number, not a text",
}


def resolve_kind(text: str) -> str:
    """text, null, bool, int or float."""
    if text and text[0] not in _NOT_TEXT:
        return "text"
    return next((kind for kind, pattern in _CORE if pattern.match(text)), "text")


def convert_scalar(kind: str, text: str) -> Any:
    """The Python value of a scalar that is no text."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        digits = text.lstrip("+-")
        return int(text, 0) if digits[:2] in {"0x", "0o"} else int(text)
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if text[-1] in "fn" else _to_float(text)


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # .Inf, .NAN: as odd as they are rare
        return float(text.lower().replace(".", ""))
