"""Which rules with a `backfill` have looked into the archive: one small file under the state directory.

So that a rule looks once, and again only after it was changed, however often the daemon is started.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

NAME = "backfilled.json"


def read_known_rules(state: Path) -> Mapping[str, str]:
    """The id of each rule's conditions when it looked; nothing where the file is missing or damaged."""
    try:
        known = json.loads((state / NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write_known_rules(state: Path, known: Mapping[str, str]) -> None:
    """Replace the file. Raises OSError."""
    draft = state / f"{NAME}.tmp"
    draft.write_text(json.dumps(dict(known), indent=1), encoding="utf-8")  # ids may be no UTF-8: escaped
    os.replace(draft, state / NAME)  # noqa: PTH105 - the atomic rename is the point
