"""Checkov, in this process and without the network, over one stack or plan."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from checkov.common.bridgecrew.check_type import CheckType
from checkov.runner_filter import RunnerFilter
from checkov.terraform.checks.resource.registry import resource_registry
from checkov.terraform.plan_runner import Runner as TerraformPlanRunner
from checkov.terraform_json.runner import TerraformJsonRunner

from policies import policy
from policies.builtin import LEFT_OUT
from policies.errors import GateError
from policies.report import Finding
from reachability.stack import Resource, Stack

CHECKS = Path(__file__).with_name("checks")


class _SynthesisedRunner(TerraformJsonRunner):
    """Names each record by the resource's address; checkov's own names leave out the type."""

    def run_block(self, entities: list[Any], *args: Any, **settings: Any) -> None:
        report = settings["report"]
        for entity in entities:
            before = len(report.failed_checks), len(report.passed_checks)
            super().run_block([entity], *args, **settings)
            type_, named = next(iter(entity.items()))
            prefix = {"resource": "", "data": "data."}.get(settings["block_type"])
            if prefix is not None:
                records = report.failed_checks[before[0] :] + report.passed_checks[before[1] :]
                for record in records:
                    record.resource = f"{prefix}{type_}.{next(iter(named))}"


@cache
def load_checks() -> None:
    """Register the policies of `checks/`. Raises GateError if one of them does not load."""
    resource_registry.load_external_checks(str(CHECKS))
    loaded = {one.judge.__module__ for one in policy.POLICIES.values()}
    missing = {path.stem for path in CHECKS.glob("[!_]*.py")} - loaded
    if missing:
        raise GateError(f"{CHECKS}: {', '.join(sorted(missing))} did not load as a policy")


def scan(path: Path, stack: Stack) -> list[Finding]:
    """Every check's finding on every resource of one file, in a stable order."""
    with _quiet():
        load_checks()
        report = _checkov(path, is_plan=stack.kind == "plan")
    if report.parsing_errors:
        raise GateError(f"{path}: checkov cannot parse it; write it again")
    findings = [_finding(one, stack, "refused") for one in report.failed_checks]
    findings += [_finding(one, stack, "passed") for one in report.passed_checks]
    _expect_all(findings, stack, path)
    return sorted(dict.fromkeys(findings), key=lambda one: (one.check, one.path, one.address))


def _expect_all(findings: list[Finding], stack: Stack, path: Path) -> None:
    """Raise GateError if checkov has left out a resource that a policy must see."""
    judged = {(one.check, one.address) for one in findings}
    for one in policy.POLICIES.values():
        for resource in stack.of(*one.types):
            absent = (one.id, resource.address) not in judged
            if absent and str(resource.values.get("count")) != "0":
                raise GateError(f"{path}: checkov did not run {one.id} on {resource.path}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Checkov's log holds nothing for the gate's users: what went wrong is said by a GateError."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _checkov(path: Path, *, is_plan: bool) -> Any:
    runner = TerraformPlanRunner() if is_plan else _SynthesisedRunner()
    policy.SEARCH_ROOTS[:] = [path.resolve().parent if is_plan else Path.cwd()]
    try:
        found = runner.run(
            files=[str(path)],
            runner_filter=RunnerFilter(
                framework=[CheckType.TERRAFORM_PLAN if is_plan else CheckType.TERRAFORM_JSON],
                skip_checks=list(LEFT_OUT),
                show_progress_bar=False,
            ),
        )
    except Exception as error:  # of checkov's own, on a document that only looks like Terraform
        raise GateError(f"{path}: checkov cannot read it ({error!r}); write it again") from error
    return found[0] if isinstance(found, list) else found


def _finding(record: Any, stack: Stack, verdict: Any) -> Finding:
    address = record.resource
    resource: Resource | None = stack.at(address)
    own = policy.POLICIES.get(record.check_id)
    keys = _keys(record)
    line = record.file_line_range[0]
    return Finding(
        check=record.check_id,
        name=own.name if own else record.check_name,
        verdict=verdict,
        stack=stack.name,
        path=resource.path if resource else address,
        address=address,
        file=record.file_abs_path,
        line=line if line > 0 else None,
        problems=_problems(record, resource, keys) if verdict == "refused" else (),
        remedy=own.remedy if own else record.guideline or _remedy(keys),
    )


def _keys(record: Any) -> list[str]:
    """The arguments that one of checkov's own checks went by, as far as it tells."""
    keys = [key for key in record.check_result.get("evaluated_keys") or () if key]
    # CKV2_ checks name attributes of their own.
    return keys if record.check_id.startswith("CKV_") else []


def _problems(record: Any, resource: Resource | None, keys: Sequence[str]) -> tuple[str, ...]:
    """What is wrong, in a policy's own words, or for checkov's checks what they looked at."""
    if record.details:
        return tuple(record.details)
    values = resource.values if resource else {}
    return tuple(f"{key} is {_written(values, key)}" for key in keys) or ("this is not so here",)


def _written(values: Any, key: str) -> str:
    """What stands under a key such as "metadata_options/[0]/http_tokens"; a text may be secret."""
    for part in key.split("/"):
        if isinstance(values, list) and values:
            values = values[0]
        if isinstance(values, Mapping) and not part.startswith("["):
            values = values.get(part)
    if values in (None, [], {}):
        return "not set"
    return json.dumps(values) if isinstance(values, int | float) else "not what it must be"


def _remedy(keys: Sequence[str]) -> str:
    change = f"Change {', '.join(keys)}" if keys else "Make it so"
    return f"{change}, or waive it in policies/waivers.toml with check, path, reason and expires."
