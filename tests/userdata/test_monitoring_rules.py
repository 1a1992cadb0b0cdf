"""The alerts, as promtool runs them, and that its tests would notice if one changed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from userdata_hosts import need

from constructs_lib.flows import SERVERS
from constructs_lib.userdata import ROOT

RULES = ROOT / "files/prometheus/rules.yml"
TESTS = Path(__file__).parent / "rules.test.yml"
RUNBOOK = ROOT.parent / "docs/runbook.md"
DOCUMENT: dict[str, Any] = yaml.safe_load(RULES.read_text())
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in DOCUMENT["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


def promtool(tests: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [need("promtool", "prometheus"), "test", "rules", tests],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    result = promtool(TESTS)
    assert result.returncode == 0, result.stdout + result.stderr


def mutants(alert: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alert with one thing wrong each."""
    made = {
        "never fires": alert | {"expr": "vector(0) > 1"},
        "always fires": alert | {"expr": "vector(1)", "for": "0s"},
    }
    if "for" in alert:
        made["fires at once"] = alert | {"for": "0s"}
        made["waits long"] = alert | {"for": "100h"}
    for old, new in (("<", ">"), (">", "<"), ("== 0", "== 1")):
        if re.search(rf" {old}\b| {old} ", alert["expr"]):
            made[f"{new} for {old}"] = alert | {"expr": alert["expr"].replace(old, new)}
    return made


@pytest.mark.parametrize("name", ALERTS)
def test_no_alert_could_be_wrong_unnoticed(name: str, tmp_path: Path) -> None:
    rules, tests = tmp_path / "rules.yml", tmp_path / "tests.yml"
    document = yaml.safe_load(TESTS.read_text())
    # The first is of an environment in which all is well; the others, of those that it names.
    concerned = [
        one for n, one in enumerate(document["tests"]) if n == 0 or name in yaml.safe_dump(one)
    ]
    assert len(concerned) > 1
    tests.write_text(yaml.safe_dump(document | {"rule_files": [str(rules)], "tests": concerned}))
    for what, mutant in mutants(ALERTS[name]).items():
        groups = [
            group
            | {"rules": [mutant if rule.get("alert") == name else rule for rule in group["rules"]]}
            for group in DOCUMENT["groups"]
        ]
        rules.write_text(yaml.safe_dump({"groups": groups}))
        result = promtool(tests)
        assert result.returncode == 1, f"{name} that {what} passes"
        assert "FAILED" in result.stdout + result.stderr


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_what_happened_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert set(alert["annotations"]) == {"summary", "action", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_every_role_is_missed_and_no_other() -> None:
    assert sorted(re.findall(r'role="(\w+)"', ALERTS["HostMissing"]["expr"])) == sorted(SERVERS)


def test_the_runbook_has_a_section_for_each_alert_and_for_nothing_else() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.M) == list(ALERTS)
