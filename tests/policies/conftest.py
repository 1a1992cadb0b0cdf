"""The real `dev` stack, synthesised once, and the one way these tests judge a changed copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies import gate
from policies.report import Report
from tests.synthesised import run_main, stack


@pytest.fixture(scope="session")
def dev_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole output folder of a synthesis of `dev`."""
    folder = tmp_path_factory.mktemp("synth") / "cdktf.out"
    finished = run_main("dev", "--outdir", folder)
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture(scope="session")
def dev_document(dev_output: Path) -> dict[str, Any]:
    return stack(dev_output, "dev")


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[dict[str, Any]], Report]:
    def run(document: dict[str, Any]) -> Report:
        path = tmp_path / "dev" / "cdk.tf.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document, indent=2))
        return gate.run([path])

    return run
