"""What the gate leaves out of checkov's own checks, and how it words what it keeps of them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkov.terraform.checks.resource.registry import resource_registry
from dev_stack import Dev

from policies.builtin import LEFT_OUT
from policies.policy import POLICIES
from policies.report import Report
from policies.scan import load_checks

BINDINGS = importlib.util.find_spec("cdktf_cdktf_provider_aws")


def types_of(check: str) -> set[str]:
    """The resource types that one of checkov's checks looks at, of those that AWS still has."""
    assert BINDINGS is not None and BINDINGS.origin is not None
    modules = {path.name for path in Path(BINDINGS.origin).parent.iterdir()}
    return {
        type_
        for type_, checks in resource_registry.checks.items()
        if type_.removeprefix("aws_") in modules and any(one.id == check for one in checks)
    }


@pytest.mark.parametrize(
    "check", [check for check, reason in LEFT_OUT.items() if re.search(r"CKV_MB_\d+", reason)]
)
def test_what_stands_in_for_a_check_looks_at_all_its_types(check: str) -> None:
    load_checks()
    ours = [POLICIES[id_] for id_ in re.findall(r"CKV_MB_\d+", LEFT_OUT[check])]
    if not check.startswith("CKV2_"):  # which are queries, without a list of types
        assert types_of(check)
    assert types_of(check) <= {type_ for one in ours for type_ in one.types}


def test_a_finding_of_checkovs_own_says_what_is_wrong_and_how_to_mend_it(
    dev_document: dict[str, Any], judge: Callable[[dict[str, Any]], Report]
) -> None:
    dev = Dev(dev_document)
    dev["web/instance"]["ebs_optimized"] = False
    dev.add("aws_s3_bucket", "open", bucket="open")
    report = judge(dev.document)
    (finding,) = (one for one in report.refused if one.check == "CKV_AWS_135")
    assert finding.problems == ("ebs_optimized is false",)
    assert finding.remedy == (
        "Change ebs_optimized, or waive it in policies/waivers.toml"
        " with check, path, reason and expires."
    )
    assert len(report.refused) > 1
    assert all(one.problems and one.remedy for one in report.refused)
