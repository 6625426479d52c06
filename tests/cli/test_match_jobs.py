"""match with --jobs: the same bytes, promptly, in order, and no process left behind whatever happens."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe, get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import PATIENCE_SECONDS, until

from monitor.cli.blocks import Block, Pause, read_blocks
from monitor.cli.filtering import Filtered
from monitor.cli.workers import AHEAD, Workers, choose_method, serve_work
from monitor.errors import UsageError, WorkerLost

pytestmark = pytest.mark.proof

COMMAND = Path(sys.executable).parent / "marsad"


def list_children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Zombies that nobody has reaped yet are not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def news(desk: Path) -> Path:
    """Some 700 kB, so that there are several blocks, with bad lines among them and no end to the last."""
    sentence = "Путина и بوتين ждут в Кремле, Putin said. "
    rows = [json.dumps({"id": n, "headline": f"Putin {n}", "body": sentence * (n % 30)}) for n in range(600)]
    rows[100], rows[101], rows[420], rows[421] = "{", "", "[1]", " "
    path = desk / "news.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_several_processes_write_the_very_same(marsad, desk: Path, news: Path) -> None:
    alone = marsad("match", news, news, "--config", desk)
    assert len(alone.out.splitlines()) == 1192
    assert [line for line in alone.err.splitlines() if "news.jsonl:" in line] == [
        f"{news}:{number}: {what}"
        for _ in range(2)
        for number, what in [
            (101, "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            (421, 'expected an object like {"id", "headline", "body"}, got list'),
        ]
    ]
    assert alone.code == 1
    for jobs in (3, 0):
        assert marsad("match", "--jobs", str(jobs), news, news, "--config", desk) == alone, jobs


def test_beside_a_thread_processes_are_spawned_and_write_the_same(marsad, desk: Path, news: Path) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert choose_method() == "spawn"
        assert marsad("match", "--jobs", "2", news, "--config", desk) == marsad("match", news, "--config", desk)
    finally:
        done.set()
        thread.join()


def test_a_file_that_is_not_there_is_told_after_what_comes_before_it(marsad, desk: Path, news: Path) -> None:
    alone = marsad("match", news, desk / "none", "--config", desk)
    assert "none: No such file or directory" in alone.err
    assert len(alone.out.splitlines()) == 596
    assert marsad("match", "--jobs", "2", news, desk / "none", "--config", desk) == alone


def test_half_a_surrogate_pair_stays_json(marsad, desk: Path) -> None:
    (desk / "in.jsonl").write_text('{"id": "\\ud800", "headline": "Putin \\udc00 بوتين"}\n', encoding="utf-8")
    done = marsad("match", desk / "in.jsonl", "--config", desk)
    assert done.code == 0
    assert json.loads(done.out)["id"] == "\ud800"


@pytest.fixture
def start(desk: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A filter between two pipes, once it has answered its first line; killed when the test is over."""
    started = []

    def begin(*options: str) -> subprocess.Popen[bytes]:
        command = [COMMAND, "match", *options, "--config", desk]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0)
        started.append(process)
        assert ask(process, "first") == "first"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[bytes], given: str) -> str:
    """One line in, then one line out while the input stays open."""
    process.stdin.write(json.dumps({"id": given, "headline": "Putin"}).encode() + b"\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())["id"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_pipe_that_pauses_is_answered_at_once(start, jobs: str) -> None:
    process = start("--jobs", jobs)
    assert [ask(process, name) for name in "abc"] == ["a", "b", "c"]
    out, err = process.communicate(b'{"id": "last", "headline": "Putin"}')
    assert json.loads(out)["id"] == "last"
    assert process.returncode == 0
    assert b"Traceback" not in err


def test_ctrl_c_ends_all(start) -> None:
    process = start("--jobs", "2")
    children = list_children(process)
    assert len(children) == 2
    os.killpg(process.pid, signal.SIGINT)  # to all at once, as a terminal sends it
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert not any(map(is_running, children))


def test_workers_end_when_their_parent_is_killed(start) -> None:
    process = start("--jobs", "3")
    children = list_children(process)
    assert len(children) == 3
    process.kill()
    until(lambda: not any(map(is_running, children)), "the workers to end")


def test_a_killed_worker_is_told(start) -> None:
    process = start("--jobs", "2")
    children = list_children(process)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    out, err = process.communicate(b'{"id": "lost", "headline": "Putin"}\n')
    assert (process.returncode, out) == (1, b"")
    assert b"marsad: a matching process was killed by SIGKILL; the written lines are complete" in err
    assert b"Traceback" not in err
    assert not any(map(is_running, children))


def test_a_reader_that_has_seen_enough_ends_it_quietly(desk: Path, news: Path) -> None:
    line = f"{COMMAND} match --jobs 2 {news} {news} {news} --config {desk} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["id"] == 0
    assert "Traceback" not in done.stderr
    assert "marsad:" not in done.stderr


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers begin as copies of this process, whatever threads other tests have left in it: closures cannot be sent."""
    monkeypatch.setattr("monitor.cli.workers.choose_method", lambda: "fork")


def make_blocks(count: int) -> list[Block]:
    return [Block(name="x", first=number, content=b"line\n") for number in range(count)]


def echo(block: Block) -> Filtered:
    return Filtered(output=str(block.first).encode(), problems=(), size=len(block.content))


@pytest.mark.usefixtures("forked")
def test_order_holds_and_nobody_runs_far_ahead() -> None:
    """The first block is not done before as many others as may be ahead of it have been taken."""
    taken, others_are_far = 0, get_context("fork").Event()

    def dawdle(block: Block) -> Filtered:
        assert block.first or others_are_far.wait(PATIENCE_SECONDS)
        return echo(block)

    def supply() -> Iterator[Block]:
        nonlocal taken
        for block in make_blocks(50):
            taken += 1
            if taken == 2 * AHEAD + 1:
                others_are_far.set()
            yield block

    with Workers(2, lambda: dawdle) as workers:
        results = workers.run(supply())
        first = next(results)
        assert first.output == b"0"
        assert taken == 2 * AHEAD + 1
        assert [done.output for done in results] == [str(number).encode() for number in range(1, 50)]


def break_down(block: Block) -> Filtered:
    raise ZeroDivisionError


@pytest.mark.usefixtures("forked")
def test_a_worker_that_breaks_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with Workers(2, lambda: break_down) as workers, pytest.raises(WorkerLost, match="ended with exit code 1"):
        list(workers.run(make_blocks(3)))
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.usefixtures("forked")
def test_a_worker_that_is_gone_before_it_gets_anything_is_told() -> None:
    with Workers(2, lambda: echo) as workers:
        for process in workers._processes.values():
            process.kill()
            process.join()
        with pytest.raises(WorkerLost, match="was killed by SIGKILL"):
            list(workers.run(make_blocks(1)))


@pytest.mark.usefixtures("forked")
def test_processes_that_cannot_be_started_are_told() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 8, hard))
    try:
        with pytest.raises(
            WorkerLost, match="cannot start 40 processes: Too many open files; use a smaller number for --jobs"
        ):
            Workers(40, lambda: echo)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_worker_answers_until_the_line_ends() -> None:
    ours, theirs = Pipe()
    other, _ = Pipe()
    thread = threading.Thread(target=serve_work, args=(theirs, [other], lambda: echo))
    thread.start()
    ours.send(make_blocks(1)[0])
    assert ours.recv().output == b"0"
    ours.close()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert other.closed


@pytest.mark.usefixtures("forked")
def test_results_come_while_input_is_awaited() -> None:
    read, write = os.pipe()
    with Workers(2, lambda: echo) as workers:
        results = workers.run([*make_blocks(1), Pause(descriptor=read), *make_blocks(1)])
        assert next(results).output == b"0"
        os.write(write, b"x")
        assert [done.output for done in results] == [b"0"]
    os.close(read)
    os.close(write)


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, however many are asked for."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__(content)
        self.sizes = sizes

    def read1(self, _: int | None = -1) -> bytes:
        return super().read1(self.sizes.pop() if self.sizes else 3)


@given(
    lines=st.lists(st.sampled_from([b"", b"a", b"bb", b"c" * 20])),
    ended=st.booleans(),
    sizes=st.lists(st.integers(1, 30)),
)
def test_blocks_are_whole_lines_with_their_numbers(lines: list[bytes], ended: bool, sizes: list[int]) -> None:  # noqa: FBT001
    content = b"\n".join(lines) + (b"\n" if ended else b"")
    before, sys.stdin = sys.stdin, io.TextIOWrapper(Trickle(content, sizes))
    try:
        blocks = list(read_blocks([Path("-")]))
    finally:
        sys.stdin = before
    assert b"".join(block.content for block in blocks) == content
    counts = [block.content.count(b"\n") for block in blocks]
    assert [block.first for block in blocks] == [1 + sum(counts[:index]) for index in range(len(blocks))]
    assert all(block.content.endswith(b"\n") for block in blocks[:-1])


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        list(read_blocks([tmp_path]))
