"""Renders the packaged seeds' digest to PNG with headless Chromium: screenshot.py FOLDER [LANGUAGE …].

For each language: light and dark, 800 and 360 pixels wide. docs/images/digest.png is one of them.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from monitor.app import App, find_share, load_configuration, open_app, poll_sources, preview_digest, register

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
    """The same minute for every picture."""

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

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
    app: App = await open_app(load_configuration(folder).settings, clock=FixedClock())
    try:
        await register(app)
        await poll_sources(app, everything=True)
        [message] = await preview_digest(app, app.find_plan("morning"))
    finally:
        await app.close()
    part = email.message_from_bytes(message.content, policy=email.policy.default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def shoot(html: Path, picture: Path, *, width: int, dark: bool) -> None:
    """One picture. A page narrower than a window may be stands in a frame of its own."""
    frame = html.with_name(f"frame-{width}.html")
    inner = f'<iframe src="{html.name}" width="{width}" height="2400" style="border:0"></iframe>'
    frame.write_text(f'<!DOCTYPE html><body style="margin:0">{inner}')
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                "chromium",
                *FLAGS,
                f"--user-data-dir={profile}",
                f"--window-size={max(width, 500)},2400",
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
        for width in (800, 360):
            for dark in (False, True):
                picture = out / f"{language}-{width}-{'dark' if dark else 'light'}.png"
                shoot(html, picture, width=width, dark=dark)
                print(picture)


if __name__ == "__main__":
    main()
