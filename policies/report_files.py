"""The verdict for programs: JSON, JUnit XML and SARIF, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

from policies.errors import GateError, OutputError
from policies.report import Finding, Report, WaiverProblem

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_XML_FORBIDDEN = {code: "�" for code in range(32) if code not in (9, 10, 13)}


def write(text: str, target: Path) -> None:
    """Write to a file through a temporary one beside it, or to standard output for "-"."""
    if str(target) == "-":
        put(text, sys.stdout)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise GateError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise GateError(f"{target}: cannot be written: {error.strerror}") from error


def put(text: str, stream: TextIO) -> None:
    """Write to a stream, whole, in whatever characters it has. Raises OutputError."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # so that Python, when it ends, can flush the rest
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise OutputError(f"standard output cannot be written: {error.strerror}") from error


def as_json(report: Report) -> str:
    document = {
        "ok": report.ok,
        "stacks": report.stacks,
        "counts": {
            "passed": len(report.passed),
            "waived": len(report.waived),
            "refused": len(report.refused),
        },
        "waiver_problems": [asdict(one) for one in report.waiver_problems],
        "findings": [asdict(one) for one in report.findings],
    }
    return json.dumps(document, indent=2) + "\n"


def as_junit(report: Report) -> str:
    """One suite a stack, one case for each check on each resource; a waiver is a skipped case."""
    root = ElementTree.Element("testsuites", name="gate")
    for stack in report.stacks:
        own = [one for one in report.findings if one.stack == stack]
        suite = _suite(root, stack, len(own), [one.verdict for one in own])
        for finding in own:
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"{stack}.{finding.check}", name=_case_name(finding)
            )
            if finding.verdict == "refused":
                failure = ElementTree.SubElement(case, "failure", message=_xml(_message(finding)))
                failure.text = _xml(f"{_message(finding)}\n{finding.remedy}")
            elif finding.verdict == "waived":
                ElementTree.SubElement(case, "skipped", message=_xml(finding.reason))
    if report.waiver_problems:
        count = len(report.waiver_problems)
        suite = _suite(root, "waivers", count, ["refused"] * count)
        for problem in report.waiver_problems:
            case = ElementTree.SubElement(
                suite, "testcase", classname="waivers", name=_xml(problem.message)
            )
            ElementTree.SubElement(case, "failure", message=_xml(problem.message))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(
    root: ElementTree.Element, name: str, tests: int, verdicts: list[str]
) -> ElementTree.Element:
    return ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(tests),
        failures=str(verdicts.count("refused")),
        skipped=str(verdicts.count("waived")),
        errors="0",
    )


def _case_name(finding: Finding) -> str:
    return _xml(f"{finding.path}: {finding.name}")


def _message(finding: Finding) -> str:
    return "; ".join(finding.problems) or finding.name


def _xml(text: str) -> str:
    return text.translate(_XML_FORBIDDEN)


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0: refused and waived findings, the latter suppressed with their reason."""
    shown = [one for one in report.findings if one.verdict != "passed"]
    rules = {one.check: one for one in shown}
    order = {check: index for index, check in enumerate(rules)}
    results = [_sarif_result(one, order[one.check]) for one in shown]
    results += [_sarif_waiver(problem) for problem in report.waiver_problems]
    document = {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "gate", "rules": list(_sarif_rules(rules.values()))}},
                "results": results,
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _sarif_rules(findings: Iterable[Finding]) -> Iterable[dict[str, Any]]:
    for finding in findings:
        rule: dict[str, Any] = {"id": finding.check, "shortDescription": {"text": finding.name}}
        if finding.remedy.startswith("https://"):
            rule["helpUri"] = finding.remedy
        elif finding.remedy:
            rule["help"] = {"text": finding.remedy}
        yield rule


def _sarif_result(finding: Finding, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": "error",
        "message": {"text": f"{finding.path}: {_message(finding)}"},
        "locations": [
            {
                "physicalLocation": _place(finding.file, finding.line or 1),
                "logicalLocations": [{"fullyQualifiedName": finding.path, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"checkAndPath/v1": f"{finding.check}:{finding.path}"},
    }
    if finding.verdict == "waived":
        result["suppressions"] = [{"kind": "external", "justification": finding.reason}]
    return result


def _sarif_waiver(problem: WaiverProblem) -> dict[str, Any]:
    return {
        "ruleId": "waivers",
        "level": "error",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": _place(problem.file, problem.line)}],
    }


def _place(file: str, line: int) -> dict[str, Any]:
    """Without one on every result, GitHub's code scanning rejects the whole document."""
    return {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}}


def _uri(file: str) -> str:
    path = Path(file).resolve()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_uri()
