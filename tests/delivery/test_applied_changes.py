"""What becomes of an applied `dev`: changed by hand, given a zone, destroyed, locked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery import emulated
from delivery.emulated import EmulatedAws
from reachability import live
from tests.delivery import applied
from tests.delivery.account import REGION, inventory, tag
from tests.delivery.applied import Applied
from tests.synthesised import DEV, synthesise


@pytest.fixture(scope="module")
def aws(applied_dev: Applied) -> Iterator[EmulatedAws]:
    """An account that its test leaves as it was."""
    with applied_dev.running() as running:
        yield running


def group(aws: EmulatedAws, role: str) -> str:
    found = inventory(aws)["security groups"]
    (name,) = [name for name, one in found.items() if tag(one, "Role") == role]
    return name


def test_a_rule_added_by_hand_is_told_and_gone_when_taken_back(
    aws: EmulatedAws, applied_dev: Applied
) -> None:
    ec2 = aws.client("ec2", REGION)
    open_to_all = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    jenkins = group(aws, "jenkins")
    ec2.authorize_security_group_ingress(GroupId=jenkins, IpPermissions=[open_to_all])
    told = list(live.compare(applied_dev.file, aws.endpoint).lines())
    ec2.revoke_security_group_ingress(GroupId=jenkins, IpPermissions=[open_to_all])
    assert any("internet" in line and "jenkins" in line and "8080" in line for line in told)
    assert list(live.compare(applied_dev.file, aws.endpoint).lines()) == []


def test_a_route_added_by_hand_is_told_and_gone_when_taken_back(
    aws: EmulatedAws, applied_dev: Applied
) -> None:
    ec2 = aws.client("ec2", REGION)
    found = inventory(aws)
    (table,) = [
        name
        for name, one in found["route tables"].items()
        if any("NatGatewayId" in route for route in one["Routes"])
    ]
    vpc = found["route tables"][table]["VpcId"]
    (gateway,) = [
        name
        for name, one in found["internet gateways"].items()
        if one["Attachments"][0]["VpcId"] == vpc
    ]
    by_hand = {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
    ec2.create_route(**by_hand, GatewayId=gateway)
    told = list(live.compare(applied_dev.file, aws.endpoint).lines())
    ec2.delete_route(**by_hand)
    assert any("198.51.100.0/24" in line for line in told), told
    assert list(live.compare(applied_dev.file, aws.endpoint).lines()) == []


def test_a_zone_more_replaces_nothing(applied_dev: Applied, tmp_path: Path) -> None:
    text = DEV.read_text(encoding="utf-8")
    zone = '[application.zones.us-east-1b]\npublic_subnet = "10.0.3.0/24"\n'
    zone += 'private_subnet = "10.0.4.0/24"\n\n'
    wider = text.replace("[management]", zone + "[management]")
    file = synthesise(tmp_path, dev=wider) / "stacks/dev/cdk.tf.json"
    with applied_dev.running() as aws:
        work = _beside(applied_dev, aws, file, tmp_path)
        applied.run(aws, work, "plan", "-out=plan", *applied.PLAIN)
        planned = json.loads(applied.run(aws, work, "show", "-json", "plan"))
    actions = {
        one["address"]: one["change"]["actions"]
        for one in planned["resource_changes"]
        if one["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert actions
    assert set(map(tuple, actions.values())) == {("create",)}
    assert sum("nat_gateway" in address.partition(".")[0] for address in actions) == 1
    assert all("us-east-1b" in address for address in actions)


def test_destroy_leaves_the_account_as_it_was(applied_dev: Applied, tmp_path: Path) -> None:
    with emulated.running(applied.NAME, home=applied_dev.copy(tmp_path)) as aws:
        assert inventory(aws) != applied_dev.before
        applied.destroy(aws, applied.prepared(aws, applied_dev.file))
        assert inventory(aws) == applied_dev.before
    emulated.forget(applied.NAME, home=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_two_at_once_one_is_refused_by_the_lock(applied_dev: Applied, tmp_path: Path) -> None:
    with applied_dev.running() as aws:
        work = _beside(applied_dev, aws, applied_dev.file, tmp_path)
        first = applied.start(aws, work, "destroy", "-refresh=false", "-no-color", "-input=true")
        assert first.stdin is not None and first.stdout is not None
        for line in first.stdout:
            if "Only 'yes' will be accepted" in line:
                break
        second = applied.run(aws, work, "apply", "-auto-approve", *applied.PLAIN, ok=(1,))
        first.communicate("no\n", timeout=60)
        assert "Error acquiring the state lock" in second
        assert "OperationTypeApply" in second
        assert first.returncode == 1
        assert applied.plan(aws, work)[0] == 0


def _beside(applied_dev: Applied, aws: EmulatedAws, file: Path, tmp_path: Path) -> Path:
    """A folder with the applied state and the stack of a file, to plan with."""
    work = tmp_path / "work"
    left_out = shutil.ignore_patterns(".terraform")
    shutil.copytree(applied_dev.home / "dev/stacks/dev", work, ignore=left_out)
    shutil.copy(file, work)
    turned = aws.overrides(json.loads(file.read_text(encoding="utf-8")))
    (work / "emulated_override.tf.json").write_text(json.dumps(turned), encoding="utf-8")
    applied.run(aws, work, "init", "-no-color", "-input=false")
    return work
