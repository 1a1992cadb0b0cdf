"""Deploys of the fixture application for real, while clients keep asking."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from app_host import AppHost, app_host


@pytest.fixture
def host(packages: Path) -> Iterator[AppHost]:
    with app_host(packages) as made:
        yield made


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


STEPS = ["fetch", "build", "try", "migrate", "start", "switch", "prune"]


@pytest.mark.parametrize(
    "steps",
    [pytest.param(STEPS, marks=pytest.mark.slow, id="every"), pytest.param(["start"], id="start")],
)
def test_a_deploy_that_is_killed_at_any_step_is_finished_by_the_next(
    host: AppHost, steps: list[str]
) -> None:
    assert host.deploy("v1").returncode == 0
    for step in steps:
        with host.deploying("v2") as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line.endswith(f": {step}\n"):
                    os.killpg(process.pid, signal.SIGKILL)
                    break
        assert process.wait() == -signal.SIGKILL
        # Whatever was reached, somebody serves.
        assert host.version() in ("v1", "v2")
        result = host.deploy("v2")
        assert result.returncode == 0, (step, result.stderr)
        assert host.serving() == [f"microblog@{host.commits['v2']}.service"]
        assert (host.version(), host.schema()) == ("v2", "0002")
        assert not (host.root / "srv/microblog/data/candidate.db").exists()
        back(host)


def back(host: AppHost) -> None:
    """v1 serves its own database again, and v2 has not been heard of."""
    root = host.root / "srv/microblog"
    host.systemd.stop(f"microblog@{host.commits['v2']}.service")
    shutil.rmtree(root / "releases" / host.commits["v2"])
    (root / "current").unlink()
    (root / "data/app.db").unlink()
    assert host.deploy("v1").returncode == 0
    assert (host.version(), host.schema()) == ("v1", "0001")


def test_gunicorns_master_killed_is_back_and_nobody_is_refused(host: AppHost) -> None:
    assert host.deploy("v1").returncode == 0
    os.kill(host.get()["master"], signal.SIGKILL)
    for _ in range(300):
        if host.systemd.restarts:
            break
        time.sleep(0.1)
    assert host.systemd.restarts == 1
    # What an orphaned worker had taken may be lost; all else waits in the socket, and is answered.
    answers: list[str] = []
    for _ in range(40):
        with contextlib.suppress(ConnectionResetError, http.client.HTTPException):
            answers.append(host.version())
        time.sleep(0.1)
    assert len(answers) >= 40 - 4
    assert set(answers) == {"v1"}


def test_two_deploys_at_once_follow_each_other(host: AppHost) -> None:
    assert host.deploy("v1").returncode == 0
    with host.deploying("v2") as first, host.deploying("v3") as second:
        said = [first.communicate(timeout=600)[1], second.communicate(timeout=600)[1]]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert sum("waits for the deploy of v" in each for each in said) == 1
    assert len(host.serving()) == 1


def test_a_release_that_fails_only_on_the_real_database_is_taken_back(host: AppHost) -> None:
    """The candidate was healthy; what serves is asked for its own health, and is not."""
    assert host.deploy("v1").returncode == 0
    unit = host.systemd.units / "microblog@.service"
    unit.write_text(unit.read_text().replace("microblog:app", "there_is_no:app"))
    result = host.deploy("v2")
    assert result.returncode == 1, result.stderr
    assert (host.version(), host.schema()) == ("v1", "0001")
    assert host.serving() == [f"microblog@{host.commits['v1']}.service"]
    assert (host.report()["result"], host.report()["step"]) == ("failed", "start")
    assert host.metrics()["microblog_deploy_result"] == 0
    ((kept,),) = host.database(
        "SELECT version_num FROM alembic_version", f"backups/undone-{host.commits['v2']}.db"
    )
    assert kept == "0002"
