"""Stacks that many tests read, synthesised once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.synthesised import DEV, stack, synthesise

BUCKET = '\n[state]\nbucket = "microblog-state-1a2b3c"\n'


@pytest.fixture(scope="session")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`dev`, `stored` (dev with a state bucket) and `adopted` (dev in the default VPC)."""
    dev = DEV.read_text(encoding="utf-8")
    adopted = dev.replace('vpc = "create"', 'vpc = "adopt"').replace(
        "172.31.0.0/18", "172.31.0.0/16"
    )
    assert adopted.count("adopt") > dev.count("adopt")
    return synthesise(
        tmp_path_factory.mktemp("synthesised"), dev=dev, stored=dev + BUCKET, adopted=adopted
    )


@pytest.fixture(scope="session")
def dev(outdir: Path) -> dict[str, Any]:
    return stack(outdir, "dev")
