"""A receipt holds for one plan, and lets nothing else be applied."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.plan_files import PlanFiles
from delivery.receipt import (
    AwsKind,
    Receipt,
    ReceiptError,
    Verdict,
    Versions,
    policies_digest,
    refuse_if_stale,
    refuse_unless_for,
    verdict_of,
)
from policies.report import Finding, Report, WaiverProblem

VERSIONS = Versions(engine="Terraform v1.11.4", provider="5.100.0", policies="d" * 64)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def kept(folder: Path, plan: bytes = b"plan", document: bytes = b"{}", **other: Any) -> PlanFiles:
    """A plan as `plan --out` keeps it."""
    files = PlanFiles(folder / "dev.tfplan")
    files.plan.write_bytes(plan)
    files.document.write_bytes(document)
    files.write(receipt(plan=sha256(plan), document=sha256(document), **other))
    return files


def receipt(**other: Any) -> Receipt:
    given = {
        "stack": "dev",
        "aws": "emulated",
        "planned_at": datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        "plan": "a" * 64,
        "document": "b" * 64,
        "synthesised": "c" * 64,
        "versions": VERSIONS,
        "verdict": Verdict(passed=345),
    }
    return Receipt.model_validate({**given, **other})


def refuse(
    one: Receipt,
    *,
    stack: str = "dev",
    aws: AwsKind = "emulated",
    synthesised: str = "c" * 64,
    versions: Versions = VERSIONS,
) -> None:
    refuse_unless_for(one, stack=stack, aws=aws)
    refuse_if_stale(one, synthesised=synthesised, versions=versions)


def test_a_receipt_is_read_as_it_was_written(tmp_path: Path) -> None:
    files = kept(tmp_path)
    assert files.read() == receipt(plan=sha256(b"plan"), document=sha256(b"{}"))
    refuse(files.read())


def test_its_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    assert kept(tmp_path).receipt.stat().st_mode & 0o077 == 0


@given(st.binary(max_size=64), st.integers(0, 63), st.integers(1, 255))
def test_any_changed_byte_of_the_plan_is_refused(
    tmp_path_factory: pytest.TempPathFactory, plan: bytes, at: int, bits: int
) -> None:
    files = kept(tmp_path_factory.mktemp("kept"), plan + b".")
    changed = bytearray(plan + b".")
    changed[at % len(changed)] ^= bits
    files.plan.write_bytes(changed)
    with pytest.raises(ReceiptError, match="is not what was gated"):
        files.read()


def test_a_changed_json_of_the_plan_is_refused(tmp_path: Path) -> None:
    files = kept(tmp_path)
    files.document.write_text('{"resource_changes": []}')
    with pytest.raises(ReceiptError, match=r"dev\.tfplan\.json: is not what was gated"):
        files.read()


@pytest.mark.parametrize("missing", ["plan", "document", "receipt"])
def test_a_missing_file_is_named_with_the_command_that_writes_it(
    tmp_path: Path, missing: str
) -> None:
    files = kept(tmp_path)
    gone: Path = getattr(files, missing)
    gone.unlink()
    with pytest.raises(ReceiptError) as caught:
        files.read()
    assert str(caught.value).startswith(f"{gone}: is missing; `pipenv run plan ENV --out ")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stack": "dev"}', "\xff"])
def test_what_is_no_receipt_is_refused(tmp_path: Path, text: str) -> None:
    files = kept(tmp_path)
    files.receipt.write_bytes(text.encode("latin-1"))
    with pytest.raises(ReceiptError, match="is no receipt of a plan"):
        files.read()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"stack": "prod"}, "was made for dev, and now it is prod"),
        ({"aws": "real"}, "was made for the AWS emulated, and now it is real"),
        ({"synthesised": "e" * 64}, "was made from a cdk.tf.json cccccccccccc"),
        ({"versions": VERSIONS.model_copy(update={"engine": "OpenTofu v1.10.0"})}, "by Terraform"),
        ({"versions": VERSIONS.model_copy(update={"provider": "6.0.0"})}, "provider 5.100.0"),
        (
            {"versions": VERSIONS.model_copy(update={"policies": "f" * 64})},
            "policies dddddddddddd",
        ),
    ],
)
def test_a_stale_receipt_is_refused_in_one_line(now: dict[str, Any], said: str) -> None:
    with pytest.raises(ReceiptError) as caught:
        refuse(receipt(), **now)
    assert said in str(caught.value)
    assert str(caught.value).endswith("plan again")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["refused", "broken"])
def test_a_plan_that_the_gate_refused_is_not_applied(field: str) -> None:
    with pytest.raises(ReceiptError, match="the gate refused this plan, findings: 1;"):
        refuse(receipt(verdict=Verdict(passed=1, **{field: ("CKV_1 dev/x: no",)})))


def test_a_plan_begun_anew_leaves_nothing_of_the_last(tmp_path: Path) -> None:
    kept(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []


def finding(check: str, verdict: str) -> Finding:
    return Finding(
        check, "a name", verdict, "dev", "dev/x", "aws_x.y", "f", None,  # type: ignore[arg-type]
        problems=("a problem",), reason="a good reason for it",
    )  # fmt: skip


def test_the_verdict_keeps_refusals_apart_from_the_contract_and_lists_waivers() -> None:
    report = Report(
        ("dev",),
        (
            finding("CKV_1", "passed"),
            finding("CKV_2", "refused"),
            finding("CONTRACT", "refused"),
            finding("CKV_3", "waived"),
        ),
        (WaiverProblem("CKV_4 on dev/z waives nothing: remove it", "waivers.toml", 3),),
    )
    verdict = verdict_of(report)
    assert verdict.passed == 1
    assert verdict.refused == (
        "CKV_2 dev/x: a problem",
        "waivers.toml: CKV_4 on dev/z waives nothing: remove it",
    )
    assert verdict.broken == ("CONTRACT dev/x: a problem",)
    assert [(one.check, one.reason) for one in verdict.waived] == [
        ("CKV_3", "a good reason for it")
    ]
    assert not verdict.ok


def test_the_policies_digest_changes_with_a_waiver_the_contract_or_a_check(tmp_path: Path) -> None:
    seen = set()
    (tmp_path / "checks").mkdir()
    for name in ("waivers.toml", "exposure.toml", "checks/one.py"):
        (tmp_path / name).write_text("a")
        seen.add(policies_digest(tmp_path))
        (tmp_path / name).write_text("b")
        seen.add(policies_digest(tmp_path))
    assert len(seen) == 6
    (tmp_path / "README.md").write_text("no policy")
    assert policies_digest(tmp_path) in seen
