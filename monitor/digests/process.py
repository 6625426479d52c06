"""Rendering in a process that can be killed: a template that never ends, or eats memory, stops its own digest only."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.child_process import ChildProcess, WorkFailure
from monitor.digests.aside import work_out
from monitor.digests.model import Order
from monitor.errors import UserMustFix
from monitor.model import Part

if TYPE_CHECKING:
    from monitor.digests.render import Renderer

DEADLINE_SECONDS = 20.0
# A large digest has more time: on an idle machine 4,000 stories are rendered in a second.
STORIES_PER_SECOND = 200
LONGEST_SECONDS = 240.0
TRIALS = 3  # deadlines for a template that is tried out on a dozen digests: a busy machine is no fault of it


class RenderProcess(ChildProcess):
    """Renders digests and tries templates out; `folders` are those of templates, the user's first."""

    module = "monitor.digests.render"
    refusal = UserMustFix
    sentences = {  # noqa: RUF012 - a ClassVar of the class above
        WorkFailure.RAISED: "rendering failed: {}",
        WorkFailure.MEMORY: "rendering needs more than {} MB of memory; shorten what the template writes",
        WorkFailure.LATE: "rendering took more than {} s, and was stopped; look for a loop in the template",
        WorkFailure.BROKEN: "rendering broke its process (exit {})",
        WorkFailure.START: "the process that renders digests did not start (exit {})",
    }

    def __init__(self, folders: Sequence[Path], *, deadline: float = DEADLINE_SECONDS) -> None:
        super().__init__(deadline=deadline)
        self._folders = tuple(folders)

    async def render(self, order: Order) -> tuple[Part, ...]:
        """Raises UserMustFix, also for what takes too long or too much memory."""
        stories = len(order.digest.stories)
        content = await work_out(partial(pickle.dumps, order, protocol=5), stories)  # 50,000 take a second
        deadline = min(self._deadline + stories // STORIES_PER_SECOND, LONGEST_SECONDS)
        return await self.run(render_order, self._folders, content, deadline=deadline)

    async def check(self, template: str) -> tuple[str, ...]:
        """What is wrong with a template that a digest names: file, line, what. Empty when all is well."""
        try:
            return await self.run(check_template, self._folders, template, deadline=TRIALS * self._deadline)
        except UserMustFix as problem:
            return (f"the template {template}: {problem}",)

    async def leaves_out(self, template: str) -> tuple[str, ...]:
        """What a template with nothing wrong leaves out of the text part: `reports` of stories, or `signals`."""
        return await self.run(leaves_out, self._folders, template)

    async def check_files(self) -> tuple[str, ...]:
        """What is wrong with any file of the folders, whether a digest names it or not."""
        try:
            return await self.run(check_files, self._folders)
        except UserMustFix as problem:
            return (f"the folder templates/: {problem}",)


def render_order(folders: tuple[Path, ...], content: bytes) -> tuple[Part, ...]:
    """In the process: `content` is an Order."""
    return _make_renderer(folders).render(pickle.loads(content))  # noqa: S301 - from the daemon


def check_template(folders: tuple[Path, ...], template: str) -> tuple[str, ...]:
    """In the process."""
    return _make_renderer(folders).check(template)


def leaves_out(folders: tuple[Path, ...], template: str) -> tuple[str, ...]:
    """In the process."""
    return _make_renderer(folders).leaves_out(template)


def check_files(folders: tuple[Path, ...]) -> tuple[str, ...]:
    """In the process."""
    return _make_renderer(folders).check_files()


@cache
def _make_renderer(folders: tuple[Path, ...]) -> Renderer:
    from monitor.digests.render import Renderer  # in the process alone: the daemon needs no template engine

    return Renderer(folders)
