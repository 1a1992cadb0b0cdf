"""A description as the Terraform JSON that cdktf would write: what the model under test reads."""

from __future__ import annotations

import re

from tests.reachability.oracle.description import (
    Description,
    Instance,
    NatGateway,
    Peering,
    Route,
    RouteTable,
    Subnet,
)
from tests.reachability.oracle.terraform_filters import write_acl, write_group
from tests.reachability.oracle.terraform_writer import (
    STACK,
    Document,
    Writer,
    group_id,
    subnet_id,
    vpc_id,
)

# Terraform wants every argument of a block that is an attribute, so cdktf writes null.
_UNUSED_BY_ROUTES: Document = dict.fromkeys(
    (
        "carrier_gateway_id",
        "core_network_arn",
        "destination_prefix_list_id",
        "egress_only_gateway_id",
        "gateway_id",
        "ipv6_cidr_block",
        "local_gateway_id",
        "nat_gateway_id",
        "network_interface_id",
        "transit_gateway_id",
        "vpc_endpoint_id",
        "vpc_peering_connection_id",
    )
)


def as_terraform(description: Description) -> Document:
    """The whole stack as one JSON document."""
    writer = Writer()
    for vpc in description.vpcs:
        writer.add(
            "aws_vpc", vpc.name, "vpc", cidr_block=vpc.cidr, ipv6_cidr_block=vpc.ipv6 or None
        )
        if vpc.egress_only:
            type_ = "aws_egress_only_internet_gateway"
            writer.add(type_, vpc.name, "egress-only", vpc_id=vpc_id(vpc.name))
        if vpc.internet_gateway:
            writer.add("aws_internet_gateway", vpc.name, "igw", vpc_id=vpc_id(vpc.name))
    for subnet in description.subnets:
        _subnet(writer, subnet)
    for acl in description.acls:
        members = [one.name for one in description.subnets if one.acl == acl.name]
        write_acl(writer, acl, members)
    for peering in description.peerings:
        _peering(writer, peering)
    for gateway in description.nat_gateways:
        _nat_gateway(writer, gateway)
    for table in description.route_tables:
        _route_table(writer, table)
    for group in description.groups:
        write_group(writer, group)
    for instance in description.instances:
        _instance(writer, instance)
    return {
        "//": {"metadata": {"backend": "local", "stackName": STACK, "version": "0.21.0"}},
        "provider": {"aws": [{"region": "us-east-1"}]},
        "resource": writer.resources,
    }


def _subnet(writer: Writer, subnet: Subnet) -> None:
    writer.add(
        "aws_subnet",
        subnet.name,
        "subnet",
        vpc_id=vpc_id(subnet.vpc),
        cidr_block=subnet.cidr,
        ipv6_cidr_block=subnet.ipv6 or None,
        availability_zone="us-east-1a",
        map_public_ip_on_launch=subnet.public_addresses,
    )
    if subnet.route_table is not None:
        writer.add(
            "aws_route_table_association",
            subnet.name,
            "route-table",
            subnet_id=subnet_id(subnet.name),
            route_table_id=f"${{aws_route_table.{subnet.route_table}_table.id}}",
        )


def _peering(writer: Writer, peering: Peering) -> None:
    identity = writer.add(
        "aws_vpc_peering_connection",
        peering.name,
        "peering",
        vpc_id=vpc_id(peering.requester),
        peer_vpc_id=vpc_id(peering.accepter),
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


def _nat_gateway(writer: Writer, gateway: NatGateway) -> None:
    address = writer.add("aws_eip", gateway.name, "eip", domain="vpc")
    writer.add(
        "aws_nat_gateway",
        gateway.name,
        "nat",
        allocation_id=address,
        subnet_id=subnet_id(gateway.subnet),
        private_ip=gateway.address,
    )


def _route_table(writer: Writer, table: RouteTable) -> None:
    inline = [
        {**_UNUSED_BY_ROUTES, f"{_family(one)}cidr_block": one.cidr, **_target(table, one)}
        for one in table.routes
    ]
    identity = writer.add(
        "aws_route_table",
        table.name,
        "table",
        vpc_id=vpc_id(table.vpc),
        route=inline if table.inline else None,
    )
    if table.main:
        writer.add(
            "aws_main_route_table_association",
            table.name,
            "main",
            vpc_id=vpc_id(table.vpc),
            route_table_id=identity,
        )
    for route in () if table.inline else table.routes:
        writer.add(
            "aws_route",
            table.name,
            f"to-{re.sub('[/.:]', '-', route.cidr)}",
            route_table_id=identity,
            **{f"destination_{_family(route)}cidr_block": route.cidr},
            **_target(table, route),
        )


def _family(route: Route) -> str:
    return "ipv6_" if ":" in route.cidr else ""


def _target(table: RouteTable, route: Route) -> dict[str, str]:
    return {
        "igw": {"gateway_id": f"${{aws_internet_gateway.{table.vpc}_igw.id}}"},
        "egress-only": {
            "egress_only_gateway_id": (
                f"${{aws_egress_only_internet_gateway.{table.vpc}_egress-only.id}}"
            )
        },
        "nat": {"nat_gateway_id": f"${{aws_nat_gateway.{route.name}_nat.id}}"},
        "peering": {
            "vpc_peering_connection_id": f"${{aws_vpc_peering_connection.{route.name}_peering.id}}"
        },
    }[route.via]


def _instance(writer: Writer, instance: Instance) -> None:
    identity = writer.add(
        "aws_instance",
        instance.name,
        "instance",
        ami="ami-0123456789abcdef0",
        instance_type="t3.micro",
        subnet_id=subnet_id(instance.subnet),
        private_ip=instance.address,
        ipv6_addresses=[instance.ipv6] if instance.ipv6 else None,
        vpc_security_group_ids=[group_id(one) for one in instance.groups] or None,
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
