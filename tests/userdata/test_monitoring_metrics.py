"""Every rule and every panel rests on metrics that the hosts' own programs export: nginx, gunicorn
and the exporters, the real ones, on loopback, scraped by Prometheus with our configuration."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import Programs, ask, eventually, free_port, get
from promql import asked
from userdata_hosts import Host, install, make_host, need

from constructs_lib.userdata import ROOT
from tools import dashboards

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "files/prometheus/rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
TARGETS = [
    target
    for page in dashboards.DASHBOARDS.values()
    for panel in json.loads(dashboards.text(page()))["panels"]
    for target in panel["targets"]
]
EXPRESSIONS = {rule.get("alert") or rule["record"]: rule["expr"] for rule in RULES} | {
    target["expr"]: target["expr"] for target in TARGETS
}

NAMES = {
    "web": "Web_Server",
    "app": "Application_Server",
    "jenkins": "Jenkins",
    "monitoring": "Monitoring",
}
NOT_HERE = {
    # A certificate, which test_monitoring_probe.py has; alerts, while all is well; and systemd,
    # which a rehearsal has (tests/rehearsal/test_rehearsal_dev.py).
    'node_systemd_unit_state{state="failed", name!~"microblog-candidate@.+"}',
    "probe_ssl_earliest_cert_expiry",
    'ALERTS{alertstate="firing"}',
}
APPLICATION = """
def app(environ, start_response):
    if environ["PATH_INFO"] == "/boom":
        raise RuntimeError("boom")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


class Site:
    """nginx in front of gunicorn, their exporters, and a node exporter; ports by job."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.http, self.gunicorn, self.status = free_port(), free_port(), free_port()
        self.jobs = {job: free_port() for job in ("node", "nginx", "mtail", "gunicorn")}
        self.jobs["site"] = self.http
        self._start_gunicorn()
        self._start_nginx()
        self._start_node_exporter()

    def _host(self, role: str) -> Host:
        folder = self.folder / role
        folder.mkdir()
        return make_host(folder)

    def _start_gunicorn(self) -> None:
        statsd = free_port(socket.SOCK_DGRAM)
        health = f"http://127.0.0.1:{self.gunicorn}/"
        self.programs.start(
            "/usr/bin/python3",
            ROOT / "files/gunicorn_exporter/gunicorn_exporter.py",
            str(statsd),
            str(self.jobs["gunicorn"]),
            health,
            ready=f"http://127.0.0.1:{self.jobs['gunicorn']}/metrics",
        )
        (self.folder / "application.py").write_text(APPLICATION)
        unit = (ROOT / "files/microblog/serving.environment").read_text()
        assert "--statsd-host 127.0.0.1:8125" in unit
        self.programs.start(
            need("gunicorn", "gunicorn"),
            *("--chdir", self.folder),
            *("--bind", f"127.0.0.1:{self.gunicorn}"),
            *("--workers", "4"),
            *("--statsd-host", f"127.0.0.1:{statsd}"),
            "application:app",
            ready=health,
        )

    def _start_nginx(self) -> None:
        nginx = need("nginx", "nginx-light")
        root = install(
            self._host("web"),
            "web",
            "nginx",
            "nginx_main",
            "mtail_main",
            NGINX_UPSTREAM_ADDRESS="127.0.0.1",
            NGINX_UPSTREAM_PORT=self.gunicorn,
            NGINX_LISTEN_PORT=self.http,
            NGINX_STATUS_PORT=self.status,
        )
        log = root / "var/log/nginx/access.log"
        log.parent.mkdir(parents=True)
        log.touch()
        temporary = "".join(
            f"{kind}_temp_path {root}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = root / "nginx.conf"
        config.write_text(
            f"pid {root}/nginx.pid; error_log {root}/error.log; events {{}}\n"
            f"http {{ {temporary} include {root}/etc/nginx/conf.d/*.conf; }}\n"
        )
        self.programs.start(
            *(nginx, "-c", config, "-g", "daemon off;"),
            ready=f"http://127.0.0.1:{self.http}/healthz",
        )
        self.programs.start(
            need("prometheus-nginx-exporter", "prometheus-nginx-exporter"),
            f"--web.listen-address=127.0.0.1:{self.jobs['nginx']}",
            f"--nginx.scrape-uri=http://127.0.0.1:{self.status}/stub_status",
            ready=f"http://127.0.0.1:{self.jobs['nginx']}/metrics",
        )
        self.programs.start(
            need("mtail", "mtail"),
            *("--progs", root / "etc/mtail", "--logs", log, "--logtostderr"),
            *("--address", "127.0.0.1", "--port", str(self.jobs["mtail"])),
            "--emit_prog_label=false",
            ready=f"http://127.0.0.1:{self.jobs['mtail']}/metrics",
        )

    def _start_node_exporter(self) -> None:
        """With the metrics that a boot leaves for it, and those of a deploy."""
        root = install(self._host("app"), "app", "base", "boot_begin", "boot_end")
        textfiles = root / "var/lib/prometheus/node-exporter"
        # Deploys and backups are run in tests of their own; here, what they would write.
        for program in ("deploy", "backup"):
            text = (ROOT / f"files/microblog/microblog-{program}").read_text()
            written = set(re.findall(rf"microblog_{program}_\w+", text))
            assert written
            (textfiles / f"microblog-{program}.prom").write_text(
                "".join(f"{name} 1\n" for name in sorted(written))
            )
        self.programs.start(
            need("prometheus-node-exporter", "prometheus-node-exporter"),
            f"--web.listen-address=127.0.0.1:{self.jobs['node']}",
            f"--collector.textfile.directory={textfiles}",
            ready=f"http://127.0.0.1:{self.jobs['node']}/metrics",
        )

    def ask(self, path: str) -> None:
        get(f"http://127.0.0.1:{self.http}{path}")


def on_loopback(config: dict[str, Any], site: Site, blackbox: int, alertmanager: int) -> None:
    """Prometheus's configuration with the hosts that EC2 would name, every second."""
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    text = json.dumps(config)
    for port, ours in ((9115, blackbox), (9093, alertmanager)):
        assert f"127.0.0.1:{port}" in text
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ours}")
    config.update(json.loads(text))
    for job in config["scrape_configs"]:
        if job.pop("ec2_sd_configs", None):
            job["static_configs"] = [
                {
                    "targets": [f"127.0.0.1:{site.jobs[job['job_name']]}"],
                    "labels": {
                        "__meta_ec2_instance_id": f"i-{role}",
                        "__meta_ec2_tag_Name": name,
                        "__meta_ec2_tag_Role": role,
                    },
                }
                for role, name in NAMES.items()
            ]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the API, once the site was asked for pages, good and bad, and all was scraped."""
    folder = tmp_path_factory.mktemp("monitoring")
    command = need("prometheus", "prometheus")
    with Programs(folder) as programs:
        site = Site(programs, folder)
        blackbox, alertmanager, own = free_port(), free_port(), free_port()
        programs.start(
            need("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
            f"--config.file={ROOT}/files/blackbox_exporter/blackbox.yml",
            f"--web.listen-address=127.0.0.1:{blackbox}",
            ready=f"http://127.0.0.1:{blackbox}/-/healthy",
        )
        host = make_host(_made(folder / "monitoring"))
        install(host, "monitoring", "alertmanager", "alertmanager_main")
        root = install(host, "monitoring", "prometheus", "prometheus_main", PROMETHEUS_PORT=own)
        programs.start(
            need("prometheus-alertmanager", "prometheus-alertmanager"),
            f"--config.file={root}/etc/prometheus/alertmanager.yml",
            f"--storage.path={folder}/alertmanager",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
            ready=f"http://127.0.0.1:{alertmanager}/-/ready",
        )
        path = root / "etc/prometheus/prometheus.yml"
        config = yaml.safe_load(path.read_text())
        on_loopback(config, site, blackbox, alertmanager)
        path.write_text(yaml.safe_dump(config))
        programs.start(
            command,
            f"--config.file={path}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{own}",
            ready=f"http://127.0.0.1:{own}/-/ready",
        )
        url = f"http://127.0.0.1:{own}"

        def all_scraped() -> bool:
            site.ask("/")
            site.ask("/boom")
            return bool(
                series(url, "site:errors:ratio > 0")
                and series(url, "site:response_seconds:p95 > 0")
                and series(url, "host:cpu_busy:ratio")
                and series(url, 'gunicorn_log_messages_total{level="exception"} > 0')
                and not series(url, "up == 0")
                and len(series(url, "count by (job) (up)")) == len(config["scrape_configs"])
            )

        eventually(all_scraped, "every job answers, and the rules have something to say")
        yield url


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def series(url: str, query: str) -> list[dict[str, str]]:
    """Labels of each series of the result."""
    return [one["metric"] for one in ask(f"{url}/api/v1/query", query=query)["result"]]


def test_every_metric_that_is_asked_for_is_exported_with_its_labels(prometheus: str) -> None:
    for name, written in EXPRESSIONS.items():
        expression = written.replace("$host", ".+")
        wanted = asked(expression)
        assert wanted.selectors
        for selector in wanted.selectors - NOT_HERE:
            found = series(prometheus, selector)
            assert found, f"{name}: {selector} gives nothing"
            for label in wanted.labels:
                assert any(label in one for one in found), f"{name}: {selector} has no {label}"


def test_every_legend_names_labels_of_its_series(prometheus: str) -> None:
    for target in TARGETS:
        labels = re.findall(r"{{(\w+)}}", target["legendFormat"])
        found = series(prometheus, target["expr"].replace("$host", ".+"))
        for label in labels:
            assert found and all(label in one for one in found), target


def test_all_that_alerts_say_of_a_host_is_a_label_of_what_they_look_at(prometheus: str) -> None:
    for rule in (rule for rule in RULES if "alert" in rule):
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        for selector in asked(rule["expr"]).selectors - NOT_HERE:
            found = series(prometheus, selector)
            assert labels <= set(found[0]), (rule["alert"], selector)


def test_a_host_is_called_by_its_name_and_its_role(prometheus: str) -> None:
    found = {
        (one["instance"], one["host"], one["role"]) for one in series(prometheus, 'up{job="node"}')
    }
    assert found == {(f"i-{role}", name, role) for role, name in NAMES.items()}
    for job, role in (("nginx", "web"), ("mtail", "web"), ("site", "web"), ("gunicorn", "app")):
        assert [one["role"] for one in series(prometheus, f'up{{job="{job}"}}')] == [role]


def test_prometheus_takes_every_expression_without_a_warning(prometheus: str) -> None:
    for expression in EXPRESSIONS.values():
        answer = json.loads(
            get(f"{prometheus}/api/v1/query", query=expression.replace("$host", ".+"))
        )
        assert answer["status"] == "success" and not answer.get("warnings"), answer
