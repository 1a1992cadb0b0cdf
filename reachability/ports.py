"""Sets of ports of which some are certain and some depend on what is not known yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from reachability.intervals import NOTHING, Intervals

_EVERY = Intervals.of((0, 65535))


@dataclass(frozen=True, slots=True)
class Ports:
    """`sure` pass whatever the unknown values turn out to be, `possible` for some of them."""

    sure: Intervals
    possible: Intervals

    @classmethod
    def exactly(cls, ports: Intervals) -> Ports:
        return cls(ports, ports)

    @classmethod
    def perhaps(cls, ports: Intervals) -> Ports:
        return cls(NOTHING, ports)

    @property
    def unknown(self) -> Intervals:
        """The ports that cannot be told."""
        return self.possible - self.sure

    def __and__(self, other: Ports) -> Ports:
        if self is ALL or other is NONE:
            return other
        if other is ALL or self is NONE:
            return self
        return Ports(self.sure & other.sure, self.possible & other.possible)

    def __or__(self, other: Ports) -> Ports:
        if self is NONE or other is ALL:
            return other
        if other is NONE or self is ALL:
            return self
        return Ports(self.sure | other.sure, self.possible | other.possible)

    def either(self, other: Ports) -> Ports:
        """What passes when it is this set or the other, and nobody can tell which."""
        return Ports(self.sure & other.sure, self.possible | other.possible)

    def __bool__(self) -> bool:
        return bool(self.possible)


ALL = Ports.exactly(_EVERY)
NONE = Ports.exactly(NOTHING)
MAYBE = Ports.perhaps(_EVERY)


def one_of(sets: Iterable[Ports]) -> Ports:
    """What passes when it is one of these sets, and nobody can tell which."""
    return reduce(Ports.either, sets)


@dataclass(frozen=True, slots=True)
class Protocol:
    """`numbers` are IANA's; `replies` are the ports (of ICMP the types) that answers come to."""

    name: str
    numbers: frozenset[str]
    replies: Intervals


# Amazon VPC User Guide, "Network ACLs" (ephemeral ports): clients of all kinds use 1024-65535.
_EPHEMERAL = Intervals.of((1024, 65535))

PROTOCOLS = {
    "tcp": Protocol("tcp", frozenset({"tcp", "6"}), _EPHEMERAL),
    "udp": Protocol("udp", frozenset({"udp", "17"}), _EPHEMERAL),
}
