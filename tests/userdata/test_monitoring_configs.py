"""The monitoring host's configurations, read by the programs that will read them there."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from userdata_hosts import Host, install, make_host, need

from constructs_lib.flows import SERVERS, egress_of
from constructs_lib.userdata import ROOT
from tools import dashboards

DASHBOARDS = [ROOT / "files/grafana" / name for name in dashboards.DASHBOARDS]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


def check(*command: str | Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def prometheus(host: Host) -> Path:
    root = install(host, "monitoring", "prometheus", "prometheus_main")
    return root / "etc/prometheus/prometheus.yml"


def test_prometheus_takes_its_configuration_and_its_rules(host: Host) -> None:
    check(need("promtool", "prometheus"), "check", "config", prometheus(host))


def test_prometheus_asks_only_for_running_hosts_of_its_environment(host: Host) -> None:
    for job in yaml.safe_load(prometheus(host).read_text())["scrape_configs"]:
        for discovery in job.get("ec2_sd_configs", []):
            assert discovery["region"] == "us-east-1"
            assert discovery["filters"] == [
                {"name": "tag:Project", "values": ["microblog"]},
                {"name": "tag:Environment", "values": ["dev"]},
                {"name": "instance-state-name", "values": ["running"]},
            ]


def test_every_scrape_has_its_flow_and_every_flow_its_scrape(host: Host) -> None:
    scraped = set()
    for job in yaml.safe_load(prometheus(host).read_text())["scrape_configs"]:
        kept = [one["regex"] for one in job.get("relabel_configs", []) if "regex" in one]
        for discovery in job.get("ec2_sd_configs", []):
            scraped |= {(role, discovery["port"]) for role in kept or SERVERS}
    open_to_it = {
        (flow.destination, flow.port.number)
        for flow in egress_of("monitoring")
        if flow.destination in SERVERS
    }
    # To itself a host needs no rule.
    assert scraped == open_to_it | {("monitoring", 9100)}


def test_alertmanager_takes_its_configuration(host: Host) -> None:
    root = install(host, "monitoring", "alertmanager", "alertmanager_main")
    config = root / "etc/prometheus/alertmanager.yml"
    check(need("amtool", "prometheus-alertmanager"), "check-config", config)
    (receiver,) = yaml.safe_load(config.read_text())["receivers"]
    (sns,) = receiver["sns_configs"]
    assert sns["topic_arn"] == "arn:aws:sns:us-east-1:123456789012:microblog-dev-alarms"
    assert sns["sigv4"] == {"region": "us-east-1"}


def test_the_blackbox_exporter_takes_its_configuration() -> None:
    command = need("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    config = ROOT / "files/blackbox_exporter/blackbox.yml"
    check(command, "--config.check", f"--config.file={config}")


def test_mtail_compiles_its_program() -> None:
    check(need("mtail", "mtail"), "--compile_only", "--progs", ROOT / "files/mtail")


@pytest.fixture
def exporter_unit(host: Host) -> Path:
    root = install(host, "app", "gunicorn_exporter", "gunicorn_exporter_main")
    return root / "etc/systemd/system/gunicorn_exporter.service"


def test_systemd_takes_the_unit_of_the_gunicorn_exporter(exporter_unit: Path) -> None:
    command = need("systemd-analyze", "systemd")
    check(command, "verify", "--man=no", "--recursive-errors=no", exporter_unit)


def test_the_unit_of_the_gunicorn_exporter_is_sandboxed(exporter_unit: Path) -> None:
    command = need("systemd-analyze", "systemd")
    # The threshold is in tenths: 40 is an exposure of 4.0.
    check(command, "security", "--offline=true", "--no-pager", "--threshold=40", exporter_unit)


def grafana(host: Host) -> Path:
    lines = [
        'install_file grafana/grafana.ini "$PWD/grafana.ini" GRAFANA_PORT GRAFANA_CONF_DIR',
        'install_file grafana/datasource.yaml "$PWD/datasource.yaml" GRAFANA_PROMETHEUS_PORT',
        'install_file grafana/dashboards.yaml "$PWD/dashboards.yaml" GRAFANA_CONF_DIR',
    ]
    return install(host, "monitoring", "grafana", *lines)


def test_grafana_lets_nobody_in_without_a_password(host: Host) -> None:
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(grafana(host) / "grafana.ini")
    assert ini["auth.anonymous"]["enabled"] == "false"
    assert ini["users"]["allow_sign_up"] == "false"
    assert ini["security"]["admin_password"].startswith("$__file{/")


def test_grafana_reads_prometheus_and_the_folder_of_the_dashboards(host: Host) -> None:
    root = grafana(host)
    source = yaml.safe_load((root / "datasource.yaml").read_text())["datasources"][0]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    provider = yaml.safe_load((root / "dashboards.yaml").read_text())["providers"][0]
    assert provider["options"]["path"].endswith("/etc/grafana/dashboards")
    for file in DASHBOARDS:
        board: dict[str, Any] = json.loads(file.read_text())
        assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}


def test_the_files_of_the_dashboards_are_current() -> None:
    for file in DASHBOARDS:
        page = dashboards.DASHBOARDS[file.name]()
        assert file.read_text() == dashboards.text(page), "run python -m tools.dashboards"


def test_no_other_dashboard_is_installed() -> None:
    assert sorted(DASHBOARDS) == sorted((ROOT / "files/grafana").glob("*.json"))
    module = (ROOT / "modules/grafana.sh").read_text()
    assert sorted(re.findall(r"install_file grafana/(\w+\.json)", module)) == sorted(
        file.name for file in DASHBOARDS
    )
