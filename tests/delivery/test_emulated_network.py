"""Nothing leaves the machine: Terraform, provider and emulated AWS work where there is no network.

They run in a network namespace that has a loopback interface and nothing else, so that a look-up
or a connection to anywhere would fail, and a provider that needs one would fail with it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from delivery import terraform_cli
from tests.synthesised import ROOT

PROGRAM = """
import sys
from pathlib import Path
from delivery import applying
from delivery.workspace import opened

synthesised, plan, what = sys.argv[1:]
with opened("dev", "emulated", Path(synthesised)) as workspace:
    document = workspace.engine.plan(Path(plan))
    if what == "apply":
        engine = workspace.engine
        applied = applying.apply(
            engine.folder, Path(plan), Path(plan + ".log"), variables=engine.variables
        )
        assert applied.code == 0, applied.errors
    print(len(document["resource_changes"]))
"""


def isolated() -> list[str]:
    """A command that runs the rest of its line in such a namespace."""
    return [
        "unshare",
        "--map-root-user",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "-",
    ]


def missing() -> str:
    if not shutil.which("ip"):
        return "needs ip: apt-get install iproute2"
    if not shutil.which("unshare"):
        return "needs unshare: apt-get install util-linux"
    tried = subprocess.run([*isolated(), "true"], capture_output=True, text=True, check=False)
    return f"no network namespaces here: {tried.stderr.strip()}" if tried.returncode else ""


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


def test_there_is_no_network_in_it() -> None:
    shown = subprocess.run(
        [*isolated(), "ip", "-json", "route", "show", "table", "all"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {route.get("dev") for route in json.loads(shown.stdout or "[]")} <= {"lo"}


@pytest.mark.parametrize("what", ["plan", pytest.param("apply", marks=pytest.mark.slow)])
def test_dev_needs_no_network(
    outdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    try:
        terraform_cli.binary()
    except terraform_cli.TerraformError as error:
        pytest.skip(str(error))
    if not terraform_cli.mirrors():
        pytest.skip("needs a filesystem mirror of the AWS provider: a namespace has no registry")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = outdir / "stacks/dev/cdk.tf.json"
    finished = subprocess.run(
        [*isolated(), sys.executable, "-c", PROGRAM, str(file), str(tmp_path / "plan"), what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    document = json.loads(file.read_text(encoding="utf-8"))
    assert int(finished.stdout) == sum(len(named) for named in document["resource"].values())
