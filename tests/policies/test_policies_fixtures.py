"""Every policy passes and refuses what its fixtures say, in both shapes Terraform comes in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from policies.scan import CHECKS, load_checks, scan
from reachability.terraform import read

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in CHECKS.glob("[!_]*.py"))


def policy_named(name: str):
    from policies.policy import POLICIES

    load_checks()
    return next(one for one in POLICIES.values() if one.judge.__module__ == name)


def test_each_policy_has_an_id_of_its_own() -> None:
    ids = Counter(policy_named(name).id for name in NAMES)
    assert len(ids) == len(NAMES), ids


def test_each_policy_has_its_fixtures_and_each_fixture_its_policy() -> None:
    assert sorted(path.name for path in HERE.iterdir() if (path / "passes.tf.json").exists()) == (
        NAMES
    )


@pytest.mark.parametrize("shape", ["tf", "plan"])
@pytest.mark.parametrize("verdict", ["passes", "fails"])
@pytest.mark.parametrize("name", NAMES)
def test_every_resource_of_a_fixture_gets_its_verdict(name: str, verdict: str, shape: str) -> None:
    policy = policy_named(name)
    path = HERE / name / f"{verdict}.{shape}.json"
    stack = read(path)
    expected = "passed" if verdict == "passes" else "refused"
    findings = {one.address: one for one in scan(path, stack) if one.check == policy.id}
    assert {address: one.verdict for address, one in findings.items()} == {
        one.address: expected for one in stack.of(*policy.types)
    }
    assert findings, "the fixture holds nothing that the policy looks at"
    for finding in findings.values():
        assert bool(finding.problems) == (verdict == "fails"), finding
        assert not any("could not decide" in problem for problem in finding.problems), finding
