"""Network ACLs: which one guards a subnet, and what it lets through.

Amazon VPC User Guide, "Network ACLs": stateless, rules in order of their number, the first match
decides, what matches none is denied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reachability.intervals import Intervals
from reachability.network import addresses, vpc_of
from reachability.ports import ALL, MAYBE, Ports, Protocol
from reachability.security_groups import ALL_PORTS, ALL_PROTOCOLS, Direction, protocol_of
from reachability.stack import Resource, Stack

ACL_TYPES = ("aws_network_acl", "aws_default_network_acl")


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered rule. `known` is false where a field is not known yet; its widest then holds."""

    number: int
    allows: bool
    protocol: str
    ports: Intervals
    addresses: Mapping[int, Intervals]
    known: bool

    def matches(self, protocol: Protocol, family: int, address: int) -> bool:
        named = self.protocol == ALL_PROTOCOLS or self.protocol in protocol.numbers
        return named and address in self.addresses[family]


@dataclass(frozen=True, eq=False)
class Acl:
    """`entries` is None for the ACL that AWS makes with a VPC: it lets everything through."""

    path: str
    entries: Mapping[Direction, tuple[Entry, ...]] | None
    known: bool = True
    _seen: dict[tuple[str, str, int, int], Ports] = field(default_factory=dict)

    def passes(self, direction: Direction, protocol: Protocol, family: int, peer: int) -> Ports:
        """The destination ports let through from (ingress) or to (egress) an address."""
        if not self.known:
            return MAYBE
        if self.entries is None:
            return ALL
        key = (direction, protocol.name, family, peer)
        if key not in self._seen:
            matching = [
                entry for entry in self.entries[direction] if entry.matches(protocol, family, peer)
            ]
            self._seen[key] = Ports(
                _decide(matching, doubtful_allows=False), _decide(matching, doubtful_allows=True)
            )
        return self._seen[key]


def _decide(matching: list[Entry], *, doubtful_allows: bool) -> Intervals:
    """The ports allowed when entries not fully known match only if that (dis)favours passing."""
    undecided, allowed = ALL_PORTS, Intervals()
    for entry in matching:
        if not entry.known and entry.allows != doubtful_allows:
            continue
        if entry.allows:
            allowed |= undecided & entry.ports
        undecided -= entry.ports
    return allowed


def acls(stack: Stack) -> dict[str, Acl]:
    """The ACL of each subnet that has one of its own or whose VPC's default one is managed, by the
    subnet's address; the VPC's default ACL stands under the VPC's address.
    """
    found: dict[str, Acl] = {}
    made = {resource.address: _acl(stack, resource) for resource in stack.of(*ACL_TYPES)}
    for resource in stack.of("aws_default_network_acl"):
        part = stack.attribute(resource.values.get("default_network_acl_id"))
        vpc = stack.at(part.address) if part is not None else vpc_of(stack, resource)
        if vpc is not None:
            found[vpc.address] = made[resource.address]
    for resource in stack.of(*ACL_TYPES):
        for subnet in stack.targets(resource, "subnet_ids"):
            found[subnet.address] = made[resource.address]
    for association in stack.of("aws_network_acl_association"):
        for subnet in stack.targets(association, "subnet_id"):
            acl = stack.target(association, "network_acl_id")
            found[subnet.address] = (
                Acl(association.path, None, known=False) if acl is None else made[acl.address]
            )
    return found


def _acl(stack: Stack, resource: Resource) -> Acl:
    entries: dict[Direction, list[Entry]] = {"ingress": [], "egress": []}
    for direction, body in _written(stack, resource):
        entries[direction].append(_entry(stack, body))
    return Acl(
        resource.path,
        {
            direction: tuple(sorted(several, key=lambda one: one.number))
            for direction, several in entries.items()
        },
    )


def _written(stack: Stack, acl: Resource) -> Iterator[tuple[Direction, Mapping[str, Any]]]:
    directions: tuple[Literal["ingress"], Literal["egress"]] = ("ingress", "egress")
    standalone = [
        rule
        for rule in stack.of("aws_network_acl_rule")
        if stack.target(rule, "network_acl_id") is acl
    ]
    for rule in standalone:
        outward = str(stack.value(rule, "egress")).lower() == "true"
        yield "egress" if outward else "ingress", rule.values
    for direction in directions:
        if direction in acl.configured or not standalone:
            for block in acl.blocks(direction):
                yield direction, block


def _entry(stack: Stack, body: Mapping[str, Any]) -> Entry:
    def value(*keys: str) -> Any:
        return next((stack.resolve(body[key]) for key in keys if body.get(key) is not None), None)

    number, action = value("rule_number", "rule_no"), value("rule_action", "action")
    protocol, named = protocol_of(value("protocol"))
    ipv4, ipv6 = value("cidr_block"), value("ipv6_cidr_block")
    ranges = addresses([one for one in (ipv4, ipv6) if one])
    known = named and ranges is not None and str(action).lower() in ("allow", "deny")
    if ranges is None:
        ranges = addresses(["0.0.0.0/0", "::/0"])
        assert ranges is not None
    try:
        low, high = int(value("from_port") or 0), int(value("to_port") or 0)
        everything = protocol == ALL_PROTOCOLS
        ports = ALL_PORTS if everything else Intervals.of((low, high))
        order = int(number)
    except (TypeError, ValueError):
        ports, order, known = ALL_PORTS, 0, False
    return Entry(
        order,
        str(action).lower() != "deny",
        protocol,
        ports,
        {4: ranges.ipv4, 6: ranges.ipv6},
        known,
    )
