"""Renders the packaged seeds' digests to PNG with headless Chromium: screenshot.py FOLDER [LANGUAGE …].

For each language and style, digest and weekly: light and dark, 800 and 360 pixels wide. Each is the top of the page;
docs/images has them under the same names. The counts of earlier weeks, of which the bars are drawn, are made up.
Needs fonts-noto-core, fonts-wqy-microhei, and fonts-liberation2, which stands in for what mail programs have.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

from sqlalchemy import Connection, insert, select

from monitor.app import App, load_configuration, open_app
from monitor.digesting import preview_digest
from monitor.line import poll_sources, register
from monitor.packaged import find_share
from monitor.queries.mail import read_mail
from monitor.signals.series import count_hours
from monitor.store.signal_tables import mention_counts

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
]


class FixedClock:
    """The same minutes for every picture: registered on one morning, polled and told on the next."""

    moment = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def render_seeds(folder: Path, language: str) -> dict[str, str]:
    """The HTML parts of the demo's digests for a reader of `language`, by style."""
    shutil.copytree(find_share("templates") / "demo", folder, dirs_exist_ok=True)
    (folder / "seeds").symlink_to(find_share("seeds"))
    reader = f"to: [desk@example.org], language: {language}, timezone: Asia/Baku"
    weekly = f"{{{reader}, template: weekly, days: [tue], also: true}}"
    (folder / "digests.yaml").write_text(f"digests:\n  digest: {{{reader}}}\n  weekly: {weekly}\n", encoding="utf-8")
    with (folder / "marsad.yaml").open("a", encoding="utf-8") as file:
        file.write("operator: {to: ops@example.org}\n")
    (folder / "state").mkdir()
    return asyncio.run(_preview(folder))


def _remember(connection: Connection, until: datetime) -> None:
    """Makes up how many articles each rule had on each day of nine weeks before."""
    rules = connection.execute(select(mention_counts.c.subject).where(mention_counts.c.kind == "rule").distinct())
    for number, rule in enumerate(rules.scalars().all()):
        dice = Random(number)
        usual = dice.choice((0.4, 1, 3))
        for day in range(1, 63):
            row = {"kind": "rule", "subject": rule, "source": "wire", "latest": ""}
            hour = count_hours(until - timedelta(days=day, hours=2))
            articles = max(0, round(dice.gauss(usual, usual / 2)))
            connection.execute(insert(mention_counts).values(**row, hour=hour, articles=articles))


async def _preview(folder: Path) -> dict[str, str]:
    clock = FixedClock()
    app: App = await open_app(load_configuration(folder).settings, clock=clock)
    try:
        await register(app)
        clock.moment += timedelta(days=1)
        await poll_sources(app, everything=True)
        while not await app.store.signals.count_matches(1000):
            pass
        await app.store.database.write(partial(_remember, until=clock.moment))
        pages = {}
        for plan in app.settings.digests:
            [part] = await preview_digest(app, plan)
            pages[plan.name] = read_mail(part.message.content).html
        return pages
    finally:
        await app.close()


def shoot(html: Path, picture: Path, *, width: int, dark: bool, height: int = 1180) -> None:
    """One picture. A page narrower than a window may be stands in a frame of its own."""
    frame = html.with_name(f"frame-{width}.html")
    inner = f'<iframe src="{html.name}" width="{width}" height="{height}" style="border:0"></iframe>'
    frame.write_text(f'<!DOCTYPE html><body style="margin:0;background:#8a8a8a;text-align:center">{inner}')
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                "chromium",
                *FLAGS,
                f"--user-data-dir={profile}",
                f"--window-size={max(width, 500)},{height}",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                f"--screenshot={picture}",
                frame.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for language in sys.argv[2:] or ["en", "ar"]:
        with tempfile.TemporaryDirectory() as folder:
            pages = render_seeds(Path(folder), language)
        for style, page in pages.items():
            html = out / f"{style}-{language}.html"
            html.write_text(page, encoding="utf-8")
            for width, dark in product((800, 360), (False, True)):
                picture = out / f"{html.stem}-{width}-{'dark' if dark else 'light'}.png"
                shoot(html, picture, width=width, dark=dark)
                print(picture)


if __name__ == "__main__":
    main()
