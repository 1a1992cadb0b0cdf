"""What somebody changes by hand in the account of `dev` is found, and named by its id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reachability.live import AccountError, Comparison, compare
from tests.reachability.live.applied import Applied

APP = "aws_security_group.security-groups_app"
WEB = "aws_security_group.security-groups_web"
APPLICATION = "aws_vpc.microblogVPC_vpc"
PRIVATE = "aws_subnet.microblogVPC_private-us-east-1a_subnet"
PRIVATE_TABLE = "aws_route_table.microblogVPC_private-us-east-1a_route-table"
GATEWAY = "aws_internet_gateway.microblogVPC_internet-gateway"
OPERATORS = "aws_ec2_managed_prefix_list.security-groups_operators"


def permit(direction: str, account: Applied, group: str, port: int, **peer: Any) -> str:
    """A rule added by hand; the id AWS gives it."""
    permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
    made = getattr(account.ec2, f"authorize_security_group_{direction}")(
        GroupId=group, IpPermissions=[permission]
    )
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def world(cidr: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"IpRanges": [{"CidrIp": cidr}]}


def changed(found: Comparison) -> dict[str, tuple[str, ...]]:
    return {str(change): causes for change, causes in found.changes}


def also(found: Comparison) -> list[str]:
    return [one.says for one in found.also]


def gone(found: Comparison) -> list[str]:
    return [one.says for one in found.gone]


def test_an_account_as_synthesised_has_no_difference(account: Applied, dev_path: Path) -> None:
    found = compare(dev_path)
    assert not found.differs
    assert list(found.lines()) == []


def test_an_account_without_the_stack_is_refused_in_one_line(
    account: Applied, dev_path: Path
) -> None:
    account.ec2.delete_tags(
        Resources=[account.ids[APPLICATION], account.ids["aws_vpc.management_vpc"]],
        Tags=[{"Key": "Environment"}],
    )
    with pytest.raises(AccountError, match="is tagged Project=microblog and Environment=dev; was"):
        compare(dev_path)


def test_a_conversation_opened_by_hand_is_named_with_both_its_rules(
    account: Applied, dev_path: Path
) -> None:
    app, web = account.ids[APP], account.ids[WEB]
    into = permit("ingress", account, app, 8080, UserIdGroupPairs=[{"GroupId": web}])
    out = permit("egress", account, web, 8080, UserIdGroupPairs=[{"GroupId": app}])
    found = compare(dev_path)
    assert changed(found) == {
        "opens app:8080 to web": (
            f"rule {into} in security group microblog-dev-app",
            f"rule {out} in security group microblog-dev-web",
        )
    }
    assert len(found.also) == 2
    assert found.gone == ()


def test_a_port_opened_to_the_world_is_named_with_its_rule(
    account: Applied, dev_path: Path
) -> None:
    rule = permit("ingress", account, account.ids[WEB], 22, **world())
    cause = (f"rule {rule} in security group microblog-dev-web",)
    found = changed(compare(dev_path))
    # Whoever may fetch pages anywhere has no way out on 22, so the internet alone is let in.
    assert found == {"opens web:22 to internet": cause}


def test_what_two_additions_open_alike_is_named_with_the_one_that_does_so_alone(
    account: Applied, dev_path: Path
) -> None:
    rule = permit("ingress", account, account.ids[WEB], 22, **world())
    group = account.ec2.create_security_group(
        GroupName="helper", Description="by hand", VpcId=account.ids[APPLICATION]
    )["GroupId"]
    permit("ingress", account, group, 22, **world())
    account.ec2.modify_instance_attribute(
        InstanceId=account.ids["aws_instance.web_instance"], Groups=[account.ids[WEB], group]
    )
    causes = changed(compare(dev_path))["opens web:22 to internet"]
    assert causes == (f"rule {rule} in security group microblog-dev-web",)


def test_a_rule_that_opens_nothing_is_listed_all_the_same(account: Applied, dev_path: Path) -> None:
    rule = permit("ingress", account, account.ids[APP], 5432, **world())
    found = compare(dev_path)
    assert found.changes == ()
    assert also(found) == ["security group security-groups/app lets in tcp 5432 from 0.0.0.0/0"]
    assert rule in found.also[0].element
    assert found.differs


def test_a_rule_taken_away_by_hand_closes_and_is_gone(account: Applied, dev_path: Path) -> None:
    name = "aws_vpc_security_group_ingress_rule.security-groups_ingress_monitoring-to-app-tcp-9100"
    account.ec2.revoke_security_group_ingress(
        GroupId=account.ids[APP], SecurityGroupRuleIds=[account.ids[name]]
    )
    found = compare(dev_path)
    assert changed(found) == {"closes app:9100 to monitoring": ()}
    assert gone(found) == [
        "security group security-groups/app lets in tcp 9100 "
        "from security group security-groups/monitoring"
    ]
    assert found.also == ()


def test_a_route_past_the_nat_gateway_is_named(account: Applied, dev_path: Path) -> None:
    table = account.ids[PRIVATE_TABLE]
    account.ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="8.8.8.0/24", GatewayId=account.ids[GATEWAY]
    )
    found = compare(dev_path)
    assert changed(found) == {
        "closes internet:80, 443 to app (addresses 8.8.8.0/24)": (
            f"route to 8.8.8.0/24 in {table}",
        )
    }
    assert also(found) == [
        "route table microblogVPC/private-us-east-1a sends 8.8.8.0/24 "
        "to internet gateway microblogVPC"
    ]


def test_a_default_route_redirected_is_both_there_and_gone(
    account: Applied, dev_path: Path
) -> None:
    account.ec2.replace_route(
        RouteTableId=account.ids[PRIVATE_TABLE],
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=account.ids[GATEWAY],
    )
    found = compare(dev_path)
    table = "route table microblogVPC/private-us-east-1a sends 0.0.0.0/0 to"
    assert also(found) == [f"{table} internet gateway microblogVPC"]
    assert gone(found) == [f"{table} nat gateway microblogVPC/nat-us-east-1a"]
    assert "closes internet:80, 443 to app" in changed(found)


def test_a_route_that_leads_to_what_was_deleted_leads_nowhere(
    account: Applied, dev_path: Path
) -> None:
    account.ec2.delete_vpc_peering_connection(
        VpcPeeringConnectionId=account.ids["aws_vpc_peering_connection.peering_connection"]
    )
    found = changed(compare(dev_path))
    assert "closes web:22 to jenkins" in found
    assert [one for one in found if one.startswith("closes app:9100")]


def test_an_address_given_to_the_private_server_is_named(account: Applied, dev_path: Path) -> None:
    eip = account.ec2.allocate_address(Domain="vpc")["AllocationId"]
    account.ec2.associate_address(
        AllocationId=eip, InstanceId=account.ids["aws_instance.app_instance"]
    )
    found = compare(dev_path)
    assert found.changes == ()
    assert also(found) == ["app has a public address", "app holds an Elastic IP"]
    assert eip in found.also[1].element


def test_a_subnet_that_gives_public_addresses_is_named(account: Applied, dev_path: Path) -> None:
    account.ec2.modify_subnet_attribute(
        SubnetId=account.ids[PRIVATE], MapPublicIpOnLaunch={"Value": True}
    )
    found = compare(dev_path)
    assert also(found) == [
        "subnet microblogVPC/private-us-east-1a gives a public address to every new instance"
    ]
    assert account.ids[PRIVATE] in found.also[0].element


def test_a_widened_prefix_list_opens_to_the_addresses_added_and_no_others(
    account: Applied, dev_path: Path
) -> None:
    account.ec2.modify_managed_prefix_list(
        PrefixListId=account.ids[OPERATORS],
        CurrentVersion=1,
        AddEntries=[{"Cidr": "198.51.100.0/24"}],
    )
    found = compare(dev_path)
    cause = (f"entry 198.51.100.0/24 in prefix list {account.ids[OPERATORS]}",)
    assert changed(found) == {
        f"opens {what} to internet (addresses 198.51.100.0/24)": cause
        for what in ("jenkins:22, 80, 8080", "monitoring:3000, 9090", "web:22")
    }
    assert also(found) == ["prefix list security-groups/operators holds 198.51.100.0/24"]


def test_a_group_put_on_a_server_is_named(account: Applied, dev_path: Path) -> None:
    group = account.ec2.create_security_group(
        GroupName="helper", Description="by hand", VpcId=account.ids[APPLICATION]
    )["GroupId"]
    rule = permit("ingress", account, group, 8443, **world("203.0.113.0/24"))
    account.ec2.modify_instance_attribute(
        InstanceId=account.ids["aws_instance.web_instance"], Groups=[account.ids[WEB], group]
    )
    causes = changed(compare(dev_path))["opens web:8443 to operators"]
    assert causes == (
        f"rule {rule} in security group helper ({group})",
        f"security group {group} on web",
    )


def test_a_server_started_by_hand_is_an_endpoint_of_its_own(
    account: Applied, dev_path: Path
) -> None:
    made = account.ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=account.ids["aws_subnet.microblogVPC_public-us-east-1a_subnet"],
        SecurityGroupIds=[account.ids[WEB]],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "Web_Server"}]}
        ],
    )["Instances"][0]["InstanceId"]
    found = compare(dev_path)
    assert f"opens Web_Server ({made}):80 to internet" in changed(found)
    assert not any(one.startswith("closes") for one in changed(found))


def test_a_network_acl_that_denies_is_named(account: Applied, dev_path: Path) -> None:
    (acl,) = account.ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [account.ids[PRIVATE]]}]
    )["NetworkAcls"]
    account.ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"],
        RuleNumber=50,
        Protocol="6",
        RuleAction="deny",
        Egress=False,
        CidrBlock="172.31.0.0/18",
        PortRange={"From": 9100, "To": 9100},
    )
    found = compare(dev_path)
    cause = (f"entry 50 in network ACL {acl['NetworkAclId']}",)
    assert changed(found) == {
        "closes app:9100 to monitoring": cause,
        "closes web:9100 to monitoring": cause,
    }


def test_another_environment_of_the_account_is_left_alone(account: Applied, dev_path: Path) -> None:
    other = account.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = account.ec2.create_security_group(
        GroupName="theirs", Description="not ours", VpcId=other
    )["GroupId"]
    permit("ingress", account, group, 22, **world())
    assert not compare(dev_path).differs


def test_an_interface_of_something_else_is_said_to_be_in_no_verdict(
    account: Applied, dev_path: Path
) -> None:
    made = account.ec2.create_network_interface(
        SubnetId=account.ids[PRIVATE], Description="a function"
    )["NetworkInterface"]["NetworkInterfaceId"]
    found = compare(dev_path)
    assert found.not_modelled == (f"network interface {made} (a function)",)
    assert not found.differs
