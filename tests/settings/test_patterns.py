"""Names that look like patterns are refused, and names that only have signs are not."""

from __future__ import annotations

import pytest

from monitor.settings.values import Wrong, take_name

PATTERNS = [
    "zeit.*", "zeitoon*", "/zeit/i", "*zeit", r"zeit\w+", r"\bzeit\b", "zeit*n", "zeito?n", "[a-z]eit", "z[ei]t", "(a|b)", "zeit|zeitung", "(?i)zeit", "o{2}h",
    "^zeit", "zeit$", "zeit~2", "%zeit%", "/zeit/", "colou?r", "زيت*", "Путин.*", "Путин*", "Trump* tariff",
]  # fmt: skip
NAMES = [
    "Disney+", "Yahoo!", "E*TRADE", "Pfizer/BioNTech", "A$AP", "[Ireland]", "100%", "M*A*S*H", "AT&T", "Who?", "C++", "St. Petersburg", "U.S.", "O'Brien", "F-16",
    "#MeToo", "@KremlinRussia_E", "Ke$ha", "Q*bert", 'Toys "R" Us', "24/7", "50% rule", "S&P 500", "Basmeh & Zeitooneh", "Mali (country)", "$TSLA", "*NSYNC",
    "Joe Biden (D-DE)", "9/11", "km/h", "/r/worldnews", "Jr.", "Côte d’Ivoire", "Ukraine (2014-2022)",
]  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_refused(name: str) -> None:
    with pytest.raises(Wrong) as refused:
        take_name(name)
    assert name in refused.value.what
    assert refused.value.what.endswith("looks like a pattern")
    assert refused.value.hint == "names are plain text; list the spellings"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_signs_is_none(name: str) -> None:
    assert take_name(name) == name
