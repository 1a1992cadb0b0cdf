"""Whom to ask and with which keys, and what went wrong in one line.

boto3 is imported only when an account is asked: no other command waits for it.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class AccountError(Exception):
    """The account cannot be read, or holds nothing of the project; one line with the fix."""


@dataclass(frozen=True)
class Session:
    """AWS in a region, or whoever answers at the endpoint instead, such as an emulator."""

    region: str
    endpoint: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client that gives up soon."""
        import boto3
        from botocore.config import Config

        quick = Config(
            connect_timeout=5, read_timeout=20, retries={"max_attempts": 2, "mode": "standard"}
        )
        session = boto3.Session(region_name=self.region, **_emulated_keys(self.endpoint))
        return session.client(service, endpoint_url=self.endpoint, config=quick)

    @contextmanager
    def told(self) -> Iterator[None]:
        """What goes wrong inside becomes an AccountError."""
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise AccountError(f"boto3 is not installed ({error}); run `pipenv sync`") from error
        try:
            yield
        except (BotoCoreError, ClientError, ValueError) as error:
            raise AccountError(_why(error, self.region, self.endpoint)) from error


def _emulated_keys(endpoint: str | None) -> dict[str, str]:
    """An emulator on this machine takes any keys: dummies, unless somebody chose some."""
    chosen = any(os.environ.get(key) for key in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"))
    if endpoint is None or chosen or not _is_loopback(urlsplit(endpoint).hostname):
        return {}
    return {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _why(error: Exception, region: str, endpoint: str | None) -> str:
    where = endpoint or f"AWS in {region}"
    match type(error).__name__:
        case "NoCredentialsError" | "PartialCredentialsError" | "CredentialRetrievalError":
            return f"{where}: no whole AWS credentials; run `aws sso login` or set AWS_PROFILE"
        case "EndpointConnectionError" | "ConnectTimeoutError" | "ReadTimeoutError":
            return f"{where}: does not answer; is the network up and the URL right?"
        case "ProfileNotFound":
            return f"{where}: {one_line(error)}; set AWS_PROFILE to one of your profiles"
    return f"{where}: {one_line(error)}"


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
