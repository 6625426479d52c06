"""Where the files that come with Marsad are: rules, templates, seeds, units."""

from __future__ import annotations

from pathlib import Path


def find_share(name: str) -> Path:
    """The packaged folder `name` (rules, templates, seeds, systemd): inside the wheel, or at the root of a checkout."""
    package = Path(__file__).parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name
