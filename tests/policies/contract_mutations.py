"""Edits of the synthesised `dev`, generated from what is in it: each breaks, opens, or changes
nothing; which of the three is for the test to find out."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]
Edit = Callable[[Document], None]
Mutation = tuple[str, Edit]

PEERS = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")
TARGETS = ("gateway_id", "nat_gateway_id", "vpc_peering_connection_id")


def mutations(document: Document) -> Iterator[Mutation]:
    """Every single edit, in a stable order."""
    for kind in (_rules, _routes, _associations, _instances, _subnets, _acls, _others):
        yield from kind(document)


def combinations(document: Document, count: int, seed: int) -> Iterator[Mutation]:
    """Pairs of single edits, drawn at random; the same for the same seed."""
    single = list(mutations(document))
    drawn = random.Random(seed)
    for _ in range(count):
        (one, first), (other, second) = drawn.sample(single, 2)

        def both(changed: Document, first: Edit = first, second: Edit = second) -> None:
            first(changed)
            second(changed)

        yield f"{one}, and {other}", both


def applied(document: Document, edit: Edit) -> Document | None:
    """An edited copy; None where a second edit misses what the first one took away."""
    changed = copy.deepcopy(document)
    try:
        edit(changed)
    except KeyError:
        return None
    return changed


def _named(document: Document, type_: str) -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = document["resource"].get(type_, {})
    return named


def _drop(type_: str, name: str) -> Edit:
    return lambda document: document["resource"][type_].pop(name) and None


def _set(type_: str, name: str, **values: Any) -> Edit:
    def edit(document: Document) -> None:
        resource = document["resource"][type_][name]
        for key, value in values.items():
            resource.pop(key, None)
            if value is not None:
                resource[key] = value

    return edit


def _rules(document: Document) -> Iterator[Mutation]:
    groups = [
        f"${{aws_security_group.{name}.id}}" for name in _named(document, "aws_security_group")
    ]
    nobody = dict.fromkeys(PEERS)
    for side in ("ingress", "egress"):
        type_ = f"aws_vpc_security_group_{side}_rule"
        for name, rule in _named(document, type_).items():
            yield f"drop {name}", _drop(type_, name)
            yield f"{name} for everyone", _set(type_, name, **nobody | {"cidr_ipv4": "0.0.0.0/0"})
            yield f"{name} for half", _set(type_, name, **nobody | {"cidr_ipv4": "128.0.0.0/1"})
            yield f"{name} on every port", _set(type_, name, from_port=0, to_port=65535)
            yield (
                f"{name} in every protocol",
                _set(type_, name, ip_protocol="-1", from_port=None, to_port=None),
            )
            for group in groups:
                if group != rule.get("referenced_security_group_id"):
                    whom = group.rpartition("_")[2].removesuffix(".id}")
                    peer = nobody | {"referenced_security_group_id": group}
                    yield f"{name} with {whom} instead", _set(type_, name, **peer)


def _routes(document: Document) -> Iterator[Mutation]:
    routes = _named(document, "aws_route")
    targets = {(key, route[key]) for route in routes.values() for key in TARGETS if route.get(key)}
    nowhere = dict.fromkeys(TARGETS)
    for name, route in routes.items():
        yield f"drop {name}", _drop("aws_route", name)
        yield f"halve {name}", _set("aws_route", name, destination_cidr_block="0.0.0.0/1")
        for key, target in sorted(targets):
            if route.get(key) != target:
                edit = _set("aws_route", name, **nowhere | {key: target})
                yield f"{name} to {target}", edit


def _associations(document: Document) -> Iterator[Mutation]:
    type_ = "aws_route_table_association"
    tables = [f"${{aws_route_table.{name}.id}}" for name in _named(document, "aws_route_table")]
    for name, association in _named(document, type_).items():
        yield f"drop {name}", _drop(type_, name)
        for table in tables:
            if association["route_table_id"] != table:
                yield f"{name} to {table}", _set(type_, name, route_table_id=table)


def _instances(document: Document) -> Iterator[Mutation]:
    type_ = "aws_instance"
    subnets = [f"${{aws_subnet.{name}.id}}" for name in _named(document, "aws_subnet")]
    groups = [
        f"${{aws_security_group.{name}.id}}" for name in _named(document, "aws_security_group")
    ]
    for name, instance in _named(document, type_).items():
        yield f"drop {name}", _drop(type_, name)
        yield f"{name} asks for an address", _set(type_, name, associate_public_ip_address=True)
        yield f"{name} asks for none", _set(type_, name, associate_public_ip_address=False)
        yield f"an Elastic IP for {name}", _elastic(name)
        for subnet in subnets:
            if subnet != instance["subnet_id"]:
                edit = _set(type_, name, subnet_id=subnet, private_ip=None)
                yield f"{name} to {subnet}", edit
        own = instance["vpc_security_group_ids"]
        for group in groups:
            if group not in own:
                yield f"{name} in {group}", _set(type_, name, vpc_security_group_ids=[group])
                both = _set(type_, name, vpc_security_group_ids=[*own, group])
                yield f"{name} in {group} too", both


def _elastic(name: str) -> Edit:
    def edit(document: Document) -> None:
        document["resource"]["aws_eip"]["added"] = {
            "domain": "vpc",
            "instance": f"${{aws_instance.{name}.id}}",
        }

    return edit


def _subnets(document: Document) -> Iterator[Mutation]:
    for name, subnet in _named(document, "aws_subnet").items():
        opposite = not subnet["map_public_ip_on_launch"]
        yield f"flip {name}", _set("aws_subnet", name, map_public_ip_on_launch=opposite)


def _acls(document: Document) -> Iterator[Mutation]:
    """An ACL that lets everything through, less one of its entries."""
    for subnet, side in itertools.product(
        _named(document, "aws_subnet"), ("ingress", "egress", "")
    ):

        def edit(document: Document, subnet: str = subnet, missing: str = side) -> None:
            entry = {"rule_no": 100, "protocol": "-1", "from_port": 0, "to_port": 0}
            entry |= {"action": "allow", "cidr_block": "0.0.0.0/0"}
            sides = {one: [dict(entry)] for one in ("ingress", "egress") if one != missing}
            document["resource"]["aws_network_acl"] = {
                "added": {
                    "vpc_id": document["resource"]["aws_subnet"][subnet]["vpc_id"],
                    "subnet_ids": [f"${{aws_subnet.{subnet}.id}}"],
                    **sides,
                }
            }

        yield f"an ACL without {side or 'gaps'} on {subnet}", edit


def _others(document: Document) -> Iterator[Mutation]:
    for type_ in ("aws_internet_gateway", "aws_nat_gateway", "aws_vpc_peering_connection"):
        for name in _named(document, type_):
            yield f"drop {name}", _drop(type_, name)
    for name in _named(document, "aws_vpc_peering_connection"):
        edit = _set("aws_vpc_peering_connection", name, auto_accept=False)
        yield f"{name} is not accepted", edit
    for name in _named(document, "aws_ec2_managed_prefix_list"):
        wider = _set("aws_ec2_managed_prefix_list", name, entry=[{"cidr": "203.0.0.0/8"}])
        yield f"{name} is wider", wider
