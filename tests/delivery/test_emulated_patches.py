"""Each patch of moto: with it the emulated AWS answers as AWS does, and without it moto does not.

The second half tells when moto has mended something, so that its patch can go.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from delivery import emulated
from delivery.emulated import patches

REGION = "us-east-1"
PARAMETER = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
Client = Callable[[str], Any]
_NETWORKS = itertools.count()


def _subnet(ec2: Any, **more: Any) -> dict[str, Any]:
    """A subnet 10.N.0.0/24 in a VPC of its own."""
    number = next(_NETWORKS)
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]
    made = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=f"10.{number}.0.0/24", **more)
    subnet: dict[str, Any] = made["Subnet"]
    return subnet


def _group(ec2: Any, subnet: dict[str, Any]) -> str:
    made = ec2.create_security_group(GroupName="web", Description="web", VpcId=subnet["VpcId"])
    return str(made["GroupId"])


def _instance(ec2: Any) -> tuple[dict[str, Any], str]:
    """An instance without a public address, started as Terraform starts one, and its group."""
    subnet = _subnet(ec2)
    group = _group(ec2, subnet)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    interface = {
        "DeviceIndex": 0,
        "SubnetId": subnet["SubnetId"],
        "Groups": [group],
        "AssociatePublicIpAddress": False,
    }
    made = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[interface],
    )
    started = ec2.describe_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])
    return started["Reservations"][0]["Instances"][0], group


def _nat_gateway(ec2: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    subnet = _subnet(ec2)
    address = ec2.allocate_address(Domain="vpc")
    made = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], AllocationId=address["AllocationId"])
    return made["NatGateway"], subnet


def canonical_image(client: Client) -> Any:
    try:
        found = client("ssm").get_parameter(Name=PARAMETER)["Parameter"]
    except ClientError:
        return False
    images = client("ec2").describe_images(ImageIds=[found["Value"]])["Images"]
    return [one["OwnerId"] for one in images] == ["099720109477"]


def groups_of_an_instance(client: Client) -> Any:
    instance, group = _instance(client("ec2"))
    return [one["GroupId"] for one in instance["SecurityGroups"]] == [group]


def no_association(client: Client) -> Any:
    instance, _ = _instance(client("ec2"))
    return "Association" not in instance["NetworkInterfaces"][0]


def interfaces_after_termination(client: Client) -> Any:
    ec2 = client("ec2")
    instance, _ = _instance(ec2)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    return _interfaces(ec2, instance["SubnetId"]) == []


def descriptions_of_rules(client: Client) -> Any:
    ec2 = client("ec2")
    group = _group(ec2, _subnet(ec2))
    prefixes = ec2.create_managed_prefix_list(
        PrefixListName="operators", MaxEntries=1, AddressFamily="IPv4"
    )["PrefixList"]["PrefixListId"]
    open_to = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    by_group = {**open_to, "UserIdGroupPairs": [{"GroupId": group, "Description": "a hop"}]}
    by_list = {**open_to, "PrefixListIds": [{"PrefixListId": prefixes, "Description": "people"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[by_group])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[by_list])
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return {rule.get("Description") for rule in rules if rule["IpProtocol"] == "tcp"} == {
        "a hop",
        "people",
    }


def descriptions_in_a_group(client: Client) -> Any:
    ec2 = client("ec2")
    group = _group(ec2, _subnet(ec2))
    prefixes = ec2.create_managed_prefix_list(
        PrefixListName="operators", MaxEntries=1, AddressFamily="IPv4"
    )["PrefixList"]["PrefixListId"]
    listed = {"PrefixListId": prefixes, "Description": "people"}
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [listed]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (rule,) = found["IpPermissions"]
    return (rule["IpRanges"], rule["PrefixListIds"]) == ([], [listed])


def address_of_a_nat_gateway(client: Client) -> Any:
    gateway, subnet = _nat_gateway(client("ec2"))
    (address,) = gateway["NatGatewayAddresses"]
    return ipaddress.ip_address(address["PrivateIp"]) in ipaddress.ip_network(subnet["CidrBlock"])


def what_a_nat_gateway_leaves(client: Client) -> Any:
    ec2 = client("ec2")
    gateway, subnet = _nat_gateway(ec2)
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    allocation = gateway["NatGatewayAddresses"][0]["AllocationId"]
    (address,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    return (_interfaces(ec2, subnet["SubnetId"]), address.get("AssociationId")) == ([], None)


def elastic_address(client: Client) -> Any:
    return ipaddress.ip_address(client("ec2").allocate_address(Domain="vpc")["PublicIp"]).is_global


def changed_user_data(client: Client) -> Any:
    ec2 = client("ec2")
    instance, _ = _instance(ec2)
    wanted = bytes(range(256))
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    try:
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], UserData={"Value": wanted})
    except ClientError:
        return False
    told = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
    return b64decode(told["UserData"]["Value"]) == wanted


def public_subnet(client: Client) -> Any:
    tags = [
        {"ResourceType": "subnet", "Tags": [{"Key": "Tier", "Value": tier}]}
        for tier in ("public", "private")
    ]
    made = [_subnet(client("ec2"), TagSpecifications=[one]) for one in tags]
    return [one["MapPublicIpOnLaunch"] for one in made] == [True, False]


def network_acls_of_a_deleted_vpc(client: Client) -> Any:
    ec2 = client("ec2")
    subnet = _subnet(ec2)
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=subnet["VpcId"])
    found = ec2.describe_network_acls()["NetworkAcls"]
    return subnet["VpcId"] not in [one["VpcId"] for one in found]


def bucket_for_tls_only(client: Client) -> Any:
    s3 = client("s3")
    s3.create_bucket(Bucket="tls-only")
    resource = ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps(policy))
    try:
        s3.put_object(Bucket="tls-only", Key="a", Body=b"a")
    except ClientError:
        return False
    return True


def _interfaces(ec2: Any, subnet_id: str) -> list[str]:
    filters = [{"Name": "subnet-id", "Values": [subnet_id]}]
    found = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return [one["NetworkInterfaceId"] for one in found]


PROBES: dict[Callable[[], None], Callable[[Client], Any]] = {
    patches.canonical_publishes_its_images: canonical_image,
    patches.instances_have_the_groups_of_their_interface: groups_of_an_instance,
    patches.interfaces_without_public_address_have_no_association: no_association,
    patches.primary_interfaces_end_with_their_instance: interfaces_after_termination,
    patches.rules_keep_their_description: descriptions_of_rules,
    patches.groups_tell_the_descriptions_of_prefix_lists: descriptions_in_a_group,
    patches.nat_gateways_are_inside_their_subnet: address_of_a_nat_gateway,
    patches.deleted_nat_gateways_leave_nothing: what_a_nat_gateway_leaves,
    patches.elastic_addresses_are_public: elastic_address,
    patches.vpcs_end_with_their_network_acl: network_acls_of_a_deleted_vpc,
    patches.loopback_counts_as_tls: bucket_for_tls_only,
    patches.terraform_finds_public_subnets_public: public_subnet,
    patches.user_data_can_be_changed: changed_user_data,
}
probes = pytest.mark.parametrize("probe", PROBES.values(), ids=[patch.__name__ for patch in PROBES])


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulated.EmulatedAws]:
    with emulated.running("patches", home=tmp_path_factory.mktemp("emulated")) as running:
        yield running


def test_every_patch_is_held_here() -> None:
    assert set(PROBES) == set(patches.ALL)


@probes
def test_the_emulated_aws_answers_as_aws_does(
    aws: emulated.EmulatedAws, probe: Callable[[Client], Any]
) -> None:
    def client(service: str) -> Any:
        made = aws.client(service, REGION)
        made.meta.events.register("before-send", _as_terraform)
        return made

    assert probe(client) is True


@probes
def test_moto_alone_does_not(
    probe: Callable[[Client], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    config = Config(region_name=REGION, user_agent_extra="Terraform")
    with mock_aws():
        assert probe(lambda service: boto3.client(service, config=config)) is False


def _as_terraform(request: Any, **_: Any) -> None:
    request.headers["User-Agent"] = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4"
