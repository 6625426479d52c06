"""What channels that are not mail send: the JSON document of a message, and the address in its recipient."""

from __future__ import annotations

import json
from typing import Any

from monitor.model import Message


def read_document(message: Message) -> dict[str, Any]:
    """The object that `compose_document` made."""
    found: dict[str, Any] = json.loads(message.content)
    return found


def find_address(recipient: str) -> str:
    """The address of a recipient such as "telegram:desk": what stands behind the name of the channel."""
    return recipient.partition(":")[2] or recipient
