"""What stands in the account for a stack's resources though Terraform's state knows nothing of it.

Terraform writes a resource into the state when it is complete, so one that was being made when it
was killed stands in AWS alone, and the next apply would make it twice or fail on its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.errors import RunError

Client = Callable[[str], Any]
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class _Tagged:
    """EC2's things of one Terraform type: the call that describes them, its list, their id."""

    call: str
    things: str
    id: str
    only: Mapping[str, Any] | None = None


# An IAM policy, the options of a peering and a default security group can be made again over what
# stands, and an SNS topic is found by its name: they need not be here.
_TAGGED = {
    "aws_ec2_managed_prefix_list": _Tagged(
        "describe_managed_prefix_lists", "PrefixLists[]", "PrefixListId"
    ),
    "aws_eip": _Tagged("describe_addresses", "Addresses[]", "AllocationId"),
    "aws_flow_log": _Tagged("describe_flow_logs", "FlowLogs[]", "FlowLogId"),
    "aws_instance": _Tagged("describe_instances", "Reservations[].Instances[]", "InstanceId"),
    "aws_internet_gateway": _Tagged(
        "describe_internet_gateways", "InternetGateways[]", "InternetGatewayId"
    ),
    "aws_nat_gateway": _Tagged("describe_nat_gateways", "NatGateways[]", "NatGatewayId"),
    "aws_route_table": _Tagged("describe_route_tables", "RouteTables[]", "RouteTableId"),
    "aws_security_group": _Tagged("describe_security_groups", "SecurityGroups[]", "GroupId"),
    "aws_subnet": _Tagged("describe_subnets", "Subnets[]", "SubnetId"),
    "aws_vpc": _Tagged("describe_vpcs", "Vpcs[]", "VpcId"),
    "aws_vpc_peering_connection": _Tagged(
        "describe_vpc_peering_connections", "VpcPeeringConnections[]", "VpcPeeringConnectionId"
    ),
    "aws_vpc_security_group_egress_rule": _Tagged(
        "describe_security_group_rules",
        "SecurityGroupRules[]",
        "SecurityGroupRuleId",
        {"IsEgress": True},
    ),
    "aws_vpc_security_group_ingress_rule": _Tagged(
        "describe_security_group_rules",
        "SecurityGroupRules[]",
        "SecurityGroupRuleId",
        {"IsEgress": False},
    ),
}
_ENDED = re.compile("delet|terminat|shutting|expired|failed|rejected")
_UNKNOWN = ("NoSuchEntity", "ResourceNotFoundException")
_REFERENCE = re.compile(r"\$\{(?P<address>\w+\.[\w-]+)\.id\}")


def find(
    document: Mapping[str, Any], known: Mapping[str, str], client: Client
) -> Iterator[tuple[str, str]]:
    """(address, id as Terraform imports it) of each orphan of a parsed `cdk.tf.json`.

    `known` is address to id of what the state has. A thing is the stack's where all its tags are.
    Raises RunError where two things could be one resource; ClientError passes through.
    """
    default = document["provider"]["aws"][0]["default_tags"][0]["tags"]
    missing = [
        (type_, f"{type_}.{name}", arguments)
        for type_, named in document["resource"].items()
        for name, arguments in named.items()
        if f"{type_}.{name}" not in known
    ]
    ids = dict(known)
    listed = _Listed(client("ec2"))
    for type_, address, arguments in missing:
        tags = {**default, **arguments.get("tags", {})}
        if type_ in _TAGGED:
            found = _by_tags(address, tags, listed.of(_TAGGED[type_]), _ids(type_, known))
        else:
            found = _by_name(type_, arguments, tags, client)
        if found:
            ids[address] = found
            yield address, found
    tables = listed.of(_TAGGED["aws_route_table"])
    for type_, address, arguments in missing:
        found = _in_a_table(type_, arguments, ids, tables)
        if found:
            yield address, found


class _Listed:
    """What EC2 lists, asked for once."""

    def __init__(self, ec2: Any) -> None:
        self._ec2 = ec2
        self._pages: dict[str, list[dict[str, Any]]] = {}

    def of(self, kind: _Tagged) -> dict[str, dict[str, Any]]:
        """Id to description of what stands."""
        if kind.call not in self._pages:
            self._pages[kind.call] = list(self._things(kind))
        return {
            str(one[kind.id]): one
            for one in self._pages[kind.call]
            if not _ENDED.search(_state(one))
            and all(one.get(key) == value for key, value in (kind.only or {}).items())
        }

    def _things(self, kind: _Tagged) -> Iterator[dict[str, Any]]:
        if self._ec2.can_paginate(kind.call):
            yield from self._ec2.get_paginator(kind.call).paginate().search(kind.things)
        else:
            yield from getattr(self._ec2, kind.call)()[kind.things.removesuffix("[]")]


def _ids(type_: str, known: Mapping[str, str]) -> frozenset[str]:
    return frozenset(id_ for address, id_ in known.items() if address.startswith(f"{type_}."))


def _by_tags(
    address: str,
    tags: Mapping[str, str],
    things: Mapping[str, Mapping[str, Any]],
    known: frozenset[str],
) -> str | None:
    found = sorted(
        name
        for name, one in things.items()
        if _tags(one.get("Tags", ())) == tags and name not in known
    )
    if len(found) > 1:
        raise RunError(f"{address}: {' and '.join(found)} could be it; delete all but one")
    return found[0] if found else None


def _by_name(
    type_: str, arguments: Arguments, tags: Mapping[str, str], client: Client
) -> str | None:
    """Names are unique for these, and tags say whether the thing of that name is ours."""
    name = arguments.get("name", "")
    try:
        if type_ == "aws_iam_role":
            found = client("iam").get_role(RoleName=name)["Role"].get("Tags", ())
        elif type_ == "aws_iam_instance_profile":
            profile = client("iam").get_instance_profile(InstanceProfileName=name)
            found = profile["InstanceProfile"].get("Tags", ())
        elif type_ == "aws_cloudwatch_log_group":
            listed = client("logs").list_tags_log_group(logGroupName=name)["tags"]
            found = [{"Key": key, "Value": value} for key, value in listed.items()]
        else:
            return None
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNKNOWN:
            raise
        return None
    return str(name) if _tags(found) == tags else None


def _in_a_table(
    type_: str, arguments: Arguments, ids: Mapping[str, str], tables: Mapping[str, Any]
) -> str | None:
    """Routes and associations have no tags; their table, which is ours, and their other end do."""
    if type_ not in ("aws_route", "aws_route_table_association"):
        return None
    table = tables.get(_resolved(arguments.get("route_table_id"), ids))
    if table is None:
        return None
    if type_ == "aws_route":
        destination = arguments.get("destination_cidr_block")
        routes = [one.get("DestinationCidrBlock") for one in table["Routes"]]
        return f"{table['RouteTableId']}_{destination}" if destination in routes else None
    subnet = _resolved(arguments.get("subnet_id"), ids)
    associated = [one.get("SubnetId") for one in table["Associations"]]
    return f"{subnet}/{table['RouteTableId']}" if subnet in associated else None


def _resolved(reference: Any, ids: Mapping[str, str]) -> str:
    """The id that `${type.name.id}` stands for; empty where it is not known yet."""
    matched = _REFERENCE.fullmatch(str(reference))
    return ids.get(matched["address"], "") if matched else ""


def _tags(listed: Any) -> dict[str, str]:
    """Less those that AWS itself adds."""
    return {one["Key"]: one["Value"] for one in listed if not one["Key"].startswith("aws:")}


def _state(thing: Mapping[str, Any]) -> str:
    state = thing.get("State") or thing.get("Status") or ""
    return str(state.get("Name") or state.get("Code")) if isinstance(state, Mapping) else str(state)
