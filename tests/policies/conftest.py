"""The real `dev` stack, synthesised once, and the one way these tests judge a changed copy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dev_stack import ROOT

from policies import gate
from policies.report import Report


@pytest.fixture(scope="session")
def dev_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole output folder of a real synthesis of every environment."""
    folder = tmp_path_factory.mktemp("synth") / "cdktf.out"
    subprocess.run(
        [sys.executable, "main.py", "dev", "--outdir", str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


@pytest.fixture(scope="session")
def dev_document(dev_output: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((dev_output / "stacks/dev/cdk.tf.json").read_text())
    return document


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[dict[str, Any]], Report]:
    def run(document: dict[str, Any]) -> Report:
        path = tmp_path / "dev" / "cdk.tf.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document, indent=2))
        return gate.run([path])

    return run
