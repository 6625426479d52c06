"""Rendering in a process of its own: what a template does to time and memory, it does to its own digest alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from waiting import PATIENCE_SECONDS

from monitor.digests.model import Order
from monitor.digests.process import RenderProcess
from monitor.digests.sample import ALL, make_sample
from monitor.errors import UserMustFix

pytestmark = pytest.mark.usefixtures("own_processes")

T = TypeVar("T")
GOOD = "{% for story in stories %}{{ story.headline }}\n{% endfor %}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "own.html.j2").write_text("<p>{{ subject }}</p>", encoding="utf-8")
    return folder


@pytest.fixture
def use(folder: Path, root: Path) -> Callable[..., Any]:
    """Run a scenario with a process whose user's templates are in `folder`."""

    def run(
        scenario: Callable[[RenderProcess], Awaitable[T]], *, own: str = GOOD, deadline: float = PATIENCE_SECONDS
    ) -> T:
        (folder / "own.txt.j2").write_text(own, encoding="utf-8")

        async def whole() -> T:
            process = RenderProcess([folder, root / "templates"], deadline=deadline)
            try:
                return await scenario(process)
            finally:
                await process.close()

        return asyncio.run(whole())

    return run


def order(template: str = "digest", stories: int = 3) -> Order:
    return make_sample(template, [ALL] * stories)


def test_a_digest_is_rendered_in_another_process_as_in_this_one(use: Callable[..., Any], renderer: Any) -> None:
    async def scenario(process: RenderProcess) -> Any:
        assert await process.run(os.getpid) != os.getpid()
        return await process.render(order())

    assert use(scenario) == renderer.render(order())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("one\n{{ 'x' * 10**10 }}", r"own\.txt\.j2:2: it needs more memory than a template may use \(512 MB\)"),
        ("{{ ['x'] * 10**9 }}", r"own\.txt\.j2:1: it needs more memory"),
        ("{{ '%1000000000d' % 1 }}", r"own\.txt\.j2:1: it needs more memory"),
        ("{{ 'x' | center(10**10) }}", r"own\.txt\.j2:1: it needs more memory"),
        (
            "{% for i in range(20) %}{{ 'x' * 10**7 }}{% endfor %}",
            r"templates/own\.txt\.j2: it writes more than 64 MB",
        ),
        ("{{ 'x' * 2 * 10**7 }}", r"the template own .* has \d+ bytes, and at most 10000000 are allowed"),
        ("{{ stories[0].url.split('|')[1] }}", r"own\.txt\.j2:1: "),
    ],
)
def test_a_template_that_wants_too_much_is_refused_with_a_sentence_and_the_next_digest_is_rendered(
    use: Callable[..., Any], text: str, why: str
) -> None:
    async def scenario(process: RenderProcess) -> None:
        with pytest.raises(UserMustFix, match=why) as refused:
            await process.render(order("own"))
        assert "\n" not in str(refused.value)
        assert len(await process.render(order())) == 1

    use(scenario, own=text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ (stories | length) ** (10 ** 9) }}",
    ],
)
def test_a_template_that_never_ends_is_stopped_and_the_loop_goes_on(use: Callable[..., Any], text: str) -> None:
    async def scenario(process: RenderProcess) -> None:
        await process.open()
        turns = 0
        rendering = asyncio.create_task(process.render(order("own")))
        while not rendering.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 1
        with pytest.raises(UserMustFix, match=r"rendering took more than 1 s, and was stopped; look for a loop"):
            await rendering
        process._deadline = PATIENCE_SECONDS
        assert len(await process.render(order())) == 1

    use(scenario, own=text, deadline=1)


def test_check_names_what_it_cannot_wait_for(use: Callable[..., Any]) -> None:
    async def scenario(process: RenderProcess) -> None:
        await process.open()
        [problem] = await process.check("own")
        assert (
            problem
            == "the template own: rendering took more than 3 s, and was stopped; look for a loop in the template"
        )

    use(scenario, own="{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", deadline=1)


def test_check_finds_what_is_wrong_with_named_and_unnamed_templates(use: Callable[..., Any], folder: Path) -> None:
    (folder / "unused.txt.j2").write_text("{% if %}", encoding="utf-8")

    async def scenario(process: RenderProcess) -> tuple[Any, ...]:
        return await process.check("digest"), await process.check("own"), await process.check_files()

    digest, own, files = use(scenario, own="{{ nowhere }}")
    assert digest == ()
    assert own == (f"{folder / 'own.txt.j2'}:1: 'nowhere' is undefined",)
    assert files == (f"{folder / 'unused.txt.j2'}:1: Expected an expression, got 'end of statement block'",)


def test_a_mended_template_is_read_anew(use: Callable[..., Any], folder: Path) -> None:
    async def scenario(process: RenderProcess) -> None:
        with pytest.raises(UserMustFix, match="nowhere"):
            await process.render(order("own"))
        path = folder / "own.txt.j2"
        path.write_text(GOOD, encoding="utf-8")
        os.utime(path, (time.time() + 10,) * 2)  # as an editor's later write
        assert len(await process.render(order("own"))) == 1

    use(scenario, own="{{ nowhere }}")


def test_the_daemon_itself_needs_no_template_engine() -> None:
    program = "import sys, monitor.daemon; print([name for name in ('jinja2', 'css_inline', 'babel.dates') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
