"""The account's default VPC as it is: read, and given nothing but routes to the peer."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network

from constructs import Construct

from constructs_lib import aws
from constructs_lib.network import Subnet, Tier


class DefaultVpc(Construct):
    """Its public subnets use its main route table, as AWS creates them ("Default VPCs").

    Given ids are taken as they are; the others are looked up at plan time, where a default VPC of
    another CIDR than `cidr`, or none, fails the plan. `subnets` maps zones to (CIDR, subnet id).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cidr: IPv4Network,
        subnets: Mapping[str, tuple[IPv4Network, str | None]],
        vpc_id: str | None = None,
        main_route_table_id: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.name = id_
        self.cidr = cidr
        if vpc_id is None or main_route_table_id is None:
            found = aws.DataAwsVpc(
                self,
                "vpc",
                id=vpc_id,
                default=None if vpc_id else True,
                cidr_block=str(cidr),
            )
            vpc_id = vpc_id or found.id
            main_route_table_id = main_route_table_id or found.main_route_table_id
        self.id: str = vpc_id
        self.route_tables = {"main": main_route_table_id}
        self._subnets = {
            zone: Subnet(subnet_id or self._find(zone, subnet_cidr), "public", zone)
            for zone, (subnet_cidr, subnet_id) in sorted(subnets.items())
        }

    def subnet(self, tier: Tier, zone: str) -> Subnet:
        if tier != "public":
            raise KeyError(f"a default VPC has no {tier} subnet")
        return self._subnets[zone]

    def _find(self, zone: str, cidr: IPv4Network) -> str:
        subnet = aws.DataAwsSubnet(
            self,
            f"public-{zone}",
            vpc_id=self.id,
            availability_zone=zone,
            cidr_block=str(cidr),
        )
        return str(subnet.id)
