"""A description as the Terraform JSON that cdktf would write: what the model under test reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reachability.oracle.description import (
    Acl,
    AclRule,
    Description,
    Group,
    GroupRule,
    Instance,
    NatGateway,
    Peering,
    Route,
    RouteTable,
    Subnet,
)

Document = dict[str, Any]

_STACK = "oracle"


class _Writer:
    """Resources by type and name, each with its construct path, as cdktf lays them out."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}

    def add(self, type_: str, owner: str, part: str, /, **arguments: Any) -> str:
        """Add `oracle/<owner>/<part>`; returns the expression of its id."""
        name = f"{owner}_{part}".replace("/", "_")
        metadata = {"path": f"{_STACK}/{owner}/{part}", "uniqueId": name}
        present = {key: value for key, value in arguments.items() if value is not None}
        self.resources.setdefault(type_, {})[name] = {"//": {"metadata": metadata}, **present}
        return f"${{{type_}.{name}.id}}"


def as_terraform(description: Description) -> Document:
    """The whole stack as one JSON document."""
    writer = _Writer()
    for vpc in description.vpcs:
        writer.add("aws_vpc", vpc.name, "vpc", cidr_block=vpc.cidr)
        if vpc.internet_gateway:
            writer.add("aws_internet_gateway", vpc.name, "igw", vpc_id=_vpc(vpc.name))
    for subnet in description.subnets:
        _subnet(writer, subnet)
    for acl in description.acls:
        members = [one.name for one in description.subnets if one.acl == acl.name]
        _acl(writer, acl, members)
    for peering in description.peerings:
        _peering(writer, peering)
    for gateway in description.nat_gateways:
        _nat_gateway(writer, gateway)
    for table in description.route_tables:
        _route_table(writer, table)
    for group in description.groups:
        _group(writer, group)
    for instance in description.instances:
        _instance(writer, instance)
    return {
        "//": {"metadata": {"backend": "local", "stackName": _STACK, "version": "0.21.0"}},
        "provider": {"aws": [{"region": "us-east-1"}]},
        "resource": writer.resources,
    }


def _vpc(name: str) -> str:
    return f"${{aws_vpc.{name}_vpc.id}}"


def _subnet_id(name: str) -> str:
    return f"${{aws_subnet.{name}_subnet.id}}"


def _group_id(name: str) -> str:
    return f"${{aws_security_group.{name}_group.id}}"


def _subnet(writer: _Writer, subnet: Subnet) -> None:
    writer.add(
        "aws_subnet",
        subnet.name,
        "subnet",
        vpc_id=_vpc(subnet.vpc),
        cidr_block=subnet.cidr,
        availability_zone="us-east-1a",
        map_public_ip_on_launch=subnet.public_addresses,
    )
    if subnet.route_table is not None:
        writer.add(
            "aws_route_table_association",
            subnet.name,
            "route-table",
            subnet_id=_subnet_id(subnet.name),
            route_table_id=f"${{aws_route_table.{subnet.route_table}_table.id}}",
        )


def _peering(writer: _Writer, peering: Peering) -> None:
    identity = writer.add(
        "aws_vpc_peering_connection",
        peering.name,
        "peering",
        vpc_id=_vpc(peering.requester),
        peer_vpc_id=_vpc(peering.accepter),
        auto_accept=peering.accepted and not peering.by_accepter,
    )
    if peering.accepted and peering.by_accepter:
        writer.add(
            "aws_vpc_peering_connection_accepter",
            peering.name,
            "accepter",
            vpc_peering_connection_id=identity,
            auto_accept=True,
        )


def _nat_gateway(writer: _Writer, gateway: NatGateway) -> None:
    address = writer.add("aws_eip", gateway.name, "eip", domain="vpc")
    writer.add(
        "aws_nat_gateway",
        gateway.name,
        "nat",
        allocation_id=address,
        subnet_id=_subnet_id(gateway.subnet),
        private_ip=gateway.address,
    )


def _route_table(writer: _Writer, table: RouteTable) -> None:
    inline = [{"cidr_block": one.cidr, **_target(table, one)} for one in table.routes]
    identity = writer.add(
        "aws_route_table",
        table.name,
        "table",
        vpc_id=_vpc(table.vpc),
        route=inline if table.inline else None,
    )
    if table.main:
        writer.add(
            "aws_main_route_table_association",
            table.name,
            "main",
            vpc_id=_vpc(table.vpc),
            route_table_id=identity,
        )
    for route in () if table.inline else table.routes:
        writer.add(
            "aws_route",
            table.name,
            f"to-{route.cidr.replace('/', '-').replace('.', '-')}",
            route_table_id=identity,
            destination_cidr_block=route.cidr,
            **_target(table, route),
        )


def _target(table: RouteTable, route: Route) -> dict[str, str]:
    return {
        "igw": {"gateway_id": f"${{aws_internet_gateway.{table.vpc}_igw.id}}"},
        "nat": {"nat_gateway_id": f"${{aws_nat_gateway.{route.name}_nat.id}}"},
        "peering": {
            "vpc_peering_connection_id": f"${{aws_vpc_peering_connection.{route.name}_peering.id}}"
        },
    }[route.via]


def _acl(writer: _Writer, acl: Acl, members: list[str]) -> None:
    blocks: dict[str, Any] = {}
    if acl.inline:
        for direction, egress in (("ingress", False), ("egress", True)):
            blocks[direction] = [
                {"rule_no": one.number, "action": _action(one), **_acl_match(one)}
                for one in acl.rules
                if one.egress == egress
            ]
    identity = writer.add(
        "aws_network_acl",
        acl.name,
        "acl",
        vpc_id=_vpc(acl.vpc),
        subnet_ids=[_subnet_id(one) for one in members],
        **blocks,
    )
    for rule in () if acl.inline else acl.rules:
        writer.add(
            "aws_network_acl_rule",
            acl.name,
            f"{'out' if rule.egress else 'in'}-{rule.number}",
            network_acl_id=identity,
            rule_number=rule.number,
            rule_action=_action(rule),
            egress=rule.egress,
            **_acl_match(rule),
        )


def _action(rule: AclRule) -> str:
    return "allow" if rule.allow else "deny"


def _acl_match(rule: AclRule) -> dict[str, Any]:
    low, high = (0, 0) if rule.protocol == "all" else rule.ports
    protocol = "-1" if rule.protocol == "all" else rule.protocol
    return {"protocol": protocol, "cidr_block": rule.cidr, "from_port": low, "to_port": high}


def _group(writer: _Writer, group: Group) -> None:
    form = {"inline": _inline, "standalone": _standalone, "legacy": _legacy}[group.written]
    blocks: dict[str, list[Document]] = {}
    add: Callable[..., str] = writer.add
    for number, rule in enumerate(group.rules):
        form(add, group, rule, number, blocks)
    writer.add("aws_security_group", group.name, "group", vpc_id=_vpc(group.vpc), **blocks)


def _direction(rule: GroupRule) -> str:
    return "egress" if rule.egress else "ingress"


def _ports(rule: GroupRule) -> dict[str, Any]:
    """ "-1" goes with ports 0 to 0 in the old forms."""
    low, high = (0, 0) if rule.protocol == "all" else rule.ports
    protocol = "-1" if rule.protocol == "all" else rule.protocol
    return {"protocol": protocol, "from_port": low, "to_port": high}


def _inline(
    _add: Callable[..., str], group: Group, rule: GroupRule, _number: int, blocks: Document
) -> None:
    peers: dict[str, Any] = {"cidr_blocks": [rule.peer], "security_groups": None, "self": None}
    if rule.by_group:
        itself = rule.peer == group.name
        others = None if itself else [_group_id(rule.peer)]
        peers = {"cidr_blocks": None, "security_groups": others, "self": itself or None}
    unused = {"ipv6_cidr_blocks": None, "prefix_list_ids": None, "description": "drawn"}
    blocks.setdefault(_direction(rule), []).append({**_ports(rule), **peers, **unused})


def _legacy(
    add: Callable[..., str], group: Group, rule: GroupRule, number: int, _blocks: Document
) -> None:
    itself = rule.by_group and rule.peer == group.name
    add(
        "aws_security_group_rule",
        group.name,
        f"rule-{number}",
        type=_direction(rule),
        security_group_id=_group_id(group.name),
        cidr_blocks=None if rule.by_group else [rule.peer],
        source_security_group_id=_group_id(rule.peer) if rule.by_group and not itself else None,
        self=True if itself else None,
        **_ports(rule),
    )


def _standalone(
    add: Callable[..., str], group: Group, rule: GroupRule, number: int, _blocks: Document
) -> None:
    every = rule.protocol == "all"
    add(
        f"aws_vpc_security_group_{_direction(rule)}_rule",
        group.name,
        f"rule-{number}",
        security_group_id=_group_id(group.name),
        ip_protocol="-1" if every else rule.protocol,
        from_port=None if every else rule.ports[0],
        to_port=None if every else rule.ports[1],
        cidr_ipv4=None if rule.by_group else rule.peer,
        referenced_security_group_id=_group_id(rule.peer) if rule.by_group else None,
    )


def _instance(writer: _Writer, instance: Instance) -> None:
    identity = writer.add(
        "aws_instance",
        instance.name,
        "instance",
        ami="ami-0123456789abcdef0",
        instance_type="t3.micro",
        subnet_id=_subnet_id(instance.subnet),
        private_ip=instance.address,
        vpc_security_group_ids=[_group_id(one) for one in instance.groups] or None,
        associate_public_ip_address={"yes": True, "no": False}.get(instance.public),
    )
    if instance.public == "elastic":
        writer.add("aws_eip", instance.name, "eip", domain="vpc", instance=identity)
    if instance.public == "associated":
        address = writer.add("aws_eip", instance.name, "eip", domain="vpc")
        writer.add(
            "aws_eip_association",
            instance.name,
            "eip-association",
            instance_id=identity,
            allocation_id=address,
        )
