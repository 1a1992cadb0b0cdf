"""An application host for real programs: git, virtual environments, SQLite and gunicorn; its users,
sandbox and systemd are played (fake_systemd)."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_systemd import Systemd, running
from userdata_hosts import SETTINGS, make_host, path_settings

from constructs_lib.userdata import ROLES, render
from tests import microblog_repository

PIP = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
SERVER = ["gunicorn", "pymysql", "cryptography"]


def install_packages(folder: Path) -> Path:
    """A virtual environment with what the application needs, as a host makes each."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    requirements = microblog_repository.FIXTURE / "requirements.txt"
    subprocess.run(
        [folder / "bin/python", *PIP, "--requirement", requirements, *SERVER],
        check=True,
        timeout=300,
    )
    return folder


# `python3 -m venv DIR`: a virtual environment of its own, whose packages are those made once.
VENV = """#!/bin/bash
set -o errexit
if [[ "$1 $2" != "-m venv" ]]; then exec {python} "$@"; fi
{python} -m venv --without-pip "$3"
echo {packages}/lib/python*/site-packages >"$(echo "$3"/lib/python*/site-packages)/shared.pth"
for script in flask pybabel gunicorn; do
  sed "1s|.*|#!$3/bin/python3|" {packages}/bin/$script >"$3/bin/$script"
done
printf '#!/bin/bash\\necho "pip $*" >>"$STATE/calls"\\n' >"$3/bin/pip"
chmod +x "$3"/bin/*
"""


@dataclass
class AppHost:
    """An application host; `commits` are the releases that there are."""

    root: Path
    systemd: Systemd
    environment: Mapping[str, str]
    port: int
    commits: Mapping[str, str]

    def deploy(self, revision: str) -> subprocess.CompletedProcess[str]:
        with self.deploying(revision) as process:
            out, errors = process.communicate(timeout=600)
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def deploying(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "usr/local/sbin/microblog-deploy", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def command(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "usr/local/sbin" / name, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def get(self, path: str = "/version") -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer: dict[str, Any] = json.load(connection.getresponse())
        return answer

    def version(self) -> str:
        return str(self.get()["version"])

    def report(self) -> dict[str, Any]:
        path = self.root / "var/lib/microblog-deploy/report.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def metrics(self) -> dict[str, float]:
        path = self.root / "var/lib/prometheus/node-exporter/microblog-deploy.prom"
        lines = (line.split() for line in path.read_text().splitlines())
        return {name: float(value) for name, value in lines}

    def database(self, query: str, name: str = "app.db") -> list[tuple[Any, ...]]:
        path = self.root / "srv/microblog/data" / name
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database, database:
            return database.execute(query).fetchall()

    def schema(self) -> str:
        ((version,),) = self.database("SELECT version_num FROM alembic_version")
        return str(version)

    def serving(self) -> list[str]:
        return sorted(self.systemd.services)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def app_host(packages: Path, **given: str | int) -> Iterator[AppHost]:
    """A host with nothing deployed yet, and settings besides those that every test needs."""
    # Not pytest's folder: the path of a UNIX socket has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="mb"))
    try:
        with _app_host(folder, packages, given) as made:
            yield made
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _app_host(folder: Path, packages: Path, given: Mapping[str, str | int]) -> Iterator[AppHost]:
    made = make_host(folder)
    commits = microblog_repository.build(folder / "origin")
    (made.bin / "python3").unlink()
    (made.bin / "python3").write_text(VENV.format(python=sys.executable, packages=packages))
    (made.bin / "python3").chmod(0o755)
    for real in ("curl", "sleep"):
        (made.bin / real).unlink()
    port = free_port()
    settings = {
        **SETTINGS["app"],
        **path_settings(made.root, ROLES["app"]),
        "MICROBLOG_REPOSITORY": str(folder / "origin"),
        "MICROBLOG_RUN_DIR": str(folder / "run"),
        "MICROBLOG_PORT": port,
        "MICROBLOG_HEALTH_SECONDS": 30,
        "MICROBLOG_LOCK_SECONDS": 600,
        **given,
    }
    (folder / "run").mkdir()
    environment = {
        "PATH": f"{made.bin}:{os.environ['PATH']}",
        "STATE": str(made.state),
        "RETRY_LIMIT": "2",
        "RETRY_DELAY": "0",
    }
    systemd = Systemd(
        made.root / "etc/systemd/system", folder / "run", folder / "log", dict(environment)
    )
    whole = render("app", ROLES["app"], settings).script
    prepare = (
        whole[: whole.index("\nboot_begin\n")]
        + "\naws_parameter_get() { :; }; microblog_settings; microblog_user\n"
        'microblog_environment; microblog_secret "$MICROBLOG_CONF_DIR/secret"\n'
        "microblog_commands; microblog_units\n"
    )
    with running(systemd, made.bin / "systemctl"):
        result = made.run(prepare)
        assert result.returncode == 0, result.stderr
        yield AppHost(made.root, systemd, environment, port, commits)
