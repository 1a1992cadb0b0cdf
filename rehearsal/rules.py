"""What a stack lets through: the rules of security groups, the entries of network ACLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reachability.stack import Resource, Stack
from rehearsal.network import Direction, Entry, Rule, Service
from rehearsal.reading import cidrs, is_ipv4, is_true, service

_DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")


def groups(stack: Stack) -> dict[str, tuple[Rule, ...]]:
    """The rules of each security group, in whichever of Terraform's ways they are written."""
    written = {
        one.address: tuple(_rules(stack, one))
        for one in stack.of("aws_security_group", "aws_default_security_group")
    }
    made = {f"{vpc.address}.default": vpc for vpc in stack.of("aws_vpc")}
    return {**{name: _made_by_aws(name) for name in made}, **written}


def default_group(stack: Stack, vpc: Resource) -> str:
    """The group of an instance that names none: the VPC's own, under the name `groups` has it."""
    for one in stack.of("aws_default_security_group"):
        if stack.target(one, "vpc_id") is vpc:
            return one.address
    return f"{vpc.address}.default"


def _made_by_aws(name: str) -> tuple[Rule, ...]:
    """Amazon VPC User Guide, "Default security groups for your VPCs"."""
    everything = Service("all", None)
    return (
        Rule("ingress", everything, groups=(name,)),
        Rule("egress", everything, cidrs=("0.0.0.0/0",)),
    )


def entries(stack: Stack, subnet: Resource, vpc: Resource) -> tuple[Entry, ...] | None:
    """Of the ACL that guards a subnet; None for the one that AWS makes, which is open."""
    for acl in stack.of("aws_network_acl"):
        if subnet in stack.targets(acl, "subnet_ids"):
            return tuple(_entries(stack, acl))
    for one in stack.of("aws_network_acl_association"):
        named = stack.target(one, "network_acl_id")
        if stack.target(one, "subnet_id") is subnet and named is not None:
            return tuple(_entries(stack, named))
    for acl in stack.of("aws_default_network_acl"):
        part = stack.attribute(acl.values.get("default_network_acl_id"))
        if part is not None and stack.at(part.address) is vpc:
            return tuple(_entries(stack, acl))
    return None


def _rules(stack: Stack, group: Resource) -> Iterator[Rule]:
    for direction in _DIRECTIONS:
        for one in stack.of(f"aws_vpc_security_group_{direction}_rule"):
            if stack.target(one, "security_group_id") is group:
                yield _rule(stack, one, group, direction, one.values)
        for block in group.blocks(direction):
            yield _rule(stack, group, group, direction, block)
    for one in stack.of("aws_security_group_rule"):
        if stack.target(one, "security_group_id") is group:
            kind: Direction = "egress" if one.values.get("type") == "egress" else "ingress"
            yield _rule(stack, one, group, kind, one.values)


def _rule(
    stack: Stack,
    resource: Resource,
    group: Resource,
    direction: Direction,
    values: Mapping[str, Any],
) -> Rule:
    named = [values.get("referenced_security_group_id"), values.get("source_security_group_id")]
    named += values.get("security_groups") or []
    members = [found.address for one in named if (found := stack.pointed(one)) is not None]
    if values.get("self") is True:
        members.append(group.address)
    lists = [values.get("prefix_list_id"), *(values.get("prefix_list_ids") or [])]
    written = [values.get("cidr_ipv4"), *(values.get("cidr_blocks") or [])]
    key = "ip_protocol" if "ip_protocol" in values else "protocol"
    return Rule(
        direction,
        service(stack, resource, values, key),
        cidrs(stack, resource, written, lists),
        tuple(members),
    )


def _entries(stack: Stack, acl: Resource) -> Iterator[Entry]:
    written: list[tuple[Direction, Mapping[str, Any]]] = [
        (direction, block) for direction in _DIRECTIONS for block in acl.blocks(direction)
    ]
    for one in stack.of("aws_network_acl_rule"):
        if stack.target(one, "network_acl_id") is acl:
            outward = is_true(stack.value(one, "egress"))
            written.append(("egress" if outward else "ingress", one.values))
    for direction, body in written:
        cidr = stack.resolve(body.get("cidr_block"))
        if is_ipv4(cidr):
            number = body.get("rule_no") or body.get("rule_number")
            allows = (body.get("action") or body.get("rule_action")) == "allow"
            what = service(stack, acl, body, "protocol")
            yield Entry(direction, int(str(number)), allows, what, cidr)
