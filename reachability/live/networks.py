"""VPCs and what routes and filters in them, from describe answers to Terraform's resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reachability.live.account import Account, Described, tags_of
from reachability.live.made import made
from reachability.live.tables import network_acls, route_tables
from reachability.stack import Resource


def networks(account: Account) -> Iterator[Resource]:
    """Everything between the hosts: subnets, gateways, peerings, routes and network ACLs."""
    yield from _vpcs(account)
    yield from _subnets(account)
    yield from _gateways(account)
    yield from _peerings(account)
    yield from route_tables(account)
    yield from network_acls(account)


def _vpcs(account: Account) -> Iterator[Resource]:
    parts: dict[str, dict[str, Any]] = {one["VpcId"]: {} for one in account.vpcs}
    for table in account.route_tables:
        if any(one.get("Main") for one in table["Associations"]):
            parts[table["VpcId"]]["default_route_table_id"] = table["RouteTableId"]
    for group in account.groups:
        if group["GroupName"] == "default":
            parts[group["VpcId"]]["default_security_group_id"] = group["GroupId"]
    for vpc in account.vpcs:
        id_ = vpc["VpcId"]
        first, *more = _cidrs(vpc, "CidrBlockAssociationSet", "CidrBlock") or [vpc["CidrBlock"]]
        six = _cidrs(vpc, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")
        yield made(
            "aws_vpc",
            id_,
            tags_of(vpc),
            cidr_block=first,
            default=vpc.get("IsDefault", False),
            **parts[id_],
        )
        for family, cidrs in (("4", more), ("6", six)):
            key = "cidr_block" if family == "4" else "ipv6_cidr_block"
            for cidr in cidrs:
                values: dict[str, Any] = {"vpc_id": id_, key: cidr}
                type_ = f"aws_vpc_ipv{family}_cidr_block_association"
                yield made(type_, f"{id_}-{cidr}", **values)


def _cidrs(described: Described, several: str, key: str) -> list[str]:
    state = f"{key}State"
    return [
        one[key]
        for one in described.get(several) or ()
        if one.get(state, {}).get("State", "associated") == "associated"
    ]


def _subnets(account: Account) -> Iterator[Resource]:
    for one in account.subnets:
        yield made(
            "aws_subnet",
            one["SubnetId"],
            tags_of(one),
            vpc_id=one["VpcId"],
            cidr_block=one.get("CidrBlock"),
            ipv6_cidr_block=next(
                iter(_cidrs(one, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")), None
            ),
            availability_zone=one.get("AvailabilityZone"),
            map_public_ip_on_launch=one.get("MapPublicIpOnLaunch", False),
            assign_ipv6_address_on_creation=False,
        )


def _gateways(account: Account) -> Iterator[Resource]:
    several = (
        ("aws_internet_gateway", "InternetGatewayId", account.internet_gateways),
        (
            "aws_egress_only_internet_gateway",
            "EgressOnlyInternetGatewayId",
            account.egress_only_gateways,
        ),
    )
    for type_, key, found in several:
        for one in found:
            for attached in one["Attachments"]:
                yield made(type_, one[key], tags_of(one), vpc_id=attached["VpcId"])
    for one in account.gateway_endpoints:
        yield made(
            "aws_vpc_endpoint",
            one["VpcEndpointId"],
            tags_of(one),
            vpc_id=one["VpcId"],
            vpc_endpoint_type="Gateway",
            service_name=one["ServiceName"],
            route_table_ids=one.get("RouteTableIds") or [],
        )
    for one in account.nat_gateways:
        (address, *_) = one.get("NatGatewayAddresses") or [{}]
        yield made(
            "aws_nat_gateway",
            one["NatGatewayId"],
            tags_of(one),
            subnet_id=one["SubnetId"],
            allocation_id=address.get("AllocationId"),
            private_ip=address.get("PrivateIp"),
            connectivity_type=one.get("ConnectivityType", "public"),
        )


def _peerings(account: Account) -> Iterator[Resource]:
    for one in account.peerings:
        own, peer = one["RequesterVpcInfo"], one["AccepterVpcInfo"]
        abroad = own.get("Region") != peer.get("Region")
        yield made(
            "aws_vpc_peering_connection",
            one["VpcPeeringConnectionId"],
            tags_of(one),
            vpc_id=own["VpcId"],
            peer_vpc_id=peer["VpcId"],
            peer_region=peer.get("Region") if abroad else None,
            accept_status=one["Status"]["Code"],
            auto_accept=False,
        )
