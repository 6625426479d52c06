"""Parser and renderer processes that live on from one command to the next: to start one costs more than most tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor import child_process

Key = tuple[str, tuple[tuple[str, str], ...]]


class KeptChild(child_process._Child):
    """A process that waits for the next command when the one before is done with it."""

    idle: list[KeptChild] = []  # noqa: RUF012 - of the test process

    def __init__(self, module: str) -> None:
        super().__init__(module)
        self.key = make_key(module)
        self.is_known_to_run = False

    async def receive(self) -> bytearray:
        """It said once that it is ready, to the first who started it."""
        if self.is_known_to_run:
            self.is_known_to_run = False
            return bytearray(b"ready")
        return await super().receive()

    def end(self) -> None:
        self.is_known_to_run = True
        self.idle.append(self)

    @classmethod
    def take(cls, module: str) -> KeptChild:
        """One that is idle and was started in the same environment, else a new one."""
        key = make_key(module)
        for child in cls.idle:
            if child.key == key and child.process.poll() is None:
                cls.idle.remove(child)
                return child
        return cls(module)


def make_key(module: str) -> Key:
    return module, tuple(sorted(child_process._choose_environment().items()))


@contextmanager
def keep_processes() -> Iterator[None]:
    """End none before the end of all tests that have this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "_Child", KeptChild.take)
        yield
    while KeptChild.idle:
        super(KeptChild, KeptChild.idle.pop()).end()
