"""How long the event loop stands still while a reload reads 20,000 persons and makes what finds them, beside it.

    .venv/bin/python benchmarks/reload.py [--persons 20000] [--reloads 3]

Each reload is measured as the daemon does it, and once more with the collector left on.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from monitor.matchers import find_names, is_one_outlived
from monitor.ops.memory import build_to_last
from monitor.settings.load import load_settings

TICK = 0.001  # seconds
SYLLABLES = ("ka", "ro", "mi", "ta", "le", "no", "vi", "su", "ze", "pa", "do", "ri", "ga", "be", "lu")


def write_configuration(folder: Path, persons: int) -> None:
    names = ["".join(three).title() for three in itertools.product(SYLLABLES, repeat=3)]
    full = (f"{names[n % len(names)]} {names[(n * 7 + n // 3000) % len(names)]}" for n in range(persons))
    entities = "".join(f"  p{n}: {{kind: person, names: {{en: [{name}]}}}}\n" for n, name in enumerate(full))
    (folder / "rules").mkdir()
    (folder / "rules" / "persons.yaml").write_text(f"entities:\n{entities}rules: {{r: {{any: [p1]}}}}\n")
    (folder / "marsad.yaml").write_text("channels: {box: {type: maildir, path: mail}}\n")


def reload(folder: Path, block: AbstractContextManager[None]) -> None:
    with block:
        settings = load_settings(folder, packs=folder / "rules").settings
        assert settings is not None
        find_names(settings.watchlist)


@contextmanager
def watching(worst: list[float]) -> Iterator[None]:
    """Appends the longest time in seconds for which the running loop did not come to a task that sleeps for TICK."""
    found = [0.0]

    async def look() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            found[0], last = max(found[0], now - last), now

    task = asyncio.ensure_future(look())
    yield
    task.cancel()
    worst.append(found[0])


async def measure(folder: Path, reloads: int) -> list[dict[str, object]]:
    rows = []
    for way in ("as the daemon", "collector on"):
        worst: list[float] = []
        before = time.process_time()
        for _ in range(reloads):
            block = build_to_last(is_outlived=is_one_outlived()) if way == "as the daemon" else nullcontext()
            with watching(worst):
                await asyncio.to_thread(reload, folder, block)
        spent = (time.process_time() - before) / reloads
        rows.append({"way": way, "worst_ms": round(max(worst) * 1000), "cpu_seconds": round(spent, 1)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--reloads", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        write_configuration(Path(folder), options.persons)
        rows = asyncio.run(measure(Path(folder), options.reloads))
        print(json.dumps({"persons": options.persons, "rows": rows}))
        for row in rows:
            print(f"{row['way']:15} worst {row['worst_ms']:>5} ms, {row['cpu_seconds']} s of CPU a reload")


if __name__ == "__main__":
    main()
