"""Network interfaces: where each stands, its addresses and its security groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reachability import private_addresses
from reachability.intervals import NOTHING, Intervals
from reachability.network import single_address, vpc_of
from reachability.public_addresses import Answer, Elastic, public_address
from reachability.security_groups import group_of
from reachability.stack import Reference, Resource, Stack, each, is_false


@dataclass(frozen=True, eq=False)
class Interface:
    """`ipv4` and `ipv6` hold the private address, or all that it may come to be.

    `groups` name the security groups by `group_of`. `public` says whether it has a public IPv4
    address, `why` from where, and `elastic` which one where that is known. `hosts` are the
    attributes its addresses stand in, for rules that refer to them.
    """

    path: str
    label: str
    vpc: Resource | None
    subnet: Resource | None
    ipv4: Intervals
    ipv6: Intervals
    groups: tuple[str, ...]
    public: Answer = "no"
    why: str = ""
    elastic: int | None = None
    forwards: bool = False
    hosts: frozenset[tuple[str, str]] = frozenset()


def interface(
    stack: Stack,
    resource: Resource,
    subnet: Resource | None,
    elastic: Elastic | None = None,
    public: Answer | None = None,
) -> Interface:
    """The interface that a resource is or has in a subnet; `public` where its kind decides that."""
    vpc, values = vpc_of(stack, subnet), resource.values
    state, why = (
        (public, resource.path) if public else public_address(stack, resource, subnet, elastic)
    )
    hosts = {(resource.address, "private_ip"), (resource.address, "public_ip")}
    return Interface(
        path=resource.path,
        label=stack.label(resource),
        vpc=vpc,
        subnet=subnet,
        ipv4=private_addresses.private_ipv4(stack, values, subnet),
        ipv6=private_addresses.ipv6(stack, values, subnet),
        groups=_groups(stack, resource, vpc),
        public=state,
        why=why,
        elastic=elastic.address if elastic else single_address(values.get("public_ip")),
        forwards=values.get("source_dest_check") is not None
        and is_false(stack.resolve(values.get("source_dest_check"))),
        hosts=frozenset(hosts) | (elastic.hosts if elastic else frozenset()),
    )


def nat_gateway(stack: Stack, gateway: Resource) -> Interface:
    """The interface of a NAT gateway: without security groups, public if it has an Elastic IP.

    (Amazon VPC User Guide, "NAT gateways".)
    """
    subnet = stack.target(gateway, "subnet_id")
    elastic = stack.target(gateway, "allocation_id")
    private = stack.value(gateway, "connectivity_type") == "private"
    given = gateway.values.get("allocation_id") is not None and not private
    hosts = {(gateway.address, "private_ip"), (gateway.address, "public_ip")}
    return Interface(
        path=gateway.path,
        label=stack.label(gateway),
        vpc=vpc_of(stack, subnet),
        subnet=subnet,
        ipv4=private_addresses.nat_ipv4(stack, gateway, subnet),
        ipv6=NOTHING,
        groups=(),
        public="yes" if given else "no",
        why=f"Elastic IP {stack.label(elastic)}" if elastic else "an Elastic IP",
        elastic=single_address(elastic.values.get("public_ip")) if elastic else None,
        hosts=frozenset(hosts | ({(elastic.address, "public_ip")} if elastic else set())),
    )


def _groups(stack: Stack, resource: Resource, vpc: Resource | None) -> tuple[str, ...]:
    """The groups it names; else the default group of its VPC.

    (Amazon VPC User Guide, "Default security groups for your VPCs".)
    """
    keys = ("vpc_security_group_ids", "security_groups")
    named = [one for key in keys for one in each(resource.values.get(key))]
    named += _attached_groups(stack).get(resource.address, ())
    if not named and resource.type in ("aws_lb", "aws_alb"):
        network = stack.value(resource, "load_balancer_type") == "network"
        return () if network else ("",)
    if not named and vpc is not None:
        part = Reference(vpc.address, "default_security_group_id")
        resolved = stack.resolve(part)
        return (group_of(stack, part if isinstance(resolved, Reference) else resolved),)
    return tuple(dict.fromkeys(group_of(stack, one) for one in named)) or ("",)


@lru_cache(maxsize=16)
def _attached_groups(stack: Stack) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in stack.of("aws_network_interface_sg_attachment"):
        named = one.values.get("network_interface_id")
        target = stack.pointed(named)
        if target is None and (part := stack.attribute(named)) is not None:
            target = stack.at(part.address)
        if target is not None:
            found.setdefault(target.address, []).append(one.values.get("security_group_id"))
    return found
