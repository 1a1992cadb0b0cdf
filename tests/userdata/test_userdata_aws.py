"""lib/aws.sh with the real curl: against moto, and against a server that checks signatures."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from aws_endpoint import SECRETS, Aws, serving
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

from constructs_lib.userdata import ROOT


@pytest.fixture
def aws() -> Iterator[Aws]:
    with serving() as made:
        yield made


def host(aws_url: str, metadata_url: str, command: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell that has the lib, with the settings that a host has."""
    program = [
        "set -o errexit -o errtrace -o nounset -o pipefail; shopt -s inherit_errexit",
        "HOST_PROJECT=microblog HOST_ENVIRONMENT=test HOST_ROLE=web HOST_REGION=eu-west-1",
        f"AWS_ENDPOINT={aws_url} AWS_METADATA_URL={metadata_url} RETRY_LIMIT=3 RETRY_DELAY=0",
        *(f"source {path}" for path in sorted((ROOT / "lib").glob("*.sh"))),
        command,
    ]
    return subprocess.run(
        ["bash", "-c", "\n".join(program)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
    )


def signature(request: AWSRequest) -> str:
    """What botocore signs the same request with: the same headers, at the same time."""
    given = request.headers["Authorization"]
    signed = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        request.method,
        request.url,
        {name: request.headers[name] for name in signed},
        request.body,
    )
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    credentials = Credentials(SECRETS["AccessKeyId"], SECRETS["SecretAccessKey"])
    auth = SigV4Auth(credentials, "ssm", "eu-west-1")
    canonical = auth.canonical_request(again)
    return str(auth.signature(auth.string_to_sign(again, canonical), again))


def test_a_request_is_signed_as_botocore_signs_it_with_the_roles_credentials(aws: Aws) -> None:
    value = 'a "quoted"\n\tvalue\\ with ünïcode & $signs'
    result = host(aws.url, aws.url, f"aws_parameter_put /a/b {shlex.quote(value)}")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    (request,) = aws.asked
    given = request.headers["Authorization"]
    assert given.startswith(f"AWS4-HMAC-SHA256 Credential={SECRETS['AccessKeyId']}/")
    assert given.rpartition("Signature=")[2] == signature(request)
    signed = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    # AWS: "Create a signed request": the host and every x-amz header must be signed.
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed)
    assert request.headers["X-Amz-Security-Token"] == SECRETS["Token"]
    assert json.loads(request.body) == {
        "Name": "/a/b",
        "Value": value,
        "Type": "String",
        "Overwrite": True,
    }


@pytest.mark.parametrize(
    "passing",
    [(500, "oops"), (503, "{}"), (429, "{}"), (400, '{"__type":"ThrottlingException"}')],
)
def test_what_passes_is_tried_again(aws: Aws, passing: tuple[int, str]) -> None:
    aws.answers = [passing, passing, (200, '{"Parameters":[{"Name":"/a","Value":"b"}]}')]
    result = host(aws.url, aws.url, "aws_parameter_get /a")
    assert (result.returncode, result.stdout, len(aws.asked)) == (0, "b\n", 3)


def test_a_refusal_is_not_tried_again_and_says_what_aws_said(aws: Aws) -> None:
    aws.answers = [(400, '{"__type":"AccessDeniedException","Message":"not you"}')]
    result = host(aws.url, aws.url, "aws_parameter_get /a")
    assert (result.returncode != 0, result.stdout, len(aws.asked)) == (True, "", 1)
    assert "AWS refused AmazonSSM.GetParameters with 400" in result.stderr
    assert "not you" in result.stderr


def test_an_aws_that_does_not_answer_is_given_up(aws: Aws) -> None:
    result = host("http://127.0.0.1:1", aws.url, "aws_parameter_put /a b")
    assert result.returncode != 0
    assert "gave up after 3 attempts" in result.stderr
    result = host(aws.url, "http://127.0.0.1:1", "aws_metadata instance-id")
    assert (result.returncode != 0, result.stdout) == (True, "")


def test_neither_credentials_nor_values_are_arguments_or_printed(aws: Aws, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    (tmp_path / "curl").write_text(f'#!/bin/bash\necho "$*" >>{tmp_path}/said\nexec {curl} "$@"\n')
    (tmp_path / "curl").chmod(0o755)
    aws.answers = [(500, ""), (400, "no")]
    command = f"PATH={tmp_path}:$PATH; aws_parameter_put /a a-secret-value"
    result = host(aws.url, aws.url, command)
    said = (tmp_path / "said").read_text() + result.stderr + result.stdout
    assert "gave up" not in said and said.count("aws-sigv4") == 2
    for secret in (*SECRETS.values(), "the-token", "a-secret-value"):
        assert secret not in said


def test_the_endpoint_is_that_of_the_service_in_the_region() -> None:
    result = host(
        "https://SERVICE.REGION.amazonaws.com.cn",
        "http://127.0.0.1:1",
        'curl() { echo "${!#}" >&2; return 1; }; aws_credentials() { :; }; '
        "aws_call ssm AmazonSSM.GetParameters '{}'",
    )
    assert "https://ssm.eu-west-1.amazonaws.com.cn/\n" in result.stderr


def test_parameters_go_to_and_come_from_parameter_store(aws: Aws) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        ssm = boto3.client(
            "ssm",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )
        ssm.put_parameter(Name="/x/secret", Value="hidden\nline", Type="SecureString")
        command = (
            'aws_parameter_put "$(host_parameter boot)" one; '
            'aws_parameter_put "$(host_parameter boot)" "two \\"2\\""; '
            'aws_parameter_get "$(host_parameter boot)"; aws_parameter_get /x/secret; '
            'aws_parameter_get /x/none; echo "after"'
        )
        result = host(url, aws.url, command)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == 'two "2"\nhidden\nline\n\nafter\n'
        stored = ssm.get_parameter(Name="/microblog/test/web/boot")["Parameter"]
        assert (stored["Value"], stored["Version"]) == ('two "2"', 2)
    finally:
        server.stop()
