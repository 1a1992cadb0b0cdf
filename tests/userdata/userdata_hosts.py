"""Hosts to try user data on: a scratch root, fake commands, and settings of each role."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from constructs_lib import userdata

FAKES = Path(__file__).parent / "fakes"

_GIVEN: Mapping[str, Mapping[str, str | int]] = {
    "web": {
        "NGINX_UPSTREAM_ADDRESS": "10.0.2.110",
        "DEPLOY_USER_FROM": "172.31.17.100",
        "DEPLOY_USER_JUMP": "10.0.2.110:22",
    },
    "app": {
        "MICROBLOG_REPOSITORY": "https://github.com/example/microblog.git",
        "MICROBLOG_REVISION": "main",
        "DEPLOY_USER_FROM": "10.0.1.204",
    },
    "jenkins": {
        "JENKINS_REPOSITORY": "https://github.com/example/microblog.git",
        "DEPLOY_KEY_WEB_ADDRESS": "10.0.1.204",
        "DEPLOY_KEY_APP_ADDRESS": "10.0.2.110",
    },
    "monitoring": {"ALERTMANAGER_TOPIC": "microblog-dev-alarms"},
}

SETTINGS: Mapping[str, Mapping[str, str | int]] = {
    role: {
        "HOST_PROJECT": "microblog",
        "HOST_ENVIRONMENT": "dev",
        "HOST_ROLE": role,
        "HOST_REGION": "us-east-1",
        **given,
    }
    for role, given in _GIVEN.items()
}
"""What each role must be given, and nothing more."""


def path_settings(root: Path, modules: Sequence[str]) -> dict[str, str]:
    """Every setting whose default is a path, moved below `root`."""
    sources = [*(userdata.ROOT / "lib").glob("*.sh")]
    sources += [userdata.ROOT / "modules" / f"{module}.sh" for module in modules]
    pattern = re.compile(r'^ *: "\$\{([A-Z0-9_]+):=(/[a-z]+/.*)\}"$', re.MULTILINE)
    return {
        name: f"{root}{path}"
        for source in sources
        for name, path in pattern.findall(source.read_text())
    }


@dataclass(frozen=True)
class Host:
    """`root` is what the script takes for the host's file system, `state` the fakes' memory."""

    root: Path
    state: Path
    bin: Path

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (self.state / "calls").write_text("")
        return subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            cwd=self.root,
            env={
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "STATE": str(self.state),
                **environment,
            },
        )

    def calls(self) -> list[str]:
        return (self.state / "calls").read_text().splitlines()


def make_host(folder: Path) -> Host:
    """A host on which every command that could change this machine is a fake."""
    made = Host(folder / "root", folder / "state", folder / "bin")
    for each in (made.root, made.state, made.bin):
        each.mkdir()
    (made.root / "etc/ssh/sshd_config.d").mkdir(parents=True)
    for fake in FAKES.iterdir():
        (made.bin / fake.name).symlink_to(FAKES / "fake")
    return made


def install(host: Host, role: str, module: str, *lines: str, **settings: str | int) -> Path:
    """The root of a host on which the given lines of `module`, and nothing else, have run."""
    modules = userdata.ROLES[role]
    given = {**SETTINGS[role], **path_settings(host.root, modules), **settings}
    whole = userdata.render(role, modules, given).script
    functions = whole[: whole.index("\nboot_begin\n")]
    result = host.run("\n".join([functions, f"{module}_settings", *lines]))
    assert result.returncode == 0, result.stderr
    return host.root


def need(command: str, package: str) -> str:
    """The path of a real tool, or a skip that says what to install."""
    found = shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{command} is not installed: apt-get install {package}")
    return found
