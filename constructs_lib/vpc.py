"""A VPC of ours: subnets by zone, gateways, route tables, and a default group that lets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from constructs import Construct

from constructs_lib import aws
from constructs_lib.network import Subnet, Tier
from constructs_lib.subnets import ANYWHERE, NatGateway, PrivateSubnet, PublicSubnet


@dataclass(frozen=True)
class Zone:
    """The subnets of one Availability Zone; `nat_zone` is the zone whose NAT gateway serves it."""

    public: IPv4Network
    private: IPv4Network | None = None
    nat_zone: str = ""


class Vpc(Construct):
    """Everything in it is keyed by zone name, so that another zone never replaces what stands."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        cidr: IPv4Network,
        zones: Mapping[str, Zone],
    ) -> None:
        super().__init__(scope, id_)
        self.name = name
        self.cidr = cidr
        vpc = aws.Vpc(
            self,
            "vpc",
            cidr_block=str(cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
        )
        self.id: str = vpc.id
        aws.DefaultSecurityGroup(
            self, "default-security-group", vpc_id=vpc.id, tags={"Name": f"{name}-default-closed"}
        )
        self._internet_gateway = aws.InternetGateway(
            self, "internet-gateway", vpc_id=vpc.id, tags={"Name": name}
        )
        self.route_tables: dict[str, str] = {}
        self._subnets: dict[tuple[Tier, str], Subnet] = {}
        self._add_public_subnets(zones)
        self._add_private_subnets(zones)

    def subnet(self, tier: Tier, zone: str) -> Subnet:
        return self._subnets[tier, zone]

    def _add_public_subnets(self, zones: Mapping[str, Zone]) -> None:
        name = f"{self.name}-public"
        table = aws.RouteTable(self, "public-route-table", vpc_id=self.id, tags={"Name": name})
        internet_route = aws.Route(
            self,
            "public-default-route",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=self._internet_gateway.id,
        )
        self.route_tables["public"] = table.id
        for zone, subnets in sorted(zones.items()):
            self._subnets["public", zone] = PublicSubnet(
                self,
                f"public-{zone}",
                vpc_id=self.id,
                name=f"{name}-{zone}",
                cidr=subnets.public,
                zone=zone,
                route_table=table,
                internet_route=internet_route,
            ).subnet

    def _add_private_subnets(self, zones: Mapping[str, Zone]) -> None:
        nat_gateways = {
            zone: NatGateway(
                self,
                f"nat-{zone}",
                name=f"{self.name}-nat-{zone}",
                subnet=self._subnets["public", zone],
                internet_gateway=self._internet_gateway,
            )
            for zone in sorted({subnets.nat_zone for subnets in zones.values() if subnets.private})
        }
        for zone, subnets in sorted(zones.items()):
            if subnets.private is None:
                continue
            private = PrivateSubnet(
                self,
                f"private-{zone}",
                vpc_id=self.id,
                name=f"{self.name}-private-{zone}",
                cidr=subnets.private,
                zone=zone,
                nat_gateway=nat_gateways[subnets.nat_zone],
            )
            self.route_tables[f"private-{zone}"] = private.route_table_id
            self._subnets["private", zone] = private.subnet
