"""Real TCP connections and UDP echoes between namespaces, all at once, in one event loop.

A socket belongs to the namespace it was made in, so one process speaks for every endpoint.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from tests.reachability.oracle.namespaces import Namespace

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@dataclass(frozen=True)
class Attempt:
    """One call from an address and port of `source` to an address and port."""

    source: str
    source_address: str
    source_port: int
    target_address: str
    protocol: str
    port: int


def answered(
    endpoints: Mapping[str, Namespace],
    listening: Mapping[str, Iterable[str]],
    ports: Iterable[int],
    attempts: Iterable[Attempt],
    patience: float,
) -> set[Attempt]:
    """The attempts that got an answer. Ends `patience` seconds after the last answer.

    `listening` has each endpoint's addresses.
    """
    with ExitStack() as open_sockets, selectors.EpollSelector() as selector:
        servers: set[socket.socket] = set()
        for name, space in endpoints.items():
            with space.entered():
                for server in _servers(listening[name], ports):
                    servers.add(open_sockets.enter_context(server))
                    selector.register(server, selectors.EVENT_READ)
        calls: dict[socket.socket, Attempt] = {}
        by_source: dict[str, list[Attempt]] = {}
        for attempt in attempts:
            by_source.setdefault(attempt.source, []).append(attempt)
        for name, group in by_source.items():
            with endpoints[name].entered():
                for attempt in group:
                    call = open_sockets.enter_context(_socket_of(attempt))
                    if not _starts(call, attempt):
                        continue
                    tcp = attempt.protocol == "tcp"
                    event = selectors.EVENT_WRITE if tcp else selectors.EVENT_READ
                    selector.register(call, event)
                    calls[call] = attempt
        return _collect(selector, servers, calls, patience)


def _servers(addresses: Iterable[str], ports: Iterable[int]) -> Iterator[socket.socket]:
    for address in addresses:
        for port in ports:
            for kind in _KINDS.values():
                server = _socket(kind, address)
                server.bind((address, port))
                if kind == socket.SOCK_STREAM:
                    server.listen(512)
                yield server


def _socket(kind: socket.SocketKind, address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _socket_of(attempt: Attempt) -> socket.socket:
    call = _socket(_KINDS[attempt.protocol], attempt.source_address)
    call.bind((attempt.source_address, attempt.source_port))
    return call


def _starts(call: socket.socket, attempt: Attempt) -> bool:
    """Whether the first packet leaves: without a route it never does."""
    failed = call.connect_ex((attempt.target_address, attempt.port))
    if attempt.protocol == "udp" and not failed:
        call.send(b"?")
    return failed in (0, errno.EINPROGRESS)


def _collect(
    selector: selectors.BaseSelector,
    servers: set[socket.socket],
    calls: dict[socket.socket, Attempt],
    patience: float,
) -> set[Attempt]:
    found: set[Attempt] = set()
    deadline = time.monotonic() + patience
    while calls and (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            one = key.fileobj
            assert isinstance(one, socket.socket)
            if one in servers:
                _serve(one)
                continue
            selector.unregister(one)
            attempt = calls.pop(one)
            if _succeeded(one):
                found.add(attempt)
                deadline = time.monotonic() + patience
    return found


def _serve(server: socket.socket) -> None:
    if server.type == socket.SOCK_STREAM:
        server.accept()[0].close()
    else:
        message, caller = server.recvfrom(16)
        server.sendto(message, caller)


def _succeeded(call: socket.socket) -> bool:
    if call.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return False
    if call.type == socket.SOCK_DGRAM:
        try:
            return call.recv(16) == b"?"
        except OSError:
            return False
    return True
