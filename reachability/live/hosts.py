"""Hosts and their security groups, from describe answers to Terraform's resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reachability.live.account import Account, Described, is_of_aws, tags_of
from reachability.live.made import made
from reachability.stack import Resource


def hosts(account: Account) -> Iterator[Resource]:
    """What talks and what guards it: instances, services, addresses and security groups."""
    yield from _security_groups(account)
    yield from _prefix_lists(account)
    yield from _instances(account)
    yield from _elastic_addresses(account)
    yield from _services(account)


def not_modelled(account: Account) -> Iterator[str]:
    """What stands in the VPCs and is no part of any verdict."""
    of_nat = {
        address.get("NetworkInterfaceId")
        for gateway in account.nat_gateways
        for address in gateway.get("NatGatewayAddresses") or ()
    }
    instances = {one["InstanceId"] for one in account.instances}
    for interface in account.interfaces:
        id_ = interface["NetworkInterfaceId"]
        what = interface.get("Description") or interface.get("InterfaceType", "interface")
        holder = (interface.get("Attachment") or {}).get("InstanceId")
        if holder not in instances and id_ not in of_nat and not what.startswith(_SERVED):
            yield f"network interface {id_} ({what})"
        if len(interface.get("PrivateIpAddresses") or ()) > 1:
            yield f"the further private addresses of network interface {id_}"


# How AWS describes the interfaces of what its own service tells more of.
_SERVED = ("ELB ", "RDSNetworkInterface")


def _security_groups(account: Account) -> Iterator[Resource]:
    for group in account.groups:
        default = group["GroupName"] == "default"
        yield made(
            "aws_default_security_group" if default else "aws_security_group",
            group["GroupId"],
            tags_of(group),
            name=group["GroupName"],
            vpc_id=group["VpcId"],
        )
    for rule in account.rules:
        # An owner comes before the id, or under UserId beside it.
        peer = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        yield made(
            f"aws_vpc_security_group_{'egress' if rule['IsEgress'] else 'ingress'}_rule",
            rule["SecurityGroupRuleId"],
            tags_of(rule),
            security_group_id=rule["GroupId"],
            ip_protocol=str(rule["IpProtocol"]),
            from_port=rule.get("FromPort", -1),
            to_port=rule.get("ToPort", -1),
            cidr_ipv4=rule.get("CidrIpv4"),
            cidr_ipv6=rule.get("CidrIpv6"),
            prefix_list_id=rule.get("PrefixListId"),
            referenced_security_group_id=peer.rpartition("/")[2] if peer else None,
            description=rule.get("Description"),
        )


def _prefix_lists(account: Account) -> Iterator[Resource]:
    for one in account.prefix_lists:
        id_, name = one["PrefixListId"], one.get("PrefixListName")
        if is_of_aws(one):
            yield made("data.aws_ec2_managed_prefix_list", id_, name=name)
        else:
            entries = [{"cidr": entry["Cidr"]} for entry in one["Entries"]]
            yield made("aws_ec2_managed_prefix_list", id_, tags_of(one), name=name, entry=entries)


def _instances(account: Account) -> Iterator[Resource]:
    for one in account.instances:
        id_ = one["InstanceId"]
        first, *more = sorted(
            one["NetworkInterfaces"], key=lambda each: int(each["Attachment"]["DeviceIndex"])
        )
        yield made(
            "aws_instance",
            id_,
            tags_of(one),
            primary_network_interface_id=first["NetworkInterfaceId"],
            associate_public_ip_address=_has_public(first),
            public_ip=(first.get("Association") or {}).get("PublicIp"),
            vpc_security_group_ids=[group["GroupId"] for group in first["Groups"]],
            **_placed(first),
        )
        for interface in more:
            yield made(
                "aws_network_interface",
                interface["NetworkInterfaceId"],
                attachment=[{"instance": id_}],
                security_groups=[group["GroupId"] for group in interface["Groups"]],
                **_placed(interface),
            )


def _has_public(interface: Described) -> bool:
    return bool((interface.get("Association") or {}).get("PublicIp"))


def _placed(interface: Described) -> dict[str, Any]:
    return {
        "subnet_id": interface["SubnetId"],
        "private_ip": interface["PrivateIpAddress"],
        "ipv6_addresses": [one["Ipv6Address"] for one in interface.get("Ipv6Addresses") or ()],
        "source_dest_check": interface.get("SourceDestCheck", True),
    }


def _elastic_addresses(account: Account) -> Iterator[Resource]:
    for one in account.addresses:
        yield made(
            "aws_eip",
            one["AllocationId"],
            tags_of(one),
            public_ip=one["PublicIp"],
            network_interface=one["NetworkInterfaceId"],
        )
    known = {one["PublicIp"] for one in account.addresses}
    for instance in account.instances:
        for interface in instance["NetworkInterfaces"]:
            # AWS's own address of a further interface, which Terraform has no argument for.
            address = (interface.get("Association") or {}).get("PublicIp")
            if address and address not in known and int(interface["Attachment"]["DeviceIndex"]):
                id_ = interface["NetworkInterfaceId"]
                yield made("aws_eip", f"{id_}-public", public_ip=address, network_interface=id_)


def _services(account: Account) -> Iterator[Resource]:
    for one in account.balancers:
        yield made(
            "aws_lb",
            one["LoadBalancerArn"],
            tags_of(one),
            name=one["LoadBalancerName"],
            internal=one.get("Scheme") == "internal",
            load_balancer_type=one.get("Type"),
            subnets=[zone["SubnetId"] for zone in one["AvailabilityZones"]],
            security_groups=one.get("SecurityGroups") or [],
        )
    for one in account.databases:
        name = one["DBInstanceIdentifier"]
        group = one["DBSubnetGroup"]
        yield made(
            "aws_db_instance",
            name,
            {tag["Key"]: tag["Value"] for tag in one.get("TagList") or ()},
            identifier=name,
            db_subnet_group_name=group["DBSubnetGroupName"],
            publicly_accessible=one.get("PubliclyAccessible", False),
            vpc_security_group_ids=[
                each["VpcSecurityGroupId"] for each in one.get("VpcSecurityGroups") or ()
            ],
        )
        yield made(
            "aws_db_subnet_group",
            f"{name}-subnets",
            name=group["DBSubnetGroupName"],
            subnet_ids=[subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
        )
