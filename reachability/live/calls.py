"""The describe calls: a project's VPCs, those they are peered with, and all that is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reachability.live.account import Account, Described, is_of_aws, tags_of
from reachability.live.session import AccountError, Session, one_line


def describe(session: Session, tags: Mapping[str, str]) -> Account:
    """What is in the VPCs that carry all the tags and in those they are peered with.

    Raises AccountError.
    """
    with session.told():
        return _Reader(session, tags).account()


class _Reader:
    def __init__(self, session: Session, tags: Mapping[str, str]) -> None:
        self._session, self._tags = session, tags
        self._ec2 = session.client("ec2")
        self._not_read: list[str] = []

    def account(self) -> Account:
        vpcs, peerings = self._vpcs()
        ids = [one["VpcId"] for one in vpcs]
        inside = {"Filters": _filters(("vpc-id", ids))}
        tables = self._all("describe_route_tables", "RouteTables", **inside)
        groups = self._all("describe_security_groups", "SecurityGroups", **inside)
        rules = self._rules([one["GroupId"] for one in groups])
        interfaces = self._all("describe_network_interfaces", "NetworkInterfaces", **inside)
        return Account(
            vpcs=vpcs,
            subnets=self._all("describe_subnets", "Subnets", **inside),
            route_tables=tables,
            internet_gateways=self._all(
                "describe_internet_gateways",
                "InternetGateways",
                Filters=_filters(("attachment.vpc-id", ids)),
            ),
            egress_only_gateways=self._egress_only(ids),
            gateway_endpoints=self._all(
                "describe_vpc_endpoints",
                "VpcEndpoints",
                Filters=_filters(("vpc-id", ids), ("vpc-endpoint-type", ["Gateway"])),
            ),
            nat_gateways=self._all(
                "describe_nat_gateways",
                "NatGateways",
                Filters=_filters(("vpc-id", ids), ("state", ["pending", "available"])),
            ),
            peerings=peerings,
            network_acls=self._all("describe_network_acls", "NetworkAcls", **inside),
            groups=groups,
            rules=rules,
            prefix_lists=self._prefix_lists(tables, rules),
            interfaces=interfaces,
            instances=self._instances(ids),
            addresses=self._addresses(interfaces),
            balancers=self._balancers(ids),
            databases=self._databases(ids),
            not_read=tuple(self._not_read),
        )

    def _vpcs(self) -> tuple[list[Described], list[Described]]:
        tagged = _filters(*((f"tag:{key}", [value]) for key, value in self._tags.items()))
        own = self._all("describe_vpcs", "Vpcs", Filters=tagged)
        if not own:
            wanted = " and ".join(f"{key}={value}" for key, value in self._tags.items())
            region = self._session.region
            raise AccountError(f"no VPC in {region} is tagged {wanted}; was the stack applied?")
        ids = {one["VpcId"] for one in own}
        peerings = [
            one
            for one in self._all("describe_vpc_peering_connections", "VpcPeeringConnections")
            if one.get("Status", {}).get("Code") not in _ENDED and ids & set(_ends(one))
        ]
        others = sorted({end for one in peerings for end in _ends(one)} - ids)
        # By filter, since one of another account or region is none of ours to describe.
        if others:
            own += self._all("describe_vpcs", "Vpcs", Filters=_filters(("vpc-id", others)))
        return own, peerings

    def _rules(self, groups: list[str]) -> list[Described]:
        # Amazon EC2 API Reference, "Query requests": a filter takes at most 200 values.
        return [
            rule
            for start in range(0, len(groups), 200)
            for rule in self._all(
                "describe_security_group_rules",
                "SecurityGroupRules",
                Filters=_filters(("group-id", groups[start : start + 200])),
            )
        ]

    def _egress_only(self, vpcs: list[str]) -> list[Described]:
        found = self._all("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways")
        return [one for one in found if any(at["VpcId"] in vpcs for at in one["Attachments"])]

    def _prefix_lists(
        self, tables: Sequence[Described], rules: Sequence[Described]
    ) -> list[Described]:
        """The lists that are tagged or that a rule or a route names; AWS's own without entries."""
        named = {rule.get("PrefixListId") for rule in rules}
        named |= {one.get("DestinationPrefixListId") for table in tables for one in table["Routes"]}
        return [
            one if is_of_aws(one) else {**one, "Entries": self._entries(one["PrefixListId"])}
            for one in self._all("describe_managed_prefix_lists", "PrefixLists")
            if one["PrefixListId"] in named or self._tags.items() <= tags_of(one).items()
        ]

    def _entries(self, prefix_list: str) -> list[Described]:
        return self._all("get_managed_prefix_list_entries", "Entries", PrefixListId=prefix_list)

    def _instances(self, vpcs: list[str]) -> list[Described]:
        alive = ["pending", "running", "stopping", "stopped"]
        filters = _filters(("vpc-id", vpcs), ("instance-state-name", alive))
        found = self._all("describe_instances", "Reservations", Filters=filters)
        return [instance for one in found for instance in one["Instances"]]

    def _addresses(self, interfaces: Sequence[Described]) -> list[Described]:
        own = {one["NetworkInterfaceId"] for one in interfaces}
        found: list[Described] = self._ec2.describe_addresses()["Addresses"]
        return [one for one in found if one.get("NetworkInterfaceId") in own]

    def _balancers(self, vpcs: list[str]) -> list[Described]:
        def read(client: Any) -> Iterator[Described]:
            found = _pages(client, "describe_load_balancers", "LoadBalancers")
            own = [one for one in found if one.get("VpcId") in vpcs]
            # Elastic Load Balancing API Reference, "DescribeTags": up to 20 in one call.
            for start in range(0, len(own), 20):
                some = {one["LoadBalancerArn"]: one for one in own[start : start + 20]}
                for tagged in client.describe_tags(ResourceArns=[*some])["TagDescriptions"]:
                    yield {**some[tagged["ResourceArn"]], "Tags": tagged["Tags"]}

        return self._if_offered("elbv2", "load balancers", read)

    def _databases(self, vpcs: list[str]) -> list[Described]:
        def read(client: Any) -> Iterator[Described]:
            for one in _pages(client, "describe_db_instances", "DBInstances"):
                if one.get("DBSubnetGroup", {}).get("VpcId") in vpcs:
                    yield one

        return self._if_offered("rds", "databases", read)

    def _if_offered(self, service: str, what: str, read: Any) -> list[Described]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return list(read(self._session.client(service)))
        except (BotoCoreError, ClientError) as error:
            self._not_read.append(f"{what}: {one_line(error)}")
            return []

    def _all(self, operation: str, key: str, **arguments: Any) -> list[Described]:
        return _pages(self._ec2, operation, key, **arguments)


# Amazon VPC Peering Guide, "VPC peering connection lifecycle": states that none is left from.
_ENDED = ("rejected", "expired", "failed", "deleting", "deleted")


def _ends(peering: Described) -> list[str]:
    return [peering["RequesterVpcInfo"]["VpcId"], peering["AccepterVpcInfo"]["VpcId"]]


def _filters(*pairs: tuple[str, list[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": values} for name, values in pairs]


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Described]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [one for page in pages for one in page.get(key) or ()]
