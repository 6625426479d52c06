"""A reload retires one App and leaves what the next one goes on with; the end closes everything, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import App, load_configuration, open_app, wire
from monitor.line import poll_sources, register
from monitor.model import Source

FILES = {
    "marsad.yaml": "state: state\nchannels: {box: {type: maildir, path: box}}\n",
    "sources.yaml": "sources:\n  - {id: saved, path: articles, every: 1s}\n",
    "digests.yaml": "digests: {now: {to: [desk@example.org]}}\n",
}


@pytest.fixture
def use(tmp_path: Path) -> Callable[[Callable[[App], Coroutine[None, None, None]]], None]:
    """Run a scenario over an App, which the scenario closes."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "state").mkdir()
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.txt").write_text("Putin speaks\n", encoding="utf-8")

    def run(scenario: Callable[[App], Coroutine[None, None, None]]) -> None:
        async def open_and_run() -> None:
            await scenario(await open_app(load_configuration(tmp_path).settings, holder="this"))

        asyncio.run(open_and_run())

    return run


def note_closing(app: App, closed: list[str], name: str) -> None:
    """Have the App's stack say when it closes."""
    app.closing.callback(closed.append, name)


def test_the_app_after_a_reload_goes_on_with_what_lasts(use) -> None:
    async def scenario(before: App) -> None:
        closed: list[str] = []
        note_closing(before, closed, "before")
        await register(before)
        after = wire(before.settings, before.lasting)
        note_closing(after, closed, "after")
        await before.retire()
        assert closed == ["before"]
        [outcome] = await poll_sources(after, everything=True)
        assert (outcome.new, outcome.error) == (1, None)
        await after.close()
        assert closed == ["before", "after"]
        with pytest.raises(RuntimeError, match="after shutdown"):
            await after.store.archive.list_poll_states()

    use(scenario)


def test_what_fails_to_close_leaves_nothing_else_open(use) -> None:
    async def scenario(app: App) -> None:
        await register(app)

        def fail() -> None:
            raise OSError("the channel does not close")

        app.closing.callback(fail)
        with pytest.raises(OSError, match="the channel does not close"):
            await app.close()
        with pytest.raises(RuntimeError, match="after shutdown"):
            await app.store.archive.list_poll_states()

    use(scenario)


def test_what_was_leased_is_free_for_another_process_once_the_app_is_closed(use) -> None:
    async def scenario(app: App) -> None:
        await register(app)
        source: Source = app.settings.sources[0]
        now = app.clock.now()
        assert list(await app.store.polls.claim([source.id], now)) == [source.id]
        await app.close()
        other = await open_app(app.settings, holder="another")
        assert list(await other.store.polls.claim([source.id], now + timedelta(seconds=1))) == [source.id]
        await other.close()

    use(scenario)
