"""A small network as plain data: what both halves of the oracle are made from.

Every name is unique; members refer to each other by name. Addresses and CIDRs are text; `ipv6` is
empty for what speaks IPv4 only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

PORTS = (22, 80, 443, 5000, 8080)
"""The ports probed: a drawn range starts or ends at or beside one of them."""

INTERNET = "internet"

Protocol = Literal["tcp", "udp", "all"]
Form = Literal["standalone", "inline", "legacy"]
Via = Literal["igw", "nat", "peering", "egress-only"]
Public = Literal["subnet", "yes", "no", "elastic", "associated"]


@dataclass(frozen=True)
class Vpc:
    """`egress_only`: it has an egress-only internet gateway."""

    name: str
    cidr: str
    internet_gateway: bool
    ipv6: str = ""
    egress_only: bool = False


@dataclass(frozen=True)
class Route:
    """`name` says which NAT gateway or peering."""

    cidr: str
    via: Via
    name: str = ""


@dataclass(frozen=True)
class RouteTable:
    name: str
    vpc: str
    main: bool
    routes: tuple[Route, ...]
    inline: bool = False


@dataclass(frozen=True)
class AclRule:
    number: int
    egress: bool
    allow: bool
    protocol: Protocol
    cidr: str
    ports: tuple[int, int] = (0, 65535)


@dataclass(frozen=True)
class Acl:
    name: str
    vpc: str
    rules: tuple[AclRule, ...]
    inline: bool = True


@dataclass(frozen=True)
class Subnet:
    """`route_table` None: the VPC's main table. `acl` None: the VPC's default ACL."""

    name: str
    vpc: str
    cidr: str
    route_table: str | None
    acl: str | None
    public_addresses: bool
    ipv6: str = ""


@dataclass(frozen=True)
class NatGateway:
    name: str
    subnet: str
    address: str


@dataclass(frozen=True)
class Peering:
    """`by_accepter`: accepted by a resource of its own."""

    name: str
    requester: str
    accepter: str
    accepted: bool
    by_accepter: bool = False


@dataclass(frozen=True)
class GroupRule:
    """`peer` is a CIDR or the name of a group."""

    egress: bool
    protocol: Protocol
    peer: str
    ports: tuple[int, int] = (0, 65535)

    @property
    def by_group(self) -> bool:
        return "/" not in self.peer


@dataclass(frozen=True)
class Group:
    """`written` is the form its rules take in Terraform; AWS knows only one."""

    name: str
    vpc: str
    rules: tuple[GroupRule, ...]
    written: Form = "standalone"


@dataclass(frozen=True)
class Instance:
    """`public`: by the subnet's setting, asked for or refused at launch, or an Elastic IP, which
    is given to the instance or associated by a resource of its own.

    No groups: the VPC's default group, which lets its members talk to each other and out.
    """

    name: str
    subnet: str
    address: str
    groups: tuple[str, ...]
    public: Public = "subnet"
    ipv6: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, self.ipv6) if self.ipv6 else (self.address,)


@dataclass(frozen=True)
class Description:
    seed: int
    vpcs: tuple[Vpc, ...]
    route_tables: tuple[RouteTable, ...]
    acls: tuple[Acl, ...]
    subnets: tuple[Subnet, ...]
    nat_gateways: tuple[NatGateway, ...]
    peerings: tuple[Peering, ...]
    groups: tuple[Group, ...]
    instances: tuple[Instance, ...]
    internet: tuple[str, ...] = (
        "8.8.8.8", "150.0.0.1", "198.51.100.7", "198.51.100.9", "203.0.113.9",
        "2600:9000::9", "2a00:1450::9",
    )  # fmt: skip
    """The addresses at which the internet calls and answers: one for each part of it that a drawn
    rule or route may tell apart."""

    @property
    def speaks_ipv6(self) -> bool:
        return any(one.ipv6 for one in self.instances)

    @property
    def addresses(self) -> dict[str, tuple[str, ...]]:
        """The private and IPv6 addresses of the instances, and those of the internet."""
        outside = (one for one in self.internet if self.speaks_ipv6 or ":" not in one)
        own = {one.name: one.addresses for one in self.instances}
        return {**own, INTERNET: tuple(outside)}

    def subnet(self, name: str) -> Subnet:
        return next(one for one in self.subnets if one.name == name)

    def vpc(self, name: str) -> Vpc:
        return next(one for one in self.vpcs if one.name == name)

    def table_of(self, subnet: Subnet) -> RouteTable | None:
        """The subnet's route table; None is a main table that nobody wrote: local routes only."""
        for table in self.route_tables:
            if table.name == subnet.route_table:
                return table
            if subnet.route_table is None and table.main and table.vpc == subnet.vpc:
                return table
        return None

    @property
    def interfaces(self) -> tuple[Instance | NatGateway, ...]:
        return (*self.instances, *self.nat_gateways)

    def instances_in(self, vpc: str) -> tuple[Instance, ...]:
        return tuple(one for one in self.instances if self.subnet(one.subnet).vpc == vpc)


Question = tuple[str, str, str, int]
"""Source, destination, protocol ("tcp" or "udp"), port."""


def questions(description: Description) -> list[Question]:
    """Every ordered pair of endpoints, both protocols, every port."""
    names = [INTERNET, *(one.name for one in description.instances)]
    return [
        (source, destination, protocol, port)
        for source in names
        for destination in names
        if source != destination
        for protocol in ("tcp", "udp")
        for port in PORTS
    ]


_ADAPTER = TypeAdapter(Description)


def read(text: str) -> Description:
    return _ADAPTER.validate_json(text)


def written(description: Description) -> str:
    return _ADAPTER.dump_json(description, indent=1).decode() + "\n"


def load(path: Path) -> Description:
    return read(path.read_text())
