"""The bytes of a YAML file become text, or the reason why they cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

# Ten thousand watched names with their languages make some 50 000 nodes and 1 MB; a file of rules of the largest size
# is read, checked and compiled in half a minute.
MAX_BYTES = 5_000_000


class UnreadableYaml(Exception):
    """The file cannot be read any further."""

    def __init__(self, what: str, at: tuple[int, int] = (0, 0), *, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint
        self.line, self.column = at

    @property
    def is_syntax(self) -> bool:
        """Whether a parser raised it; else the builder did, to which both parsers say the same."""
        return self.__cause__ is not None


def decode_yaml(file: Path, content: bytes) -> str:
    """The text of `content`. Raises Unreadable where it is too large, or no UTF-8."""
    _check_size(file, content)
    return _strip_tabs(_decode(content))


def _check_size(file: Path, content: bytes) -> None:
    """Of a file that is too large no more than its beginning may have been read."""
    if len(content) <= MAX_BYTES:
        return
    try:
        size = max(len(content), file.stat().st_size)
    except OSError:
        size = len(content)
    what = f"is {size / 1_000_000:.1f} MB large, and a file may have {MAX_BYTES // 1_000_000} MB"
    raise UnreadableYaml(what, hint="split it into several files")


def _strip_tabs(text: str) -> str:
    """`text` without tabs at the end of a line, where YAML allows them and the pure parser trips over them."""
    return "\n".join(map(_strip_line, text.split("\n"))) if "\t" in text else text


def _strip_line(line: str) -> str:
    end = "\r" if line.endswith("\r") else ""
    stripped = line.removesuffix("\r").rstrip(" \t")
    return stripped + end if "\t" in line[len(stripped) :] else line


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        raise UnreadableYaml("is UTF-16, not UTF-8", hint="save it as UTF-8 in your editor")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise UnreadableYaml("is not UTF-8", locate(before, len(before)), hint=_guess_encoding(content)) from error


def _guess_encoding(content: bytes) -> str:
    """An old 8-bit encoding shows itself: accents stand alone among Latin letters, other scripts make whole words."""
    runs = re.findall(rb"[\x80-\xff]+", content)
    if len(b"".join(runs)) < 1.5 * len(runs):
        scripts: tuple[tuple[str, str], ...] = (("cp1252", "À-ÿ"),)
    else:
        scripts = (("cp1256", "\u0621-\u064a"), ("cp1255", "\u05d0-\u05ea"), ("cp1251", "\u0410-\u044f"))
    for encoding, script in scripts:
        high = [letter for letter in content.decode(encoding, "replace") if ord(letter) > 127]
        if sum(bool(re.match(f"[{script}]", letter)) for letter in high) > 0.9 * len(high):
            return f"it looks like {encoding}; save it as UTF-8 in your editor"
    return "save it as UTF-8 in your editor"


def locate(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
