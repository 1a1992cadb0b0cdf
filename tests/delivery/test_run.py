"""`make run`: what it prints of an environment, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synthesised import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what `make run` runs, so that a test may change it."""
    for name in ("constructs_lib", "delivery", "policies", "reachability", "userdata"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    shutil.copy(ROOT / "main.py", tmp_path)
    return tmp_path


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "delivery.run", *arguments],
        cwd=project,
        env={**os.environ, "COLUMNS": "200", **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_it_says_what_is_open_to_whom_and_where_the_terraform_lies(project: Path) -> None:
    finished = run(project, "--no-try")
    assert finished.returncode == 0, finished.stderr
    lines = [" ".join(line.split()) for line in finished.stdout.splitlines()]
    stack = json.loads((project / "cdktf.out/stacks/dev/cdk.tf.json").read_text(encoding="utf-8"))
    assert f"dev {sum(map(len, stack['resource'].values()))} resources" in lines
    assert "internet reaches web 80/tcp" in lines
    assert (
        "operators reach jenkins 22, 80, 8080/tcp; monitoring 3000, 9090/tcp; web 22, 80/tcp "
        "(from 203.0.113.0/24)" in lines
    )
    assert "Terraform cdktf.out/stacks/dev/cdk.tf.json" in lines
    assert not [line for line in lines if "refused" in line]
    assert "\x1b" not in finished.stdout + finished.stderr


def test_a_refusal_shows_the_finding_and_ends_in_1(project: Path) -> None:
    flows = project / "constructs_lib" / "flows.py"
    site = '    Flow("internet", "web", HTTP, why="the public site"),\n'
    text = flows.read_text(encoding="utf-8")
    assert site in text
    opened = '    Flow("internet", "web", JENKINS, why="to try something"),\n'
    flows.write_text(text.replace(site, site + opened), encoding="utf-8")
    finished = run(project)
    assert finished.returncode == 1
    assert "web 80, 8080/tcp" in finished.stdout
    assert "CKV_MB_5" in finished.stdout
    assert "dev/security-groups/ingress/internet-to-web-tcp-8080" in finished.stdout
    assert "terraform -chdir" not in finished.stdout


def test_a_bad_environment_ends_in_2_with_its_line(project: Path) -> None:
    file = project / "environments" / "dev.toml"
    file.write_text(file.read_text().replace("10.0.0.0/18", "10.0.0.1/18"))
    finished = run(project)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert 'did you mean "10.0.0.0/18"?' in finished.stderr
    assert "Traceback" not in finished.stderr


def test_an_unknown_environment_ends_in_2(project: Path) -> None:
    finished = run(project, "prod")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == 'environments: holds no environment "prod"; it holds dev\n'


def test_without_an_engine_it_says_so_in_one_line_and_the_steps_before_stand(project: Path) -> None:
    finished = run(project, TERRAFORM_BINARY_NAME="no-such-engine")
    assert finished.returncode == 1
    assert finished.stderr == (
        "no-such-engine is not on PATH: install Terraform, or set TERRAFORM_BINARY_NAME "
        "(such as tofu)\n"
    )
    assert "internet reaches" in finished.stdout
    assert "Next" not in finished.stdout
    assert (project / "cdktf.out/stacks/dev/cdk.tf.json").is_file()


@pytest.mark.slow
def test_it_tries_out_what_it_synthesised_and_keeps_nothing_of_it(project: Path) -> None:
    state = project / "state"
    finished = run(project, XDG_STATE_HOME=str(state))
    assert finished.returncode == 0, finished.stderr
    lines = [" ".join(line.split()) for line in finished.stdout.splitlines()]
    told = [line.rsplit(" ", 2)[0] for line in lines[lines.index("dev on an emulated AWS") + 1 :]]
    assert told[1] == told[0].replace("plan", "apply").replace("; the gate passes the", "").strip()
    assert told[2:5] == [
        "plan again nothing changes",
        "reach what stands lets through what was synthesised, no more",
        "destroy nothing is left",
    ]
    assert not state.exists()
    assert not list(project.glob("*.tfstate*"))
