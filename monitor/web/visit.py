"""One request of one person, and the answers that pages give."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from multidict import MultiMapping

from monitor.errors import UsageError
from monitor.model.console import Action
from monitor.settings.model import Settings
from monitor.web.access import Person
from monitor.web.language import Reader, list_interface_languages
from monitor.web.menu import is_here, list_keys, make_menu
from monitor.web.templates import fill

if TYPE_CHECKING:
    from monitor.store.open import Store
    from monitor.web.desk import Desk

COMPRESSED_FROM = 1000  # bytes
log = structlog.get_logger()


class Missing(UsageError):
    """What a page was asked for is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who asks for what, and how they are to be told."""

    request: web.Request
    desk: Desk
    person: Person | None
    reader: Reader
    now: datetime
    token: str = ""
    form: MultiMapping[Any] | None = field(default=None, repr=False)

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    @property
    def user(self) -> str:
        return self.person.name if self.person else ""

    def read(self, name: str) -> str:
        """A parameter of the URL, "" where it is not given."""
        return self.request.query.get(name, "").strip()

    def read_number(self, name: str, default: int | None = None) -> int | None:
        """Of a parameter; the default where it is no number."""
        written = self.read(name)
        return int(written) if written.isascii() and written.isdigit() else default

    def written(self, name: str) -> str:
        """A field of the form that was sent."""
        value = self.form.get(name, "") if self.form is not None else ""
        return value.strip() if isinstance(value, str) else ""

    async def note(self, what: str, subject: str = "", *, user: str = "") -> None:
        """Keep who did it, and tell the journal."""
        action = Action(at=self.now, user=user or self.user, what=what, subject=subject)
        await self.store.actions.note(action)
        log.info("console.action", who=action.user, what=what, subject=subject)

    async def show(self, template: str, *, status: int = 200, **fields: Any) -> web.Response:
        """A page. A browser that has it already is told so."""
        pulse = await self.desk.take_pulse(self.now)
        around = {"pulse": pulse, "menu": make_menu(self.reader, pulse), "known_keys": list_keys(self.reader)}
        text = fill(template, {**self._list_fields(), **around, **fields})
        return self._answer(text, status)

    def show_part(self, template: str, **fields: Any) -> web.Response:
        """A piece of a page, for the script."""
        return self._answer(fill(template, {**self._list_fields(), **fields}), 200)

    def _answer(self, text: str, status: int) -> web.Response:
        body = text.encode("utf-8", "replace")
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if status == web.HTTPOk.status_code and self.request.headers.get("If-None-Match") == tag:
            return web.Response(status=web.HTTPNotModified.status_code, headers={"ETag": tag})
        response = web.Response(body=body, status=status, content_type="text/html", charset="utf-8")
        response.headers["ETag"] = tag
        response.headers["Vary"] = "Cookie, Accept-Language"
        if len(body) > COMPRESSED_FROM:
            response.enable_compression()
        return response

    def go(self, where: str) -> web.Response:
        """On to another page of ours, after a form."""
        return web.Response(status=web.HTTPSeeOther.status_code, headers={"Location": find_own_path(where)})

    def _list_fields(self) -> dict[str, Any]:
        return {
            "visit": self,
            "reader": self.reader,
            "_": self.reader.say,
            "count": self.reader.count,
            "now": self.now,
            "person": self.person,
            "token": self.token,
            "path": self.request.path,
            "here": str(self.request.rel_url),
            "done": self.read("done"),
            "interface_languages": list_interface_languages(),
            "is_here": partial(is_here, self.request.path),
        }


def find_own_path(where: str) -> str:
    """A path on this console; its first page for anything else."""
    parts = urlsplit(where)
    is_own = not parts.scheme and not parts.netloc and where.startswith("/") and not where.startswith(("//", "/\\"))
    return where if is_own and where.isprintable() else "/"
