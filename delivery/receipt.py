"""A plan's receipt: what was planned, from what, by what, and what the gate said of it."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from constructs_lib.errors import RunError
from policies.contract import CHECK as CONTRACT
from policies.report import Finding, Report

AwsKind = Literal["real", "emulated"]

_POLICIES = Path(__file__).resolve().parent.parent / "policies"


AGAIN = "plan again"


class ReceiptError(RunError):
    """A plan that must not be applied; one line with what to do."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Versions(_Frozen):
    """`engine` is Terraform's or OpenTofu's, `policies` the SHA-256 of what the gate judges by."""

    engine: str
    provider: str
    policies: str


class Waived(_Frozen):
    check: str
    path: str
    reason: str


class Verdict(_Frozen):
    """The gate's; `refused` and `broken`, which is the contract's part of it, are lines."""

    passed: int
    refused: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    waived: tuple[Waived, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.refused and not self.broken


class Receipt(_Frozen):
    """The digests are SHA-256: of the plan, of its JSON, of the `cdk.tf.json` it was made from."""

    stack: str
    aws: AwsKind
    planned_at: datetime.datetime
    plan: str
    document: str
    synthesised: str
    versions: Versions
    verdict: Verdict


def verdict_of(report: Report) -> Verdict:
    """The gate's report as a receipt keeps it."""
    refused: list[str] = []
    broken: list[str] = []
    for one in report.refused:
        (broken if one.check == CONTRACT else refused).append(_line(one))
    refused += [f"waivers.toml: {one.message}" for one in report.waiver_problems]
    return Verdict(
        passed=len(report.passed),
        refused=tuple(refused),
        broken=tuple(broken),
        waived=tuple(
            Waived(check=one.check, path=one.path, reason=one.reason) for one in report.waived
        ),
    )


def _line(finding: Finding) -> str:
    return f"{finding.check} {finding.path}: {'; '.join(finding.problems) or finding.name}"


def refuse_unless_for(receipt: Receipt, *, stack: str, aws: AwsKind) -> None:
    """Raise ReceiptError unless the gate passed the plan, and it is for this stack and AWS."""
    _refuse_difference(("for", receipt.stack, stack), ("for the AWS", receipt.aws, aws))
    if not receipt.verdict.ok:
        count = len(receipt.verdict.refused) + len(receipt.verdict.broken)
        raise ReceiptError(f"the gate refused this plan, findings: {count}; mend them, {AGAIN}")


def refuse_if_stale(receipt: Receipt, *, synthesised: str, versions: Versions) -> None:
    """Raise ReceiptError unless the plan would be made from the same, by the same, now."""
    then = receipt.versions
    _refuse_difference(
        ("from a cdk.tf.json", receipt.synthesised[:12], synthesised[:12]),
        ("by", then.engine, versions.engine),
        ("with the AWS provider", then.provider, versions.provider),
        ("under policies", then.policies[:12], versions.policies[:12]),
    )


def _refuse_difference(*compared: tuple[str, str, str]) -> None:
    for how, then, now in compared:
        if then != now:
            raise ReceiptError(f"the plan was made {how} {then}, and now it is {now}; {AGAIN}")


def policies_digest(folder: Path = _POLICIES) -> str:
    """The SHA-256 of everything in policies/ that decides: code, contract and waivers."""
    digest = hashlib.sha256()
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
