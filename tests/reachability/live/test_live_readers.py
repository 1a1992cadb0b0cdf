"""Describe answers that the emulated account does not give, in the shapes of the EC2, Elastic Load
Balancing and RDS API References."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from reachability.live.account import Account
from reachability.live.calls import describe
from reachability.live.hosts import hosts, not_modelled
from reachability.live.names import named
from reachability.live.networks import networks
from reachability.live.session import Session
from reachability.model import Topology
from reachability.stack import Resource, Stack
from reachability.verdict import open_ports
from tests.reachability.live.applied import Applied

VPC = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}
GROUP = {"GroupId": "sg-1", "GroupName": "own", "VpcId": "vpc-1"}

TABLE = {
    "RouteTableId": "rtb-1",
    "VpcId": "vpc-1",
    "Associations": [{"Main": True, "RouteTableAssociationId": "rtbassoc-1"}],
}


def read(**answers: Any) -> dict[str, Resource]:
    account = Account(**{"vpcs": [VPC], **answers})
    return {one.address: one for one in (*networks(account), *hosts(account))}


def topology(**answers: Any) -> Topology:
    return Topology.of(named(read(**answers).values(), Stack("dev")))


def rule(**peer: Any) -> dict[str, Any]:
    return {
        "SecurityGroupRuleId": "sgr-1",
        "GroupId": "sg-1",
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        **peer,
    }


@pytest.mark.parametrize(
    "peer",
    [
        {"GroupId": "sg-2"},
        {"GroupId": "sg-2", "UserId": "123456789012"},
        {"GroupId": "123456789012/sg-2"},
    ],
)
def test_a_group_is_the_same_with_its_owner_before_it_or_beside_it(peer: dict[str, str]) -> None:
    found = read(groups=[GROUP], rules=[rule(ReferencedGroupInfo=peer)])
    made = found["aws_vpc_security_group_ingress_rule.sgr-1"]
    assert made.values["referenced_security_group_id"] == "sg-2"
    assert "cidr_ipv4" not in made.values


def test_a_route_to_what_was_deleted_is_no_route_to_it() -> None:
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}
    found = topology(route_tables=[{**TABLE, "Routes": [route]}])
    (hop,) = [hop for _, _, hop in found.tables["aws_route_table.rtb-1"].prefixes[4]]
    assert hop.kind == "nowhere"


def test_the_local_route_is_none_that_somebody_wrote() -> None:
    route = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    assert not any("aws_route." in one for one in read(route_tables=[{**TABLE, "Routes": [route]}]))


def test_the_last_rule_of_a_network_acl_is_left_to_the_model() -> None:
    entry = {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": False}
    first = {**entry, "RuleNumber": 7, "CidrBlock": "10.0.0.0/8"}
    acl = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [], "Entries": [entry, first]}
    rules = [one for one in read(network_acls=[acl]) if "acl_rule" in one]
    assert rules == ["aws_network_acl_rule.acl-1-ingress-7"]


def interface(id_: str, index: int, address: str, **more: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": id_,
        "SubnetId": "subnet-1",
        "PrivateIpAddress": address,
        "Groups": [{"GroupId": "sg-1"}],
        "Attachment": {"DeviceIndex": index, "InstanceId": "i-1"},
        **more,
    }


SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}


def test_every_interface_of_an_instance_answers_with_its_own_addresses() -> None:
    second = interface("eni-2", 1, "10.0.1.6", Association={"PublicIp": "54.0.0.9"})
    instance = {
        "InstanceId": "i-1",
        "NetworkInterfaces": [second, interface("eni-1", 0, "10.0.1.5")],
        "Tags": [{"Key": "Name", "Value": "two"}],
    }
    found = topology(subnets=[SUBNET], groups=[GROUP], instances=[instance])
    (endpoint,) = found.endpoints.values()
    assert endpoint.name == "two (i-1)"
    assert [one.public for one in endpoint.interfaces] == ["no", "yes"]


def test_load_balancers_and_databases_are_endpoints() -> None:
    balancer = {
        "LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/1",
        "LoadBalancerName": "front",
        "Scheme": "internet-facing",
        "Type": "application",
        "AvailabilityZones": [{"SubnetId": "subnet-1"}],
        "SecurityGroups": ["sg-1"],
    }
    database = {
        "DBInstanceIdentifier": "posts",
        "DBSubnetGroup": {
            "DBSubnetGroupName": "private",
            "Subnets": [{"SubnetIdentifier": "subnet-1"}],
        },
        "PubliclyAccessible": False,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
    }
    permit = [
        rule(CidrIpv4="10.0.0.0/16"),
        rule(SecurityGroupRuleId="sgr-2", IsEgress=True, CidrIpv4="10.0.0.0/16"),
    ]
    found = topology(
        subnets=[SUBNET],
        groups=[GROUP],
        rules=permit,
        route_tables=[{**TABLE, "Routes": []}],
        balancers=[balancer],
        databases=[database],
    )
    assert list(found.endpoints) == ["front", "posts"]
    assert str(open_ports(found, "front", "posts")["tcp"].possible) == "80"


def test_interfaces_that_their_own_service_tells_of_are_not_said_to_be_left_out() -> None:
    others = [
        {"NetworkInterfaceId": f"eni-{number}", "Description": says}
        for number, says in enumerate(("ELB app/front/1", "RDSNetworkInterface", "AWS Lambda VPC"))
    ]
    found = list(not_modelled(Account(vpcs=[VPC], interfaces=others)))
    assert found == ["network interface eni-2 (AWS Lambda VPC)"]


def test_a_service_that_the_endpoint_lacks_is_named(
    dev: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Session.client

    def without_databases(self: Session, service: str) -> Any:
        if service == "rds":
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return real(self, service)

    monkeypatch.setattr(Session, "client", without_databases)
    with mock_aws():
        Applied(boto3.client("ec2", region_name="us-east-1"), dev)
        tags = {"Project": "microblog", "Environment": "dev"}
        account = describe(Session("us-east-1"), tags)
    assert [one.partition(":")[0] for one in account.not_read] == ["databases"]
    assert len(account.instances) == 4
