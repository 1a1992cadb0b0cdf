"""`reach --live` on a stack that Terraform itself built, in the emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from delivery import emulated
from reachability.command import app
from tests.delivery.account import REGION
from tests.delivery.applied import NAME, Applied

SAME = (0, ["the account lets through what dev says, no more"])


@dataclass(frozen=True)
class Built:
    """The account that `dev` was applied to, and where `dev` was synthesised."""

    aws: emulated.EmulatedAws
    outdir: Path

    @property
    def ec2(self) -> Any:
        return self.aws.client("ec2", REGION)

    def named(self, kind: str, name: str) -> str:
        """The id of what carries a Name tag."""
        filters = [{"Name": "key", "Values": ["Name"]}, {"Name": "value", "Values": [name]}]
        filters.append({"Name": "resource-type", "Values": [kind]})
        (found,) = self.ec2.describe_tags(Filters=filters)["Tags"]
        return str(found["ResourceId"])

    def reach(self) -> tuple[int, list[str]]:
        """Exit code and lines of `reach dev --live`."""
        asked = ["--dir", str(self.outdir), "dev", "--live", "--endpoint", self.aws.endpoint]
        ran = CliRunner().invoke(app, asked)
        assert ran.stderr == ""
        return ran.exit_code, ran.stdout.splitlines()


@pytest.fixture(scope="module")
def built(applied_dev: Applied, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    home = applied_dev.copy(tmp_path_factory.mktemp("by-hand") / "home")
    with emulated.running(NAME, home=home) as aws:
        yield Built(aws, applied_dev.file.parents[2])


@pytest.fixture(autouse=True)
def no_keys_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture(autouse=True)
def as_built(built: Built) -> Iterator[None]:
    """Every test takes back what it did by hand."""
    assert built.reach() == SAME
    yield
    assert built.reach() == SAME


def test_a_rule_added_by_hand_is_named(built: Built) -> None:
    group = built.named("security-group", "microblog-dev-app")
    web = built.named("security-group", "microblog-dev-web")
    rule = {"IpProtocol": "tcp", "FromPort": 5000, "ToPort": 5000}
    made = built.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "10.0.1.0/24"}]}]
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    opened = built.ec2.authorize_security_group_ingress(
        GroupId=web, IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    code, lines = built.reach()
    for where, id_ in ((group, made), (web, opened)):
        built.ec2.revoke_security_group_ingress(GroupId=where, SecurityGroupRuleIds=[id_])
    by_web = f"rule {opened} in security group microblog-dev-web"
    assert code == 1
    assert lines[0] == f"opens web:5000 to internet (added by hand: {by_web})"
    assert {one for one in lines if one.startswith("also there: ")} == {
        "also there: security group security-groups/app lets in tcp 5000 from 10.0.1.0/24 "
        f"(rule {made} in security group microblog-dev-app)",
        "also there: security group security-groups/web lets in tcp 5000 from 0.0.0.0/0 "
        f"({by_web})",
    }


def test_a_route_added_by_hand_is_named(built: Built) -> None:
    table = built.named("route-table", "microblogVPC-private-us-east-1a")
    gateway = built.named("internet-gateway", "microblogVPC")
    route = {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
    built.ec2.create_route(**route, GatewayId=gateway)
    code, lines = built.reach()
    built.ec2.delete_route(**route)
    by_route = f"route to 198.51.100.0/24 in {table}"
    assert code == 1
    assert lines == [
        f"closes internet:80, 443 to app (addresses 198.51.100.0/24) (added by hand: {by_route})",
        "also there: route table microblogVPC/private-us-east-1a sends 198.51.100.0/24 to "
        f"internet gateway microblogVPC ({by_route})",
    ]


def test_an_elastic_ip_given_by_hand_is_named(built: Built) -> None:
    instance = built.named("instance", "Application_Server")
    made = built.ec2.allocate_address(Domain="vpc")
    built.ec2.associate_address(AllocationId=made["AllocationId"], InstanceId=instance)
    code, lines = built.reach()
    built.ec2.disassociate_address(PublicIp=made["PublicIp"])
    built.ec2.release_address(AllocationId=made["AllocationId"])
    element = f"Elastic IP {made['PublicIp']} ({made['AllocationId']}) on app"
    assert code == 1
    assert f"also there: app holds an Elastic IP ({element})" in lines
    assert [one for one in lines if not one.startswith("also there: app h")] == []
