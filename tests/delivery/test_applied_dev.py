"""What stands after an apply of `dev`, asked of the account and not of Terraform."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from delivery.emulated import EmulatedAws
from reachability import live
from tests.delivery.account import Inventory, inventory, names, new, tag
from tests.delivery.applied import Applied
from tests.synthesised import ROOT

HOSTS = {
    "Web_Server": ("us-east-1a", "10.0.1.0/24", "10.0.1.204", True, "t3.micro"),
    "Application_Server": ("us-east-1a", "10.0.2.0/24", "10.0.2.110", False, "t3.micro"),
    "Jenkins": ("us-east-1d", "172.31.16.0/20", "172.31.17.100", True, "t3.medium"),
    "Monitoring": ("us-east-1d", "172.31.16.0/20", "172.31.24.139", True, "t3.micro"),
}
"""Zone, subnet, private address, whether it has a public one, and type, as DESIGN says them."""


@pytest.fixture(scope="module")
def aws(applied_dev: Applied) -> Iterator[EmulatedAws]:
    with applied_dev.running() as running:
        yield running


@pytest.fixture(scope="module")
def account(aws: EmulatedAws) -> Inventory:
    return inventory(aws)


@pytest.fixture(scope="module")
def made(account: Inventory, applied_dev: Applied) -> Inventory:
    return new(applied_dev.before, account)


def test_the_second_plan_is_empty(applied_dev: Applied) -> None:
    assert applied_dev.planned == 0, applied_dev.messages[1]


def test_exactly_the_synthesised_resources_stand(made: Inventory, applied_dev: Applied) -> None:
    document = json.loads(applied_dev.file.read_text(encoding="utf-8"))
    wanted = Counter({type_: len(named) for type_, named in document["resource"].items()})
    tables = made["route tables"].values()
    vpcs = wanted["aws_vpc"]
    standing = {
        "aws_cloudwatch_log_group": len(made["log groups"]),
        "aws_default_security_group": len(
            [one for one in made["security groups"].values() if one["GroupName"] == "default"]
        ),
        "aws_ec2_managed_prefix_list": len(made["prefix lists"]),
        "aws_eip": len(made["elastic IPs"]),
        "aws_flow_log": len(made["flow logs"]),
        "aws_iam_instance_profile": len(made["instance profiles"]),
        "aws_iam_role": len(made["roles"]),
        "aws_iam_role_policy": len(made["role policies"]),
        "aws_iam_role_policy_attachment": len(made["attached policies"]),
        "aws_instance": len(made["instances"]),
        "aws_internet_gateway": len(made["internet gateways"]),
        "aws_nat_gateway": len(made["NAT gateways"]),
        "aws_route": sum(
            route["Origin"] == "CreateRoute" for table in tables for route in table["Routes"]
        ),
        # Each VPC brings a main route table, which is nobody's resource.
        "aws_route_table": len(made["route tables"]) - vpcs,
        "aws_route_table_association": sum(
            not one["Main"] for table in tables for one in table["Associations"]
        ),
        "aws_security_group": len(made["security groups"]) - vpcs,
        "aws_sns_topic": len(made["topics"]),
        "aws_subnet": len(made["subnets"]),
        "aws_vpc": len(made["vpcs"]),
        "aws_vpc_peering_connection": len(made["peering connections"]),
        # The options are a property of the connection.
        "aws_vpc_peering_connection_options": len(
            [one for one in made["peering connections"].values() if _resolves_names(one)]
        ),
        "aws_vpc_security_group_egress_rule": _count(made, egress=True),
        "aws_vpc_security_group_ingress_rule": _count(made, egress=False),
    }
    assert Counter(standing) == wanted
    assert len(made["network ACLs"]) == vpcs
    assert len(made["volumes"]) == len(HOSTS)
    assert len(made["network interfaces"]) == len(HOSTS) + len(made["NAT gateways"])
    for kind in ("key pairs", "snapshots", "images", "endpoints", "policies", "users", "buckets"):
        assert not made[kind], kind


def test_what_was_there_before_is_as_it_was(account: Inventory, applied_dev: Applied) -> None:
    before = applied_dev.before
    assert {kind: {name: account[kind].get(name) for name in before[kind]} for kind in before} == (
        before
    )


def test_every_tagged_resource_bears_its_name(made: Inventory, applied_dev: Applied) -> None:
    document = json.loads(applied_dev.file.read_text(encoding="utf-8"))

    def wanted(type_: str) -> list[str]:
        return sorted(one["tags"]["Name"] for one in document["resource"][type_].values())

    assert names(made["subnets"]) == wanted("aws_subnet")
    assert names(made["instances"]) == wanted("aws_instance")
    assert names(made["volumes"]) == wanted("aws_instance")
    assert names(made["vpcs"]) == wanted("aws_vpc")
    assert names(made["security group rules"]) == sorted(
        wanted("aws_vpc_security_group_ingress_rule") + wanted("aws_vpc_security_group_egress_rule")
    )


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_is_where_it_belongs(made: Inventory, name: str) -> None:
    zone, subnet, address, public, type_ = HOSTS[name]
    (instance,) = [one for one in made["instances"].values() if tag(one, "Name") == name]
    assert instance["State"]["Name"] == "running"
    assert instance["Placement"]["AvailabilityZone"] == zone
    assert made["subnets"][instance["SubnetId"]]["CidrBlock"] == subnet
    assert instance["PrivateIpAddress"] == address
    assert ("PublicIpAddress" in instance) is public
    assert instance["InstanceType"] == type_
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpEndpoint"] == "enabled"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert "KeyName" not in instance
    (disk,) = instance["BlockDeviceMappings"]
    assert made["volumes"][disk["Ebs"]["VolumeId"]]["Encrypted"] is True
    assert instance["ImageId"].startswith("ami-")


def test_nothing_in_the_private_subnet_is_public(made: Inventory) -> None:
    (private,) = [one for one in made["subnets"].values() if one["CidrBlock"] == "10.0.2.0/24"]
    assert private["MapPublicIpOnLaunch"] is False
    inside = [
        one for one in made["network interfaces"].values() if one["SubnetId"] == private["SubnetId"]
    ]
    assert [one["PrivateIpAddress"] for one in inside] == ["10.0.2.110"]
    assert all("Association" not in one for one in inside)


def test_the_vpcs_are_peered_with_routes_and_names_both_ways(made: Inventory) -> None:
    (peering,) = made["peering connections"].values()
    assert peering["Status"]["Code"] == "active"
    assert _resolves_names(peering)
    sides = [peering[side]["CidrBlock"] for side in ("RequesterVpcInfo", "AccepterVpcInfo")]
    assert sides == ["172.31.0.0/18", "10.0.0.0/18"]
    by_peering = {
        (_subnets(made, table), route["DestinationCidrBlock"])
        for table in made["route tables"].values()
        for route in table["Routes"]
        if route.get("VpcPeeringConnectionId") == peering["VpcPeeringConnectionId"]
    }
    assert by_peering == {
        (("10.0.1.0/24",), "172.31.0.0/18"),
        (("10.0.2.0/24",), "172.31.0.0/18"),
        (("172.31.16.0/20",), "10.0.0.0/18"),
    }


def test_each_subnet_leaves_by_its_own_gateway(made: Inventory) -> None:
    (nat,) = made["NAT gateways"].values()
    assert nat["State"] == "available"
    assert made["subnets"][nat["SubnetId"]]["CidrBlock"] == "10.0.1.0/24"
    (address,) = nat["NatGatewayAddresses"]
    assert address["AllocationId"] in made["elastic IPs"]
    internet = {
        one["Attachments"][0]["VpcId"]: name for name, one in made["internet gateways"].items()
    }
    leaving = {
        _subnets(made, table): (route.get("NatGatewayId"), route.get("GatewayId"))
        for table in made["route tables"].values()
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    }
    vpcs = {one["CidrBlock"]: name for name, one in made["vpcs"].items()}
    assert leaving == {
        ("10.0.1.0/24",): (None, internet[vpcs["10.0.0.0/18"]]),
        ("10.0.2.0/24",): (nat["NatGatewayId"], None),
        ("172.31.16.0/20",): (None, internet[vpcs["172.31.0.0/18"]]),
    }


def test_the_rules_are_the_port_matrix_and_no_other(made: Inventory) -> None:
    assert _rules(made) == _matrix((ROOT / "docs/port-matrix.md").read_text(encoding="utf-8"))


def test_the_default_groups_let_nothing_through(made: Inventory) -> None:
    default = {
        name for name, one in made["security groups"].items() if one["GroupName"] == "default"
    }
    assert len(default) == 2
    rules = made["security group rules"].values()
    assert [one for one in rules if one["GroupId"] in default] == []


def test_who_reaches_whom_is_what_the_stack_says(aws: EmulatedAws, applied_dev: Applied) -> None:
    comparison = live.compare(applied_dev.file, aws.endpoint)
    assert list(comparison.lines()) == []


def test_the_state_holds_no_secret(applied_dev: Applied) -> None:
    """Keys, passwords, tokens; what a host makes for itself is never Terraform's to know."""
    text = (applied_dev.home / "dev/stacks/dev/terraform.tfstate").read_text(encoding="utf-8")
    assert not re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20}", text)
    filled = {
        key: value
        for resource in json.loads(text)["resources"]
        for instance in resource["instances"]
        for key, value in instance["attributes"].items()
        if re.search("password|secret|token|private_key|credential", key) and value
    }
    assert filled == {}


def _count(made: Inventory, *, egress: bool) -> int:
    return sum(one["IsEgress"] is egress for one in made["security group rules"].values())


def _resolves_names(peering: dict[str, Any]) -> bool:
    return all(
        peering[side]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"]
        for side in ("RequesterVpcInfo", "AccepterVpcInfo")
    )


def _subnets(made: Inventory, table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        made["subnets"][one["SubnetId"]]["CidrBlock"]
        for one in table["Associations"]
        if "SubnetId" in one
    )


def _rules(made: Inventory) -> set[tuple[str, str, str, str, str]]:
    """(host, "answers" or "opens to", the other, port, why) of every rule."""
    hosts = {name: tag(one, "Role") for name, one in made["security groups"].items()}
    resolvers = {"10.0.0.2/32": "resolver", "172.31.0.2/32": "resolver"}
    addresses = {"0.0.0.0/0": "internet", "169.254.169.123/32": "time", **resolvers}

    def other(rule: dict[str, Any]) -> str:
        if "ReferencedGroupInfo" in rule:
            return str(hosts[rule["ReferencedGroupInfo"]["GroupId"]])
        if "PrefixListId" in rule:
            return str(tag(made["prefix lists"][rule["PrefixListId"]], "Role"))
        return addresses[rule["CidrIpv4"]]

    found = set()
    for rule in made["security group rules"].values():
        assert rule["FromPort"] == rule["ToPort"]
        direction = "opens to" if rule["IsEgress"] else "answers"
        port = f"{rule['FromPort']}/{rule['IpProtocol']}"
        found.add((str(hosts[rule["GroupId"]]), direction, other(rule), port, rule["Description"]))
    assert len(found) == len(made["security group rules"])
    return found


def _matrix(page: str) -> set[tuple[str, str, str, str, str]]:
    """The same, of docs/port-matrix.md."""
    found, host, direction = set(), "", ""
    for line in page.splitlines():
        if line.startswith("## "):
            host = line[3:]
        elif line.startswith("| Answers"):
            direction = "answers"
        elif line.startswith("| Opens to"):
            direction = "opens to"
        elif line.startswith("| `"):
            other, port, _, why = (cell.strip() for cell in line.strip("|").split("|"))
            found.add((host, direction, other.strip("`"), port, why))
    assert found
    return found
