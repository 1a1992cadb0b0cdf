"""A peering with a VPC that is known by its id alone, as an adopted one may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies import gate
from tests.synthesised import stack

TO_APPLICATION = "peering_management-main-to-microblogVPC"
TO_MANAGEMENT = "peering_microblogVPC-public-to-management"


def refused(document: dict[str, Any], tmp_path: Path) -> set[tuple[str, str]]:
    """(check, construct path) of what the gate refuses, built-in checks aside."""
    file = tmp_path / "offline" / "cdk.tf.json"
    file.parent.mkdir()
    file.write_text(json.dumps(document))
    return {
        (finding.check, finding.path)
        for finding in gate.run([file]).refused
        if finding.check.startswith("CKV_MB_")
    }


def test_nothing_of_it_is_refused(outdir: Path, tmp_path: Path) -> None:
    assert refused(stack(outdir, "offline"), tmp_path) == set()


@pytest.mark.parametrize(
    ("route", "destination"),
    [
        (TO_APPLICATION, "0.0.0.0/0"),
        (TO_APPLICATION, "10.0.0.0/8"),
        (TO_APPLICATION, "10.0.64.0/18"),
        (TO_MANAGEMENT, "0.0.0.0/0"),
        (TO_MANAGEMENT, "172.16.0.0/12"),
        (TO_MANAGEMENT, "10.0.0.0/16"),
        (TO_MANAGEMENT, "8.8.8.0/24"),
    ],
)
def test_a_route_to_more_than_the_peer_is_refused(
    outdir: Path, tmp_path: Path, route: str, destination: str
) -> None:
    offline = stack(outdir, "offline")
    changed = offline["resource"]["aws_route"][route]
    changed["destination_cidr_block"] = destination
    path = changed["//"]["metadata"]["path"]
    assert refused(offline, tmp_path) == {("CKV_MB_14", path)}
