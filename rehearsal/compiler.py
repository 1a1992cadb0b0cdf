"""From Terraform to the network that a rehearsal builds. It reads what reachability reads, and
decides nothing with it: the kernel does, so that the two can be held against each other."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from reachability.stack import Resource, Stack
from rehearsal import clients
from rehearsal.network import Host, Nat, Network, RehearsalError, Subnet, Vpc
from rehearsal.reading import is_true, prefix_lists, text
from rehearsal.routes import peerings, routes
from rehearsal.rules import default_group, entries, groups

_UNKNOWN = 'so its CIDR and routes are not known; rehearse an environment with vpc = "create"'


def network(stack: Stack, tags: Mapping[str, str] | None = None) -> Network:
    """The network of a stack; addresses that AWS would choose are chosen.

    `tags` are the provider's, for every instance. Raises RehearsalError.
    """
    rules, subnets = groups(stack), tuple(_subnets(stack))
    ranges = [cidr for several in rules.values() for rule in several for cidr in rule.cidrs]
    ranges += [cidr for subnet in subnets for route in subnet.routes for cidr in route.cidrs]
    ranges += [entry.cidr for subnet in subnets for entry in subnet.entries or ()]
    public = clients.public_addresses(ranges)
    private = _Addresses(stack)
    return Network(
        region=next((one.zone[:-1] for one in subnets), ""),
        vpcs=tuple(_vpcs(stack)),
        subnets=subnets,
        hosts=tuple(_hosts(stack, public, private, tags or {})),
        nats=tuple(_nats(stack, public, private)),
        peerings=tuple(peerings(stack)),
        groups=rules,
        outside=clients.clients(ranges, prefix_lists(stack)),
        mirror=clients.MIRROR,
    )


def default_tags(document: Mapping[str, Any]) -> dict[str, str]:
    """The provider's tags for every resource; a plan has them in `tags_all` instead."""
    providers = document.get("provider", {}).get("aws", [{}])
    blocks = providers[0].get("default_tags") or [{}]
    return {key: str(value) for key, value in (blocks[0].get("tags") or {}).items()}


def _vpcs(stack: Stack) -> Iterator[Vpc]:
    gateways = {
        owner.address: one.address
        for one in stack.of("aws_internet_gateway")
        if (owner := stack.target(one, "vpc_id")) is not None
    }
    for one in stack.of("aws_vpc"):
        if one.values.get("ipv6_cidr_block") or is_true(
            stack.value(one, "assign_generated_ipv6_cidr_block")
        ):
            raise RehearsalError(f"{one.path}: has IPv6 addresses, which are not rehearsed")
        yield Vpc(one.address, text(stack, one, "cidr_block"), gateways.get(one.address, ""))


def _subnets(stack: Stack) -> Iterator[Subnet]:
    for one in stack.of("aws_subnet"):
        vpc = stack.target(one, "vpc_id")
        if vpc is None or vpc.type != "aws_vpc" or vpc.is_data:
            raise RehearsalError(f"{one.path}: its VPC is not made by this stack, {_UNKNOWN}")
        yield Subnet(
            one.address,
            vpc.address,
            text(stack, one, "cidr_block"),
            text(stack, one, "availability_zone"),
            tuple(routes(stack, one, vpc)),
            entries(stack, one, vpc),
        )


class _Addresses:
    """Private addresses: those written, and for the rest the first free one of the subnet."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        written = [one.values.get("private_ip") for one in stack.of("aws_instance")]
        self._taken = {one for one in written if isinstance(one, str)}

    def of(self, resource: Resource, subnet: Resource) -> str:
        written = self._stack.value(resource, "private_ip")
        if isinstance(written, str) and written:
            return written
        # Amazon VPC User Guide, "Subnet CIDR blocks": the first four and the last are reserved.
        usable = list(IPv4Network(text(self._stack, subnet, "cidr_block")))[4:-1]
        free = next(str(one) for one in usable if str(one) not in self._taken)
        self._taken.add(free)
        return free


def _hosts(
    stack: Stack, public: Iterator[str], private: _Addresses, tags: Mapping[str, str]
) -> Iterator[Host]:
    for one in stack.of("aws_instance"):
        subnet = _subnet_of(stack, one)
        own = one.values.get("tags_all") or one.values.get("tags") or {}
        yield Host(
            name=_name(stack, one),
            subnet=subnet.address,
            address=private.of(one, subnet),
            public=next(public) if _is_public(stack, one, subnet) else "",
            groups=_groups_of(stack, one, subnet),
            tags={**tags, **{key: str(value) for key, value in own.items()}},
            user_data=_user_data(stack, one),
        )


def _name(stack: Stack, instance: Resource) -> str:
    """As reachability names endpoints: "dev/web/instance" and "aws_instance.web" are "web"."""
    if "/" in instance.path:
        return stack.label(instance)
    label = instance.address.rpartition("aws_instance.")[2]
    return label.removesuffix("_instance") or label


def _subnet_of(stack: Stack, resource: Resource) -> Resource:
    subnet = stack.target(resource, "subnet_id")
    if subnet is None or subnet.type != "aws_subnet" or subnet.is_data:
        raise RehearsalError(f"{resource.path}: its subnet is not made by this stack, {_UNKNOWN}")
    return subnet


def _groups_of(stack: Stack, instance: Resource, subnet: Resource) -> tuple[str, ...]:
    named = instance.values.get("vpc_security_group_ids") or []
    if not isinstance(named, list):
        raise RehearsalError(f"{instance.path}: vpc_security_group_ids are known only after apply")
    found = [stack.pointed(group) for group in named]
    own = tuple(group.address for group in found if group is not None)
    vpc = stack.target(subnet, "vpc_id")
    return own if own or vpc is None else (default_group(stack, vpc),)


def _is_public(stack: Stack, instance: Resource, subnet: Resource) -> bool:
    for eip in stack.of("aws_eip", "aws_eip_association"):
        if instance in (stack.target(eip, key) for key in ("instance", "instance_id")):
            return True
    asked = stack.value(instance, "associate_public_ip_address")
    return is_true(stack.value(subnet, "map_public_ip_on_launch") if asked is None else asked)


def _user_data(stack: Stack, instance: Resource) -> bytes:
    packed = stack.value(instance, "user_data_base64")
    plain = stack.value(instance, "user_data")
    if isinstance(packed, str):
        try:
            return base64.b64decode(packed, validate=True)
        except binascii.Error as error:
            raise RehearsalError(f"{instance.path}: user_data_base64: {error}") from error
    return plain.encode() if isinstance(plain, str) else b""


def _nats(stack: Stack, public: Iterator[str], private: _Addresses) -> Iterator[Nat]:
    for one in stack.of("aws_nat_gateway"):
        subnet = _subnet_of(stack, one)
        has_public = one.values.get("allocation_id") is not None
        yield Nat(
            one.address,
            subnet.address,
            private.of(one, subnet),
            next(public) if has_public else "",
        )
