"""Every policy passes and refuses what its fixtures say, in both shapes Terraform comes in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from policies.scan import CHECKS, load_checks, scan
from reachability.terraform import parse, read

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


# What AWS makes with a resource and names by an id of its own.
PARTS = {
    "aws_vpc": ("main_route_table_id", "default_route_table_id", "default_security_group_id"),
    "aws_instance": ("primary_network_interface_id",),
    "aws_eip": ("public_ip",),
}


def applied(document: dict[str, Any]) -> dict[str, Any]:
    """A plan without changes over what these resources became: every reference is a real id."""
    ids: dict[str, str] = {}
    for type_, named in document["resource"].items():
        for name, body in named.items():
            for part in ("id", *PARTS.get(type_, ())):
                ids[f"${{{type_}.{name}.{part}}}"] = f"{part}-{len(ids):08x}"
            for key, value in body.items():
                ids.setdefault(f"${{{type_}.{name}.{key}}}", value)

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(one) for one in value]
        if isinstance(value, dict):
            return {key: known(one) for key, one in value.items()}
        if value == "${aws_eip.nat.public_ip}/32":
            return "198.51.100.9/32"
        return ids.get(value, value) if isinstance(value, str) else value

    planned, written = [], []
    for type_, named in document["resource"].items():
        for name, body in named.items():
            base = {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name}
            own = {
                part: ids[f"${{{type_}.{name}.{part}}}"] for part in ("id", *PARTS.get(type_, ()))
            }
            planned.append({**base, "values": {**own, **known(body)}})
            constants = {key: {"constant_value": value} for key, value in body.items()}
            written.append({**base, "expressions": constants})
    return {
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": [
            {**one, "change": {"actions": ["no-op"], "after_unknown": {}}} for one in written
        ],
        "configuration": {"root_module": {"resources": written}},
    }


@pytest.mark.parametrize("verdict", ["passes", "fails"])
@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_keeps_its_verdict_once_it_is_applied(name: str, verdict: str) -> None:
    policy = policy_named(name)
    document = json.loads((HERE / name / f"{verdict}.tf.json").read_text(encoding="utf-8"))
    stack = parse(applied(document), Path("plan.json"))
    problems = {one.address: [*policy.judge(one, stack)] for one in stack.of(*policy.types)}
    wrong = {
        address: said for address, said in problems.items() if bool(said) != (verdict == "fails")
    }
    assert problems
    assert wrong == {}
