"""What the security groups of an interface let through.

Amazon VPC User Guide, "Security group rules": stateful, rules only allow, and the rules of all
groups of an interface hold together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from reachability.intervals import PUBLIC, Intervals
from reachability.model import Topology
from reachability.ports import ALL, MAYBE, NONE, Ports, Protocol
from reachability.security_groups import ALL_PROTOCOLS, Direction, Rule


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side as a security group sees it: an address, and what may be named in its stead.

    `groups` are empty for traffic over public addresses, which no group reference matches
    (VPC User Guide, "Security group referencing"); `shared` says whether they count at all.
    """

    family: int
    address: int
    groups: tuple[str, ...] = ()
    shared: Ports = ALL
    hosts: frozenset[tuple[str, str]] = frozenset()


def passes(
    topology: Topology,
    groups: tuple[str, ...],
    direction: Direction,
    protocol: Protocol,
    peer: Peer,
) -> Ports:
    """The destination ports that the groups together let through; without any group, all."""
    if not groups:
        return ALL
    key = (groups, direction, protocol.name, peer)
    if key not in topology.cache:
        found = (_of_group(topology, group, direction, protocol, peer) for group in groups)
        topology.cache[key] = reduce(Ports.__or__, found, NONE)
    ports: Ports = topology.cache[key]
    return ports


def _of_group(
    topology: Topology, group: str, direction: Direction, protocol: Protocol, peer: Peer
) -> Ports:
    rules = topology.group_rules.get((group, direction), ())
    if group not in topology.managed_groups:
        if not group.endswith(".default_security_group_id"):
            return MAYBE
        if _as_aws_made_it(group, direction, peer):
            return ALL
    return reduce(Ports.__or__, (_of_rule(rule, protocol, peer) for rule in rules), NONE)


def _as_aws_made_it(group: str, direction: Direction, peer: Peer) -> bool:
    """VPC User Guide, "Default security groups for your VPCs": everything out, itself in."""
    return direction == "egress" or group in peer.groups


def _of_rule(rule: Rule, protocol: Protocol, peer: Peer) -> Ports:
    if rule.protocol != ALL_PROTOCOLS and rule.protocol not in protocol.numbers:
        return NONE
    ports = rule.opens(protocol.name)
    match = _match(rule, peer)
    if match is NONE:
        return NONE
    sure = match is ALL and rule.exact
    return Ports(ports if sure else Intervals(), ports)


def _match(rule: Rule, peer: Peer) -> Ports:
    held = rule.peers.ipv4 if peer.family == 4 else rule.peers.ipv6
    if peer.address in held or _names_host(rule, peer.hosts):
        return ALL
    if peer.shared and any(group in peer.groups for group in rule.groups):
        return peer.shared
    if not rule.unknown or (rule.of_aws and not _is_public(peer)):
        return NONE
    return MAYBE


def _is_public(peer: Peer) -> bool:
    return peer.address in (PUBLIC.ipv4 if peer.family == 4 else PUBLIC.ipv6)


def _names_host(rule: Rule, hosts: Iterable[tuple[str, str]]) -> bool:
    return any((one.address, one.attribute) in hosts for one in rule.hosts)
