"""The command line: what it judges, what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from dev_stack import record
from typer.testing import CliRunner, Result

from policies.builtin import LEFT_OUT
from policies.command import app
from policies.contract import CHECK
from reachability.stack import Stack
from tests.synthesised import ROOT

HERE = Path(__file__).parent
FAILS = HERE / "subnets_and_instances_state_their_tier" / "fails.plan.json"


def gate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def output(tmp_path: Path, dev_output: Path) -> Path:
    """A copy of a whole output folder, to damage."""
    return Path(shutil.copytree(dev_output, tmp_path / "cdktf.out"))


def edited(output: Path, **changes: Any) -> None:
    """Change an attribute of the web server's group, as an honest synthesis would."""
    path = output / "stacks/dev/cdk.tf.json"
    document = json.loads(path.read_text())
    document["resource"]["aws_security_group"]["security-groups_web"].update(changes)
    path.write_text(json.dumps(document, indent=2))
    record(output)


def test_the_synthesised_dev_passes(output: Path) -> None:
    result = gate("--dir", output, "dev")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("fine  dev: ")
    assert "0 waived, 0 refused" in result.output


def test_of_every_kind_of_environment_nothing_is_refused(outdir: Path) -> None:
    from policies import gate as library
    from reachability.stacks import select

    report = library.run(select(outdir, ["stored", "adopted"]))
    assert report.stacks == ("adopted", "stored", "stored-state")
    assert report.refused == ()


def test_a_refusal_names_construct_fault_and_remedy_and_exits_1(output: Path) -> None:
    edited(output, description=None)
    result = gate("--dir", output)
    assert result.exit_code == 1
    assert "CKV_MB_8" in result.output
    assert "  dev/security-groups/web\n    the security group has no description" in result.output
    assert "mend  Say in `description`" in result.output
    assert "aws_security_group." not in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda out: shutil.rmtree(out), "there is no such folder"),
        (lambda out: (shutil.rmtree(out), out.write_text("")), "is a file; name the folder"),
        (lambda out: (out / "synth.json").unlink(), "synthesis did not finish"),
        (lambda out: (out / "synth.json").write_text("{"), "is not what synthesis writes"),
        (lambda out: (out / "synth.json").write_text('{"stacks": {}}'), "lists no stack"),
        (lambda out: (out / "synth.json").write_text('{"stacks": 1}'), "not what synthesis writes"),
        (lambda out: shutil.rmtree(out / "stacks/dev"), "is missing, though synth.json lists it"),
        (lambda out: truncate(out / "stacks/dev/cdk.tf.json"), "edited or half-written"),
        (lambda out: shutil.copytree(out / "stacks/dev", out / "stacks/qa"), "does not list qa"),
        (lambda out: (truncate(out / "stacks/dev/cdk.tf.json"), record(out)), "no whole JSON"),
        (lambda out: (out / "stacks/dev/cdk.tf.json").write_text("[]"), "edited"),
        (lambda out: insert(out, required_version=">= 1.11"), "checkov #7454"),
        (lambda out: insert(out, module={"m": {"source": "./m"}}), "what a module holds"),
        (lambda out: edited(out, dynamic={"ingress": {}}), "dynamic blocks of dev/security-groups"),
    ],
)
def test_output_that_is_not_whole_is_one_line_and_exit_2(
    output: Path, damage: Any, said: str
) -> None:
    damage(output)
    result = gate("--dir", output)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("gate: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def insert(output: Path, **sections: Any) -> None:
    """Add to the stack's Terraform settings, or a section of its own."""
    path = output / "stacks/dev/cdk.tf.json"
    document = json.loads(path.read_text())
    where = document["terraform"] if "required_version" in sections else document
    where.update(sections)
    path.write_text(json.dumps(document, indent=2))
    record(output)


def test_an_unknown_environment_names_the_nearest(output: Path) -> None:
    result = gate("--dir", output, "dve")
    assert result.exit_code == 2
    assert "no synthesised environment is named dve; did you mean dev?" in result.stderr


def test_an_environment_is_its_stack_and_that_of_its_state_and_no_other(output: Path) -> None:
    for name in ("dev-state", "dev-two", "dev-two-state", "development", "prod"):
        shutil.copytree(output / "stacks/dev", output / "stacks" / name)
    record(output)
    from reachability.stacks import one, select

    assert [path.parent.name for path in select(output, ["dev"])] == ["dev", "dev-state"]
    assert [path.parent.name for path in select(output, ["dev-state"])] == ["dev-state"]
    assert one(output, "dev-state").parent.name == "dev-state"
    assert len(select(output)) == 6


def test_bad_usage_exits_2_and_help_0() -> None:
    assert gate("--nonsense").exit_code == 2
    assert gate("one", "two", "--plan", FAILS).exit_code == 2
    help_ = gate("--help")
    assert help_.exit_code == 0
    for option in ("--dir", "--plan", "--json", "--junit", "--sarif"):
        assert option in help_.output


def test_a_plan_is_judged_by_address(tmp_path: Path) -> None:
    result = gate("--plan", FAILS)
    assert result.exit_code == 1
    assert "aws_subnet.silent" in result.output


@pytest.mark.parametrize("content", ["", "{}", '{"format_version": "1.2"}', "[]", "\x00"])
def test_a_plan_that_is_none_exits_2(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    result = gate("--plan", path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"gate: {path}: ")
    assert result.stderr.count("\n") == 1


def test_a_plan_bears_the_construct_paths_of_its_stack(output: Path, tmp_path: Path) -> None:
    address = "aws_subnet.microblogVPC_private-us-east-1a_subnet"
    type_, name = address.split(".")
    base = {"address": address, "mode": "managed", "type": type_, "name": name}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.0",
        "planned_values": {
            "root_module": {
                "resources": [{**base, "values": {"map_public_ip_on_launch": True, "tags": {}}}]
            }
        },
        "resource_changes": [
            {**base, "change": {"actions": ["create"], "before": None, "after": {}}}
        ],
        "configuration": {"root_module": {"resources": [{**base, "expressions": {}}]}},
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    result = gate("dev", "--dir", output, "--plan", path)
    assert result.exit_code == 1
    assert "dev/microblogVPC/private-us-east-1a/subnet" in result.output
    assert address not in result.output


def test_json_holds_every_finding(output: Path, tmp_path: Path) -> None:
    edited(output, description=None)
    target = tmp_path / "reports" / "gate.json"
    assert gate("--dir", output, "--json", target).exit_code == 1
    document = json.loads(target.read_text())
    assert document["ok"] is False
    assert document["counts"]["refused"] == 1
    assert sum(document["counts"].values()) == len(document["findings"])
    (refused,) = (one for one in document["findings"] if one["verdict"] == "refused")
    assert refused["path"] == "dev/security-groups/web"
    assert refused["problems"] == ["the security group has no description"]


def test_junit_has_one_case_for_each_check_on_each_resource(output: Path) -> None:
    edited(output, description=None)
    result = gate("--dir", output, "--junit", "-")
    root = ElementTree.fromstring(result.stdout)
    (suite,) = root.findall("testsuite")
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases)
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    failed = [case for case in cases if case.find("failure") is not None]
    assert [case.get("classname") for case in failed] == ["dev.CKV_MB_8"]


def test_sarif_points_to_the_resource_in_the_file(output: Path) -> None:
    edited(output, description=None)
    result = gate("--dir", output, "--sarif", "-")
    document = json.loads(result.stdout)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
    (refused,) = run["results"]
    assert refused["ruleId"] == "CKV_MB_8"
    place = refused["locations"][0]
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "dev/security-groups/web"
    lines = (output / "stacks/dev/cdk.tf.json").read_text().splitlines()
    start = place["physicalLocation"]["region"]["startLine"]
    assert '"security-groups_web": {' in lines[start - 2 : start][0] + lines[start - 1]


def test_a_report_that_cannot_be_written_exits_2_and_leaves_nothing(
    output: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    result = gate("--dir", output, "--json", blocked / "gate.json")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    taken = tmp_path / "taken"
    taken.mkdir()
    result = gate("--dir", output, "--json", taken)
    assert result.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked", "cdktf.out", "taken"]


def test_the_gate_asks_no_network(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the gate opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert gate("--dir", output).exit_code == 0


def test_a_fresh_process_asks_no_network_either(output: Path) -> None:
    guard = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('the gate opened a connection')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from policies.command import app\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", guard, "--dir", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_does_not_wait_for_checkov() -> None:
    probe = (
        "import sys\nimport policies.command\n"
        "sys.exit(any(name.split('.')[0] == 'checkov' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("start", [ROOT, ROOT.parent], ids=["repository", "elsewhere"])
def test_plain_checkov_runs_the_policies_too(output: Path, start: Path) -> None:
    edited(output, description=None)
    checkov = Path(sys.executable).with_name("checkov")
    done = subprocess.run(
        [checkov, "--directory", output, "--framework", "terraform_json", "--external-checks-dir",
         ROOT / "policies/checks", "--skip-download", "--output", "json", "--quiet", "--compact"],
        cwd=start,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )  # fmt: skip
    found = json.loads(done.stdout)["results"]["failed_checks"]
    ours = {(one["check_id"], one["resource"]) for one in found if "_MB_" in one["check_id"]}
    assert ours == {("CKV_MB_8", "resource.security-groups_web")}
    assert "Cannot load" not in done.stderr


def test_the_gate_runs_every_aws_check_that_stock_checkov_runs(dev_output: Path) -> None:
    checkov = Path(sys.executable).with_name("checkov")
    done = subprocess.run(
        [checkov, "--directory", dev_output, "--framework", "terraform_json", "--skip-download",
         "--output", "json", "--compact"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )  # fmt: skip
    results = json.loads(done.stdout)["results"]
    stock = Counter(
        (one["check_id"], kind.removesuffix("_checks"))
        for kind in ("passed_checks", "failed_checks")
        for one in results[kind]
        if one["check_id"] not in LEFT_OUT
    )
    probe = (
        "import sys, json\nfrom pathlib import Path\nfrom policies import gate\n"
        "report = gate.run([Path(sys.argv[1])])\n"
        "print(json.dumps([(f.check, f.verdict) for f in report.findings]))"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", probe, str(dev_output / "stacks/dev/cdk.tf.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    ours = Counter(
        (check, "passed" if verdict == "passed" else "failed")
        for check, verdict in json.loads(fresh.stdout)
        if "_MB_" not in check and check != CHECK
    )
    assert ours == stock


def test_a_resource_that_checkov_passes_over_is_not_taken_for_sound(output: Path) -> None:
    path = output / "stacks/dev/cdk.tf.json"
    document = json.loads(path.read_text())
    document["resource"]["aws_key_pair"] = {"__startline__": {"public_key": "ssh-ed25519 A"}}
    path.write_text(json.dumps(document, indent=2))
    record(output)
    result = gate("--dir", output)
    assert result.exit_code == 2
    assert "checkov did not run CKV_MB_18 on aws_key_pair.__startline__" in result.stderr


def test_a_policy_that_cannot_decide_refuses(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from policies import gate as library
    from policies import policy

    def broken(_: str) -> Stack:
        raise RuntimeError("no idea")

    monkeypatch.setattr(policy, "_stack", broken)
    report = library.run([output / "stacks/dev/cdk.tf.json"])
    ours = [one for one in report.findings if "_MB_" in one.check]
    assert {one.verdict for one in ours} == {"refused"}
    assert all("could not decide (RuntimeError: no idea)" in one.problems[0] for one in ours)
