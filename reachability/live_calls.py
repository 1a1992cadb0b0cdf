"""What AWS's describe calls say of a project's VPCs, as the plain dictionaries they answer with.

The only module that imports boto3, and only when asked: no other command waits for it.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Described = Mapping[str, Any]


class AccountError(Exception):
    """The account cannot be read, or holds nothing of the project; one line with the fix."""


@dataclass(frozen=True, eq=False)
class Account:
    """The answers, each under its own name in the EC2, ELBv2 and RDS API reference.

    `not_read` names what this endpoint did not answer, with its reason.
    """

    vpcs: Sequence[Described]
    subnets: Sequence[Described] = ()
    route_tables: Sequence[Described] = ()
    internet_gateways: Sequence[Described] = ()
    egress_only_gateways: Sequence[Described] = ()
    nat_gateways: Sequence[Described] = ()
    peerings: Sequence[Described] = ()
    network_acls: Sequence[Described] = ()
    groups: Sequence[Described] = ()
    rules: Sequence[Described] = ()
    prefix_lists: Sequence[Described] = ()
    interfaces: Sequence[Described] = ()
    instances: Sequence[Described] = ()
    addresses: Sequence[Described] = ()
    balancers: Sequence[Described] = ()
    databases: Sequence[Described] = ()
    not_read: Sequence[str] = field(default=())


def describe(region: str, endpoint: str | None, tags: Mapping[str, str]) -> Account:
    """The VPCs that carry all the tags, those they are peered with, and all that is in them.

    `endpoint` is the URL that answers instead of AWS's own, such as an emulator's. Raises
    AccountError.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise AccountError(f"boto3 is not installed ({error}); run `pipenv sync`") from error
    try:
        session = boto3.Session(region_name=region, **_emulated_keys(endpoint))
        return _Reader(session, endpoint, tags).account()
    except (BotoCoreError, ClientError, ValueError) as error:
        raise AccountError(_why(error, region, endpoint)) from error


class _Reader:
    def __init__(self, session: Any, endpoint: str | None, tags: Mapping[str, str]) -> None:
        self._session, self._endpoint, self._tags = session, endpoint, tags
        self._ec2 = self._client("ec2")
        self._not_read: list[str] = []

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        quick = Config(
            connect_timeout=5, read_timeout=20, retries={"max_attempts": 2, "mode": "standard"}
        )
        return self._session.client(service, endpoint_url=self._endpoint, config=quick)

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
            region = self._session.region_name
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
        """The customer's lists that are tagged or that a rule or a route names, with entries."""
        named = {rule.get("PrefixListId") for rule in rules}
        named |= {one.get("DestinationPrefixListId") for table in tables for one in table["Routes"]}
        return [
            {**one, "Entries": self._entries(one["PrefixListId"])}
            for one in self._all("describe_managed_prefix_lists", "PrefixLists")
            if one.get("OwnerId") != "AWS"
            and (one["PrefixListId"] in named or self._tags.items() <= tags_of(one).items())
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
            return list(read(self._client(service)))
        except (BotoCoreError, ClientError) as error:
            self._not_read.append(f"{what}: {_one_line(error)}")
            return []

    def _all(self, operation: str, key: str, **arguments: Any) -> list[Described]:
        return _pages(self._ec2, operation, key, **arguments)


# Amazon VPC Peering Guide, "VPC peering connection lifecycle": states that none is left from.
_ENDED = ("rejected", "expired", "failed", "deleting", "deleted")


def tags_of(described: Described) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in described.get("Tags") or ()}


def _ends(peering: Described) -> list[str]:
    return [peering["RequesterVpcInfo"]["VpcId"], peering["AccepterVpcInfo"]["VpcId"]]


def _filters(*pairs: tuple[str, list[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": values} for name, values in pairs]


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Described]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [one for page in pages for one in page.get(key) or ()]


def _emulated_keys(endpoint: str | None) -> dict[str, str]:
    """An emulator on this machine takes any keys: dummies, unless somebody chose some."""
    chosen = any(os.environ.get(key) for key in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"))
    if endpoint is None or chosen or not _is_loopback(urlsplit(endpoint).hostname):
        return {}
    return {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _why(error: Exception, region: str, endpoint: str | None) -> str:
    where = endpoint or f"AWS in {region}"
    match type(error).__name__:
        case "NoCredentialsError" | "PartialCredentialsError" | "CredentialRetrievalError":
            return f"{where}: no whole AWS credentials; run `aws sso login` or set AWS_PROFILE"
        case "EndpointConnectionError" | "ConnectTimeoutError" | "ReadTimeoutError":
            return f"{where}: does not answer; is the network up and the URL right?"
        case "ProfileNotFound":
            return f"{where}: {_one_line(error)}; set AWS_PROFILE to one of your profiles"
    return f"{where}: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
