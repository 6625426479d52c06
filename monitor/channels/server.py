"""An SMTP server as marsad.yaml describes it: where it is, how it is talked to, and who is let in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.channels.address import check_bounces, check_sender
from monitor.model import Secret

PORTS = {"none": 25, "starttls": 587, "implicit": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: smtp` in marsad.yaml. Times are seconds; RFC 5321 §4.5.3.2.6 asks for ten minutes after the final dot.

    Raises ValueError where the options do not fit together.
    """

    host: str
    tls: Literal["none", "starttls", "implicit"]
    from_: str
    bounces: str | None = None
    port: int | None = None
    user: str | None = None
    password: Secret | None = None
    ca: Path | None = None
    timeout: float = 60.0
    data_timeout: float = 600.0

    def __post_init__(self) -> None:
        check_sender(self.from_)
        if self.bounces is not None:
            check_bounces(self.bounces)
        if not self.host.strip() or any(char.isspace() for char in self.host) or "/" in self.host:
            raise ValueError(f"host: {self.host!r} is not a host name; write it like smtp.example.org")
        if self.port is not None and not 0 < self.port < 65536:
            raise ValueError(f"port: {self.port} is not a port (1 to 65535); leave it out to use {PORTS[self.tls]}")
        if min(self.timeout, self.data_timeout) <= 0:
            raise ValueError("timeout and data_timeout must be greater than 0 seconds")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together; give both, or neither")
        if self.user is not None and self.tls == "none" and not _is_loopback(self.host):
            raise ValueError("a password is never sent without TLS; set tls to starttls or implicit")
        if self.ca is not None and self.tls == "none":
            raise ValueError("ca has no effect without TLS; set tls to starttls or implicit, or leave ca out")

    @property
    def server(self) -> str:
        """Host and port, for a line that a person reads."""
        return f"{self.host}:{self.port or PORTS[self.tls]}"


def _is_loopback(host: str) -> bool:
    """Whether what is sent there cannot leave this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
