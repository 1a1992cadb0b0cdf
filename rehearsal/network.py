"""What a rehearsal builds: the network of a stack as plain values, every address chosen.

IPv4 only. Names are Terraform addresses, except those of hosts, which people type.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network
from typing import Literal

Direction = Literal["ingress", "egress"]

RESOLVER, CLOCK, METADATA = "169.254.169.253", "169.254.169.123", "169.254.169.254"
"""Amazon VPC User Guide, "Amazon DNS server"; Amazon EC2 User Guide, "Set the time on Linux
instances" and "Retrieve instance metadata"."""


class RehearsalError(ValueError):
    """Something in the stack that cannot be rehearsed; one line that names it."""


@dataclass(frozen=True)
class Service:
    """What of a packet a rule looks at; `protocol` is "tcp", "udp", "icmp", "all" or a number."""

    protocol: str
    ports: tuple[int, int] | None


@dataclass(frozen=True)
class Rule:
    """A security group's rule: from or to `cidrs`, and the members of `groups`."""

    direction: Direction
    service: Service
    cidrs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A numbered entry of a network ACL."""

    direction: Direction
    number: int
    allows: bool
    service: Service
    cidr: str


@dataclass(frozen=True)
class Route:
    """`cidrs` lead to `target`, a gateway or connection."""

    cidrs: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Vpc:
    name: str
    cidr: str
    gateway: str = ""

    @property
    def resolver(self) -> str:
        return str(IPv4Network(self.cidr)[2])


@dataclass(frozen=True)
class Subnet:
    """`entries` is None for the ACL that lets everything through."""

    name: str
    vpc: str
    cidr: str
    zone: str
    routes: tuple[Route, ...]
    entries: tuple[Entry, ...] | None = None


@dataclass(frozen=True)
class Host:
    """An instance. `public` is empty without a public address."""

    name: str
    subnet: str
    address: str
    public: str
    groups: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    user_data: bytes = b""

    @property
    def script(self) -> str:
        """Its user data as text; cloud-init unpacks what travels as gzip."""
        data = self.user_data
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Nat:
    """A NAT gateway; `public` is empty for a private one."""

    name: str
    subnet: str
    address: str
    public: str


@dataclass(frozen=True)
class Peering:
    name: str
    vpcs: tuple[str, str]
    active: bool


@dataclass(frozen=True)
class Network:
    """`groups` has each security group's rules, `outside` the client addresses beyond every VPC
    by name: "internet", and each prefix list of public addresses."""

    region: str
    vpcs: tuple[Vpc, ...]
    subnets: tuple[Subnet, ...]
    hosts: tuple[Host, ...]
    nats: tuple[Nat, ...]
    peerings: tuple[Peering, ...]
    groups: Mapping[str, tuple[Rule, ...]]
    outside: Mapping[str, tuple[str, ...]]
    mirror: str

    @cached_property
    def subnet(self) -> Mapping[str, Subnet]:
        return {one.name: one for one in self.subnets}

    def attached(self, vpc: Vpc) -> Iterator[Host | Nat]:
        """What stands in the VPC's subnets."""
        everything: tuple[Host | Nat, ...] = (*self.hosts, *self.nats)
        for one in everything:
            if self.subnet[one.subnet].vpc == vpc.name:
                yield one

    def members(self, group: str) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if group in host.groups)
