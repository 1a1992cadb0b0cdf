"""Security-group rules in one shape, whichever of Terraform's four ways they are written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from reachability.intervals import NOTHING, Addresses, Intervals
from reachability.network import addresses
from reachability.prefix_lists import is_of_aws, prefix_list_addresses
from reachability.stack import Reference, Resource, Stack, Unknown, blocks, each

GROUP_TYPES = ("aws_security_group", "aws_default_security_group")
STANDALONE = {
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
LEGACY = "aws_security_group_rule"
RULE_TYPES = (*STANDALONE, LEGACY)

ALL_PORTS = Intervals.of((0, 65535))
ALL_PROTOCOLS = "all"

# IANA "Protocol Numbers", under the names that AWS takes for them.
_PROTOCOLS = {"-1": ALL_PROTOCOLS, "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_WITH_PORTS = ("tcp", "udp")

Direction = Literal["ingress", "egress"]


@dataclass(frozen=True)
class Rule:
    """One direction, one protocol, one range of ports, one set of peers.

    `protocol` is a name, a number as text, or "all"; one that is not known yet counts as "all".
    `ports` are empty for protocols without ports. `unknown` says which peers cannot be told.
    `of_aws` says that those are AWS-managed prefix lists, which hold public addresses only.
    `groups` are the security groups it names as peers, and `hosts` the single addresses known
    after apply. `exact` is false where protocol or ports are not known yet.
    """

    resource: Resource
    group: str
    direction: Direction
    protocol: str
    ports: Intervals
    peers: Addresses
    unknown: tuple[str, ...]
    description: str | None
    groups: tuple[str, ...] = ()
    hosts: tuple[Reference, ...] = ()
    exact: bool = True
    of_aws: bool = False

    def opens(self, protocol: str) -> Intervals:
        """The ports it opens for "tcp" or "udp"."""
        if self.protocol == ALL_PROTOCOLS:
            return ALL_PORTS
        return self.ports if self.protocol == protocol else NOTHING


@lru_cache(maxsize=16)
def rules(stack: Stack) -> tuple[Rule, ...]:
    """Every rule of every security group of the stack."""
    return tuple(_rules(stack))


def _rules(stack: Stack) -> Iterator[Rule]:
    for type_, direction in STANDALONE.items():
        for resource in stack.of(type_):
            group = group_of(stack, resource.values.get("security_group_id"))
            yield _rule(stack, resource, group, direction, resource.values, "ip_protocol")
    for resource in stack.of(LEGACY):
        group = group_of(stack, resource.values.get("security_group_id"))
        kind = "egress" if resource.values.get("type") == "egress" else "ingress"
        yield _rule(stack, resource, group, kind, resource.values, "protocol")
    for resource in stack.of(*GROUP_TYPES):
        for direction in ("ingress", "egress"):
            written = resource.values.get(direction)
            for block in blocks(written):
                yield _rule(stack, resource, resource.address, direction, block, "protocol")


def group_of(stack: Stack, named: Any) -> str:
    """One name for a security group however it is pointed to: its address where it has one."""
    found = stack.pointed(named)
    if found is not None:
        return found.address
    part = stack.attribute(named)
    if part is not None and part.attribute == "default_security_group_id":
        for group in stack.of("aws_default_security_group"):
            vpc = stack.target(group, "vpc_id")
            if vpc is not None and vpc is stack.at(part.address):
                return group.address
    return str(named)


def _rule(
    stack: Stack,
    resource: Resource,
    group: str,
    direction: str,
    block: Mapping[str, Any],
    protocol_key: str,
) -> Rule:
    protocol, named = protocol_of(stack.resolve(block.get(protocol_key)))
    ports = _ports(stack, block)
    peers, unknown, hosts = _peers(stack, block)
    description = stack.resolve(block.get("description"))
    return Rule(
        resource=resource,
        group=group,
        direction="egress" if direction == "egress" else "ingress",
        protocol=protocol,
        ports=(ALL_PORTS if ports is None else ports) if protocol in _WITH_PORTS else NOTHING,
        peers=peers,
        unknown=unknown,
        description=description if isinstance(description, str) else None,
        groups=_groups(stack, block, group),
        hosts=hosts,
        of_aws=len(unknown)
        == sum(
            is_of_aws(stack, one)
            for key in ("prefix_list_id", "prefix_list_ids")
            for one in each(block.get(key))
        ),
        exact=named and (ports is not None or protocol not in _WITH_PORTS),
    )


def protocol_of(written: Any) -> tuple[str, bool]:
    """The protocol's name, and whether it is known; "all" when it is not."""
    if written is None or isinstance(written, Unknown | Reference):
        return ALL_PROTOCOLS, False
    text = str(written).lower()
    return _PROTOCOLS.get(text, text), True


def _ports(stack: Stack, block: Mapping[str, Any]) -> Intervals | None:
    """The ports from `from_port` to `to_port`, or None where an end is not known."""
    try:
        low, high = (int(stack.resolve(block.get(key))) for key in ("from_port", "to_port"))
    except (TypeError, ValueError):
        return None
    return ALL_PORTS if low < 0 or high < 0 else Intervals.of((low, high))


def _groups(stack: Stack, block: Mapping[str, Any], own: str) -> tuple[str, ...]:
    """The groups a rule names as peers; each possible one of an expression that is not known."""
    keys = ("referenced_security_group_id", "source_security_group_id", "security_groups")
    found: list[str] = []
    for key in keys:
        for named in each(block.get(key)):
            if isinstance(named, Unknown):
                found += [group_of(stack, one) for one in named.references]
            elif isinstance(named, str) and not named.startswith("sg-"):
                found.append(group_of(stack, named.rpartition("/")[2]))
            else:
                found.append(group_of(stack, named))
    if str(stack.resolve(block.get("self"))).lower() == "true":
        found.append(own)
    return tuple(found)


def _peers(
    stack: Stack, block: Mapping[str, Any]
) -> tuple[Addresses, tuple[str, ...], tuple[Reference, ...]]:
    """The addresses a rule names, prefix lists resolved, and what cannot be told of them."""
    known: list[Addresses] = []
    unknown: list[str] = []
    hosts: list[Reference] = []
    for key in ("cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks"):
        for cidr in each(block.get(key)):
            found = addresses([stack.resolve(cidr)])
            if found is not None:
                known.append(found)
            elif _is_one_host(cidr):
                hosts += [cidr] if isinstance(cidr, Reference) else cidr.references
            else:
                unknown.append(str(cidr))
    for key in ("prefix_list_id", "prefix_list_ids"):
        for prefix_list in each(block.get(key)):
            found = prefix_list_addresses(stack, prefix_list)
            if found is None:
                unknown.append(f"the prefix list {prefix_list}")
            else:
                known.append(found)
    return Addresses.union(known), tuple(unknown), tuple(hosts)


def _is_one_host(cidr: Any) -> bool:
    """Whether a CIDR not known yet is made of the address of one interface ("${…public_ip}/32")."""
    hosts = ("public_ip", "private_ip")
    return isinstance(cidr, Unknown | Reference) and (
        cidr.attribute in hosts
        if isinstance(cidr, Reference)
        else bool(cidr.references)
        and all(one.attribute in hosts for one in cidr.references)
        and (not cidr.text or cidr.text.endswith("/32"))
    )


@lru_cache(maxsize=4096)
def users(stack: Stack, group: str) -> tuple[Resource, ...]:
    """The resources that carry a security group: instances, interfaces, load balancers, …"""
    keys = ("vpc_security_group_ids", "security_groups", "security_group_ids")
    found = []
    for resource in stack.resources.values():
        if resource.is_data or resource.type in (*GROUP_TYPES, *RULE_TYPES):
            continue
        carriers = [resource.values, *resource.blocks("network_interfaces")]
        carriers += resource.blocks("vpc_config")
        named = [one for values in carriers for key in keys for one in each(values.get(key))]
        named += each(resource.values.get("security_group_id"))
        if any(_names(stack, one, group) for one in named):
            found.append(resource)
    return tuple(found)


def _names(stack: Stack, named: Any, group: str) -> bool:
    if isinstance(named, Unknown):
        return any(_names(stack, one, group) for one in named.references)
    return group_of(stack, named) == group
