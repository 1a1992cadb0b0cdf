"""Deploys of the fixture application for real: git, virtual environments, SQLite and gunicorn, with
users, sandbox and systemd played (fake_systemd), while clients keep asking."""

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
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fake_systemd import Systemd, running
from userdata_hosts import SETTINGS, make_host, path_settings

from constructs_lib.userdata import ROLES, render
from tests import microblog_repository

PIP = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
SERVER = ["gunicorn", "pymysql", "cryptography"]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with what the application needs, made once as a host makes each."""
    folder = tmp_path_factory.mktemp("packages")
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
            out, errors = process.communicate(timeout=120)
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
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
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
def app_host(folder: Path, packages: Path) -> Iterator[AppHost]:
    """A host with nothing deployed yet; short paths, because a UNIX socket's is at most 107."""
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
        "MICROBLOG_LOCK_SECONDS": 60,
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


@pytest.fixture
def host(packages: Path) -> Iterator[AppHost]:
    folder = Path(tempfile.mkdtemp(prefix="mb"))
    try:
        with app_host(folder, packages) as made:
            yield made
    finally:
        shutil.rmtree(folder)


@dataclass
class Clients:
    """Threads that ask as users do: the first page, a slow page, and posts."""

    port: int
    answers: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, kept: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.ended.is_set():
            try:
                connection.request(method, path, body="hello" if method == "POST" else None)
                response = connection.getresponse()
                body = json.load(response)
                if response.status >= 400:
                    self.lost.append(f"{method} {path}: {response.status} {body}")
                self.answers[body["version"]] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.lost.append(f"{method} {path}: {error!r}")
                connection.close()
            if not kept:
                connection.close()
        connection.close()


@contextlib.contextmanager
def clients(host: AppHost) -> Iterator[Clients]:
    asked = Clients(host.port)
    roles = [("GET", "/", False)] * 4 + [("GET", "/version", True)] * 2
    roles += [("GET", "/slow?seconds=1.5", False), ("POST", "/posts", False)]
    threads = [threading.Thread(target=asked.ask, args=role) for role in roles]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        asked.ended.set()
        for thread in threads:
            thread.join()


def test_the_first_release_serves_with_four_workers_from_a_sandboxable_place(host: AppHost) -> None:
    result = host.deploy("v1")
    assert result.returncode == 0, result.stderr
    commit = host.commits["v1"]
    assert host.serving() == [f"microblog@{commit}.service"]
    assert host.get("/")["greeting"] == "Hello"
    release = host.root / "srv/microblog/releases" / commit
    assert (host.root / "srv/microblog/current").readlink() == release
    assert (release / "app/translations/es/LC_MESSAGES/messages.mo").exists()
    master = host.get()["master"]
    workers = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout
    # One more child is gunicorn's control server where its version has one.
    assert len(workers.split()) >= 4
    assert Path(f"/proc/{master}/cwd").readlink() == release
    assert host.report() == {
        "revision": "v1",
        "commit": commit,
        "result": "ok",
        "seconds": host.report()["seconds"],
        "step": "prune",
        "message": "",
    }
    assert host.metrics()["microblog_deploy_result"] == 1


def test_deploys_lose_no_request_whether_the_release_is_good_or_fails(host: AppHost) -> None:
    assert host.deploy("v1").returncode == 0
    with clients(host) as asked:
        outcomes = {tag: host.deploy(tag) for tag in ("v2", "page", "start", "migration", "v3")}
        time.sleep(1)
    assert asked.lost == []
    assert {tag: result.returncode for tag, result in outcomes.items()} == {
        "v2": 0,
        "page": 1,
        "start": 1,
        "migration": 1,
        "v3": 0,
    }, "\n".join(result.stderr for result in outcomes.values())
    assert set(asked.answers) == {"v1", "v2", "v3"}
    assert asked.answers.total() > 1000
    assert host.serving() == [f"microblog@{host.commits['v3']}.service"]
    # What users wrote meanwhile is there, and what the failing migration did is not.
    assert host.schema() == "0002"
    columns = {name for _, name, *_ in host.database("PRAGMA table_info(post)")}
    assert columns == {"id", "body", "likes"}
    ((posts,),) = host.database("SELECT count(*) FROM post")
    assert posts > 0
