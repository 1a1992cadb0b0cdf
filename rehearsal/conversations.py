"""Calls that expect an answer: from an end of the network, to a host's port."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal import namespaces
from rehearsal.checks import Check, Result
from rehearsal.network import CLOCK, Host, Network
from rehearsal.probes import Question
from rehearsal.wiring import Wiring

PROMETHEUS = 9090
_PATIENCE = 20.0


def greeting(space: Path, client: str, address: str, port: int, patience: float = _PATIENCE) -> str:
    """The first line that a server says, to an HTTP request unless it speaks first.

    Raises OSError.
    """
    with namespaces.entered(space):
        call = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with call:
        call.settimeout(patience)
        if client:
            call.bind((client, 0))
        call.connect((address, port))
        call.sendall(b"GET / HTTP/1.0\r\nHost: rehearsal\r\n\r\n")
        said = call.recv(256)
    if not said:
        raise ConnectionResetError(0, "says nothing")
    return said.splitlines()[0].decode("ascii", "replace")


def get(
    space: Path, client: str, address: str, port: int, path: str
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers (names in lower case) of an HTTP answer. Raises OSError."""
    with namespaces.entered(space):
        call = http.client.HTTPConnection(
            address, port, timeout=_PATIENCE, source_address=(client, 0) if client else None
        )
        call.connect()
    try:
        call.request("GET", path)
        answer = call.getresponse()
        headers = {key.lower(): value for key, value in answer.getheaders()}
        return answer.status, answer.read(), headers
    except http.client.HTTPException as error:
        raise ConnectionResetError(0, str(error)) from error
    finally:
        call.close()


def answers(
    network: Network, wiring: Wiring, asked: list[Question], left_out: dict[str, str]
) -> Iterator[Check]:
    """Whether somebody answers each question; a host in `left_out` need not."""
    hosts = {one.name: one for one in network.hosts}
    for question in asked:
        host = hosts[question.destination]
        space = wiring.hosts.get(question.source, wiring.outside).path
        address = host.public if question.client else host.address
        begun = time.monotonic()
        try:
            said = greeting(space, question.client, address, question.port)
            broken = re.match(r"HTTP/\S+ 5", said)
            result: Result = "failed" if broken else "ok"
            yield Check("conversations", str(question), result, said, time.monotonic() - begun)
        except OSError as error:
            reason = left_out.get(host.name)
            said = error.strerror or str(error)
            yield Check(
                "conversations",
                str(question),
                "left out" if reason else "failed",
                f"{said}; {reason}" if reason else said,
                time.monotonic() - begun,
            )


def names_and_time(network: Network, wiring: Wiring) -> Iterator[Check]:
    """Whether every host gets a name resolved and is told the time."""
    vpcs = {one.name: one for one in network.vpcs}
    for host in network.hosts:
        resolver = vpcs[network.subnet[host.subnet].vpc].resolver
        space = wiring.hosts[host.name].path
        for what, address, port, query in (
            ("names", resolver, 53, _query("aws.amazon.com")),
            ("time", CLOCK, 123, b"\x23" + bytes(47)),
        ):
            subject = f"{host.name} asks {address} {port}/udp"
            try:
                with namespaces.entered(space):
                    call = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                with call:
                    call.settimeout(_PATIENCE)
                    call.sendto(query, (address, port))
                    said = call.recv(512)
                yield Check("conversations", subject, "ok", f"{what}: {len(said)} bytes")
            except OSError as error:
                yield Check("conversations", subject, "failed", error.strerror or str(error))


def site(network: Network, wiring: Wiring, host: Host) -> Check:
    """The application's front page, as the world gets it."""
    client = network.outside["internet"][0]
    try:
        status, body, headers = get(wiring.outside.path, client, host.public, 80, "/")
    except OSError as error:
        return Check("site", f"http://{host.public}/", "failed", error.strerror or str(error))
    said = f"{status}, {len(body)} bytes, from {headers.get('server', 'nobody')}"
    return Check("site", f"http://{host.public}/", "ok" if status < 400 else "failed", said)


def targets(
    space: Path, client: str, address: str, expected: Iterable[tuple[str, int]]
) -> Iterator[Check]:
    """Whether Prometheus at `address` scrapes each expected (address, port), and with success."""

    def ask() -> dict[str, dict[str, Any]]:
        _, body, _ = get(space, client, address, PROMETHEUS, "/api/v1/targets?state=active")
        found = json.loads(body)["data"]["activeTargets"]
        return {urlsplit(one["scrapeUrl"]).netloc: one for one in found}

    wanted = [f"{one}:{port}" for one, port in expected]
    try:
        found = eventually(
            ask, lambda seen: all(seen.get(one, {}).get("health") == "up" for one in wanted), 90
        )
    except (OSError, ValueError, KeyError) as error:
        yield Check("metrics", "Prometheus", "failed", str(error))
        return
    for one in sorted({*wanted, *found}):
        target = found.get(one, {"health": "not a target", "lastError": ""})
        said = f"{target['health']} {target['lastError']}".strip()
        yield Check("metrics", one, "ok" if target["health"] == "up" else "failed", said)


def eventually(
    ask: Callable[[], Any], good: Callable[[Any], bool], patience: float = 30, pause: float = 1
) -> Any:
    """The first good answer, or the last one within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        answer = ask()
        if good(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(pause)


def _query(name: str) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\x01\0\x01"
