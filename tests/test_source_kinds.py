"""A new kind of source is one module and one line of the registry: here tests/support/json_lines.py, under `lines`."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import load_configuration, open_app
from monitor.cli.configure import check_configuration
from monitor.errors import ConfigError
from monitor.line import poll_sources, register
from monitor.model import Backfill
from monitor.ops.clock import SystemClock
from monitor.pipeline.health import examine
from monitor.pipeline.poll import PollOutcome
from monitor.registry import SOURCES, load_class
from monitor.settings.append import find_fault
from monitor.settings.describe import describe_thing
from monitor.settings.model import Settings
from monitor.settings.schema import json_schema
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.sources.parser_process import ParserProcess

RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin]}}
rules:
  kremlin: {title: Kremlin, any: [putin]}
"""


class Desk:
    """A configuration with one source of the new kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("marsad.yaml", "state: state\nchannels: {box: {type: maildir, path: box}}\n")
        self.write("rules/desk.yaml", RULES)
        self.write("digests.yaml", "digests: {now: {to: [desk@example.org]}}\n")
        self.write("sources.yaml", "sources:\n  - {id: wire, lines: wire.jsonl}\n")
        (folder / "state").mkdir()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def publish(self, *headlines: str) -> None:
        lines = [json.dumps({"id": headline, "headline": headline}) for headline in headlines]
        self.write("wire.jsonl", "\n".join(lines))

    @property
    def settings(self) -> Settings:
        return load_configuration(self.folder, keep=False).settings

    def poll(self) -> tuple[PollOutcome, timedelta]:
        """One poll, and how long it is until the next."""

        async def scenario() -> tuple[PollOutcome, timedelta]:
            app = await open_app(self.settings)
            try:
                await register(app)
                [outcome] = await poll_sources(app, everything=True)
                [state] = await app.store.archive.list_poll_states()
                checkup = examine(outcome.source, state, app.clock.now())
                assert state.last_polled_at is not None
                assert outcome.error is not None or checkup.interval == state.next_poll_at - state.last_polled_at
            finally:
                await app.close()
            return outcome, checkup.interval

        return asyncio.run(scenario())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(SOURCES, "lines", "json_lines:JsonLines")
    return Desk(tmp_path)


def test_a_source_of_a_new_kind_is_polled_with_the_defaults_of_its_kind(desk: Desk) -> None:
    desk.publish("Putin speaks", "Putin travels", "Putin returns")
    first, interval = desk.poll()
    assert (first.new, first.matches, interval) == (3, 1, timedelta(minutes=1))
    desk.publish("Putin speaks", "Putin sleeps")
    second, _ = desk.poll()
    assert (second.new, second.matches, second.error) == (1, 1, None)


def test_what_the_file_says_wins_over_the_kind(desk: Desk) -> None:
    desk.publish("Putin speaks", "Putin travels", "Putin returns")
    desk.write("sources.yaml", "sources:\n  - {id: wire, lines: wire.jsonl, every: auto, backfill: all}\n")
    first, interval = desk.poll()
    assert (first.new, first.matches, interval) == (3, 3, timedelta(minutes=5))


def test_what_a_new_kind_raises_is_told(desk: Desk) -> None:
    desk.write("wire.jsonl", "not JSON")
    outcome, _ = desk.poll()
    assert outcome.problems == ("lines: is not JSON: Expecting value: line 1 column 1 (char 0)",)
    (desk.folder / "wire.jsonl").unlink()
    outcome, _ = desk.poll()
    assert outcome.error == f"{desk.folder}/wire.jsonl is not a file; correct `lines` of source wire"
    assert [source.id for source in check_configuration(desk.folder).missing] == ["wire"]


def test_the_key_of_a_new_kind_is_checked_shown_and_in_the_schema(desk: Desk) -> None:
    [source] = desk.settings.sources
    assert (source.kind, source.location, source.backfill) == ("lines", f"{desk.folder}/wire.jsonl", Backfill(items=1))
    lines = {line.key: line for line in describe_thing(desk.settings, "source", "wire")}
    assert lines["lines"].value == source.location
    assert lines["lines"].origin is not None
    assert "lines" in json_schema()["sources"]["$defs"]["SourceShape"]["properties"]
    assert find_fault({"id": "a"}) == "url, path or lines is missing"
    desk.write("sources.yaml", "sources:\n  - {id: wire, lines: wire.jsonl, url: 'https://a.example/'}\n")
    with pytest.raises(ConfigError) as caught:
        load_configuration(desk.folder, keep=False)
    assert caught.value.problems[0].what == "url and lines are both given"
    assert "lines: a file with one article a line" in caught.value.problems[0].hint


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_is_listed_under_its_own_key_and_closes_unused(kind: str) -> None:
    async def scenario() -> None:
        clock = SystemClock()
        made = load_class(SOURCES[kind])(FetchPolicy(clock=clock, hosts=Hosts(clock)), ParserProcess())
        assert made.traits.kind == kind
        await made.close()

    asyncio.run(scenario())
