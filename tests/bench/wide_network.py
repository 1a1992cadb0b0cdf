"""A wide synthetic network: many VPCs in peered pairs, with instances in a few roles each."""

from __future__ import annotations

import ipaddress
from typing import Any

ROLES = {"web": 80, "app": 8080, "data": 5432}
GROUPS_PER_VPC = 5


def wide_network(instances: int, vpcs: int) -> dict[str, Any]:
    """Synthesised Terraform (`cdk.tf.json`) of about this size.

    Every VPC has a public and two private subnets, a NAT gateway and `GROUPS_PER_VPC` sets of
    security groups (web < internet, app < web, data < app); neighbours are peered in pairs, with
    routes both ways, and every set of apps also answers to the neighbour's.
    """
    resources: dict[str, dict[str, Any]] = {}

    def add(type_: str, name: str, **values: Any) -> str:
        resources.setdefault(type_, {})[name] = {
            "//": {"metadata": {"path": f"wide/{name}", "uniqueId": name}},
            **values,
        }
        return f"${{{type_}.{name}.id}}"

    for number in range(vpcs):
        _vpc(add, number)
    for number in range(0, vpcs - 1, 2):
        _peering(add, number, number + 1)
    for number in range(instances):
        _instance(add, number, vpcs)
    return {"resource": resources}


def _vpc(add: Any, number: int) -> None:
    vpc = add("aws_vpc", f"v{number}", cidr_block=f"10.{number}.0.0/16")
    gateway = add("aws_internet_gateway", f"v{number}-gateway", vpc_id=vpc)
    address = add("aws_eip", f"v{number}-address", domain="vpc")
    for index, role in enumerate(ROLES):
        name = f"v{number}-{role}"
        subnet = add(
            "aws_subnet",
            name,
            vpc_id=vpc,
            cidr_block=f"10.{number}.{index * 64}.0/18",
            map_public_ip_on_launch=index == 0,
        )
        table = add("aws_route_table", name, vpc_id=vpc)
        add("aws_route_table_association", name, subnet_id=subnet, route_table_id=table)
        way = {"nat_gateway_id": f"${{aws_nat_gateway.v{number}-nat.id}}"}
        if index == 0:
            add("aws_nat_gateway", f"v{number}-nat", subnet_id=subnet, allocation_id=address)
            way = {"gateway_id": gateway}
        add(
            "aws_route",
            f"{name}-default",
            route_table_id=table,
            destination_cidr_block="0.0.0.0/0",
            **way,
        )
    for set_ in range(GROUPS_PER_VPC):
        _groups(add, number, set_, vpc)


def _groups(add: Any, number: int, set_: int, vpc: str) -> None:
    groups = {
        role: add("aws_security_group", f"v{number}-{role}-{set_}", vpc_id=vpc, description=role)
        for role in ROLES
    }
    opened = [("web", {"cidr_ipv4": "0.0.0.0/0"})]
    opened += [
        (to, {"referenced_security_group_id": groups[source]})
        for source, to in (("web", "app"), ("app", "data"))
    ]
    opened.append(("app", {"cidr_ipv4": f"10.{number ^ 1}.64.0/18"}))
    for index, (role, peer) in enumerate(opened):
        rule = {"ip_protocol": "tcp", "from_port": ROLES[role], "to_port": ROLES[role]}
        name = f"v{number}-{set_}-{index}"
        add(
            "aws_vpc_security_group_ingress_rule",
            name,
            security_group_id=groups[role],
            **rule,
            **peer,
        )
    for role, group in groups.items():
        add(
            "aws_vpc_security_group_egress_rule",
            f"v{number}-{role}-{set_}",
            security_group_id=group,
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
        )


def _peering(add: Any, one: int, other: int) -> None:
    connection = add(
        "aws_vpc_peering_connection",
        f"p{one}",
        vpc_id=f"${{aws_vpc.v{one}.id}}",
        peer_vpc_id=f"${{aws_vpc.v{other}.id}}",
        auto_accept=True,
    )
    for here, there in ((one, other), (other, one)):
        for role in ROLES:
            add(
                "aws_route",
                f"v{here}-{role}-to-v{there}",
                route_table_id=f"${{aws_route_table.v{here}-{role}.id}}",
                destination_cidr_block=f"10.{there}.0.0/16",
                vpc_peering_connection_id=connection,
            )


def _instance(add: Any, number: int, vpcs: int) -> None:
    vpc, index = number % vpcs, number // vpcs
    role = tuple(ROLES)[index % len(ROLES)]
    set_ = index // len(ROLES) % GROUPS_PER_VPC
    block = ipaddress.ip_network(f"10.{vpc}.{tuple(ROLES).index(role) * 64}.0/18")
    add(
        "aws_instance",
        f"host-{number}",
        subnet_id=f"${{aws_subnet.v{vpc}-{role}.id}}",
        private_ip=str(block[10 + index]),
        vpc_security_group_ids=[f"${{aws_security_group.v{vpc}-{role}-{set_}.id}}"],
    )


def as_plan(document: dict[str, Any]) -> dict[str, Any]:
    """The same network as a plan (`terraform show -json`) that creates all of it."""
    planned, changes, written = [], [], []
    for type_, named in document["resource"].items():
        for name, body in named.items():
            base = {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name}
            values = {key: value for key, value in body.items() if key != "//"}
            unknown = {key: _is_reference(value) for key, value in values.items()}
            known = {key: value for key, value in values.items() if not unknown[key]}
            planned.append({**base, "values": known})
            after = {"id": True, **{key: True for key, hidden in unknown.items() if hidden}}
            change = {"actions": ["create"], "before": None, "after": known, "after_unknown": after}
            changes.append({**base, "change": change})
            expressions = {key: _expression(value) for key, value in values.items()}
            written.append({**base, "expressions": expressions})
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": written}},
    }


def _is_reference(value: Any) -> bool:
    return "${" in str(value)


def _expression(value: Any) -> dict[str, Any]:
    if not _is_reference(value):
        return {"constant_value": value}
    text = value[0] if isinstance(value, list) else value
    return {"references": [text[2:-1], text[2:-1].rpartition(".")[0]]}
