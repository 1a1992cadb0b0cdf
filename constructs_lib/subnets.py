"""A public and a private subnet, each with what makes it so."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from constructs import Construct

from constructs_lib import aws
from constructs_lib.network import Subnet, Tier

ANYWHERE = "0.0.0.0/0"


def _subnet(
    scope: Construct, *, vpc_id: str, name: str, cidr: IPv4Network, zone: str, tier: Tier
) -> Any:
    return aws.Subnet(
        scope,
        "subnet",
        vpc_id=vpc_id,
        cidr_block=str(cidr),
        availability_zone=zone,
        map_public_ip_on_launch=tier == "public",
        tags={"Name": name, "Tier": tier},
    )


class PublicSubnet(Construct):
    """A subnet whose instances get public IPv4 addresses, in a table that leads to the internet."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc_id: str,
        name: str,
        cidr: IPv4Network,
        zone: str,
        route_table: Any,
        internet_route: Any,
    ) -> None:
        super().__init__(scope, id_)
        subnet = _subnet(self, vpc_id=vpc_id, name=name, cidr=cidr, zone=zone, tier="public")
        association = aws.RouteTableAssociation(
            self, "route-table-association", subnet_id=subnet.id, route_table_id=route_table.id
        )
        self.subnet = Subnet(subnet.id, "public", zone, [internet_route, association])


class NatGateway(Construct):
    """A public NAT gateway with an Elastic IP of its own; both need the internet gateway first."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        subnet: Subnet,
        internet_gateway: Any,
    ) -> None:
        super().__init__(scope, id_)
        address = aws.Eip(
            self, "eip", domain="vpc", tags={"Name": name}, depends_on=[internet_gateway]
        )
        gateway = aws.NatGateway(
            self,
            "nat-gateway",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags={"Name": name},
            depends_on=[internet_gateway, *subnet.connectivity],
        )
        self.id: str = gateway.id


class PrivateSubnet(Construct):
    """A subnet without public addresses, whose only way out is a NAT gateway."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc_id: str,
        name: str,
        cidr: IPv4Network,
        zone: str,
        nat_gateway: NatGateway,
    ) -> None:
        super().__init__(scope, id_)
        subnet = _subnet(self, vpc_id=vpc_id, name=name, cidr=cidr, zone=zone, tier="private")
        table = aws.RouteTable(self, "route-table", vpc_id=vpc_id, tags={"Name": name})
        default_route = aws.Route(
            self,
            "default-route",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=nat_gateway.id,
        )
        association = aws.RouteTableAssociation(
            self, "route-table-association", subnet_id=subnet.id, route_table_id=table.id
        )
        self.route_table_id: str = table.id
        self.subnet = Subnet(subnet.id, "private", zone, [default_route, association])
