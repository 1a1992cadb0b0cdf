"""Route tables and network ACLs, from describe answers to Terraform's resources."""

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


def route_tables(account: Account) -> Iterator[Resource]:
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


def network_acls(account: Account) -> Iterator[Resource]:
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
