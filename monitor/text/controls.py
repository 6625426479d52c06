"""Characters that are no text: direction controls can make a line show another text than the one it holds."""

from __future__ import annotations

# Embeddings, overrides, isolates and marks of the Unicode bidirectional algorithm; a table for str.translate.
BIDI_CONTROLS: dict[int, None] = dict.fromkeys(
    map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
)
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def isolate(text: str) -> str:
    """`text` fenced off, so that it cannot turn the direction of what stands around it."""
    return f"{FIRST_STRONG_ISOLATE}{text.translate(BIDI_CONTROLS)}{POP_ISOLATE}"
