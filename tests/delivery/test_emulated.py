"""The emulated AWS of an environment: what it keeps, who may share it, and when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from constructs_lib.errors import RunError
from delivery import emulated
from delivery.emulated import home
from tests.synthesised import ROOT

REGION = "us-east-1"


def cidrs(aws: emulated.EmulatedAws) -> set[str]:
    found = aws.client("ec2", REGION).describe_vpcs()["Vpcs"]
    return {vpc["CidrBlock"] for vpc in found if not vpc["IsDefault"]}


def wait_until_ended(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while home.is_served(folder):
        assert time.monotonic() < deadline, "its process is still there"
        time.sleep(0.05)


def served_by(folder: Path) -> list[int]:
    """The processes that have the folder in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if str(folder) in words:
            found.append(int(process.name))
    return found


def in_another_process(folder: Path, body: str) -> subprocess.Popen[str]:
    """Runs `body` with `aws`; lines that it prints can be read."""
    program = (
        "from pathlib import Path\nfrom delivery import emulated\n"
        f"with emulated.running('dev', home=Path({str(folder)!r})) as aws:\n"
        f"    ec2 = aws.client('ec2', '{REGION}')\n" + textwrap.indent(body, "    ")
    )
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_what_was_made_is_there_in_the_next_command_and_gone_when_forgotten(tmp_path: Path) -> None:
    assert not emulated.exists("dev", home=tmp_path)
    with emulated.running("dev", home=tmp_path) as aws:
        aws.client("ec2", REGION).create_vpc(CidrBlock="10.7.0.0/16")
        aws.client("ssm", REGION).put_parameter(
            Name="/microblog/dev/web/boot", Value='{"result": "ok"}', Type="String"
        )
        aws.client("s3", REGION).create_bucket(Bucket="state")
        aws.client("s3", REGION).put_object(Bucket="state", Key="a/b", Body=b"kept")
    wait_until_ended(tmp_path / "dev")
    assert emulated.exists("dev", home=tmp_path)
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == {"10.7.0.0/16"}
        stored = aws.client("s3", REGION).get_object(Bucket="state", Key="a/b")
        assert stored["Body"].read() == b"kept"
        published = aws.client("ssm", REGION).get_parameter(Name="/microblog/dev/web/boot")
        assert published["Parameter"]["Value"] == '{"result": "ok"}'
    emulated.forget("dev", home=tmp_path)
    assert not emulated.exists("dev", home=tmp_path)
    assert not list(tmp_path.iterdir())
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == set()
    emulated.forget("dev", home=tmp_path)


def test_environments_do_not_see_each_other(tmp_path: Path) -> None:
    with (
        emulated.running("dev", home=tmp_path) as dev,
        emulated.running("prod", home=tmp_path) as prod,
    ):
        dev.client("ec2", REGION).create_vpc(CidrBlock="10.7.0.0/16")
        assert cidrs(prod) == set()
        assert dev.endpoint != prod.endpoint


def test_commands_at_the_same_time_share_it(tmp_path: Path) -> None:
    body = "ec2.create_vpc(CidrBlock='10.{}.0.0/16')\nprint(aws.endpoint)\n"
    commands = [in_another_process(tmp_path, body.format(number)) for number in (1, 2, 3)]
    endpoints = {command.communicate(timeout=60)[0] for command in commands}
    assert len(endpoints) == 1
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"}
        with pytest.raises(RunError, match="the emulated AWS of dev is in use"):
            emulated.forget("dev", home=tmp_path)
        assert cidrs(aws) == {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"}


def test_a_killed_command_loses_nothing_and_leaves_no_process(tmp_path: Path) -> None:
    body = (
        "ec2.create_vpc(CidrBlock='10.1.0.0/16')\n"
        "print('made', flush=True)\n"
        "__import__('time').sleep(60)\n"
    )
    command = in_another_process(tmp_path, body)
    assert command.stdout is not None
    assert command.stdout.readline() == "made\n"
    command.kill()
    command.wait()
    command.stdout.close()
    wait_until_ended(tmp_path / "dev")
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == {"10.1.0.0/16"}


def test_a_snapshot_follows_a_change_without_being_asked_for(tmp_path: Path) -> None:
    """So that also a machine that stops loses no more than the last second."""
    snapshot = tmp_path / "dev" / home.SNAPSHOT
    with emulated.running("dev", home=tmp_path) as aws:
        aws.client("ec2", REGION).create_vpc(CidrBlock="10.7.0.0/16")
        deadline = time.monotonic() + 20
        while not snapshot.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert snapshot.exists()


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    with emulated.running("dev", home=tmp_path) as aws:
        assert aws.folder.stat().st_mode & 0o077 == 0
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod").chmod(0o770)
    with (
        pytest.raises(RunError, match="prod: others may read or write it"),
        emulated.running("prod", home=tmp_path),
    ):
        pass


def test_a_snapshot_of_another_version_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "dev"
    folder.mkdir(mode=0o700)
    (folder / home.SNAPSHOT).write_bytes(b'{"moto": "4.0.0", "format": 1}\n')
    with (
        pytest.raises(RunError, match=r"made with another version of moto.* remove ") as refused,
        emulated.running("dev", home=tmp_path),
    ):
        pass
    assert "\n" not in str(refused.value)
    assert (folder / home.SNAPSHOT).exists()


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with emulated.running("dev", home=tmp_path) as aws:
        port = int(aws.endpoint.rpartition(":")[2])
        assert aws.endpoint.startswith("http://127.0.0.1:")
        listening = {
            line.split()[1]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
            if line.split()[3] == "0A"
        }
        loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
        assert {one for one in listening if one.endswith(f":{port:04X}")} == {
            f"{loopback}:{port:04X}"
        }


def test_what_is_not_emulated_is_refused_at_once(tmp_path: Path) -> None:
    with emulated.running("dev", home=tmp_path) as aws:
        ec2 = aws.client("ec2", REGION)
        refusal = r"UnsupportedOperation.*not emulated"
        with pytest.raises(ClientError, match=refusal):
            ec2.create_network_insights_path(Source="igw-1", Protocol="tcp", ClientToken="x")
        with pytest.raises(ClientError, match=refusal):
            aws.client("ssm", REGION).describe_sessions(State="Active")
        with pytest.raises(ClientError, match=refusal):
            aws.client("iam", REGION).list_policies_granting_service_access(
                Arn="arn:aws:iam::123456789012:role/web", ServiceNamespaces=["ec2"]
            )


def test_the_users_own_aws_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://192.0.2.1")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == set()
        variables = aws.variables()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EC2"} & variables.keys()
    assert variables["AWS_ENDPOINT_URL"] == aws.endpoint
    assert variables["AWS_CONFIG_FILE"] == os.devnull


def test_it_saves_and_ends_when_the_machine_tells_it_to(tmp_path: Path) -> None:
    with emulated.running("dev", home=tmp_path) as aws:
        aws.client("ec2", REGION).create_vpc(CidrBlock="10.7.0.0/16")
        (process,) = served_by(aws.folder)
        os.kill(process, signal.SIGTERM)
        wait_until_ended(tmp_path / "dev")
    with emulated.running("dev", home=tmp_path) as aws:
        assert cidrs(aws) == {"10.7.0.0/16"}
