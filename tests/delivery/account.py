"""All that stands in an emulated account, asked of it from outside Terraform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from delivery.emulated import EmulatedAws

REGION = "us-east-1"

Inventory = dict[str, dict[str, Any]]
"""Kind of thing to id to its description. What AWS goes on showing for an hour is left out:
terminated instances, deleted NAT gateways and deleted peering connections."""

_EC2 = {
    "vpcs": ("describe_vpcs", "Vpcs", "VpcId", {}),
    "subnets": ("describe_subnets", "Subnets", "SubnetId", {}),
    "route tables": ("describe_route_tables", "RouteTables", "RouteTableId", {}),
    "internet gateways": (
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        {},
    ),
    "NAT gateways": ("describe_nat_gateways", "NatGateways", "NatGatewayId", {}),
    "elastic IPs": ("describe_addresses", "Addresses", "AllocationId", {}),
    "network interfaces": (
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        {},
    ),
    "network ACLs": ("describe_network_acls", "NetworkAcls", "NetworkAclId", {}),
    "security groups": ("describe_security_groups", "SecurityGroups", "GroupId", {}),
    "security group rules": (
        "describe_security_group_rules",
        "SecurityGroupRules",
        "SecurityGroupRuleId",
        {},
    ),
    "peering connections": (
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        {},
    ),
    "volumes": ("describe_volumes", "Volumes", "VolumeId", {}),
    "snapshots": ("describe_snapshots", "Snapshots", "SnapshotId", {"OwnerIds": ["self"]}),
    "images": ("describe_images", "Images", "ImageId", {"Owners": ["self"]}),
    "key pairs": ("describe_key_pairs", "KeyPairs", "KeyPairId", {}),
    "flow logs": ("describe_flow_logs", "FlowLogs", "FlowLogId", {}),
    "prefix lists": (
        "describe_managed_prefix_lists",
        "PrefixLists",
        "PrefixListId",
        {"Filters": [{"Name": "owner-id", "Values": ["123456789012"]}]},
    ),
    "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", {}),
}
_ENDED = ("deleted", "deleting", "terminated")


def inventory(aws: EmulatedAws) -> Inventory:
    """Everything of the services that the stack uses."""
    ec2, iam = aws.client("ec2", REGION), aws.client("iam", REGION)
    logs, sns, ssm, s3 = (aws.client(one, REGION) for one in ("logs", "sns", "ssm", "s3"))
    found: Inventory = {
        kind: _by(getattr(ec2, call)(**arguments)[key], name)
        for kind, (call, key, name, arguments) in _EC2.items()
    }
    found["instances"] = _by(
        [
            instance
            for reservation in ec2.describe_instances()["Reservations"]
            for instance in reservation["Instances"]
        ],
        "InstanceId",
    )
    roles = iam.list_roles()["Roles"]
    found["roles"] = _by(roles, "RoleName")
    found["role policies"] = {
        f"{role['RoleName']}/{policy}": {"PolicyName": policy}
        for role in roles
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    }
    found["attached policies"] = {
        f"{role['RoleName']}/{policy['PolicyName']}": policy
        for role in roles
        for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    }
    found["instance profiles"] = _by(
        iam.list_instance_profiles()["InstanceProfiles"], "InstanceProfileName"
    )
    found["policies"] = _by(iam.list_policies(Scope="Local")["Policies"], "Arn")
    found["users"] = _by(iam.list_users()["Users"], "UserName")
    found["log groups"] = _by(logs.describe_log_groups()["logGroups"], "logGroupName")
    # moto lists public parameters with one's own once they are read; AWS never does.
    parameters = ssm.describe_parameters()["Parameters"]
    own = [one for one in parameters if not one["Name"].startswith("/aws/")]
    found["parameters"] = _by(own, "Name")
    found["topics"] = _by(sns.list_topics()["Topics"], "TopicArn")
    found["buckets"] = _by(s3.list_buckets()["Buckets"], "Name")
    return found


def new(before: Inventory, after: Inventory) -> Inventory:
    """What came, and for route tables and groups that were there before, nothing."""
    return {
        kind: {name: one for name, one in things.items() if name not in before[kind]}
        for kind, things in after.items()
    }


def names(things: Mapping[str, Any]) -> list[str]:
    """The Name tags, sorted; `-` for a thing without."""
    return sorted(tag(one, "Name") or "-" for one in things.values())


def tag(thing: Mapping[str, Any], key: str) -> str | None:
    tags = thing.get("Tags") or thing.get("TagSet") or ()
    return next((str(one["Value"]) for one in tags if one["Key"] == key), None)


def _by(things: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    return {one[name]: one for one in things if _state(one) not in _ENDED}


def _state(thing: Mapping[str, Any]) -> str:
    state = thing.get("State") or thing.get("Status") or ""
    if isinstance(state, Mapping):
        return str(state.get("Name") or state.get("Code"))
    return str(state)
