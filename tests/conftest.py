"""Stacks that many tests read, synthesised once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.synthesised import DEV, stack, synthesise

collect_ignore = ["fixtures"]  # applications that tests deploy

MAIN_TABLE = 'main_route_table_id = "rtb-0a1b2c3d"'
BUCKET = '\n[state]\nbucket = "microblog-state-1a2b3c"\n'


@pytest.fixture(scope="session")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`dev`, and dev with one thing different each.

    `stored` has a state bucket, `adopted` uses the default VPC, and `offline` names everything
    that the others look up at plan time, and ignores changes of the application's user data.
    """
    dev = DEV.read_text(encoding="utf-8")
    adopted = dev.replace('vpc = "create"', 'vpc = "adopt"').replace(
        "172.31.0.0/18", "172.31.0.0/16"
    )
    offline = (
        adopted.replace("# image =", "image =")
        .replace('vpc = "adopt"', 'vpc = "adopt"\nvpc_id = "vpc-0a1b2c3d"\n' + MAIN_TABLE)
        .replace('"172.31.16.0/20"', '"172.31.16.0/20"\nsubnet_id = "subnet-0a1b2c3d"')
        .replace('"in_place"', '"ignore"', 1)
    )
    for text, words in ((adopted, ['= "adopt"']), (offline, ["\nimage", "subnet-", '"ignore"'])):
        assert all(word in text for word in words)
    return synthesise(
        tmp_path_factory.mktemp("synthesised"),
        dev=dev,
        stored=dev + BUCKET,
        adopted=adopted,
        offline=offline,
    )


@pytest.fixture(scope="session")
def dev(outdir: Path) -> dict[str, Any]:
    return stack(outdir, "dev")
