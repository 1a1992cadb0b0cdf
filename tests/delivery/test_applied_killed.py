"""An apply that is killed, and the deploy after it: everything stands, and nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from delivery import emulated
from tests.delivery import applied
from tests.delivery.account import Inventory, inventory, names, new
from tests.delivery.applied import Applied
from tests.synthesised import ROOT

# Of some 100 resources: before the first, while the VPCs are made, among the rules, while the
# instances boot. CI takes two of them.
POINTS = [0, 5, 12, 20, 30, 40, 52, 64, 76, 88, 94]
IN_CI = (12, 76)


@pytest.mark.parametrize(
    "done",
    [point if point in IN_CI else pytest.param(point, marks=pytest.mark.slow) for point in POINTS],
)
def test_a_killed_deploy_is_gone_on_with(
    applied_dev: Applied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    home = tmp_path / "microblog-vpc" / "emulated"
    with emulated.running("dev", home=home) as aws:
        before = inventory(aws)
    killed_after(done, home)
    again = deploy()
    said, _ = again.communicate(timeout=280)
    assert again.returncode == 0, said
    with emulated.running("dev", home=home) as aws:
        work = aws.working_copy(applied_dev.file)
        assert counts(new(before, inventory(aws))) == wanted(applied_dev)
        assert applied.plan(aws, work)[0] == 0
        assert not (work / "adopted.tf.json").exists()


def counts(made: Inventory) -> dict[str, list[str]]:
    """Kinds with the names of their things; a thing without one counts as well."""
    return {kind: names(things) for kind, things in made.items()}


def wanted(applied_dev: Applied) -> dict[str, list[str]]:
    with applied_dev.running() as aws:
        return counts(new(applied_dev.before, inventory(aws)))


def deploy() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "delivery", "deploy", "dev", "--aws", "emulated", "--yes"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def killed_after(done: int, home: Path) -> None:
    """SIGKILL to the command, the engine and the provider, when so many resources are done."""
    command = deploy()
    state = home / "dev/stacks/dev/terraform.tfstate"
    deadline = time.monotonic() + 240
    while not (engine := _engine(command.pid)) or _resources(state) < done:
        assert time.monotonic() < deadline and command.poll() is None, command.communicate()[0]
        time.sleep(0.02)
    for group in (command.pid, engine):
        os.killpg(group, signal.SIGKILL)
    command.communicate(timeout=60)


def _engine(command: int) -> int | None:
    """The process group of the engine that the command has started to apply."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == command and b"apply" in words:
            return int(folder.name)
    return None


def _resources(state: Path) -> int:
    try:
        document = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    return sum(one["mode"] == "managed" for one in document["resources"])
