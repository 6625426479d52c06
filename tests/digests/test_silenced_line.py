"""What a digest says of silences that are over, in its reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.model.silence import Silence, SilencedCount, SilenceKind

Render = Callable[..., Any]


@pytest.fixture
def count(now: datetime) -> Callable[..., SilencedCount]:
    def make(stories: int, title: str = "Karabakh diplomacy", **changes: Any) -> SilencedCount:
        values: dict[str, Any] = {"kind": SilenceKind.RULE, "comment": "", "author": "ليلى"}
        silence = Silence(
            subject="x", title=title, begun_at=now - timedelta(days=1), until=now, **{**values, **changes}
        )
        return SilencedCount(silence=silence, stories=stories)

    return make


def test_each_silence_has_a_line_before_what_may_be_missing(
    karabakh: Any, render: Render, count: Callable[..., SilencedCount]
) -> None:
    silenced = (count(12, comment="太多"), count(1, "<b>\nПутин\u202e", kind=SilenceKind.ENTITY))
    mail = render(karabakh.digest(silenced=silenced))
    assert (
        "\n12 stories were silenced: rule Karabakh diplomacy — 太多\n1 story was silenced: entity <b> Путин\n"
        in mail.text
    )
    assert "12 stories were silenced: rule Karabakh diplomacy" in mail.html
    assert "entity &lt;b&gt; Путин" in mail.html


@pytest.mark.parametrize(
    ("language", "said"),
    [("ar", "كُتم 12 خبرًا: القاعدة"), ("ru", "12 сообщений скрыто: правило"), ("zh", "12 条新闻被静默: 规则")],
)
def test_it_is_said_in_the_reader_s_language(
    desk: Any, render: Render, count: Callable[..., SilencedCount], language: str, said: str
) -> None:
    mail = render(desk.digest(language, silenced=(count(12),)))
    assert said in mail.text
    assert said in mail.html


def test_a_digest_of_the_lines_alone_has_their_sum_in_its_subject(
    desk: Any, render: Render, count: Callable[..., SilencedCount]
) -> None:
    assert render(desk.digest(silenced=(count(2), count(3)))).subject == "morning: 5 stories were silenced"


def test_only_the_first_part_of_a_digest_has_the_lines(
    desk: Any, render_parts: Callable[..., list[Any]], count: Callable[..., SilencedCount]
) -> None:
    for number in range(60):
        desk.tell(f"Report {number:03} from Karabakh", "Karabakh. " * 90, "Karabakh")
    mails = render_parts(desk.digest(silenced=(count(7),)), limit=60_000)
    assert len(mails) > 1
    assert ["7 stories were silenced" in mail.text for mail in mails] == [True] + [False] * (len(mails) - 1)
