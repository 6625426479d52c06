"""How many of a rule's stories are relevant, from the few that people labelled: a share, and how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """So many of the labelled stories were relevant. `share`, `low` and `high` are in percent, rounded."""

    relevant: int
    labelled: int
    share: int
    low: int
    high: int


def measure_precision(relevant: int, labelled: int) -> Precision | None:
    """The interval of Wilson (1927) at 95 %, which holds for few labels too; None without labels."""
    if not labelled:
        return None
    share, square = relevant / labelled, Z * Z
    middle = share + square / (2 * labelled)
    reach = Z * sqrt(share * (1 - share) / labelled + square / (4 * labelled * labelled))
    scale = 1 + square / labelled
    return Precision(
        relevant=relevant,
        labelled=labelled,
        share=round(100 * share),
        low=round(100 * max(0.0, (middle - reach) / scale)),
        high=round(100 * min(1.0, (middle + reach) / scale)),
    )
