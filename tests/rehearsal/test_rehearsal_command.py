"""What a user is told before anything is booted, and what a rehearsal prepares."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from constructs_lib.errors import RunError
from rehearsal import application, host, runs
from rehearsal.checks import Check
from rehearsal.image import wanted_packages
from rehearsal.report import write_json, write_junit
from tests.rehearsal.rehearsed import rehearse

CHECKS = [
    Check("boot", "web configures itself", "ok", "base 1s", 20.0),
    Check("boot", "jenkins configures itself", "left out", "jenkins needs pkg.jenkins.io"),
    Check("pairs", "web to app 22/tcp", "failed", "reach says open, packets say closed"),
]


def test_missing_programs_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = ("nft", "systemd-nspawn")
    monkeypatch.setattr(host, "which", lambda name: None if name in lacking else f"/usr/bin/{name}")
    assert host.missing() == (
        "nft, systemd-nspawn missing: apt-get install nftables systemd-container"
    )


def test_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert host.missing().endswith("run it as root (sudo pipenv run rehearse)")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prod",), "no synthesised environment is named prod; there are: adopted, dev"),
        (("adopted",), 'rehearse an environment with vpc = "create"'),
        (("dev", "--fault", "kill:db"), "kill:db: is no fault of this stack; choose kill|reboot"),
        (("dev", "--fault", "melt:web"), "melt:web: is no fault of this stack; choose kill|reboot"),
        (("dev", "--network-only", "--fault", "kill:app"), "take --network-only away"),
        (("dev", "--plan", "no.json"), "no.json: cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_exit_2(
    outdir: Path, arguments: tuple[str, ...], said: str
) -> None:
    if reason := host.missing():
        pytest.skip(reason)
    done = rehearse(*arguments, "--dir", outdir)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line


def test_the_packages_are_those_that_the_scripts_install() -> None:
    script = """
  : "${JENKINS_JAVA_PACKAGE:=openjdk-21-jre-headless}"
  packages_install nginx
  packages_install "$JENKINS_JAVA_PACKAGE" fontconfig
  packages_install "jenkins=$JENKINS_VERSION"
packages_install() {
  # packages_install is not called here
"""
    expected = ["fontconfig", "jenkins", "nginx", "openjdk-21-jre-headless"]
    assert wanted_packages([script]) == expected


def test_what_is_to_be_deployed_is_what_user_data_says() -> None:
    script = "MICROBLOG_REPOSITORY=https://github.com/some/blog.git\nMICROBLOG_REVISION=v0.23\n"
    found = application.asked(["#!/bin/bash\n", script])
    assert found == application.Asked("github.com/some/blog.git", "v0.23")
    assert application.asked(["NGINX_LISTEN_PORT=80\n"]) is None


def git(folder: Path, *words: str) -> str:
    return subprocess.check_output(["git", "-C", str(folder), *words], text=True).strip()


def test_a_folder_becomes_a_repository_with_the_revision_and_two_to_deploy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "microblog.py").write_text("app = None\n")
    (source / "requirements.txt").write_text("Flask\n")
    target = tmp_path / "application.git"
    made = application.repository(str(source), "v0.23", target)
    assert git(target, "show", "v0.23:microblog.py") == "app = None"
    assert git(target, "show", f"{made['good']}:microblog.py") == "app = None"
    assert git(target, "show", f"{made['broken']}:microblog.py").startswith("raise SystemExit")
    for commit in made.values():
        assert git(target, "rev-parse", f"{commit}^") == git(target, "rev-parse", "v0.23^{commit}")
    assert (target / "info" / "refs").read_text()
    assert not (source / ".git").exists()


def test_a_repository_keeps_its_own_revision(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.check_call(["git", "init", "--quiet", "--initial-branch=main", str(source)])
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for number in ("1", "2"):
        (source / "microblog.py").write_text(f"app = {number}\n")
        git(source, "add", ".")
        git(source, *author, "commit", "--quiet", "--message", number)
        git(source, "tag", f"v{number}")
    application.repository(str(source), "v1", tmp_path / "application.git")
    assert git(tmp_path / "application.git", "show", "v1:microblog.py") == "app = 1"


def test_an_application_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^--app nowhere: there is no such folder"):
        application.repository("nowhere", "main", tmp_path / "application.git")


def test_a_run_that_nobody_takes_care_of_any_more_is_forsaken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "RUNS", tmp_path)
    starting = runs.register("dev")
    dead = runs.register("dev")
    dead.note(owner=dead.state()["owner"], owner_started="1")
    # A process of that number runs, but is another one.
    dead.note(pid=os.getpid(), started="1")
    # Somebody has just made its folder, and not yet noted that it is theirs.
    (tmp_path / "dev-new").mkdir()
    assert [one.name for one in runs.forsaken()] == [dead.name]
    assert {one.name for one in runs.runs()} == {starting.name, dead.name, "dev-new"}


def test_the_files_say_what_was_left_out_and_what_failed(tmp_path: Path) -> None:
    write_junit(tmp_path / "junit.xml", "dev", CHECKS)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    counts = [suite.get(name) for name in ("tests", "failures", "skipped")]
    assert counts == ["3", "1", "1"]
    write_json(tmp_path / "checks.json", "dev", CHECKS, {"memory": 1467.071})
    found = json.loads((tmp_path / "checks.json").read_text())
    assert [one["result"] for one in found["checks"]] == ["ok", "left out", "failed"]
    assert found["figures"] == {"memory": 1467.07}
