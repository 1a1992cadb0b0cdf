"""How many requests a second get through: the site through nginx, against gunicorn directly."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from rehearsal import namespaces

_CLIENTS, _REQUESTS, _BEFORE_THE_LIMIT = 8, 3000, 30
"""nginx limits each client's address; each makes so few requests that it is never limited."""


def requests_a_second(space: Path, addresses: list[str], target: str, port: int) -> float:
    """Of clients that keep their connection, from a namespace. Raises OSError."""
    return asyncio.run(_measure(space, itertools.cycle(addresses), target, port))


async def _measure(space: Path, addresses: Iterator[str], target: str, port: int) -> float:
    left = itertools.count(_REQUESTS, -_BEFORE_THE_LIMIT)
    begun = time.monotonic()
    await asyncio.gather(*(_client(space, addresses, target, port, left) for _ in range(_CLIENTS)))
    return _REQUESTS / (time.monotonic() - begun)


async def _client(
    space: Path, addresses: Iterator[str], target: str, port: int, left: Iterator[int]
) -> None:
    while next(left) > 0:
        with namespaces.entered(space):
            call = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        call.setblocking(False)
        if address := next(addresses):
            call.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(call, (target, port))
        reader, writer = await asyncio.open_connection(sock=call)
        for _ in range(_BEFORE_THE_LIMIT):
            writer.write(b"GET / HTTP/1.1\r\nHost: rehearsal\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            status, length = _parsed(head)
            if status >= 400:
                raise ConnectionResetError(0, f"status {status}")
            await reader.readexactly(length)
        writer.close()


def _parsed(head: bytes) -> tuple[int, int]:
    lines = head.decode("ascii", "replace").split("\r\n")
    lengths = [one for one in lines if one.lower().startswith("content-length:")]
    return int(lines[0].split()[1]), int(lengths[0].partition(":")[2]) if lengths else 0
