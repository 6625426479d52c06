"""Signals in a mail: a sentence in the reader's language, the numbers behind it, and the newest headlines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.digests.render import Renderer
from monitor.model import SourceId
from monitor.model.signal import Signal, SignalArticle, SignalKind, SignalNumbers, Subject, SubjectKind

DAY = timedelta(days=1)
KARABAKH = Subject(kind=SubjectKind.ENTITY, id="karabakh")


@pytest.fixture
def spike(now: datetime) -> Signal:
    return Signal(
        kind=SignalKind.SPIKE,
        subject=Subject(kind=SubjectKind.RULE, id="karabakh"),
        title="Karabakh diplomacy",
        onset=now - timedelta(hours=2),
        at=now,
        numbers=SignalNumbers(
            window=DAY, count=34, usual=6, median=5.5, mad=1, factor=3, days=14, wanted=14, left_out=(SourceId("aps"),)
        ),
        articles=(
            SignalArticle(
                headline="Путин и <Алиев>\nобсудили Карабах",
                source=SourceId("wire"),
                at=now,
                url="https://example.org/ru",
                outlet="Обозреватель",
                language="ru",
            ),
            SignalArticle(headline="بوتين وعلييف يبحثان الوضع", source=SourceId("sana"), at=now - DAY),
        ),
    )


@pytest.fixture
def quiet(spike: Signal) -> Signal:
    numbers = SignalNumbers(window=3 * DAY, usual=12, median=12, mad=2, days=28)
    return replace(spike, kind=SignalKind.QUIET, subject=KARABAKH, title="Artsakh", numbers=numbers, articles=())


@pytest.fixture
def first(spike: Signal, now: datetime) -> Signal:
    numbers = SignalNumbers(window=90 * DAY, count=1, since=now - 96 * DAY)
    return replace(spike, kind=SignalKind.FIRST, subject=KARABAKH, title="Artsakh", numbers=numbers)


def test_a_signal_has_its_sentence_its_numbers_and_its_headlines(
    karabakh: Any, spike: Signal, render: Callable[..., Any]
) -> None:
    mail = render(karabakh.digest(signals=(spike,)))
    lines = mail.text.splitlines()
    at = lines.index("Spike: Karabakh diplomacy, 34 articles in 24 hours, usually 6")
    assert lines[at + 1 : at + 9] == [
        "  Compared with 14 days before: median 5.5, MAD 1.",
        "  A spike is 3 times the usual or more.",
        "  Left out, because they were down: aps.",
        "Путин и <Алиев> обсудили Карабах",
        "  Обозреватель · Nov 24, 2026, 07:00",
        "  https://example.org/ru",
        "بوتين وعلييف يبحثان الوضع",
        "  sana · Nov 23, 2026, 07:00",
    ]
    assert lines[1].startswith("4 stories · 1 signal · since ")
    assert at < lines.index(karabakh.records[0].article.headline)
    assert "<b>Spike: Karabakh diplomacy, 34 articles in 24 hours, usually 6</b>" in mail.html
    assert '<a href="https://example.org/ru"' in mail.html
    assert "Путин и &lt;Алиев&gt; обсудили Карабах" in mail.html
    assert mail.html.index("Spike: ") < mail.html.index("<h2")


def test_silence_and_a_first_mention_name_the_entity_in_the_readers_language(
    desk: Any, quiet: Signal, first: Signal, render: Callable[..., Any]
) -> None:
    mail = render(desk.digest(signals=(quiet, first), stories=()))
    lines = mail.text.splitlines()
    assert "Quiet: no article about Karabakh for 3 days, usually 4 a day" in lines
    assert "First mention of Karabakh since August 20, 2026" in lines
    assert mail.subject == "2 signals: Karabakh"
    assert "Nothing to report" not in mail.text + mail.html
    ever = replace(first, numbers=replace(first.numbers, is_first_ever=True))
    assert (
        "First mention of Karabakh since the watch began on August 20, 2026"
        in render(desk.digest(signals=(ever,))).text
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ar", "34 مقالة خلال 24 ساعة، والمعتاد 6"),
        ("ru", "Всплеск: Karabakh diplomacy, 34 статьи за 24 часа, обычно 6"),
        ("fr", "Pic : Karabakh diplomacy, 34 articles en 24 heures, d’habitude 6"),
        ("he", "34 כתבות תוך 24 שעות, בדרך כלל 6"),
        ("zh", "激增：Karabakh diplomacy，24 小时内 34 篇文章，通常 6"),
    ],
)
def test_a_spike_in_the_readers_language(
    desk: Any, spike: Signal, render: Callable[..., Any], language: str, said: str
) -> None:
    mail = render(desk.digest(language, signals=(spike,)))
    assert said in mail.text
    assert said in mail.html


def test_signals_are_in_the_first_part_alone(karabakh: Any, spike: Signal, render_parts: Callable[..., Any]) -> None:
    parts = render_parts(karabakh.digest(signals=(spike,)), karabakh, limit=12_000)
    assert len(parts) > 1
    assert ["Spike: " in part.text for part in parts] == [True] + [False] * (len(parts) - 1)
    assert ["Spike: " in part.html for part in parts] == [True] + [False] * (len(parts) - 1)


def test_a_template_of_ones_own_that_leaves_signals_out_is_noticed(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "templates" / "digest" / "html.j2", tmp_path / "mine.html.j2")
    text = (root / "templates" / "digest" / "text.j2").read_text("utf-8")
    (tmp_path / "mine.txt.j2").write_text(text.replace("{{ signal_list() -}}", ""), "utf-8")
    renderer = Renderer([tmp_path, root / "templates"])
    assert renderer.leaves_out("mine") == ("signals",)
    assert renderer.leaves_out("digest") == ()
