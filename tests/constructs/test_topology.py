"""The seed topology of the design, figure by figure, in what is synthesised."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.synthesised import by_path, of_type, stack, user_data

APP_VPC = "${aws_vpc.microblogVPC_vpc.id}"
MANAGEMENT_VPC = "${aws_vpc.management_vpc.id}"
PEERING = "${aws_vpc_peering_connection.peering_connection.id}"


def test_two_vpcs_with_dns(dev: dict[str, Any]) -> None:
    vpcs = of_type(dev, "aws_vpc")
    assert {path: vpc["cidr_block"] for path, vpc in vpcs.items()} == {
        "microblogVPC/vpc": "10.0.0.0/18",
        "management/vpc": "172.31.0.0/18",
    }
    assert all(vpc["enable_dns_hostnames"] for vpc in vpcs.values())
    assert all(vpc["enable_dns_support"] for vpc in vpcs.values())


def test_three_subnets_of_which_only_the_private_one_gives_no_address(dev: dict[str, Any]) -> None:
    assert {
        path: (
            subnet["vpc_id"],
            subnet["cidr_block"],
            subnet["availability_zone"],
            subnet["map_public_ip_on_launch"],
        )
        for path, subnet in of_type(dev, "aws_subnet").items()
    } == {
        "microblogVPC/public-us-east-1a/subnet": (APP_VPC, "10.0.1.0/24", "us-east-1a", True),
        "microblogVPC/private-us-east-1a/subnet": (APP_VPC, "10.0.2.0/24", "us-east-1a", False),
        "management/public-us-east-1d/subnet": (
            MANAGEMENT_VPC,
            "172.31.16.0/20",
            "us-east-1d",
            True,
        ),
    }


def test_every_route_there_is(dev: dict[str, Any]) -> None:
    routes = {
        (
            route["route_table_id"].split(".")[1],
            route["destination_cidr_block"],
            route.get("gateway_id")
            or route.get("nat_gateway_id")
            or route["vpc_peering_connection_id"],
        )
        for route in of_type(dev, "aws_route").values()
    }
    public, private, management = (
        "microblogVPC_public-route-table",
        "microblogVPC_private-us-east-1a_route-table",
        "management_public-route-table",
    )
    assert routes == {
        (public, "0.0.0.0/0", "${aws_internet_gateway.microblogVPC_internet-gateway.id}"),
        (private, "0.0.0.0/0", "${aws_nat_gateway.microblogVPC_nat-us-east-1a_nat-gateway.id}"),
        (management, "0.0.0.0/0", "${aws_internet_gateway.management_internet-gateway.id}"),
        (public, "172.31.0.0/18", PEERING),
        (private, "172.31.0.0/18", PEERING),
        (management, "10.0.0.0/18", PEERING),
    }


def test_every_subnet_is_in_one_route_table_of_its_tier(dev: dict[str, Any]) -> None:
    pairs = [
        (one["subnet_id"].split(".")[1], one["route_table_id"].split(".")[1])
        for one in of_type(dev, "aws_route_table_association").values()
    ]
    assert sorted(pairs) == [
        ("management_public-us-east-1d_subnet", "management_public-route-table"),
        (
            "microblogVPC_private-us-east-1a_subnet",
            "microblogVPC_private-us-east-1a_route-table",
        ),
        ("microblogVPC_public-us-east-1a_subnet", "microblogVPC_public-route-table"),
    ]


def test_one_nat_gateway_with_an_elastic_ip_in_the_public_subnet(dev: dict[str, Any]) -> None:
    (gateway,) = of_type(dev, "aws_nat_gateway").values()
    (address,) = of_type(dev, "aws_eip").values()
    assert gateway["subnet_id"] == "${aws_subnet.microblogVPC_public-us-east-1a_subnet.id}"
    assert gateway["allocation_id"] == "${aws_eip.microblogVPC_nat-us-east-1a_eip.id}"
    for resource in (gateway, address):
        assert "aws_internet_gateway.microblogVPC_internet-gateway" in resource["depends_on"]


def test_the_peering_is_accepted_and_resolves_names_both_ways(dev: dict[str, Any]) -> None:
    (connection,) = of_type(dev, "aws_vpc_peering_connection").values()
    (options,) = of_type(dev, "aws_vpc_peering_connection_options").values()
    assert {connection["vpc_id"], connection["peer_vpc_id"]} == {APP_VPC, MANAGEMENT_VPC}
    assert connection["auto_accept"] is True
    # Options set inline and in their own resource undo each other.
    assert not {"accepter", "requester"} & connection.keys()
    for side in ("accepter", "requester"):
        assert options[side] == {"allow_remote_vpc_dns_resolution": True}


def test_default_security_groups_are_closed(dev: dict[str, Any]) -> None:
    groups = of_type(dev, "aws_default_security_group")
    assert {group["vpc_id"] for group in groups.values()} == {APP_VPC, MANAGEMENT_VPC}
    for group in groups.values():
        assert not {"ingress", "egress"} & group.keys()


def test_flow_logs_of_both_vpcs_are_kept(dev: dict[str, Any]) -> None:
    logs = of_type(dev, "aws_flow_log")
    assert {log["vpc_id"] for log in logs.values()} == {APP_VPC, MANAGEMENT_VPC}
    assert {log["traffic_type"] for log in logs.values()} == {"ALL"}
    groups = of_type(dev, "aws_cloudwatch_log_group")
    assert [group["retention_in_days"] for group in groups.values()] == [365, 365]


@pytest.mark.parametrize(
    ("role", "name", "type_", "subnet", "address"),
    [
        ("web", "Web_Server", "t3.micro", "microblogVPC_public-us-east-1a", "10.0.1.204"),
        ("app", "Application_Server", "t3.micro", "microblogVPC_private-us-east-1a", "10.0.2.110"),
        ("jenkins", "Jenkins", "t3.medium", "management_public-us-east-1d", "172.31.17.100"),
        ("monitoring", "Monitoring", "t3.micro", "management_public-us-east-1d", "172.31.24.139"),
    ],
)
def test_each_server_stands_where_the_table_says(
    dev: dict[str, Any], role: str, name: str, type_: str, subnet: str, address: str
) -> None:
    instance = of_type(dev, "aws_instance")[f"{role}/instance"]
    assert instance["instance_type"] == type_
    assert instance["subnet_id"] == f"${{aws_subnet.{subnet}_subnet.id}}"
    assert instance["private_ip"] == address
    assert instance["vpc_security_group_ids"] == [
        f"${{aws_security_group.security-groups_{role}.id}}"
    ]
    assert (instance["tags"]["Name"], instance["tags"]["Role"]) == (name, role)


def test_there_are_no_other_servers(dev: dict[str, Any]) -> None:
    assert set(of_type(dev, "aws_instance")) == {
        f"{role}/instance" for role in ("web", "app", "jenkins", "monitoring")
    }


def test_servers_are_hardened(dev: dict[str, Any]) -> None:
    for instance in of_type(dev, "aws_instance").values():
        assert instance["metadata_options"]["http_tokens"] == "required"
        assert instance["root_block_device"]["encrypted"] is True
        assert instance["root_block_device"]["volume_type"] == "gp3"
        assert "key_name" not in instance
        assert "user_data" not in instance


def test_only_the_private_server_refuses_a_public_address(dev: dict[str, Any]) -> None:
    asked = {
        path: instance.get("associate_public_ip_address")
        for path, instance in of_type(dev, "aws_instance").items()
    }
    assert asked == {
        "app/instance": False,
        "web/instance": None,
        "jenkins/instance": None,
        "monitoring/instance": None,
    }


def test_a_server_boots_only_when_its_way_out_stands(dev: dict[str, Any]) -> None:
    app = of_type(dev, "aws_instance")["app/instance"]["depends_on"]
    assert "aws_route.microblogVPC_private-us-east-1a_default-route" in app
    assert any(one.endswith("app-to-internet-tcp-443") for one in app)


def test_tags_that_everything_bears(dev: dict[str, Any]) -> None:
    (provider,) = dev["provider"]["aws"]
    assert provider["default_tags"] == [
        {
            "tags": {
                "Project": "microblog",
                "Environment": "dev",
                "Role": "network",
                "ManagedBy": "terraform",
            }
        }
    ]
    assert provider["region"] == "us-east-1"


def test_what_belongs_to_a_server_bears_its_role(dev: dict[str, Any]) -> None:
    for role in ("web", "app", "jenkins", "monitoring"):
        instance = of_type(dev, "aws_instance")[f"{role}/instance"]
        assert instance["tags"]["Role"] == instance["root_block_device"]["tags"]["Role"] == role
        assert of_type(dev, "aws_security_group")[f"security-groups/{role}"]["tags"]["Role"] == role
        assert of_type(dev, "aws_iam_role")[f"{role}/role"]["tags"]["Role"] == role
        profile = of_type(dev, "aws_iam_instance_profile")[f"{role}/instance-profile"]
        assert profile["tags"]["Role"] == role


def test_outputs_that_people_need(dev: dict[str, Any]) -> None:
    sessions = {f"{role}_session_command" for role in ("web", "app", "jenkins", "monitoring")}
    urls = {"web_url", "jenkins_url", "grafana_url", "prometheus_url"}
    assert set(dev["output"]) == sessions | urls
    assert dev["output"]["jenkins_url"]["value"].endswith(":8080/")


def test_user_data_beside_the_stack_is_what_the_instance_gets(
    outdir: Path, dev: dict[str, Any]
) -> None:
    for path, instance in of_type(dev, "aws_instance").items():
        role = path.partition("/")[0]
        readable = outdir / "stacks/dev/user-data" / f"{role}.sh"
        assert readable.read_text(encoding="utf-8") == user_data(instance)
        assert len(base64.b64decode(instance["user_data_base64"])) <= 16_384


def test_a_change_of_user_data_replaces_only_the_servers_without_data(dev: dict[str, Any]) -> None:
    assert {
        path: instance["user_data_replace_on_change"]
        for path, instance in of_type(dev, "aws_instance").items()
    } == {
        "web/instance": True,
        "monitoring/instance": True,
        "app/instance": False,
        "jenkins/instance": False,
    }


def test_state_stays_local_without_a_bucket(dev: dict[str, Any]) -> None:
    assert dev["terraform"]["backend"] == {"local": {"path": "../../../terraform.dev.tfstate"}}


def test_state_goes_to_the_bucket_and_is_locked_there(outdir: Path) -> None:
    assert stack(outdir, "stored")["terraform"]["backend"] == {
        "s3": {
            "bucket": "microblog-state-1a2b3c",
            "key": "microblog/stored/terraform.tfstate",
            "region": "us-east-1",
            "encrypt": True,
            "use_lockfile": True,
        }
    }


def test_the_bucket_is_encrypted_versioned_private_and_by_tls_only(outdir: Path) -> None:
    state = stack(outdir, "stored-state")
    resources = {path.partition("/")[2]: body for path, (_, body) in by_path(state).items()}
    assert set(resources) == {
        "bucket",
        "encryption",
        "lifecycle",
        "ownership-controls",
        "policy",
        "public-access-block",
        "versioning",
    }
    assert resources["bucket"]["lifecycle"] == {"prevent_destroy": True}
    assert resources["versioning"]["versioning_configuration"] == {"status": "Enabled"}
    assert '"aws:SecureTransport": "false"' in resources["policy"]["policy"]
    assert '"Effect": "Deny"' in resources["policy"]["policy"]
    blocked = resources["public-access-block"]
    for one in ("block_public_acls", "block_public_policy", "ignore_public_acls"):
        assert blocked[one] is True
    assert blocked["restrict_public_buckets"] is True
    assert state["terraform"]["backend"].keys() == {"local"}


def test_the_default_vpc_is_read_and_given_nothing_but_a_route_and_a_flow_log(outdir: Path) -> None:
    adopted = stack(outdir, "adopted")
    assert set(of_type(adopted, "aws_vpc")) == {"microblogVPC/vpc"}
    in_management = {
        path
        for path, (_, body) in by_path(adopted).items()
        if "data.aws_vpc.management_vpc" in str(body)
    }
    assert in_management == {
        "peering/connection",
        "peering/management-main-to-microblogVPC",
        "flow-logs/management-flow-log",
        "security-groups/jenkins",
        "security-groups/monitoring",
    }
    (lookup,) = adopted["data"]["aws_vpc"].values()
    assert lookup["default"] is True
    main = of_type(adopted, "aws_route")["peering/management-main-to-microblogVPC"]
    assert main["route_table_id"] == "${data.aws_vpc.management_vpc.main_route_table_id}"


def test_with_every_id_given_nothing_is_looked_up(outdir: Path) -> None:
    offline = stack(outdir, "offline")
    assert "data" not in offline
    main = of_type(offline, "aws_route")["peering/management-main-to-microblogVPC"]
    assert main["route_table_id"] == "rtb-0a1b2c3d"
    instances = of_type(offline, "aws_instance")
    assert instances["jenkins/instance"]["subnet_id"] == "subnet-0a1b2c3d"
    assert {instance["ami"] for instance in instances.values()} == {"ami-0123456789abcdef0"}


def test_the_image_is_canonicals_unless_given(dev: dict[str, Any]) -> None:
    (parameter,) = dev["data"]["aws_ssm_parameter"].values()
    assert parameter["name"].startswith("/aws/service/canonical/ubuntu/server/24.04/stable/")
    for instance in of_type(dev, "aws_instance").values():
        assert instance["ami"] == "${data.aws_ssm_parameter.image.insecure_value}"


def test_a_new_image_replaces_no_server_and_ignored_user_data_changes_none(outdir: Path) -> None:
    ignored = {
        path: instance["lifecycle"]["ignore_changes"]
        for path, instance in of_type(stack(outdir, "offline"), "aws_instance").items()
    }
    assert ignored == {
        "web/instance": ["ami"],
        "monitoring/instance": ["ami"],
        "jenkins/instance": ["ami"],
        "app/instance": ["ami", "user_data_base64"],
    }
