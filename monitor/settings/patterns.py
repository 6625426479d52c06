"""Names that look like patterns of some search language: Marsad has none, and such a name is never found."""

from __future__ import annotations

import re

# Each with an example. Names may have signs too: Disney+, Yahoo!, E*TRADE, Pfizer/BioNTech, A$AP, [Ireland], 100%.
_PATTERNS = (
    re.compile(r"/.+/[gimsux]{0,4}"),  # /zeit/i
    re.compile(r".*(?:\.|\\.|\]|\)|\w\})[+*?].*", re.DOTALL),  # zeit.*, zeit\w+, [ab]*
    re.compile(r".*\\[bdswBDSWnrtxu.].*", re.DOTALL),  # \bzeit\b
    re.compile(r"(?:.*\s)?[*%][^\W_A-Z].*|.*\w\w[*%](?:\s.*)?", re.DOTALL),  # *zeit, zeitoon*, zeit%
    re.compile(r".*[^\W\d_A-Z][*?][^\W\d_A-Z].*", re.DOTALL),  # zeit*n, zeito?n
    re.compile(r".*\[[^\]\s]*\w-\w[^\]\s]*\].*|.*\w\[\w+\].*|.*\[\w+\]\w.*", re.DOTALL),  # [a-z], z[ei]t
    re.compile(r".*\(\?[:=!<iP].*|.*\(\w+(?:\|\w+)+\).*|.*\w\|\w.*", re.DOTALL),  # (?i)zeit, (a|b), a|b
    re.compile(r".*\w\{\d+(?:,\d*)?\}.*", re.DOTALL),  # a{2}
    re.compile(r"\^.+|.*\w\w\$", re.DOTALL),  # ^zeit, zeit$
    re.compile(r".*\w~\d*(?:\.\d+)?", re.DOTALL),  # zeit~2
)
_PERCENT = re.compile(r".*\d\s?%(?:\s.*)?", re.DOTALL)  # a share, not SQL


def is_pattern(text: str) -> bool:
    """Whether a name looks like a pattern."""
    return not _PERCENT.fullmatch(text) and any(pattern.fullmatch(text) for pattern in _PATTERNS)
