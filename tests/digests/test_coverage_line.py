"""The coverage line: what may be missing from a digest, in its reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from monitor.model import EventKind, SourceEvent, SourceId

Render = Callable[..., Any]


def tell(now: datetime, **kinds: EventKind) -> tuple[SourceEvent, ...]:
    return tuple(SourceEvent(source=SourceId(source.rstrip("_")), kind=kind, at=now) for source, kind in kinds.items())


def test_a_digest_says_which_sources_failed_fell_silent_came_back_or_may_have_a_gap(
    karabakh: Any, render: Render, now: datetime
) -> None:
    events = tell(
        now,
        tass=EventKind.BROKEN,
        aps=EventKind.BROKEN,
        sana=EventKind.SILENT,
        old=EventKind.DISABLED,
        wam=EventKind.BACK,
        tass_=EventKind.GAP,
    )
    mail = render(karabakh.digest(coverage=events))
    sentences = [
        "Cannot be read: tass, aps.",
        "Unusually silent: sana.",
        "Gone for good, no longer read: old.",
        "Back: wam.",
        "Items may have been missed: tass.",
    ]
    assert "\n".join(sentences) in mail.text
    assert all(sentence in mail.html for sentence in sentences)


def test_of_a_source_that_came_back_meanwhile_only_that_is_said(desk: Any, render: Render, now: datetime) -> None:
    broken, back = tell(now, a=EventKind.BROKEN, a_=EventKind.BACK)
    text = render(desk.digest(coverage=(broken, back))).text
    assert "Back: a." in text
    assert "Cannot be read" not in text


def test_nothing_is_said_when_there_is_nothing_to_say(karabakh: Any, render: Render) -> None:
    mail = render(karabakh.digest())
    assert "Cannot be read" not in mail.text + mail.html


def test_an_outage_of_everything_is_one_sentence(desk: Any, render: Render, now: datetime) -> None:
    events = tell(now, **{f"s{n}": EventKind.BROKEN for n in range(500)})
    text = render(desk.digest(coverage=events)).text
    assert "s10, s11, +488." in text


@pytest.mark.parametrize(("language", "said"), [("ar", "تعذّرت قراءة"), ("ru", "Не читаются"), ("zh", "无法读取")])
def test_it_is_said_in_the_reader_s_language(
    desk: Any, render: Render, now: datetime, language: str, said: str
) -> None:
    mail = render(desk.digest(language, coverage=tell(now, tass=EventKind.BROKEN)))
    assert said in mail.text
    assert said in mail.html


def test_a_hostile_name_stays_in_its_line(desk: Any, render: Render, now: datetime) -> None:
    event = SourceEvent(source=SourceId("a\n<b>\u202e"), kind=EventKind.BROKEN, at=now)
    mail = render(desk.digest(coverage=(event,)))
    assert "Cannot be read: a <b>." in mail.text
    assert "<b>." not in mail.html
