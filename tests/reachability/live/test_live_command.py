"""`reach --live` as a person runs it, against an emulated AWS on loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from reachability.command import app
from tests.reachability.live.applied import Applied


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    running.stop()


@pytest.fixture(scope="module")
def applied(server: str, dev: dict[str, Any]) -> Applied:
    keys = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}
    return Applied(boto3.client("ec2", region_name="us-east-1", endpoint_url=server, **keys), dev)


def reach(outdir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--dir", str(outdir), *arguments])


def test_an_account_is_asked_at_its_endpoint_and_the_difference_ends_in_1(
    applied: Applied, server: str, outdir: Path
) -> None:
    live = ("dev", "--live", "--endpoint", server)
    same = reach(outdir, *live)
    assert (same.exit_code, same.stderr) == (0, "")
    assert same.stdout == "the account lets through what dev says, no more\n"
    rule = applied.ec2.authorize_security_group_ingress(
        GroupId=applied.ids["aws_security_group.security-groups_web"],
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            }
        ],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    cause = f"rule {rule} in security group microblog-dev-web"
    differs = reach(outdir, *live)
    assert differs.exit_code == 1
    assert differs.stdout.splitlines() == [
        f"opens web:22 to internet (added by hand: {cause})",
        f"also there: security group security-groups/web lets in tcp 22 from 0.0.0.0/0 ({cause})",
    ]
    found = json.loads(reach(outdir, *live, "--json").stdout)
    assert found["changes"] == [{"words": "opens web:22 to internet", "added_by_hand": [cause]}]


def test_an_endpoint_where_nobody_listens_is_one_line_and_ends_in_1(outdir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        ran = reach(outdir, "dev", "--live", "--endpoint", url)
    assert ran.exit_code == 1
    assert ran.stderr == f"reach: {url}: does not answer; is the network up and the URL right?\n"


def test_without_credentials_it_says_how_to_get_some(
    outdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(outdir / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(outdir / "none"))
    ran = reach(outdir, "dev", "--live")
    assert ran.exit_code == 1
    assert "no whole AWS credentials; run `aws sso login` or set AWS_PROFILE" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", "--endpoint", "http://127.0.0.1:1"), "add --live"),
        (("dev", "--live", "--endpoint", "moto"), "'moto' is no URL"),
        (("dev", "internet", "web:80", "--live"), "name at most a stack"),
        (("--live",), "name the stack, one of: adopted, dev"),
    ],
)
def test_bad_usage_is_one_line_and_ends_in_2(
    outdir: Path, arguments: tuple[str, ...], says: str
) -> None:
    ran = reach(outdir, *arguments)
    assert ran.exit_code == 2
    assert says in ran.stderr
    assert ran.stderr.count("\n") == 1
