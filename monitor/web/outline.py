"""A program: reads the configuration, and writes to stdout what of it the console needs, pickled."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path

from monitor.app import load_configuration
from monitor.errors import ConfigError
from monitor.model import EntityId
from monitor.rules.labels import find_label
from monitor.rules.model import Watchlist
from monitor.settings.lastgood import InForce
from monitor.settings.problems import format_problem
from monitor.web.language import list_interface_languages
from monitor.web.snapshot import BAD_CONFIGURATION, Snapshot

WANTED = ("rules.", "digests.", "sources.", "entities.")


def outline(in_force: InForce) -> Snapshot:
    """Without channels, whose options have types of their own, and without the places of each single name."""
    settings = in_force.settings
    origins = {key: at for key, at in settings.origins.items() if key.startswith(WANTED) and key.count(".") == 1}
    return Snapshot(
        settings=replace(settings, channels={}, origins=origins),
        problems=tuple(map(format_problem, in_force.problems)),
        has_fallback=in_force.fallback,
        held=tuple(map(str, in_force.held_rules)),
        labels={language: label_entities(settings.watchlist, language) for language in list_interface_languages()},
    )


def label_entities(watchlist: Watchlist, language: str) -> dict[EntityId, str]:
    return {entity: find_label(watchlist, entity, language) or str(entity) for entity in watchlist.entities}


def main() -> int:
    try:
        in_force = load_configuration(Path(sys.argv[1]), keep=False, examples=False)
    except ConfigError as error:
        print("\n".join(map(format_problem, error.problems)), file=sys.stderr)  # noqa: T201
        return BAD_CONFIGURATION
    sys.stdout.buffer.write(pickle.dumps(outline(in_force), protocol=5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
