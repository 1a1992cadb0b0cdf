"""The configurations that a host ends up with, read by the programs that will read them there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from userdata_hosts import Host, install, make_host, need, path_settings

from constructs_lib.userdata import ROOT


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


def microblog_units(host: Host) -> list[Path]:
    """The units with their real paths, except that what they start exists on this machine; one
    instance of each template."""
    root = install(
        host,
        "app",
        "microblog",
        "service_apply() { :; }; microblog_units",
        MICROBLOG_USER="www-data",
        **{
            name: path.removeprefix(str(host.root))
            for name, path in path_settings(host.root, ["microblog"]).items()
            if name != "MICROBLOG_UNIT_DIR"
        },
    )
    units = []
    for path in sorted((root / "etc/systemd/system").iterdir()):
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text())
        path.write_text(text)
        units.append(path.with_name(path.name.replace("@.", "@0123abc.")))
    return units


def test_systemd_takes_the_units_of_the_microblog(host: Host) -> None:
    need("kill", "procps")
    tool = need("systemd-analyze", "systemd")
    units = microblog_units(host)
    assert len(units) == 8
    checked = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    "name", ["microblog@.service", "microblog-candidate@.service", "microblog-backup.service"]
)
def test_what_runs_for_the_application_is_sandboxed(host: Host, name: str) -> None:
    tool = need("systemd-analyze", "systemd")
    unit = microblog_units(host)[0].with_name(name)
    # The threshold is in tenths: 40 is an exposure of 4.0.
    checked = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", "--threshold=40", unit],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_gunicorn_keeps_connections_longer_than_nginx() -> None:
    unit = (ROOT / "files/microblog/microblog@.service").read_text()
    site = (ROOT / "files/nginx/microblog.conf").read_text()
    kept = re.search(r"--keep-alive (\d+)", unit)
    upstream = re.search(r"upstream .*?keepalive_timeout (\d+)s", site, re.DOTALL)
    assert kept and upstream and int(kept[1]) > int(upstream[1])


def test_sshd_lets_nobody_in_by_password_and_root_not_at_all(host: Host, tmp_path: Path) -> None:
    """Asked of the real sshd, whose first value counts, with Ubuntu's own file read afterwards."""
    sshd = need("sshd", "openssh-server")
    ours = install(host, "web", "base", 'install_file base/sshd.conf "$PWD/10-microblog.conf"')
    keys = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys], check=True)
    cloud_init = tmp_path / "50-cloud-init.conf"
    cloud_init.write_text("PasswordAuthentication yes\nPermitRootLogin yes\n")
    config = tmp_path / "sshd_config"
    config.write_text(
        f"HostKey {keys}\nInclude {ours}/10-microblog.conf\nInclude {cloud_init}\n"
        "KbdInteractiveAuthentication yes\nX11Forwarding yes\nUsePAM yes\n"
    )
    shown = subprocess.run(
        [sshd, "-T", "-f", config, "-C", "user=root,host=h,addr=192.0.2.1"],
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0, shown.stderr
    effective = dict(line.split(" ", 1) for line in shown.stdout.splitlines() if " " in line)
    for option in ("passwordauthentication", "kbdinteractiveauthentication", "permitrootlogin"):
        assert effective[option] == "no"
    assert effective["x11forwarding"] == "no"
