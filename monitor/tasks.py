"""The daemon's tasks: each does its work when it is woken, and one that fails is a fault like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from monitor.app import App
from monitor.errors import MarsadError
from monitor.model import Fault, FaultKind
from monitor.ops.tasks import Task
from monitor.pipeline.isolate import describe_error
from monitor.ports.fleet import Share

log = structlog.get_logger()
# The sweep; awaited pages; messages whose next attempt has come; a net under the digest jobs; sources; what recipients
# mailed; retention; the index for search; what fails; metrics, as often as Prometheus reads them.
WAKE_SECONDS = {
    "polling": 1,
    "completing": 2,
    "delivering": 5,
    "digesting": 60,
    "watching": 300,
    "answering": 60,
    "maintaining": 3600,
    "indexing": 60,
    "reporting": 5,
    "pinging": 60,
    "measuring": 15,
}
# How long a task may make no progress (a page read, a digest built) before the watchdog is no longer fed.
PATIENCE_SECONDS = {
    "polling": 300.0,
    "completing": 120.0,
    "digesting": 600.0,
    "delivering": 120.0,
    "reloading": 120.0,
    "backfilling": 120.0,
    "watching": 120.0,
    "answering": 120.0,
    "maintaining": 900.0,
    "indexing": 120.0,
    "reporting": 120.0,
    "pinging": 120.0,
    "measuring": 120.0,
}
# One worker of a fleet does these for all.
LED = ("backfilling", "watching", "answering", "maintaining", "indexing", "pinging")
REPEATED = timedelta(minutes=1)  # how often a failure that is no news is written down


def lead(work: Callable[[], Awaitable[None]], share: Share) -> Callable[[], Awaitable[None]]:
    """The work, but only while this process leads."""

    async def work_if_leading() -> None:
        if share.leads:
            await work()

    return work_if_leading


def put_off(work: Callable[[], Awaitable[None]], ready: asyncio.Event) -> Callable[[], Awaitable[None]]:
    """The work, but nothing before `ready` is set; who sets it wakes the task."""

    async def work_if_ready() -> None:
        if ready.is_set():
            await work()

    return work_if_ready


async def recall_faults(tasks: dict[str, Task], app: App) -> None:
    """What failed before a restart has ended once it works."""
    for fault in await app.store.faults.list_faults():
        if fault.kind is FaultKind.TASK and fault.is_open and fault.subject in tasks:
            tasks[fault.subject].fault = fault


async def repeat_task(task: Task, find_app: Callable[[], App], stopping: asyncio.Event) -> None:
    """Do the task's work each time it is woken, until the daemon stops."""
    while True:
        await task.wake.wait()
        task.wake.clear()
        if stopping.is_set():
            return
        try:
            await task.run()
            await _end_fault(task, find_app())
        except Exception as error:
            await _note_fault(task, error, find_app())


async def _end_fault(task: Task, app: App) -> None:
    if task.fault is not None:
        await app.store.faults.clear(FaultKind.TASK, task.name, app.clock.now())
        log.info("daemon.task_recovered", task=task.name, failures=task.fault.count)
        task.fault = None


async def _note_fault(task: Task, error: Exception, app: App) -> None:
    """The journal gets each new failure, a defect with its traceback; the store, `status` and the operator a line.

    A task that is woken every second would fill both: what is no news is written down once a minute.
    """
    before, now, detail = task.fault, app.clock.now(), describe_error(error)
    is_news = before is None or before.detail != detail
    if is_news:
        traceback = None if isinstance(error, MarsadError) else error  # what we raise on purpose says it all
        log.error("daemon.task_failed", task=task.name, error=detail, exc_info=traceback)
    if before is not None and not is_news and abs(now - before.last_at) < REPEATED:
        return
    try:
        task.fault = await app.store.faults.record(FaultKind.TASK, task.name, detail, now)
    except Exception as unwritten:  # the store itself may be what fails
        task.fault = Fault(kind=FaultKind.TASK, subject=task.name, detail=detail, since=now, last_at=now)
        if is_news:
            log.error("daemon.fault_unwritten", task=task.name, error=describe_error(unwritten))  # noqa: TRY400 - one line
