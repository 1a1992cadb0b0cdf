"""A peering connection with what it needs to carry anything: DNS both ways, routes both ways."""

from __future__ import annotations

from constructs import Construct

from constructs_lib import aws
from constructs_lib.network import Network


class Peering(Construct):
    """Two VPCs of one account and region, accepted at once.

    Its options are a resource of their own: set inline as well, the two would undo each other.
    """

    def __init__(
        self, scope: Construct, id_: str, *, requester: Network, accepter: Network
    ) -> None:
        super().__init__(scope, id_)
        self.connection = aws.VpcPeeringConnection(
            self,
            "connection",
            vpc_id=requester.id,
            peer_vpc_id=accepter.id,
            auto_accept=True,
            tags={"Name": f"{requester.name}-to-{accepter.name}"},
        )
        aws.VpcPeeringConnectionOptions(
            self,
            "options",
            vpc_peering_connection_id=self.connection.id,
            requester=aws.VpcPeeringConnectionOptionsRequester(
                allow_remote_vpc_dns_resolution=True
            ),
            accepter=aws.VpcPeeringConnectionOptionsAccepter(allow_remote_vpc_dns_resolution=True),
        )
        self.routes = [
            aws.Route(
                self,
                f"{near.name}-{key}-to-{far.name}",
                route_table_id=table_id,
                destination_cidr_block=str(far.cidr),
                vpc_peering_connection_id=self.connection.id,
            )
            for near, far in ((requester, accepter), (accepter, requester))
            for key, table_id in sorted(near.route_tables.items())
        ]
