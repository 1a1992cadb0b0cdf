"""Who reaches whom, asked of the kernel: connections between every two ends, all at once.

A port without a listener refuses, which only a packet that came through can be told: refused means
open. Silence means closed.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from rehearsal import namespaces
from rehearsal.network import Network
from rehearsal.wiring import Wiring

QUICK, PATIENT = 0.6, 3.0
"""Seconds without any answer after which the rest counts as silent; in doubt it is asked again."""

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_THROUGH = (0, errno.ECONNREFUSED)


@dataclass(frozen=True)
class Question:
    """May `source`, from its address `client` if it is outside, open `port` of `destination`, at
    its address `server` if that is outside?"""

    source: str
    destination: str
    protocol: str
    port: int
    client: str = ""
    server: str = ""

    def __str__(self) -> str:
        one = f"{self.source} ({self.client})" if self.client else self.source
        other = f"{self.destination} ({self.server})" if self.server else self.destination
        return f"{one} to {other} {self.port}/{self.protocol}"


def questions(network: Network, ports: Mapping[str, Iterable[int]]) -> list[Question]:
    """Every ordered pair of ends of which one is a host, on each port by protocol."""
    hosts = [one.name for one in network.hosts]
    services = [(protocol, port) for protocol, several in ports.items() for port in several]
    found = []
    for protocol, port in services:
        for one in hosts:
            found += [Question(one, other, protocol, port) for other in hosts if other != one]
            for name, addresses in network.outside.items():
                for address in addresses:
                    found.append(Question(name, one, protocol, port, client=address))
                    found.append(Question(one, name, protocol, port, server=address))
    return found


def interesting_ports(network: Network) -> dict[str, tuple[int, ...]]:
    """The ends of every range that a rule or entry names, their neighbours where it is a range,
    the ports that people open by mistake, and one that nobody names."""
    found: dict[str, set[int]] = {"tcp": {22, 80, 443, 3000, 5000, 8080, 9090, 9100, 31337}}
    found["udp"] = {53, 123, 31337}
    services = [rule.service for rules in network.groups.values() for rule in rules]
    services += [entry.service for subnet in network.subnets for entry in subnet.entries or ()]
    for service in services:
        if service.protocol in found and service.ports is not None:
            low, high = service.ports
            near = {low, high} if low == high else {low - 1, low, high, high + 1}
            found[service.protocol] |= {port for port in near if 0 < port < 65536}
    return {protocol: tuple(sorted(ports)) for protocol, ports in found.items()}


def ask(
    network: Network, wiring: Wiring, asked: Iterable[Question], patience: float = QUICK
) -> dict[Question, bool]:
    """Whether each is open, by the private address or by the public one."""
    several = list(asked)
    with ExitStack() as open_sockets, selectors.EpollSelector() as selector:
        echoes = {open_sockets.enter_context(one) for one in _echoes(network, wiring, several)}
        for one in echoes:
            selector.register(one, selectors.EVENT_READ)
        by_source: dict[str, list[Question]] = {}
        for question in several:
            by_source.setdefault(question.source, []).append(question)
        calls: dict[socket.socket, Question] = {}
        for source, group in by_source.items():
            space = wiring.hosts.get(source, wiring.outside)
            with namespaces.entered(space.path):
                for question in group:
                    for address in _targets(network, question):
                        call = open_sockets.enter_context(_call(question, address))
                        event = selectors.EVENT_READ
                        if question.protocol == "tcp":
                            event = selectors.EVENT_WRITE
                        selector.register(call, event)
                        calls[call] = question
        through = set(_through(selector, calls, echoes, patience))
        return {question: question in through for question in several}


def _echoes(network: Network, wiring: Wiring, asked: Iterable[Question]) -> Iterator[socket.socket]:
    """Somebody who answers on every UDP port asked for, unless a machine listens there itself.

    That a UDP port is closed is said by ICMP, which an ACL may stop where it lets UDP through.
    """
    ports = sorted({one.port for one in asked if one.protocol == "udp"})
    ends = [(wiring.hosts[one.name].path, one.address) for one in network.hosts]
    ends += [(wiring.outside.path, one) for several in network.outside.values() for one in several]
    for space, address in ends:
        with namespaces.entered(space):
            for port in ports:
                echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                echo.setblocking(False)
                try:
                    echo.bind((address, port))
                except OSError:
                    echo.close()
                else:
                    yield echo


def _targets(network: Network, question: Question) -> Iterator[str]:
    if question.server:
        yield question.server
        return
    for host in network.hosts:
        if host.name == question.destination:
            if not question.client:
                yield host.address
            if host.public:
                yield host.public


def _call(question: Question, address: str) -> socket.socket:
    call = socket.socket(socket.AF_INET, _KINDS[question.protocol])
    call.setblocking(False)
    if question.client:
        call.bind((question.client, 0))
    failed = call.connect_ex((address, question.port))
    if question.protocol == "udp" and not failed:
        call.send(b"?")
    return call


def _through(
    selector: selectors.BaseSelector,
    calls: dict[socket.socket, Question],
    echoes: set[socket.socket],
    patience: float,
) -> Iterator[Question]:
    deadline = time.monotonic() + patience
    while calls and (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            call = key.fileobj
            assert isinstance(call, socket.socket)
            if call in echoes:
                message, caller = call.recvfrom(16)
                call.sendto(message, caller)
                continue
            selector.unregister(call)
            question = calls.pop(call)
            if call.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in _THROUGH:
                yield question
                deadline = time.monotonic() + patience
