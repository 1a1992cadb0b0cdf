"""One security group per server and one rule per side of a flow: the matrix, as AWS enforces it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from constructs import Construct

from constructs_lib import aws
from constructs_lib.addressing import AMAZON_TIME_SYNC, resolver_address
from constructs_lib.flows import SERVERS, Flow, check, egress_of, ingress_of
from constructs_lib.network import Network
from constructs_lib.subnets import ANYWHERE


class SecurityGroups(Construct):
    """The groups of all servers. `networks` says which VPC each server is in.

    A rule that names a group of the peered VPC needs `peering` active first (AWS page "Update your
    security groups to reference peer security groups").
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        flows: Sequence[Flow],
        networks: Mapping[str, Network],
        operators: Iterable[IPv4Network],
        peering: Any,
    ) -> None:
        super().__init__(scope, id_)
        operators = sorted(operators)
        check(flows, operator_cidrs=len(operators))
        self._networks = networks
        self._peering = peering
        self._operators = self._prefix_list(f"{name_prefix}-operators", operators)
        self._groups = {
            server: aws.SecurityGroup(
                self,
                server,
                name=f"{name_prefix}-{server}",
                description=f"{server}: the flow matrix and nothing else",
                vpc_id=networks[server].id,
                tags={"Name": f"{name_prefix}-{server}", "Role": server},
            )
            for server in SERVERS
        }
        self._ingress = Construct(self, "ingress")
        self._egress = Construct(self, "egress")
        self._rules = {server: self._rules_of(server, flows) for server in SERVERS}

    def group_id(self, server: str) -> str:
        return str(self._groups[server].id)

    def rules(self, server: str) -> list[Any]:
        """The rules without which the server's conversations do not work."""
        return self._rules[server]

    def _prefix_list(self, name: str, cidrs: Iterable[IPv4Network]) -> Any:
        entries = [
            aws.Ec2ManagedPrefixListEntry(cidr=str(cidr), description="operators") for cidr in cidrs
        ]
        return aws.Ec2ManagedPrefixList(
            self,
            "operators",
            name=name,
            address_family="IPv4",
            max_entries=len(entries),
            entry=entries,
            tags={"Name": name, "Role": "operators"},
        )

    def _rules_of(self, server: str, flows: Sequence[Flow]) -> list[Any]:
        return [
            aws.VpcSecurityGroupIngressRule(
                self._ingress, flow.key, **self._rule(server, flow, flow.source)
            )
            for flow in ingress_of(server, flows)
        ] + [
            aws.VpcSecurityGroupEgressRule(
                self._egress, flow.key, **self._rule(server, flow, flow.destination)
            )
            for flow in egress_of(server, flows)
        ]

    def _rule(self, server: str, flow: Flow, peer: str) -> dict[str, Any]:
        return {
            "security_group_id": self.group_id(server),
            "description": flow.why,
            "ip_protocol": flow.port.protocol,
            "from_port": flow.port.number,
            "to_port": flow.port.number,
            "tags": {"Name": flow.key},
            **self._peer_of(server, peer),
        }

    def _peer_of(self, server: str, peer: str) -> dict[str, Any]:
        """The provider's arguments that name the other end of a rule of `server`."""
        if peer in self._groups:
            across = self._networks[peer] is not self._networks[server]
            return {
                "referenced_security_group_id": self.group_id(peer),
                "depends_on": [self._peering] if across else None,
            }
        if peer == "operators":
            return {"prefix_list_id": self._operators.id}
        cidrs = {
            "internet": ANYWHERE,
            "resolver": f"{resolver_address(self._networks[server].cidr)}/32",
            "time": f"{AMAZON_TIME_SYNC}/32",
        }
        return {"cidr_ipv4": cidrs[peer]}
