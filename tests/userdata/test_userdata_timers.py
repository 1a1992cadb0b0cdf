"""The units of what runs again and again, read by systemd itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from userdata_hosts import install, make_host, need

MODULES = {
    "ssh-host-keys": ("web", "ssh_host_keys", "ssh_host_keys_main"),
    "deploy-user": ("app", "deploy_user", "deploy_user_main"),
    "deploy-key": ("jenkins", "deploy_key", "deploy_key_main"),
    "dependency-check-update": (
        "jenkins",
        "dependency_check",
        "dependency_check_install() { :; }; dependency_check_main",
    ),
}


def units(folder: Path, name: str) -> tuple[Path, Path]:
    """The service, except that it starts what this machine has, by an account that it has; and
    its timer."""
    role, module, *lines = MODULES[name]
    made = install(make_host(folder), role, module, *lines) / "etc/systemd/system"
    service = made / f"{name}.service"
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", service.read_text())
    service.write_text(re.sub(r"(?m)^User=.*", "User=daemon", text))
    return service, made / f"{name}.timer"


@pytest.mark.parametrize("name", MODULES)
def test_systemd_takes_a_service_and_its_timer(tmp_path: Path, name: str) -> None:
    need("kill", "procps")
    tool = need("systemd-analyze", "systemd")
    checked = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", *units(tmp_path, name)],
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", MODULES)
def test_a_service_is_sandboxed(tmp_path: Path, name: str) -> None:
    tool = need("systemd-analyze", "systemd")
    service, _ = units(tmp_path, name)
    # The threshold is in tenths: 40 is an exposure of 4.0.
    checked = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", "--threshold=40", service],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
