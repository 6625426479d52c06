"""One GET of something that is no feed of a source: a page, robots.txt, a feed not yet known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from monitor.errors import FetchError
from monitor.model import Source
from monitor.sources.fetch_policy import FetchPolicy

if TYPE_CHECKING:
    from monitor.sources.web import Reply, Web

Approve = Callable[[str], Awaitable[None]]
ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


class Pages:
    """A session of its own, opened at the first page. No credentials are ever sent: a page is not its feed."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._web: Web | None = None

    async def get(
        self, url: str, *, source: Source | None = None, approve: Approve | None = None, accept: str = ACCEPT_PAGE
    ) -> Reply:
        """Whatever the answer's status. Raises FetchError where there is none, or `approve` refuses a hop.

        The proxy is that of `source`, else the one for all.
        """
        from monitor.sources.fetch_policy import reveal_login
        from monitor.sources.web import Web, WebRequest

        self._web = self._web or Web(self._policy)
        proxy = (source.proxy if source else None) or self._policy.proxy
        credentials = await reveal_login(proxy.login, self._policy.reveal)
        return await self._web.get(
            WebRequest(
                url=url,
                headers={"Accept": accept},
                proxy=proxy.url,
                proxy_credentials=credentials,
                approve=approve,
            )
        )

    async def close(self) -> None:
        if self._web is not None:
            await self._web.close()
            self._web = None


def check_status(reply: Reply) -> None:
    """Raises FetchError for an answer without a body."""
    if reply.status not in {200, 203}:
        from monitor.sources.fetch_errors import explain_status

        reason = explain_status(reply.status, reply.url, reply.headers)
        raise FetchError(reason, retry_after=reply.retry_after, is_gone=reply.status == 410)
