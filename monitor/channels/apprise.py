"""Sends short messages through Apprise: Slack, Telegram, Matrix, Teams, webhooks and others (the extra `chat`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

from monitor.channels.document import find_address, read_document
from monitor.channels.reply import redact, tidy_reply
from monitor.digests.rendered import CHAT
from monitor.errors import ConnectionBroken, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret
from monitor.model.form import Form

MISSING = "type: apprise needs Apprise, which is not installed: pip install 'marsad[chat]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: apprise` in marsad.yaml: Apprise's URL of each address, a secret because it holds a token.

    `max_size` is the largest message in bytes; Telegram takes 4,096 characters.
    """

    targets: dict[str, Secret] = field(repr=False)
    max_size: int = 4000
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if find_spec("apprise") is None:
            raise ValueError(MISSING)
        if not self.targets:
            raise ValueError("targets: it is empty; write {desk: {credential: telegram-url}}")
        if self.max_size < 2000:
            raise ValueError(f"max_size: {self.max_size} is less than 2000 bytes")
        if self.timeout <= 0:
            raise ValueError("timeout must be greater than 0 seconds")


class AppriseChannel:
    """ports.Channel over Apprise, which says whether a service took a message, and not whether it may have."""

    form: Form = CHAT
    sender = ""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

    def size_limit(self) -> int | None:
        return self._options.max_size

    async def open(self) -> None:
        """Every URL is known to Apprise. Raises UserMustFix."""
        await asyncio.to_thread(self._open_all)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        address = find_address(message.recipient)
        url = await asyncio.to_thread(self._find_url, address)
        service = await asyncio.to_thread(_open_url, url, address)
        await before_data()
        try:
            async with asyncio.timeout(self._options.timeout):
                is_sent, said = await asyncio.to_thread(_notify, service, read_document(message))
        except TimeoutError as error:
            what = f"the service of {address} did not answer within {self._options.timeout:g} s"
            raise ConnectionBroken(what, may_have_arrived=True) from error
        state = OutboxState.SENT if is_sent else OutboxState.PENDING
        reply = "accepted" if is_sent else f"not accepted: {redact(said, [url]) or 'Apprise gives no reason'}"
        return Delivery(state=state, reply=tidy_reply(reply), at=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        await self.open()
        return f"Apprise knows the service of {', '.join(sorted(self._options.targets))}"

    def _open_all(self) -> None:
        for address in self._options.targets:
            _open_url(self._find_url(address), address)

    def _find_url(self, address: str) -> str:
        secret = self._options.targets.get(address)
        if secret is None:
            raise UserMustFix(f"the channel has no target {address!r}; there are: {', '.join(self._options.targets)}")
        return self._reveal(secret)


def _open_url(url: str, address: str) -> Any:
    """Raises UserMustFix, without the URL, which is a secret."""
    try:
        import apprise
    except ImportError as error:
        raise UserMustFix(MISSING) from error
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Marsad", app_desc="Marsad", async_mode=False))
    if not service.add(url):
        raise UserMustFix(f"target {address}: its URL is none that Apprise knows; see `targets`")
    return service


def _notify(service: Any, document: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether every service took it, and what Apprise logged."""
    import apprise

    logged: Any = apprise.LogCapture(level=logging.WARNING, fmt="%(message)s")  # type: ignore[no-untyped-call]
    with logged as captured:
        form = apprise.NotifyFormat.TEXT
        is_sent = service.notify(title=document["subject"], body=document["text"], body_format=form)
        return bool(is_sent), " ".join(captured.getvalue().split())
