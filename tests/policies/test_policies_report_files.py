"""What programs are told of waivers: a skipped case, a suppressed result, a place for each."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from policies.report import Finding, Report, WaiverProblem
from policies.report_files import as_json, as_junit, as_sarif

WAIVED = Finding(
    check="CKV_X_1",
    name="Nothing is so",
    verdict="waived",
    stack="dev",
    path="dev/vpc/subnet",
    address="aws_subnet.subnet",
    file="cdktf.out/stacks/dev/cdk.tf.json",
    line=None,
    reason="It is the public subnet",
)
PROBLEM = WaiverProblem("CKV_X_2 on dev/vpc waives nothing", "policies/waivers.toml", 7)
REPORT = Report(("dev",), (WAIVED,), (PROBLEM,))


def test_a_waived_finding_is_a_skipped_case_with_its_reason() -> None:
    root = ElementTree.fromstring(as_junit(REPORT))
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "It is the public subnet"
    (failure,) = root.iter("failure")
    assert failure.get("message") == "CKV_X_2 on dev/vpc waives nothing"


def test_a_waived_finding_is_a_suppressed_result_and_a_wrong_waiver_is_none() -> None:
    waived, problem = json.loads(as_sarif(REPORT))["runs"][0]["results"]
    assert waived["suppressions"] == [
        {"kind": "external", "justification": "It is the public subnet"}
    ]
    assert "suppressions" not in problem


def test_every_result_has_a_place_in_a_file() -> None:
    results = json.loads(as_sarif(REPORT))["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places] == [
        (WAIVED.file, 1),
        (PROBLEM.file, 7),
    ]
    assert not any(Path(one["artifactLocation"]["uri"]).is_absolute() for one in places)


def test_json_tells_where_a_wrong_waiver_is_written() -> None:
    (problem,) = json.loads(as_json(REPORT))["waiver_problems"]
    assert problem == {"message": PROBLEM.message, "file": "policies/waivers.toml", "line": 7}
