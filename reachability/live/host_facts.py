"""Facts about who talks and by what: security-group rules, interfaces and Elastic IPs."""

from __future__ import annotations

from collections.abc import Iterator

from reachability.interfaces import Interface
from reachability.live.fact import Fact, changed, id_of
from reachability.model import Topology
from reachability.prefix_lists import name_at_aws
from reachability.security_groups import STANDALONE, Rule
from reachability.stack import Resource, Stack


def of_rule(topology: Topology, rule: Rule) -> Iterator[Fact]:
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
            f"rule {id_of(resource)} in security group {_own_name(group) or name}",
            group.path if group is not None else rule.group,
            usual,
            {resource.address: None},
        )


def _peers(topology: Topology, rule: Rule) -> Iterator[str]:
    """Each peer by name: a standalone rule has one, and a prefix list stays the same list."""
    stack, values = topology.stack, rule.resource.values
    listed = values.get("prefix_list_id") if rule.resource.type in STANDALONE else None
    if listed and (found := name_at_aws(stack, listed)):
        yield f"prefix list {found}"
        return
    if listed and (own := stack.pointed(listed)):
        yield f"prefix list {stack.label(own)}"
        return
    yield from (f"security group {topology.group_label(one)}" for one in rule.groups)
    yield from (str(rule.peers).split(", ") if rule.peers else ())
    yield from rule.unknown
    yield from map(str, rule.hosts)


def of_interface(topology: Topology, name: str, interface: Interface) -> Iterator[Fact]:
    stack = topology.stack
    subnet = topology.label(interface.subnet)
    holder = next((one for one in stack.resources.values() if one.path == interface.path), None)
    element = f"{name} ({id_of(holder)})" if holder and id_of(holder) not in name else name
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
        named = f"security group {id_of(at)} on {name}" if at is not None else says
        yield Fact(says, named, interface.path, False, undo)


def _without_group(stack: Stack, holder: Resource, group: str) -> Resource | None:
    for key in ("vpc_security_group_ids", "security_groups"):
        carried = holder.values.get(key)
        if isinstance(carried, list) and len(carried) > 1:
            rest = [
                one for one in carried if (at := stack.pointed(one)) is None or at.address != group
            ]
            return changed(holder, **{key: rest})
    return None


def of_elastic_ip(stack: Stack, eip: Resource) -> Iterator[Fact]:
    for named in (eip.values.get("instance"), eip.values.get("network_interface")):
        part = stack.attribute(named)
        holder = stack.at(part.address) if part is not None else stack.pointed(named)
        if holder is not None:
            name = stack.label(holder)
            element = f"Elastic IP {eip.values.get('public_ip')} ({id_of(eip)}) on {name}"
            undo = {eip.address: None}
            yield Fact(f"{name} holds an Elastic IP", element, eip.path, False, undo)


def _own_name(resource: Resource | None) -> str | None:
    return None if resource is None else resource.tag("Name")
