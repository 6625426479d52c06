"""What is taken for the article in a page's markup, in the process that reads it, and what hostile markup costs."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest
from waiting import PATIENCE_SECONDS

from monitor.errors import ParseError
from monitor.ports import PageText
from monitor.sources.article_text import extract_text, load_extractor
from monitor.sources.parser_process import ParserProcess

HEADLINE = "Переговоры в Баку"
FIRST = (
    "Президенты обсудили по телефону положение вокруг Карабаха и ход выполнения трёхсторонних соглашений двух стран."
)
SECOND = "Представитель сообщил, что стороны договорились продолжить диалог и встретиться в Баку до конца этого года."
PAGE = f"""<!DOCTYPE html><html lang="ru"><head><meta charset="utf-8"><title>{HEADLINE} | Агентство</title></head>
<body><nav><a href="/">Главная</a> <a href="/s">Спорт: Реал Мадрид</a></nav>
<article><h1>{HEADLINE}</h1><p>{FIRST}</p><p>{SECOND}</p><h3>Читайте также</h3></article>
<footer>Все права защищены</footer></body></html>"""


@pytest.mark.parametrize(
    "lines",
    [
        ["Читайте также", "Трамп в Алеппо", "Дераа сегодня"],
        ["اقرأ أيضا", "ترامب في حلب", "درعا اليوم"],
    ],
    ids=["ru", "ar"],
)
def test_what_follows_the_end_of_an_article_is_its_tail(lines: list[str]) -> None:
    links = "".join(f"<p>{line}</p>" for line in lines)
    text = extract_text(PAGE.replace("<h3>", f"{links}<h3>").encode(), None, HEADLINE)
    assert text == PageText(body=f"{FIRST}\n\n{SECOND}", tail="\n".join(lines))


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "   ",
        "<html><body></body></html>",
        "<html><script>var a = 1</script></html>",
        "\x00\x00",
        f"<h1>{HEADLINE}</h1>",
    ],
    ids=range(6),
)
def test_a_page_without_an_article_is_said_so(markup: str) -> None:
    with pytest.raises(ParseError, match="no article"):
        extract_text(markup.encode(), None, HEADLINE)


def test_a_page_that_shows_something_else_is_said_to() -> None:
    consent = (
        "We and our 800 partners store cookies on a device. You can withdraw your consent to adverts in the settings."
    )
    page = f"<main><h1>{HEADLINE}</h1><p>{consent}</p><p>{consent}</p></main>"
    with pytest.raises(ParseError, match=r"^its page shows only a request for consent$"):
        extract_text(page.encode(), None, HEADLINE)
    other = "Следите за нами в социальных сетях и не пропускайте новое."
    with pytest.raises(ParseError, match=r"^its page shows only \d+ characters, and nothing of what the feed says$"):
        extract_text(PAGE.replace(FIRST, other).replace(SECOND, "").encode(), None, HEADLINE)


def test_an_offer_below_the_beginning_of_an_article_is_no_part_of_it() -> None:
    page = PAGE.replace("<h3>", "<p>Оформите подписку, чтобы читать далее.</p><h3>").replace(
        SECOND, f"{SECOND} {SECOND}"
    )
    assert extract_text(page.encode(), None, HEADLINE).body == f"{FIRST}\n\n{SECOND} {SECOND}"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + FIRST,
        f"<p>{FIRST}</p>" * 20_000,
        f"<article><p>{FIRST}</p><p {' '.join(f'a{n}=1' for n in range(50_000))}>{SECOND}</p></article>",
        f"<p>{FIRST}</p>{'<!--' * 40_000}",
        "<table>" * 5000 + FIRST,
        f"<a href='{'x' * 1_000_000}'>{FIRST}</a>",
    ],
    ids=range(6),
)
def test_a_hostile_page_costs_no_more_than_its_time_and_the_next_is_read(markup: str) -> None:
    async def scenario() -> None:
        parser = ParserProcess(deadline=2)
        try:
            await parser.prepare(load_extractor)
            with contextlib.suppress(ParseError):
                await parser.run(extract_text, markup.encode(), None, HEADLINE)
            await parser.prepare(load_extractor)
            text = await parser.run(extract_text, PAGE.encode(), None, HEADLINE, deadline=PATIENCE_SECONDS)
            assert text.body.startswith(FIRST)
        finally:
            await parser.close()

    asyncio.run(scenario())


def test_the_extractor_is_loaded_in_the_process_alone_and_once() -> None:
    async def scenario() -> None:
        parser = ParserProcess(deadline=PATIENCE_SECONDS)
        try:
            await parser.prepare(load_extractor)
            child = parser._child
            await parser.prepare(load_extractor)
            assert parser._child is child
            assert child is not None
            assert child.prepared == {load_extractor}
            assert await parser.run(os.getpid) == child.process.pid
        finally:
            await parser.close()

    asyncio.run(scenario())
