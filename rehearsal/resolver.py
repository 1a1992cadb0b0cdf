"""What else AWS answers inside a VPC: names (RFC 1035) and the time (RFC 5905, an SNTP server).

Every public name is the mirror's address, which knows what it has; there is no other world.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_ADDRESS, _IPV6_ADDRESS = 1, 28
_NO_SUCH_NAME = 3
# Amazon EC2 User Guide, "Amazon EC2 instance hostname types": IP name.
_PRIVATE = re.compile(
    r"ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.(?:ec2|[a-z0-9-]+\.compute)\.internal"
)
_SECONDS_FROM_1900_TO_1970 = 2_208_988_800


def answer(query: bytes, address: str) -> bytes:
    """The answer to a DNS query: an instance's own address for its private name, `address` for
    every other one. Raises for what is no query."""
    identifier, flags = struct.unpack_from("!HH", query)
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode("ascii").lower())
        position += 1 + length
    (kind,) = struct.unpack_from("!H", query, position + 1)
    question = query[12 : position + 5]
    exists = len(labels) > 1 and labels[-1] not in ("arpa", "local")
    if private := _PRIVATE.fullmatch(".".join(labels)):
        address = ".".join(private.groups())
    record = b""
    if exists and kind == _ADDRESS:
        record = struct.pack("!HHHIH", 0xC00C, kind, 1, 60, 4) + socket.inet_aton(address)
    code = 0 if exists else _NO_SUCH_NAME
    head = struct.pack(
        "!HHHHHH", identifier, 0x8180 | (flags & 0x0100) | code, 1, bool(record), 0, 0
    )
    return head + question + record


def time_answer(query: bytes) -> bytes:
    """The reply to an SNTP request: stratum 4, as of now."""
    now = time.time() + _SECONDS_FROM_1900_TO_1970
    stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
    head = struct.pack("!BBbbII4s", 0x24, 4, query[2], -20, 0, 0, b"LOCL")
    return head + stamp + query[40:48] + stamp + stamp


def serve_datagrams(server: socket.socket, reply: Callable[[bytes], bytes]) -> None:
    """Answer each datagram, in a thread, for good."""

    def loop() -> None:
        while True:
            query, caller = server.recvfrom(4096)
            with suppress(struct.error, IndexError, UnicodeDecodeError, OSError):
                server.sendto(reply(query), caller)

    threading.Thread(target=loop, daemon=True).start()


def serve_streams(server: socket.socket, reply: Callable[[bytes], bytes]) -> None:
    """Answer one DNS message a connection, each with its length before it, for good."""

    def talk(call: socket.socket) -> None:
        with call, suppress(struct.error, IndexError, UnicodeDecodeError, OSError):
            call.settimeout(5)
            stream = call.makefile("rb")
            (length,) = struct.unpack("!H", stream.read(2))
            said = reply(stream.read(length))
            call.sendall(struct.pack("!H", len(said)) + said)

    def loop() -> None:
        while True:
            threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
