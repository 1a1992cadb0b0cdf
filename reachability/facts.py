"""What a stack or an account holds, one sentence each: two of them are compared as sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reachability.interfaces import Interface
from reachability.intervals import Addresses
from reachability.model import Topology
from reachability.network import SUBNET_TYPES, Route, main_table_of, routes, table_of, vpc_of
from reachability.network_acls import ACL_TYPES, Entry, acls
from reachability.security_groups import (
    ALL_PROTOCOLS,
    STANDALONE,
    Direction,
    Rule,
    held_by,
    rules,
)
from reachability.stack import Resource, Stack


@dataclass(frozen=True)
class Fact:
    """`says` is what is compared, in words that do not depend on ids.

    `element` names what it was read from, `about` is the path of what that belongs to. A `usual`
    fact is one that AWS itself brings about; it counts where the stack manages what it is about.
    `undo` replaces resources by address, None for without, so that the fact no longer holds.
    """

    says: str
    element: str = field(compare=False)
    about: str = field(compare=False)
    usual: bool = field(default=False, compare=False)
    undo: Mapping[str, Resource | None] = field(default_factory=dict, compare=False, hash=False)


def facts(topology: Topology) -> Iterator[Fact]:
    """Every rule, route, address and setting that decides who can reach whom."""
    stack = topology.stack
    for rule in rules(stack):
        yield from _of_rule(topology, rule)
    for route in routes(stack):
        if route.table is not None:
            yield _of_route(stack, route, route.table)
    for subnet in stack.of(*SUBNET_TYPES):
        yield from _of_subnet(stack, subnet)
    yield from _of_acls(stack)
    for connection in stack.of("aws_vpc_peering_connection"):
        yield _of_peering(stack, connection)
    for prefix_list in stack.of("aws_ec2_managed_prefix_list"):
        yield from _of_prefix_list(stack, prefix_list)
    for endpoint in topology.endpoints.values():
        for interface in endpoint.interfaces:
            yield from _of_interface(topology, endpoint.name, interface)
    for eip in stack.of("aws_eip"):
        yield from _of_elastic_ip(stack, eip)


def _of_rule(topology: Topology, rule: Rule) -> Iterator[Fact]:
    stack, resource = topology.stack, rule.resource
    group = stack.at(rule.group)
    name = topology.group_label(rule.group)
    toward = "out {} to" if rule.direction == "egress" else "in {} from"
    usual = (
        group is not None
        and group.type == "aws_default_security_group"
        and rule.protocol == "all"
        and (str(rule.peers) in ("0.0.0.0/0", "::/0") or rule.groups == (rule.group,))
    )
    for peer in _peers(topology, rule):
        what = rule.protocol if not rule.ports else f"{rule.protocol} {rule.ports}"
        yield Fact(
            f"security group {name} lets {toward.format(what)} {peer}",
            f"rule {_id(resource)} in security group {_own_name(group) or name}",
            group.path if group is not None else rule.group,
            usual,
            {resource.address: None},
        )


def _peers(topology: Topology, rule: Rule) -> Iterator[str]:
    """Each peer by name: a standalone rule has one, and a prefix list stays the same list."""
    stack, values = topology.stack, rule.resource.values
    listed = values.get("prefix_list_id") if rule.resource.type in STANDALONE else None
    if listed and (found := stack.pointed(listed)):
        yield f"prefix list {stack.label(found)}"
        return
    yield from (f"security group {topology.group_label(one)}" for one in rule.groups)
    yield from (str(rule.peers).split(", ") if rule.peers else ())
    yield from rule.unknown
    yield from map(str, rule.hosts)


def _of_route(stack: Stack, route: Route, table: Resource) -> Fact:
    listed, target = stack.pointed(route.destination), stack.pointed(route.target)
    destination = f"prefix list {stack.label(listed)}" if listed else str(route.destination)
    gateway = f"{_noun(target)} {stack.label(target)}" if target else str(route.target)
    vpc = vpc_of(stack, table)
    by_default = vpc is not None and vpc.values.get("default") is True
    return Fact(
        f"{_table(stack, table)} sends {destination} to {gateway}",
        f"route to {destination} in {_id(table)}",
        table.path,
        by_default and route.destination == "0.0.0.0/0" and route.kind == "gateway_id",
        {route.resource.address: None},
    )


def _table(stack: Stack, table: Resource) -> str:
    vpc = vpc_of(stack, table)
    if vpc is not None and main_table_of(stack, vpc) is table:
        return f"the main route table of {stack.label(vpc)}"
    return f"route table {stack.label(table)}"


def _of_subnet(stack: Stack, subnet: Resource) -> Iterator[Fact]:
    name, element = f"subnet {stack.label(subnet)}", f"subnet {_id(subnet)}"
    if (table := table_of(stack, subnet)) is not None:
        yield Fact(f"{name} uses {_table(stack, table)}", element, subnet.path, usual=True)
    if stack.value(subnet, "map_public_ip_on_launch") is True:
        says = f"{name} gives a public address to every new instance"
        yield Fact(says, element, subnet.path, usual=True)


def _of_acls(stack: Stack) -> Iterator[Fact]:
    """Which ACL guards a subnet, and its entries; AWS's own default one lets everything pass."""
    by_path = {one.path: one for one in stack.of(*ACL_TYPES)}
    found = acls(stack)
    for address, acl in found.items():
        holder, subnet = by_path.get(acl.path), stack.resources[address]
        if holder is not None and subnet.type in SUBNET_TYPES:
            says = f"subnet {stack.label(subnet)} uses network ACL {stack.label(holder)}"
            yield Fact(says, f"network ACL {_id(holder)}", holder.path, _is_default(holder))
    for path in dict.fromkeys(acl.path for acl in found.values()):
        if (holder := by_path.get(path)) is not None:
            acl = next(one for one in found.values() if one.path == path)
            for direction, entries in (acl.entries or {}).items():
                for entry in entries:
                    yield _of_entry(stack, holder, direction, entry)


def _of_entry(stack: Stack, acl: Resource, direction: Direction, entry: Entry) -> Fact:
    what = entry.protocol if entry.protocol == ALL_PROTOCOLS else f"{entry.protocol} {entry.ports}"
    toward = f"out {what} to" if direction == "egress" else f"in {what} from"
    verb = "allows" if entry.allows else "denies"
    addresses = Addresses(entry.addresses[4], entry.addresses[6])
    by_aws = _is_default(acl) and entry.allows and str(addresses) in ("0.0.0.0/0", "::/0")
    written = next(
        (
            one.address
            for one in stack.of("aws_network_acl_rule")
            if stack.target(one, "network_acl_id") is acl
            and one.values.get("rule_number") == entry.number
            and (one.values.get("egress") is True) == (direction == "egress")
        ),
        None,
    )
    return Fact(
        f"network ACL {stack.label(acl)} {verb} {toward} {addresses}, number {entry.number}",
        f"entry {entry.number} in network ACL {_id(acl)}",
        acl.path,
        by_aws and entry.protocol == ALL_PROTOCOLS and entry.number in (100, 101),
        {written: None} if written else {},
    )


def _is_default(acl: Resource) -> bool:
    return acl.type == "aws_default_network_acl" or acl.values.get("default") is True


def _of_peering(stack: Stack, connection: Resource) -> Fact:
    ends = [stack.target(connection, key) for key in ("vpc_id", "peer_vpc_id")]
    joined = " and ".join(stack.label(one) if one else "a VPC beyond" for one in ends)
    element = f"peering connection {_id(connection)}"
    undo = {connection.address: None}
    return Fact(f"a peering joins {joined}", element, connection.path, False, undo)


def _of_prefix_list(stack: Stack, prefix_list: Resource) -> Iterator[Fact]:
    name = stack.label(prefix_list)
    held = held_by(stack, prefix_list)
    entries = prefix_list.blocks("entry")
    for cidr in str(held).split(", ") if held else ():
        rest = [one for one in entries if one.get("cidr") != cidr]
        undo: dict[str, Resource | None] = {}
        if len(rest) < len(entries):
            undo[prefix_list.address] = _with(prefix_list, entry=rest)
        element = f"entry {cidr} in prefix list {_id(prefix_list)}"
        yield Fact(f"prefix list {name} holds {cidr}", element, prefix_list.path, False, undo)


def _of_interface(topology: Topology, name: str, interface: Interface) -> Iterator[Fact]:
    stack = topology.stack
    subnet = topology.label(interface.subnet)
    holder = next((one for one in stack.resources.values() if one.path == interface.path), None)
    element = f"{name} ({_id(holder)})" if holder and _id(holder) not in name else name
    remove = {holder.address: None} if holder is not None else {}
    yield Fact(f"{name} stands in {subnet}", element, interface.path, False, remove)
    if interface.public == "yes":
        yield Fact(f"{name} has a public address", element, interface.path)
    for group in interface.groups:
        label = topology.group_label(group)
        undo: dict[str, Resource | None] = {}
        if holder is not None and (without := _without_group(stack, holder, group)) is not None:
            undo[holder.address] = without
        says = f"{name} carries security group {label}"
        at = stack.at(group)
        named = f"security group {_id(at)} on {name}" if at is not None else says
        yield Fact(says, named, interface.path, False, undo)


def _without_group(stack: Stack, holder: Resource, group: str) -> Resource | None:
    for key in ("vpc_security_group_ids", "security_groups"):
        carried = holder.values.get(key)
        if isinstance(carried, list) and len(carried) > 1:
            rest = [
                one for one in carried if (at := stack.pointed(one)) is None or at.address != group
            ]
            return _with(holder, **{key: rest})
    return None


def _of_elastic_ip(stack: Stack, eip: Resource) -> Iterator[Fact]:
    for named in (eip.values.get("instance"), eip.values.get("network_interface")):
        part = stack.attribute(named)
        holder = stack.at(part.address) if part is not None else stack.pointed(named)
        if holder is not None:
            name = stack.label(holder)
            element = f"Elastic IP {eip.values.get('public_ip')} ({_id(eip)}) on {name}"
            undo = {eip.address: None}
            yield Fact(f"{name} holds an Elastic IP", element, eip.path, False, undo)


def _with(resource: Resource, **values: Any) -> Resource:
    return replace(resource, values={**resource.values, **values})


def _id(resource: Resource) -> str:
    written = resource.values.get("id")
    return written if isinstance(written, str) else resource.address


def _own_name(resource: Resource | None) -> str | None:
    return None if resource is None else resource.tag("Name")


def _noun(resource: Resource) -> str:
    return resource.type.removeprefix("aws_").replace("_", " ")
