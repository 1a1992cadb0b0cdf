"""plan, deploy, drift, destroy and comment, as a person runs them on the emulated AWS.

The tests run in the order in which they stand: one environment, applied before, lives through
them, and the last destroys it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from delivery import emulated
from delivery.emulated import EmulatedAws
from tests.delivery.applied import NAME, Applied
from tests.synthesised import ROOT

REGION = "us-east-1"


@dataclass(frozen=True)
class Project:
    """A checkout of its own in which `dev` is applied; `folder` is where a person would stand."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "state" / "microblog-vpc" / "emulated"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "delivery", *arguments],
            cwd=self.folder,
            env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "CI": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    @contextmanager
    def aws(self) -> Iterator[EmulatedAws]:
        with emulated.running(NAME, home=self.home) as aws:
            yield aws

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "environments" / "dev.toml"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, applied_dev: Applied) -> Project:
    folder = tmp_path_factory.mktemp("project")
    for name in ("constructs_lib", "delivery", "environments", "policies", "reachability"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "userdata", folder / "userdata")
    shutil.copy(ROOT / "main.py", folder)
    found = Project(folder)
    applied_dev.copy(found.home)
    return found


def test_what_is_applied_needs_no_change_and_the_plan_is_kept_with_its_receipt(
    project: Project,
) -> None:
    finished = project.run("plan", "dev", "--aws", "emulated", "--out", "kept/dev.tfplan")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[0] == "nothing changes"
    kept = sorted((project.folder / "kept").iterdir())
    assert [one.name for one in kept] == [
        "dev.tfplan",
        "dev.tfplan.json",
        "dev.tfplan.receipt.json",
    ]
    assert {one.stat().st_mode & 0o077 for one in kept} == {0}
    receipt = json.loads(kept[2].read_text())
    assert (receipt["stack"], receipt["aws"], receipt["verdict"]["refused"]) == (
        "dev",
        "emulated",
        [],
    )
    assert re.fullmatch(r"(Terraform|OpenTofu) v[\d.]+", receipt["versions"]["engine"])


def test_drift_finds_what_was_added_and_changed_by_hand_and_nothing_else(project: Project) -> None:
    finished = project.run("drift", "dev", "--aws", "emulated")
    assert (finished.returncode, finished.stdout) == (
        0,
        "dev is what was applied, and nothing stands beside it\n",
    ), finished.stderr
    with project.aws() as aws:
        undo = by_hand(aws.client("ec2", REGION))
    finished = project.run("drift", "dev", "--aws", "emulated")
    assert finished.returncode == 1, finished.stderr
    for said in (
        r"opens app:8080 to web \(added by hand: rule sgr-\w+ in security group .*\)",
        r"also there: route table .*private-us-east-1a.* sends 192\.0\.2\.0/24 to .*",
        r"also there: Elastic IP [\d.]+ \(eipalloc-\w+\), attached to nothing; .*",
        r"aws_subnet\.microblogVPC_public-us-east-1a_subnet: map_public_ip_on_launch true → false",
    ):
        assert re.search(rf"^{said}", finished.stdout, re.MULTILINE), finished.stdout
    with project.aws() as aws:
        undo(aws.client("ec2", REGION))


def by_hand(ec2: Any) -> Any:
    """A rule, a route, an address and a setting that nobody wrote down; returns their end."""
    groups = {one["GroupName"]: one["GroupId"] for one in
              ec2.describe_security_groups()["SecurityGroups"]}  # fmt: skip
    web, app = groups["microblog-dev-web"], groups["microblog-dev-app"]
    port = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    rule = {**port, "UserIdGroupPairs": [{"GroupId": web}]}
    out = {**port, "UserIdGroupPairs": [{"GroupId": app}]}
    ec2.authorize_security_group_ingress(GroupId=app, IpPermissions=[rule])
    ec2.authorize_security_group_egress(GroupId=web, IpPermissions=[out])
    (gateway,) = ec2.describe_nat_gateways()["NatGateways"]
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "route.nat-gateway-id", "Values": [gateway["NatGatewayId"]]}]
    )["RouteTables"]
    route = {
        "RouteTableId": tables[0]["RouteTableId"],
        "DestinationCidrBlock": "192.0.2.0/24",
    }
    ec2.create_route(**route, NatGatewayId=gateway["NatGatewayId"])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    public = gateway["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": False})

    def undo(ec2: Any) -> None:
        ec2.revoke_security_group_ingress(GroupId=app, IpPermissions=[rule])
        ec2.revoke_security_group_egress(GroupId=web, IpPermissions=[out])
        ec2.delete_route(**route)
        ec2.release_address(AllocationId=address)
        ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})

    return undo


def test_the_lock_of_another_apply_is_one_line_that_names_its_holder(project: Project) -> None:
    state = project.home / NAME / "stacks" / "dev" / "terraform.tfstate"
    info = {"ID": "1", "Operation": "OperationTypeApply", "Who": "alice@laptop", "Version": "1",
            "Created": "2026-11-22T12:40:00Z", "Path": "terraform.tfstate", "Info": ""}  # fmt: skip
    lock = state.with_name(".terraform.tfstate.lock.info")
    with state.open("r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.write_text(json.dumps(info))
        finished = project.run("deploy", "dev", "--aws", "emulated", "--yes")
    lock.unlink(missing_ok=True)
    assert (finished.returncode, finished.stderr) == (
        1,
        "the state is locked by alice@laptop since 2026-11-22 12:40:00: "
        "wait until that has ended\n",
    )


def test_a_server_that_would_be_replaced_is_called_out(project: Project) -> None:
    project.edit("10.0.1.204", "10.0.1.205")
    finished = project.run("plan", "dev", "--aws", "emulated", "--out", "dev.tfplan")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(
        "Loses something\n"
        "  replaced aws_instance.web_instance (private_ip forces it): "
        "what is on its disk is lost\n"
    )


def test_the_comment_on_it_needs_neither_aws_nor_an_engine(project: Project) -> None:
    finished = project.run("comment", "--plan", "dev.tfplan")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("<!-- microblog-vpc plan dev -->\n### Plan of `dev`: 1 repl")
    assert "private_ip forces it" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prod", "--aws", "emulated"], "the plan was made for dev, and now it is prod"),
        (["dev"], "the plan was made for the AWS emulated, and now it is real"),
    ],
)
def test_a_plan_is_not_applied_to_another_environment_or_aws(
    project: Project, arguments: list[str], said: str
) -> None:
    finished = project.run("deploy", *arguments, "--plan", "dev.tfplan")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == f"{said}; plan again\n"


def test_a_plan_is_not_applied_once_it_or_what_it_was_made_from_has_changed(
    project: Project,
) -> None:
    plan = project.folder / "dev.tfplan"
    whole = plan.read_bytes()
    plan.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    finished = project.run("deploy", "dev", "--aws", "emulated", "--plan", "dev.tfplan")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == "dev.tfplan: is not what was gated (changed since); plan again\n"
    plan.write_bytes(whole)
    project.edit('revision = "v0.23"', 'revision = "v0.22"')
    finished = project.run("deploy", "dev", "--aws", "emulated", "--plan", "dev.tfplan")
    project.edit('revision = "v0.22"', 'revision = "v0.23"')
    assert (finished.returncode, finished.stdout) == (1, "")
    assert re.fullmatch(
        r"the plan was made from a cdk\.tf\.json \w{12}, and now it is \w{12}; plan again\n",
        finished.stderr,
    )


def test_a_failed_boot_fails_the_deploy_with_the_end_of_that_hosts_log(project: Project) -> None:
    with playing_hosts(project, result="failed", step="nginx", log="nginx: [emerg] no port\n"):
        finished = project.run(
            "deploy", "dev", "--aws", "emulated", "--plan", "dev.tfplan", "--wait", "--timeout=60"
        )
    assert finished.returncode == 1, finished.stderr
    *_, log, last = finished.stderr.splitlines()
    assert log == "nginx: [emerg] no port"
    assert re.match(r"web \(i-\w+\) failed to boot at nginx, and its log ends so; ", last)
    assert "created aws_instance.web_instance" in finished.stderr
    with project.aws() as aws:
        found = aws.client("ec2", REGION).describe_instances(
            Filters=[
                {"Name": "private-ip-address", "Values": ["10.0.1.205"]},
                {"Name": "instance-state-name", "Values": ["running"]},
            ]
        )
    assert len(found["Reservations"]) == 1


def test_a_host_mended_by_a_new_instance_makes_the_deploy_succeed(project: Project) -> None:
    with playing_hosts(project, result="ok"):
        finished = project.run(
            "deploy", "dev", "--aws", "emulated", "--yes", "--wait", "--timeout=60",
            "--replace", "aws_instance.web_instance",
        )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "replaced aws_instance.web_instance (as asked for)" in (finished.stdout)
    assert finished.stdout.splitlines()[-1] == "web is ready after 71 s"


@contextmanager
def playing_hosts(project: Project, **report: Any) -> Iterator[None]:
    """Every server that starts meanwhile says this of its boot."""
    ended = Event()
    running = [{"Name": "instance-state-name", "Values": ["running"]}]

    def instances(ec2: Any) -> dict[str, str]:
        found = ec2.describe_instances(Filters=running)["Reservations"]
        return {
            one["InstanceId"]: next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "Role")
            for reservation in found
            for one in reservation["Instances"]
        }

    with project.aws() as aws:
        ec2, ssm = aws.client("ec2", REGION), aws.client("ssm", REGION)
        before = instances(ec2)

        def play() -> None:
            while not ended.wait(0.5):
                for id_, role in instances(ec2).items():
                    if id_ not in before:
                        said = {"seconds": 71, "instance": id_, **report}
                        ssm.put_parameter(
                            Name=f"/microblog/dev/{role}/boot",
                            Value=json.dumps(said),
                            Type="String",
                            Overwrite=True,
                        )

        thread = Thread(target=play)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def test_destroy_wants_the_environments_name(project: Project) -> None:
    finished = project.run("destroy", "dev", "--aws", "emulated", "--yes", "prod")
    assert finished.returncode == 2
    finished = project.run("destroy", "dev", "--aws", "emulated")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1] == "nobody is here to ask; add --yes dev"
    assert emulated.exists(NAME, home=project.home)


def test_destroy_leaves_nothing(project: Project) -> None:
    finished = project.run("destroy", "dev", "--aws", "emulated", "--yes", "dev")
    assert finished.returncode == 0, finished.stderr
    assert not emulated.exists(NAME, home=project.home)
    assert list(project.home.iterdir()) == []
    assert not list(project.folder.glob("*.tfstate*"))
