"""Who Marsad is to servers that ask: logins become credentials when they are needed, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from monitor.errors import FetchError, UserMustFix
from monitor.model import Login, Secret
from monitor.sources.location import Credentials


async def reveal_login(login: Login | None, reveal: Callable[[Secret], str]) -> Credentials | None:
    """None for no login. Raises FetchError that says where the secret was looked for."""
    if login is None:
        return None
    try:
        return Credentials(login.user, await asyncio.to_thread(reveal, login.secret))
    except UserMustFix as error:
        raise FetchError(str(error)) from None
