"""An AWS for one environment on this machine: moto on loopback, kept between commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from constructs_lib.errors import RunError
from delivery.emulated import home as homes
from delivery.emulated.application import WHO
from delivery.emulated.overrides import KEYS, override
from delivery.emulated.patches import SETTINGS
from delivery.files import write_private

__all__ = ["EmulatedAws", "exists", "forget", "running"]

_ROOT = Path(__file__).resolve().parent.parent.parent
_START = 60.0
# The provider waits far more than it works, so more of it may go on at once than Terraform's ten.
_TERRAFORM = {f"TF_CLI_ARGS_{command}": "-parallelism=30" for command in ("plan", "apply")}
_USERS_OWN = ("AWS_", "MOTO_")
_NO_CONFIGURATION = {
    name: (None, None, default, None)
    for name, default in (
        ("profile", None),
        ("config_file", os.devnull),
        ("credentials_file", os.devnull),
    )
}


@dataclass(frozen=True)
class EmulatedAws:
    """`endpoint` answers for every service and region; `folder` goes when it is forgotten."""

    endpoint: str
    folder: Path

    def variables(self) -> dict[str, str]:
        """The whole environment of an engine or SDK: this process's, less the user's own AWS."""
        return {
            **_TERRAFORM,
            **{key: value for key, value in os.environ.items() if not key.startswith(_USERS_OWN)},
            "AWS_ACCESS_KEY_ID": KEYS["access_key"],
            "AWS_SECRET_ACCESS_KEY": KEYS["secret_key"],
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def overrides(self, stack: Mapping[str, Any]) -> dict[str, Any]:
        """What an `*_override.tf.json` beside the parsed `cdk.tf.json` must hold."""
        return override(stack, "terraform.tfstate")

    def working_copy(self, file: Path) -> Path:
        """A folder for the engine: the synthesised `cdk.tf.json`, turned to this AWS.

        Its state lies beside it, in this AWS's folder: both go together when it is forgotten.
        """
        text = file.read_text(encoding="utf-8")
        copy = self.folder / "stacks" / file.parent.name
        copy.mkdir(parents=True, exist_ok=True)
        write_private(copy / "cdk.tf.json", text)
        turned = json.dumps(self.overrides(json.loads(text)))
        write_private(copy / "emulated_override.tf.json", turned)
        return copy

    def client(self, service: str, region: str) -> Any:
        """A boto3 client, blind to the user's AWS configuration."""
        import boto3
        import botocore.session
        from botocore.config import Config

        return boto3.session.Session(
            botocore_session=botocore.session.Session(session_vars=_NO_CONFIGURATION),
            aws_access_key_id=KEYS["access_key"],
            aws_secret_access_key=KEYS["secret_key"],
            region_name=region,
        ).client(
            service,
            endpoint_url=self.endpoint,
            config=Config(
                proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}
            ),
        )


@contextmanager
def running(environment: str, *, home: Path | None = None) -> Iterator[EmulatedAws]:
    """The environment's emulated AWS, started or found running.

    What it holds stays in `home` (default: below the user's state folder) until `forget`; its
    process ends a few seconds after its last user. Raises RunError where it does not start.
    """
    folder = homes.folder(environment, home)
    with homes.in_use(folder):
        yield EmulatedAws(_endpoint(folder), folder)


def exists(environment: str, *, home: Path | None = None) -> bool:
    """Whether anything was made in the environment's emulated AWS and not forgotten."""
    folder = homes.folder(environment, home)
    return (folder / homes.SNAPSHOT).exists() or (folder / homes.PORT).exists()


def forget(environment: str, *, home: Path | None = None) -> None:
    """Drop the environment's emulated AWS with all it holds. RunError while somebody uses it."""
    folder = homes.folder(environment, home)
    if not folder.exists():
        return
    deadline = time.monotonic() + _START
    while (lock := homes.unused(folder)) is None:
        # A server that is just ending holds it too, for a moment.
        if homes.is_served(folder) and time.monotonic() > deadline - _START + 2:
            raise RunError(f"the emulated AWS of {environment} is in use: end the other command")
        time.sleep(0.02)
    (folder / homes.FORGOTTEN).touch()
    while homes.is_served(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    homes.remove(folder)
    os.close(lock)


def _endpoint(folder: Path) -> str:
    """The URL of the folder's server, which is started where there is none."""
    deadline = time.monotonic() + _START
    started: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        endpoint = _answering(folder)
        if endpoint is not None:
            return endpoint
        if started is not None and started.poll():
            break
        if (started is None or started.poll() == 0) and not homes.is_served(folder):
            started = _start(folder)
        time.sleep(0.02)
    raise RunError(f"the emulated AWS did not start: {_last_words(folder)}")


def _answering(folder: Path) -> str | None:
    try:
        endpoint = f"http://127.0.0.1:{int((folder / homes.PORT).read_text(encoding='ascii'))}"
        with _opener().open(endpoint + WHO, timeout=5) as answer:
            return endpoint if answer.read() == str(folder).encode() else None
    except (OSError, ValueError):
        return None


@lru_cache
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _start(folder: Path) -> subprocess.Popen[bytes]:
    """A process of its own session, so that Ctrl-C and the end of a terminal do not reach it."""
    environment = {key: text for key, text in os.environ.items() if not key.startswith(_USERS_OWN)}
    with (folder / homes.LOG).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "delivery.emulated", str(folder)],
            cwd=_ROOT,
            env={**environment, **SETTINGS},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _last_words(folder: Path) -> str:
    log = folder / homes.LOG
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line), f"see {log}")
