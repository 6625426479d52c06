"""Renders the packaged seeds' digest to PNG with headless Chromium: screenshot.py FOLDER [LANGUAGE …].

For each language: light and dark, 800 and 360 pixels wide, and the top of the page (docs/images/digest.png is en-top).
Needs fonts-noto-core, fonts-wqy-microhei, and fonts-liberation2, which stands in for what mail programs have.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.app import App, load_configuration, open_app
from monitor.digesting import preview_digest
from monitor.line import poll_sources, register
from monitor.packaged import find_share
from monitor.queries.digests import find_plan

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


def render_seeds(folder: Path, language: str) -> str:
    """The HTML part of the demo's digest for a reader of `language`."""
    shutil.copytree(find_share("templates") / "demo", folder, dirs_exist_ok=True)
    (folder / "seeds").symlink_to(find_share("seeds"))
    plan = f"digests:\n  morning: {{to: [desk@example.org], language: {language}, timezone: Asia/Baku}}\n"
    (folder / "digests.yaml").write_text(plan, encoding="utf-8")
    (folder / "state").mkdir()
    return asyncio.run(_preview(folder))


async def _preview(folder: Path) -> str:
    clock = FixedClock()
    app: App = await open_app(load_configuration(folder).settings, clock=clock)
    try:
        await register(app)
        clock.moment += timedelta(days=1)
        await poll_sources(app, everything=True)
        [part] = await preview_digest(app, find_plan(app.settings.digests, "morning"))
    finally:
        await app.close()
    page = email.message_from_bytes(part.message.content, policy=email.policy.default).get_body(("html",))
    assert page is not None
    return str(page.get_content())


def shoot(html: Path, picture: Path, *, width: int, dark: bool, height: int = 2400) -> None:
    """One picture. A page narrower than a window may be stands in a frame of its own."""
    frame = html.with_name(f"frame-{width}.html")
    inner = f'<iframe src="{html.name}" width="{width}" height="{height}" style="border:0"></iframe>'
    frame.write_text(f'<!DOCTYPE html><body style="margin:0">{inner}')
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
            html = out / f"{language}.html"
            html.write_text(render_seeds(Path(folder), language), encoding="utf-8")
        shoot(html, out / f"{language}-top.png", width=800, dark=False, height=1180)
        for width in (800, 360):
            for dark in (False, True):
                picture = out / f"{language}-{width}-{'dark' if dark else 'light'}.png"
                shoot(html, picture, width=width, dark=dark)
                print(picture)


if __name__ == "__main__":
    main()
