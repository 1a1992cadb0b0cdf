"""The configurations that a host ends up with, read by the programs that will read them there."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from userdata_hosts import SETTINGS, Host, make_host, need, path_settings

from constructs_lib.userdata import ROLES, ROOT, render


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


def install(host: Host, role: str, module: str, *lines: str, **settings: str | int) -> Path:
    """The root of a host on which `module`'s `install_file` lines, and nothing else, have run."""
    given = {**SETTINGS[role], **path_settings(host.root, ROLES[role]), **settings}
    whole = render(role, ROLES[role], given).script
    functions = whole[: whole.index("\nboot_begin\n")]
    result = host.run("\n".join([functions, f"{module}_settings", *lines]))
    assert result.returncode == 0, result.stderr
    return host.root


def run_module(host: Host, role: str, module: str, **settings: str | int) -> Path:
    return install(host, role, module, f"{module}_main", **settings)


def test_prometheus_takes_its_configuration(host: Host) -> None:
    root = run_module(host, "monitoring", "prometheus", PROMETHEUS_NODE_TARGETS="10.0.2.110:9100")
    config = root / "etc/prometheus/prometheus.yml"
    jobs = {each["job_name"]: each for each in yaml.safe_load(config.read_text())["scrape_configs"]}
    assert jobs["node"]["static_configs"] == [{"targets": ["10.0.2.110:9100"]}]
    assert jobs["prometheus"]["static_configs"] == [{"targets": ["127.0.0.1:9090"]}]
    checked = subprocess.run(
        [need("promtool", "prometheus"), "check", "config", config], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_several_targets_are_several(host: Host) -> None:
    targets = "10.0.2.110:9100,127.0.0.1:9100"
    root = run_module(host, "monitoring", "prometheus", PROMETHEUS_NODE_TARGETS=targets)
    config = yaml.safe_load((root / "etc/prometheus/prometheus.yml").read_text())
    assert config["scrape_configs"][1]["static_configs"][0]["targets"] == targets.split(",")


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


def grafana(host: Host) -> Path:
    lines = [
        'install_file grafana/grafana.ini "$PWD/grafana.ini" GRAFANA_PORT GRAFANA_CONF_DIR',
        'install_file grafana/datasource.yaml "$PWD/datasource.yaml" GRAFANA_PROMETHEUS_PORT',
        'install_file grafana/dashboards.yaml "$PWD/dashboards.yaml" GRAFANA_CONF_DIR',
        'install_file grafana/hosts.json "$PWD/hosts.json"',
    ]
    return install(host, "monitoring", "grafana", *lines)


def test_grafana_lets_nobody_in_without_a_password(host: Host) -> None:
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(grafana(host) / "grafana.ini")
    assert ini["auth.anonymous"]["enabled"] == "false"
    assert ini["users"]["allow_sign_up"] == "false"
    assert ini["security"]["admin_password"].startswith("$__file{/")


def test_grafana_reads_prometheus_and_the_dashboards_that_are_there(host: Host) -> None:
    root = grafana(host)
    source = yaml.safe_load((root / "datasource.yaml").read_text())["datasources"][0]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    provider = yaml.safe_load((root / "dashboards.yaml").read_text())["providers"][0]
    assert provider["options"]["path"].endswith("/etc/grafana/dashboards")
    board: dict[str, Any] = json.loads((root / "hosts.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_every_query_of_the_dashboard_is_one_that_prometheus_can_parse(
    host: Host, tmp_path: Path
) -> None:
    promtool = need("promtool", "prometheus")
    board = json.loads((grafana(host) / "hosts.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert queries
    rules = [
        {"record": f"query:{n}", "expr": query.replace("$instance", ".+")}
        for n, query in enumerate(queries)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


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
