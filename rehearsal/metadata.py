"""The instance metadata service, version 2: every host asks it who it is (Amazon EC2 User Guide,
"Use the Instance Metadata Service to access instance metadata")."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from rehearsal.network import Host, Network

ACCOUNT = "123456789012"
_KEYS = {"AccessKeyId": "ASIAREHEARSAL", "SecretAccessKey": "rehearsal", "Token": "rehearsal"}
_LIFETIME = "X-aws-ec2-metadata-token-ttl-seconds"
_HEADER = "HTTP_" + _LIFETIME.upper().replace("-", "_")
_MAC = "02:00:00:00:00:01"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Tree = Mapping[str, "Tree | str | bytes"]


@dataclass
class MetadataService:
    """A WSGI application; the caller's address says which instance asks.

    `instances` are the instances' ids by the name of the host.
    """

    network: Network
    instances: dict[str, str]

    def __post_init__(self) -> None:
        self._tokens: set[str] = set()

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", "text/plain")]
        if environ["PATH_INFO"] == "/latest/api/token":
            status, body = self._token(environ)
            # Clients that are told no lifetime believe that they have no token.
            headers.append((_LIFETIME, str(environ.get(_HEADER))))
        else:
            status, body = self._answer(environ)
        start(f"{status.value} {status.phrase}", headers)
        return [body]

    def _token(self, environ: Mapping[str, Any]) -> tuple[HTTPStatus, bytes]:
        if environ["REQUEST_METHOD"] != "PUT":
            return HTTPStatus.METHOD_NOT_ALLOWED, b""
        if not str(environ.get(_HEADER)).isdigit():
            return HTTPStatus.BAD_REQUEST, b""
        self._tokens.add(token := secrets.token_urlsafe(32))
        return HTTPStatus.OK, token.encode()

    def _answer(self, environ: Mapping[str, Any]) -> tuple[HTTPStatus, bytes]:
        if environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN") not in self._tokens:
            return HTTPStatus.UNAUTHORIZED, b""
        host = self._host(str(environ["REMOTE_ADDR"]))
        if host is None:
            return HTTPStatus.NOT_FOUND, b""
        return _walk(self._tree(host), str(environ["PATH_INFO"]).split("/")[2:])

    def _host(self, address: str) -> Host | None:
        return next((one for one in self.network.hosts if one.address == address), None)

    def _tree(self, host: Host) -> Tree:
        subnet = self.network.subnet[host.subnet]
        instance = self.instances[host.name]
        name = f"ip-{host.address.replace('.', '-')}.ec2.internal"
        public = {"public-ipv4": host.public} if host.public else {}
        now = datetime.now(UTC)
        keys = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "Expiration": f"{now + timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}",
            **_KEYS,
        }
        document = {
            "accountId": ACCOUNT,
            "availabilityZone": subnet.zone,
            "instanceId": instance,
            "privateIp": host.address,
            "region": self.network.region,
        }
        profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/{host.name}"
        interface = {
            "device-number": "0",
            "interface-id": "eni-0123456789abcdef0",
            "local-hostname": name,
            "local-ipv4s": host.address,
            "mac": _MAC,
            "owner-id": ACCOUNT,
            "subnet-ipv4-cidr-block": subnet.cidr,
        }
        return {
            "dynamic": {"instance-identity": {"document": json.dumps(document)}},
            "meta-data": {
                "ami-id": "ami-0123456789abcdef0",
                "hostname": name,
                "iam": {
                    "info": json.dumps({"Code": "Success", "InstanceProfileArn": profile}),
                    "security-credentials": {host.name: json.dumps(keys)},
                },
                "instance-id": instance,
                "instance-type": "t3.micro",
                "local-hostname": name,
                "local-ipv4": host.address,
                "mac": _MAC,
                "network": {"interfaces": {"macs": {_MAC: interface}}},
                "placement": {"availability-zone": subnet.zone, "region": self.network.region},
                "services": {"domain": "amazonaws.com", "partition": "aws"},
                **public,
            },
            **({"user-data": host.user_data} if host.user_data else {}),
        }


def _walk(tree: Tree | str | bytes, path: list[str]) -> tuple[HTTPStatus, bytes]:
    """A leaf's value, or a folder's names, those of folders with a slash."""
    for part in filter(None, path):
        if not isinstance(tree, Mapping) or part not in tree:
            return HTTPStatus.NOT_FOUND, b""
        tree = tree[part]
    if isinstance(tree, Mapping):
        names = [f"{key}/" if isinstance(one, Mapping) else key for key, one in tree.items()]
        tree = "\n".join(names)
    return HTTPStatus.OK, tree.encode() if isinstance(tree, str) else tree
