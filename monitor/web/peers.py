"""Who is at the other end of a connection on this machine: the kernel knows.

A Unix socket says so by SO_PEERCRED (unix(7)). A TCP connection over the loopback device has its other end on this
machine too, and /proc/net/tcp says whose socket that is (proc_net_tcp(5)).
"""

from __future__ import annotations

import asyncio
import pwd
import socket
import struct
from ipaddress import ip_address
from pathlib import Path

TABLES = {socket.AF_INET: Path("/proc/net/tcp"), socket.AF_INET6: Path("/proc/net/tcp6")}
ESTABLISHED = "01"


def find_peer_uid(transport: asyncio.BaseTransport) -> int | None:
    """The user id of who connected; None for other machines, and where the kernel does not say."""
    connection = transport.get_extra_info("socket")
    if connection is None:
        return None
    if connection.family == socket.AF_UNIX:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    host, port, *_ = transport.get_extra_info("peername")
    if not ip_address(host).is_loopback:
        return None
    own_host, own_port, *_ = transport.get_extra_info("sockname")
    return _look_up(connection.family, _write(host, port), _write(own_host, own_port))


def name_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _look_up(family: int, local: str, remote: str) -> int | None:
    """Of the socket whose own address is `local`."""
    try:
        lines = TABLES[socket.AddressFamily(family)].read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if fields[1] == local and fields[2] == remote and fields[3] == ESTABLISHED:
            return int(fields[7])
    return None


def _write(host: str, port: int) -> str:
    """As the table has it: the address in words of 32 bits in the machine's byte order."""
    packed = ip_address(host).packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
