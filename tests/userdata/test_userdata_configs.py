"""The configurations that a host ends up with, read by the programs that will read them there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from userdata_hosts import Host, install, make_host, need

from constructs_lib.userdata import ROOT


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


def microblog_unit(host: Host) -> Path:
    """The unit with its real paths, except that what it starts exists on this machine."""
    lines = (
        'install_file microblog/microblog.service "$PWD/microblog.service" MICROBLOG_USER '
        "MICROBLOG_ROOT MICROBLOG_CONF_DIR MICROBLOG_PORT MICROBLOG_WORKERS MICROBLOG_THREADS "
        "MICROBLOG_PROXY_ADDRESS MICROBLOG_WSGI_APP"
    )
    root = install(host, "app", "microblog", lines, MICROBLOG_USER="www-data")
    unit = root / "microblog.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    return unit


def test_systemd_takes_the_unit_of_the_microblog(host: Host) -> None:
    need("kill", "procps")
    tool = need("systemd-analyze", "systemd")
    checked = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", microblog_unit(host)],
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_unit_of_the_microblog_is_sandboxed(host: Host) -> None:
    tool = need("systemd-analyze", "systemd")
    # The threshold is in tenths: 40 is an exposure of 4.0.
    checked = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", "--threshold=40", microblog_unit(host)],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_gunicorn_keeps_connections_longer_than_nginx() -> None:
    unit = (ROOT / "files/microblog/microblog.service").read_text()
    site = (ROOT / "files/nginx/microblog.conf").read_text()
    kept = re.search(r"--keep-alive (\d+)", unit)
    upstream = re.search(r"upstream .*?keepalive_timeout (\d+)s", site, re.DOTALL)
    assert kept and upstream and int(kept[1]) > int(upstream[1])


def test_jenkins_is_configured_as_code_for_one_administrator_and_one_job(host: Host) -> None:
    line = (
        'install_file jenkins/jenkins.yaml "$PWD/jenkins.yaml" '
        "JENKINS_EXECUTORS JENKINS_JOB JENKINS_REPOSITORY"
    )
    config = yaml.safe_load(
        (install(host, "jenkins", "jenkins", line) / "jenkins.yaml").read_text()
    )
    jenkins = config["jenkins"]
    assert jenkins["securityRealm"]["local"] == {
        "allowsSignup": False,
        "users": [{"id": "admin", "password": "${ADMIN_PASSWORD}"}],
    }
    assert jenkins["authorizationStrategy"] == {
        "loggedInUsersCanDoAnything": {"allowAnonymousRead": False}
    }
    assert jenkins["numExecutors"] == 2
    (job,) = config["jobs"]
    assert "multibranchPipelineJob('workload_4')" in job["script"]
    assert "remote('https://github.com/example/microblog.git')" in job["script"]
