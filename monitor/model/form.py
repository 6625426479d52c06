"""What the messages of a channel are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a rendered digest becomes the bytes that are stored and sent; `compose` takes a `digests.rendered.Rendered`.

    It must be a function of a module, because it travels to the rendering process. With a `template`, the text is that
    of this template, whatever the digest's, and there is no HTML.
    """

    compose: Callable[[Any], bytes]
    template: str | None = None
