"""What Terraform cannot tell: the same description is true in several worlds.

A client takes any ephemeral port, AWS chooses public addresses, and no page of AWS's says whether
a NAT gateway forwards to a peering: "NAT gateways" lists internet, transit and virtual private
gateways, and others report that it does. Where the worlds differ in an answer, "unknown" is the
only right verdict.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.reachability.oracle.description import Description, Instance

EPHEMERAL = range(1024, 65536)
""""Custom network ACLs for your VPC", Ephemeral ports: clients of all kinds use these."""

_LOW, _HIGH = "54.0.0", "154.0.0"


@dataclass(frozen=True)
class World:
    """`public` has the public addresses by the names of those that have one.

    `client_ports` are the first of each range of them to call from.
    """

    public: Mapping[str, str]
    nat_to_peering: bool
    client_ports: tuple[int, ...]


def worlds(description: Description) -> Iterator[World]:
    """Every world in which an answer may be another one."""
    ports = _client_ports(description)
    forwards = (False, True) if _may_nat_to_peering(description) else (False,)
    for number, public in enumerate(_public_addresses(description)):
        for forward in forwards if number == 0 else forwards[:1]:
            yield World(public, forward, tuple(ports if number == 0 else ports[:1]))


def _may_nat_to_peering(description: Description) -> bool:
    tables = (
        description.table_of(description.subnet(one.subnet)) for one in description.nat_gateways
    )
    return any(route.via == "peering" for table in tables if table for route in table.routes)


def _client_ports(description: Description) -> list[int]:
    """The first of every range of client ports that all network ACLs treat alike."""
    edges = {EPHEMERAL.start}
    for acl in description.acls:
        for rule in acl.rules:
            low, high = rule.ports
            edges |= {low, high + 1} & set(EPHEMERAL)
    return sorted(edges)


def _public_addresses(description: Description) -> Iterator[dict[str, str]]:
    """Public addresses by owner, as AWS may choose them; several times if a rule would notice."""
    owners = [one.name for one in description.instances if _is_public(description, one)]
    owners += [one.name for one in description.nat_gateways]
    numbered = list(enumerate(owners, start=1))
    yield {name: f"{_LOW}.{number}" for number, name in numbered}
    if _tells_public_addresses_apart(description):
        yield {name: f"{_HIGH}.{number}" for number, name in numbered}
        for odd in (0, 1):
            halves = (_LOW, _HIGH) if odd else (_HIGH, _LOW)
            yield {name: f"{halves[number % 2]}.{number}" for number, name in numbered}


def _is_public(description: Description, instance: Instance) -> bool:
    """ "IP addressing for your VPCs and subnets": the launch's wish wins over the subnet's."""
    if instance.public == "subnet":
        return description.subnet(instance.subnet).public_addresses
    return instance.public != "no"


def _tells_public_addresses_apart(description: Description) -> bool:
    cidrs = {rule.peer for group in description.groups for rule in group.rules if not rule.by_group}
    cidrs |= {rule.cidr for acl in description.acls for rule in acl.rules}
    cidrs |= {route.cidr for table in description.route_tables for route in table.routes}
    low, high = (ipaddress.ip_address(f"{half}.1") for half in (_LOW, _HIGH))
    networks = [ipaddress.ip_network(cidr) for cidr in cidrs]
    return any((low in network) != (high in network) for network in networks)
