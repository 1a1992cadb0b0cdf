"""What answers in AWS's place and the world's, asked without any network."""

from __future__ import annotations

import json
import ssl
import struct
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from reachability import terraform
from rehearsal import compiler, resolver
from rehearsal.account import Account
from rehearsal.certificates import Authority
from rehearsal.metadata import MetadataService
from rehearsal.mirror import PACKAGES, Mirror
from rehearsal.network import Network

TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
WEB = {"REMOTE_ADDR": "10.0.1.204"}


@pytest.fixture(scope="module")
def network(dev: dict[str, Any]) -> Network:
    stack = terraform.parse(dev, Path("stacks/dev/cdk.tf.json"))
    return compiler.network(stack, compiler.default_tags(dev))


@pytest.fixture
def metadata(network: Network) -> Client:
    instances = {one.name: f"i-{number:017x}" for number, one in enumerate(network.hosts)}
    return Client(MetadataService(network, instances))


def with_token(metadata: Client) -> dict[str, str]:
    answer = metadata.put("/latest/api/token", headers=TTL, environ_base=WEB)
    assert answer.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "60"
    return {"X-aws-ec2-metadata-token": answer.text}


@pytest.mark.parametrize("headers", [{}, {"X-aws-ec2-metadata-token": "guessed"}])
def test_without_a_token_nothing_is_told(metadata: Client, headers: dict[str, str]) -> None:
    url = "/latest/meta-data/instance-id"
    assert metadata.get(url, headers=headers, environ_base=WEB).status_code == 401


@pytest.mark.parametrize(("method", "headers", "status"), [("GET", TTL, 405), ("PUT", {}, 400)])
def test_a_token_is_asked_for_as_aws_wants_it(
    metadata: Client, method: str, headers: dict[str, str], status: int
) -> None:
    answer = metadata.open("/latest/api/token", method=method, headers=headers, environ_base=WEB)
    assert answer.status_code == status


def test_each_host_is_told_of_itself(metadata: Client, network: Network) -> None:
    token = with_token(metadata)
    for host in network.hosts:
        own = {"REMOTE_ADDR": host.address}

        def told(path: str, own: dict[str, str] = own) -> str:
            return metadata.get(f"/latest/{path}", headers=token, environ_base=own).text

        assert told("meta-data/local-ipv4") == host.address
        assert json.loads(told("dynamic/instance-identity/document"))["region"] == "us-east-1"
        role = told("meta-data/iam/security-credentials/")
        keys = json.loads(told(f"meta-data/iam/security-credentials/{role}"))
        assert {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} <= keys.keys()
        raw = metadata.get("/latest/user-data", headers=token, environ_base=own).data
        assert raw == host.user_data


def test_folders_are_listed_with_a_slash(metadata: Client) -> None:
    listing = metadata.get("/latest/meta-data/", headers=with_token(metadata), environ_base=WEB)
    assert {"instance-id", "placement/", "iam/"} <= set(listing.text.splitlines())


def test_who_is_no_instance_is_told_nothing(metadata: Client) -> None:
    stranger = {"REMOTE_ADDR": "10.0.1.99"}
    url = "/latest/meta-data/instance-id"
    found = metadata.get(url, headers=with_token(metadata), environ_base=stranger)
    assert found.status_code == 404


def query(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def test_every_public_name_is_the_mirrors_address() -> None:
    said = resolver.answer(query("github.com"), "198.18.0.1")
    identifier, flags, _, answers = struct.unpack_from("!HHHH", said)
    assert (identifier, flags & 0x800F, answers) == (7, 0x8000, 1)
    assert said.endswith(bytes([0, 4, 198, 18, 0, 1]))


@pytest.mark.parametrize("zone", ["ec2", "eu-west-1.compute"])
def test_a_private_name_is_the_instances_address(zone: str) -> None:
    said = resolver.answer(query(f"ip-10-0-2-110.{zone}.internal"), "198.18.0.1")
    assert said.endswith(bytes([0, 4, 10, 0, 2, 110]))


@pytest.mark.parametrize(("name", "kind"), [("1.0.0.10.in-addr.arpa", 12), ("wpad", 1)])
def test_other_names_do_not_exist(name: str, kind: int) -> None:
    _, flags, _, answers = struct.unpack_from(
        "!HHHH", resolver.answer(query(name, kind), "1.1.1.1")
    )
    assert (flags & 0x000F, answers) == (3, 0)


def test_a_name_has_no_ipv6_address_and_exists() -> None:
    _, flags, _, answers = struct.unpack_from(
        "!HHHH", resolver.answer(query("github.com", 28), "198.18.0.1")
    )
    assert (flags & 0x000F, answers) == (0, 0)


def test_the_time_is_that_of_this_host() -> None:
    said = resolver.time_answer(b"\x23" + bytes(39) + b"clients!")
    assert (len(said), said[24:32]) == (48, b"clients!")
    (seconds,) = struct.unpack_from("!I", said, 40)
    now = int(subprocess.check_output(["date", "+%s"]))
    assert abs(seconds - 2_208_988_800 - now) < 5


@pytest.fixture
def mirror(tmp_path: Path) -> Client:
    for name in ("debian", "wheels", "grafana"):
        (tmp_path / name).mkdir()
    (tmp_path / "debian" / "Packages").write_text("Package: nginx\n")
    (tmp_path / "wheels" / "Flask_Babel-4.0.0-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "grafana" / "gpg.key").write_text("key")
    folders = {
        f"{PACKAGES}/debian": tmp_path / "debian",
        f"{PACKAGES}/wheels": tmp_path / "wheels",
        "apt.grafana.com": tmp_path / "grafana",
    }

    def aws(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"aws"]

    return Client(Mirror(folders, tmp_path / "wheels", aws, tmp_path / "missed"))


def fetched(mirror: Client, url: str) -> TestResponse:
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}/"
    return mirror.get(parts.path, base_url=base, environ_base={"REMOTE_ADDR": "198.51.100.1"})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"http://{PACKAGES}/debian/Packages", "Package: nginx\n"),
        (f"https://{PACKAGES}/wheels/Flask_Babel-4.0.0-py3-none-any.whl", "wheel"),
        ("https://apt.grafana.com/gpg.key", "key"),
        ("https://ssm.us-east-1.amazonaws.com/", "aws"),
        ("https://ec2.cn-north-1.amazonaws.com.cn/", "aws"),
    ],
)
def test_the_mirror_serves_by_the_name_called(mirror: Client, url: str, said: str) -> None:
    assert fetched(mirror, url).text == said


def test_the_python_index_knows_projects_by_their_normalised_names(mirror: Client) -> None:
    index = fetched(mirror, f"https://{PACKAGES}/python/flask-babel/").text
    assert 'href="/wheels/Flask_Babel-4.0.0-py3-none-any.whl"' in index
    assert fetched(mirror, f"https://{PACKAGES}/python/flask/").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "https://pkg.jenkins.io/key",
        "https://amazonaws.com.evil.example/",
        "https://apt.grafana.com/x",
    ],
)
def test_what_is_not_here_is_noted(mirror: Client, tmp_path: Path, url: str) -> None:
    assert fetched(mirror, url).status_code == 404
    note = json.loads((tmp_path / "missed").read_text())
    assert note == {"address": "198.51.100.1", "url": url}


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "../wheels/x", "%2e%2e/missed"])
def test_the_mirror_serves_nothing_beside_its_folders(mirror: Client, path: str) -> None:
    assert fetched(mirror, f"https://apt.grafana.com/{path}").status_code == 404


def test_whoever_is_called_has_a_certificate_of_the_rehearsals_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "certificates")
    trusting = ssl.create_default_context(cafile=str(authority.path))
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(theirs, ours, server_hostname="github.com")
    server = authority.server().wrap_bio(ours, theirs, server_side=True)
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = client.getpeercert()
    assert found is not None
    assert found["subjectAltName"] == (("DNS", "github.com"),)


def test_another_instance_takes_the_address_of_the_one_that_ended(network: Network) -> None:
    account = Account(network)
    app = next(one for one in network.hosts if one.name == "app")
    first = account.start(app)
    account.end(app, first)
    second = account.start(app)
    listing = Client(account.application).post(
        "https://ec2.us-east-1.amazonaws.com/",
        data={"Action": "DescribeInstances", "InstanceId.1": second},
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/ec2/aws4_request"
        },
    )
    assert first != second
    assert "<privateIpAddress>10.0.2.110<" in listing.text
    for tag in ("<value>app<", "<value>microblog<", "<value>dev<"):
        assert tag in listing.text
