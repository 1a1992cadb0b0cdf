"""Whether one endpoint can open a connection to another, by which way, or what stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from reachability.alternatives import Via, alternatives
from reachability.ends import UnknownEndpointError, find
from reachability.hops import Hop, ports_of
from reachability.intervals import Addresses
from reachability.model import Topology
from reachability.ports import NONE, PROTOCOLS, Ports, Protocol, one_of

__all__ = ["UnknownEndpointError", "Verdict", "Via", "open_ports", "reach"]


@dataclass(frozen=True)
class Verdict:
    """`hops` is the way, `reasons` what stops it, what is not known, or what limits it.

    `addresses` are those outside addresses that the verdict holds for; empty between endpoints.
    """

    state: Literal["open", "closed", "unknown"]
    hops: tuple[Hop, ...] = ()
    reasons: tuple[str, ...] = ()
    addresses: Addresses = field(default_factory=Addresses)


def reach(
    topology: Topology,
    source: str,
    destination: str,
    port: int,
    protocol: str = "tcp",
    *,
    via: Via = "any",
) -> Verdict:
    """Whether `source` can open a connection to `port` of `destination`.

    By any of its addresses, or by private or public ones alone (`via`). From outside addresses it
    is open when any of them gets through. Raises UnknownEndpointError.
    """
    if find(topology, source) == find(topology, destination):
        return Verdict("open", (), ("the same endpoint: nothing leaves it",))
    found = [
        ([tuple(way) for way in one.ways], one.outside)
        for one in alternatives(topology, source, destination, _protocol(protocol), via)
    ]
    judged = [(one_of(map(ports_of, ways)), ways, outside) for ways, outside in found]
    sure = [(ways, outside) for ports, ways, outside in judged if port in ports.sure]
    perhaps = [(ways, outside) for ports, ways, outside in judged if port in ports.unknown]
    if sure:
        return Verdict("open", sure[0][0][0], (), Addresses.union(one for _, one in sure))
    if perhaps:
        way = next(way for way in perhaps[0][0] if port in ports_of(way).possible)
        doubts = tuple(hop.lacks for hop in way if port not in hop.passes.sure)
        held = Addresses.union(one for _, one in perhaps)
        return Verdict("unknown", way, doubts or (_ADDRESS_UNKNOWN,), held)
    if not found:
        return Verdict("closed", (), (_no_way(topology, source, destination),))
    way = min((ways[0] for ways, _ in found), key=lambda way: len(_stops(way, port)))
    return Verdict("closed", way, tuple(dict.fromkeys(_stops(way, port))))


_ADDRESS_UNKNOWN = "a private address that rules tell apart is known after apply"


def _stops(way: tuple[Hop, ...], port: int) -> list[str]:
    return [hop.lacks for hop in way if port not in hop.passes.possible]


def _no_way(topology: Topology, source: str, destination: str) -> str:
    if {source, destination} <= topology.outside.keys():
        return "neither end is in a VPC of this stack"
    return "the two have no addresses of one family that packets could use"


def open_ports(
    topology: Topology, source: str, destination: str, *, via: Via = "any"
) -> dict[str, Ports]:
    """The open ports, exactly, by protocol; those that cannot be told are apart in `Ports.unknown`.

    Raises UnknownEndpointError.
    """
    return {
        name: reduce(
            Ports.__or__,
            (one.ports() for one in alternatives(topology, source, destination, protocol, via)),
            NONE,
        )
        for name, protocol in PROTOCOLS.items()
    }


def _protocol(name: str) -> Protocol:
    if name not in PROTOCOLS:
        raise UnknownEndpointError(f"no protocol is named {name!r}; use {' or '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
