"""Where moto 5.2.5 answers other than AWS does, put right; each with its reason.

A patch that moto no longer needs fails tests/delivery/test_emulated_patches.py: delete it then.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

_IMAGES = Path(__file__).with_name("images.json")

SETTINGS = {
    "MOTO_AMIS_PATH": str(_IMAGES),
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
}
"""moto's own switches, which must be in the environment when it is imported."""


def apply() -> None:
    """Put moto right in this process; only once."""
    for patch in ALL:
        patch()


def canonical_publishes_its_images() -> None:
    """moto has Amazon's public parameters only.

    Source: Ubuntu on AWS documentation, "Find Ubuntu images on AWS".
    """
    from moto.core.utils import utcnow
    from moto.ssm.models import Parameter, ParameterDict

    (image,) = json.loads(_IMAGES.read_text(encoding="utf-8"))
    name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
    original = ParameterDict._check_loading_status

    def check(self: ParameterDict, key: str) -> None:
        original(self, key)
        if str(key) == name and name not in self.keys():
            published: dict[str, Any] = {
                "name": name,
                "value": image["ami_id"],
                "parameter_type": "String",
                "description": None,
                "allowed_pattern": None,
                "keyid": None,
                "last_modified_date": utcnow(),
                "version": 1,
                "data_type": "aws:ec2:image",
            }
            self.setdefault(name, [Parameter(self.account_id, **published)])

    ParameterDict._check_loading_status = check


def instances_have_the_groups_of_their_interface() -> None:
    """Started with a network interface, as Terraform does, an instance says it has no group."""
    from moto.ec2.models.instances import Instance

    original = Instance.prep_nics

    def prep_nics(self: Instance, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        if not self.security_groups:
            self.security_groups = list(self.nics[0].group_set)

    Instance.prep_nics = prep_nics


def interfaces_without_public_address_have_no_association() -> None:
    """An empty one makes Terraform see a public address where there is none, and replace."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    original = NetworkInterface.association.fget
    assert original is not None

    def association(self: NetworkInterface) -> dict[str, Any] | None:
        return original(self) or None

    NetworkInterface.association = property(association)


def primary_interfaces_end_with_their_instance() -> None:
    """AWS page "Delete a network interface": they are deleted on termination unless told."""
    from moto.ec2.models.instances import Instance

    original = Instance.terminate

    def terminate(self: Instance) -> Any:
        made_by_launch = [one for one in self.nics.values() if one.description == _PRIMARY]
        for interface in made_by_launch:
            interface.delete_on_termination = True
        return original(self)

    Instance.terminate = terminate


_PRIMARY = "Primary network interface"
"""The description that moto gives to an interface it makes for an instance."""


def rules_keep_their_description() -> None:
    """moto keeps it for a CIDR only, not for a group or a prefix list."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    original = SecurityGroupRule.__init__

    def init(self: SecurityGroupRule, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        prefix_list = named.get("prefix_list_id") or (arguments[7:8] or (None,))[0]
        told = prefix_list or self.source_group
        if told and told.get("Description"):
            self.ip_range = {**self.ip_range, "Description": told["Description"]}

    SecurityGroupRule.__init__ = init


def groups_tell_the_descriptions_of_prefix_lists() -> None:
    """Nor does moto tell it of a prefix list's rule when it describes the group."""
    from moto.ec2.models.security_groups import SecurityGroup

    original = SecurityGroup._flattened_rules

    def flattened(self: SecurityGroup, rules: list[Any]) -> list[Any]:
        views: list[Any] = original(self, rules)
        told = {
            (one.from_port, one.to_port, one.ip_protocol, one.prefix_list_id): one.ip_range
            for one in rules
        }
        for view in views:
            ports = view.from_port, view.to_port, view.ip_protocol
            view.all_ip_ranges[:] = [one for one in view.all_ip_ranges if one.keys() & _CIDRS]
            for entry in view.prefix_list_ids:
                entry.update(told[*ports, entry["PrefixListId"]])
        return views

    SecurityGroup._flattened_rules = flattened


_CIDRS = {"CidrIp", "CidrIpv6"}


def nat_gateways_are_inside_their_subnet() -> None:
    """moto's has an address anywhere in 10.0.0.0/8."""
    from moto.ec2.models import nat_gateways

    original = nat_gateways.NatGatewayBackend.create_nat_gateway

    def create(self: Any, subnet_id: str, *arguments: Any, **named: Any) -> Any:
        subnet = self.get_subnet(subnet_id)
        address = subnet.get_available_subnet_ip(instance=None)
        nat_gateways.random_private_ip = lambda *_: address
        return original(self, subnet_id, *arguments, **named)

    nat_gateways.NatGatewayBackend.create_nat_gateway = create


def deleted_nat_gateways_leave_nothing() -> None:
    """moto's keep their network interface and their Elastic IP.

    Source: AWS page "Work with NAT gateways": deleting one disassociates its Elastic IP.
    """
    from moto.ec2.models.nat_gateways import NatGatewayBackend

    original = NatGatewayBackend.delete_nat_gateway

    def delete(self: Any, nat_gateway_id: str) -> Any:
        gateway = original(self, nat_gateway_id)
        for address in self.addresses:
            if address.eni is gateway._eni:
                self.disassociate_address(association_id=address.association_id)
        if gateway._eni.id in self.enis:
            gateway._eni.delete()
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete


def elastic_addresses_are_public() -> None:
    """moto's are from 127.0.0.0/8, which no model of reachability calls the internet."""
    from moto.ec2 import utils
    from moto.ec2.models import elastic_ip_addresses

    elastic_ip_addresses.random_ip = utils.random_public_ip


def vpcs_end_with_their_network_acl() -> None:
    """moto keeps the default network ACL of a deleted VPC for ever."""
    from moto.ec2.models.vpcs import VPCBackend

    original = VPCBackend.delete_vpc

    def delete(self: Any, vpc_id: str) -> Any:
        deleted = original(self, vpc_id)
        for name in [name for name, acl in self.network_acls.items() if acl.vpc_id == vpc_id]:
            del self.network_acls[name]
        return deleted

    VPCBackend.delete_vpc = delete


def loopback_counts_as_tls() -> None:
    """A bucket for TLS only, as that of the state is, would refuse every request here.

    moto does not know the condition operator `Bool` and takes its condition as met.
    """
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult

    original = IAMPolicyStatement.is_action_permitted

    def is_permitted(self: Any, *arguments: Any, **named: Any) -> Any:
        if self._statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}:
            return PermissionResult.NEUTRAL
        return original(self, *arguments, **named)

    IAMPolicyStatement.is_action_permitted = is_permitted


def terraform_finds_public_subnets_public() -> None:
    """Its provider waits 10 s after each attribute that it changes on a new subnet.

    So it finds on what our public subnets turn on; where a stack does not, it turns it off.
    """
    from moto.ec2.responses.subnets import Subnets

    original = Subnets.create_subnet

    def create(self: Any) -> Any:
        made = original(self)
        if "Terraform" in self.headers.get("User-Agent", ""):
            subnet = made.result["Subnet"]
            tags = {tag["key"]: tag["value"] for tag in subnet.tag_set}
            subnet.map_public_ip_on_launch = tags.get("Tier") == "public"
        return made

    Subnets.create_subnet = create


def user_data_can_be_changed() -> None:
    """moto decodes it while it reads the request, and then takes it for still encoded."""
    from moto.ec2.responses import instances

    original = instances.parse_user_data

    def parse(value: Any) -> Any:
        return original(b64encode(value).decode() if isinstance(value, bytes) else value)

    instances.parse_user_data = parse


ALL = (
    canonical_publishes_its_images,
    instances_have_the_groups_of_their_interface,
    interfaces_without_public_address_have_no_association,
    primary_interfaces_end_with_their_instance,
    rules_keep_their_description,
    groups_tell_the_descriptions_of_prefix_lists,
    nat_gateways_are_inside_their_subnet,
    deleted_nat_gateways_leave_nothing,
    elastic_addresses_are_public,
    vpcs_end_with_their_network_acl,
    loopback_counts_as_tls,
    terraform_finds_public_subnets_public,
    user_data_can_be_changed,
)
