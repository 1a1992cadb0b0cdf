"""VPCs and what routes and filters in them, from describe answers to Terraform's resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reachability.live.account import Account, Described, tags_of
from reachability.live.made import made
from reachability.stack import Resource

# The keys of a route's target in DescribeRouteTables, and Terraform's for the same.
_TARGETS = {
    "GatewayId": "gateway_id",
    "NatGatewayId": "nat_gateway_id",
    "VpcPeeringConnectionId": "vpc_peering_connection_id",
    "EgressOnlyInternetGatewayId": "egress_only_gateway_id",
    "NetworkInterfaceId": "network_interface_id",
    "TransitGatewayId": "transit_gateway_id",
    "CarrierGatewayId": "carrier_gateway_id",
    "LocalGatewayId": "local_gateway_id",
    "CoreNetworkArn": "core_network_arn",
}
_DESTINATIONS = {
    "DestinationCidrBlock": "destination_cidr_block",
    "DestinationIpv6CidrBlock": "destination_ipv6_cidr_block",
    "DestinationPrefixListId": "destination_prefix_list_id",
}
# Amazon VPC User Guide, "Network ACL rules": the last rule, which denies what no other decides.
_IMPLICIT_DENY = 32767


def networks(account: Account) -> Iterator[Resource]:
    """Everything between the hosts: subnets, gateways, peerings, routes and network ACLs."""
    yield from _vpcs(account)
    yield from _subnets(account)
    yield from _gateways(account)
    yield from _peerings(account)
    yield from _route_tables(account)
    yield from _network_acls(account)


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


def _route_tables(account: Account) -> Iterator[Resource]:
    endpoints = {one["VpcEndpointId"] for one in account.gateway_endpoints}
    for table in account.route_tables:
        id_ = table["RouteTableId"]
        yield made("aws_route_table", id_, tags_of(table), vpc_id=table["VpcId"])
        for one in table["Associations"]:
            main, subnet = one.get("Main"), one.get("SubnetId")
            if main or subnet:
                type_ = "aws_main_route_table_association" if main else _SUBNET_ASSOCIATION
                end = {"vpc_id": table["VpcId"]} if main else {"subnet_id": subnet}
                yield made(type_, one["RouteTableAssociationId"], route_table_id=id_, **end)
        for route in table["Routes"]:
            if route.get("GatewayId") in endpoints:
                continue
            destination = {name: route.get(key) for key, name in _DESTINATIONS.items()}
            target = _target(route)
            if target != {"gateway_id": "local"} or route.get("State") == "blackhole":
                held = next(filter(None, destination.values()))
                yield made(
                    "aws_route", f"{id_}-{held}", route_table_id=id_, **destination, **target
                )


_SUBNET_ASSOCIATION = "aws_route_table_association"


def _target(route: Described) -> dict[str, Any]:
    """Where a route leads: a blackhole to nowhere, which `local` outside of the VPC means too."""
    if route.get("State") == "blackhole":
        return {"gateway_id": "local"}
    gateway = str(route.get("GatewayId", ""))
    # A Gateway Load Balancer endpoint and a gateway endpoint are both "vpce-…"; routes to the
    # second have a prefix list for a destination.
    if gateway.startswith("vpce-") and not route.get("DestinationPrefixListId"):
        return {"vpc_endpoint_id": gateway}
    return {name: route[key] for key, name in _TARGETS.items() if route.get(key)}


def _network_acls(account: Account) -> Iterator[Resource]:
    for acl in account.network_acls:
        id_ = acl["NetworkAclId"]
        yield made(
            "aws_network_acl",
            id_,
            tags_of(acl),
            vpc_id=acl["VpcId"],
            subnet_ids=[one["SubnetId"] for one in acl["Associations"]],
            default=acl.get("IsDefault", False),
        )
        for entry in acl["Entries"]:
            if int(entry["RuleNumber"]) < _IMPLICIT_DENY:
                way = "egress" if entry["Egress"] else "ingress"
                ports = entry.get("PortRange") or {}
                yield made(
                    "aws_network_acl_rule",
                    f"{id_}-{way}-{entry['RuleNumber']}",
                    network_acl_id=id_,
                    egress=bool(entry["Egress"]),
                    rule_number=int(entry["RuleNumber"]),
                    rule_action=entry["RuleAction"],
                    protocol=str(entry["Protocol"]),
                    cidr_block=entry.get("CidrBlock"),
                    ipv6_cidr_block=entry.get("Ipv6CidrBlock"),
                    from_port=ports.get("From"),
                    to_port=ports.get("To"),
                )
