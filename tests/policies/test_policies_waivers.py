"""A waiver holds for one finding, for a reason, for a while."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from policies import gate, waivers
from policies.errors import GateError

TODAY = datetime.date(2026, 11, 22)
FIXTURE = Path(__file__).parent / "subnets_and_instances_state_their_tier" / "fails.tf.json"
GOOD = {
    "check": '"CKV_AWS_130"',
    "path": '"dev/vpc/subnet"',
    "reason": '"This is the public subnet of dev"',
    "expires": "2027-06-30",
}


def written(folder: Path, *entries: dict[str, str]) -> Path:
    path = folder / "waivers.toml"
    lines = [
        line
        for entry in entries
        for line in ("[[waiver]]", *(f"{key} = {value}" for key, value in entry.items()))
    ]
    path.write_text("\n".join(lines))
    return path


def test_a_good_waiver_is_read(tmp_path: Path) -> None:
    (waiver,) = waivers.read(written(tmp_path, GOOD), TODAY)
    assert waiver.check == "CKV_AWS_130"
    assert waiver.stack == "dev"
    assert waiver.expires == datetime.date(2027, 6, 30)


def test_no_file_is_no_waiver(tmp_path: Path) -> None:
    assert waivers.read(tmp_path / "waivers.toml", TODAY) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": None}, "waiver 1: reason is missing"),
        ({"reason": '""'}, "waiver 1: reason is empty"),
        ({"reason": '"todo"'}, 'waiver 1: reason is "todo"'),
        ({"reason": "7"}, "waiver 1: reason is 7"),
        ({"check": None}, "waiver 1: check is missing"),
        ({"path": None}, "waiver 1: path is missing"),
        ({"path": "[]"}, "waiver 1: path is a list"),
        ({"expires": None}, "waiver 1: expires is missing"),
        ({"expires": '"2027-06-30"'}, 'waiver 1: expires is "2027-06-30"'),
        (
            {"expires": "2027-06-30T00:00:00"},
            "waiver 1: expires is 2027-06-30 00:00:00, a date with a time; write a date",
        ),
        ({"expires": "2028-06-30"}, "more than a year ahead"),
        ({"expire": "2027-06-30"}, "unknown field 'expire'; did you mean expires?"),
        ({"owner": '"me"'}, "unknown field 'owner'; the fields are check, path"),
        ({"expires": "soon"}, "is not TOML"),
    ],
)
def test_a_wrong_waiver_is_one_line_with_file_entry_and_field(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    entry = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path = written(tmp_path, entry)
    with pytest.raises(GateError) as caught:
        waivers.read(path, TODAY)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_finding_is_waived_once(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="waiver 2: CKV_AWS_130 on dev/vpc/subnet is waived twice"):
        waivers.read(written(tmp_path, GOOD, {**GOOD, "expires": "2027-05-30"}), TODAY)


@pytest.mark.parametrize(
    ("content", "said"),
    [("waivers = 1", "unknown key 'waivers'"), ("waiver = 1", "list of tables")],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(content)
    with pytest.raises(GateError, match=said):
        waivers.read(path, TODAY)


def test_a_waiver_that_waives_nothing_is_named_with_its_line(tmp_path: Path) -> None:
    other = {**GOOD, "path": '"dev/vpc/other"'}
    known = waivers.read(written(tmp_path, GOOD, other), TODAY)
    found = [("CKV_AWS_130", "dev/vpc/subnet")]
    (problem,) = waivers.problems(known, found, TODAY)
    assert problem.message == "CKV_AWS_130 on dev/vpc/other waives nothing: remove it"
    assert (problem.file, problem.line) == (str(tmp_path / "waivers.toml"), 6)
    assert waivers.problems(known[:1], found, TODAY) == []


@pytest.mark.parametrize(
    ("stack", "everything", "said"),
    [("tier", False, True), ("gone", False, False), ("gone", True, True), ("tier", True, True)],
)
def test_an_unused_waiver_fails_where_its_stack_is_judged_or_can_be_nowhere_else(
    tmp_path: Path, stack: str, everything: bool, said: bool
) -> None:
    source = tmp_path / "tier" / "cdk.tf.json"
    source.parent.mkdir()
    source.write_text(FIXTURE.read_text())
    file = written(tmp_path, {**GOOD, "path": f'"{stack}/vpc/subnet"'})
    report = gate.run([source], waivers_file=file, today=TODAY, everything=everything)
    assert [one.message for one in report.waiver_problems] == (
        [f"CKV_AWS_130 on {stack}/vpc/subnet waives nothing: remove it"] if said else []
    )


def test_a_plan_calls_no_waiver_unused_but_an_expired_one_expired(tmp_path: Path) -> None:
    source = tmp_path / "tier" / "cdk.tf.json"
    source.parent.mkdir()
    source.write_text(FIXTURE.read_text())
    file = written(tmp_path, {**GOOD, "path": '"tier/vpc/subnet"'})

    def problems(today: datetime.date) -> list[str]:
        plan = FIXTURE.with_name("fails.plan.json")
        report = gate.run([plan], synthesised=source, waivers_file=file, today=today)
        return [one.message for one in report.waiver_problems]

    assert problems(TODAY) == []
    later = datetime.date(2027, 7, 1)
    assert problems(later) == ["CKV_AWS_130 on tier/vpc/subnet expired on 2027-06-30"]


@pytest.mark.parametrize(
    ("today", "verdict", "expired"),
    [
        (datetime.date(2027, 6, 30), "waived", False),
        (datetime.date(2027, 7, 1), "refused", True),
    ],
)
def test_a_waiver_ends_with_its_last_day(
    tmp_path: Path, today: datetime.date, verdict: str, expired: bool
) -> None:
    source = tmp_path / "dev" / "cdk.tf.json"
    source.parent.mkdir()
    source.write_text(FIXTURE.read_text())
    entry = {**GOOD, "check": '"CKV_MB_19"', "path": '"aws_subnet.silent"'}
    report = gate.run([source], waivers_file=written(tmp_path, entry), today=today)
    (finding,) = (
        one
        for one in report.findings
        if (one.check, one.path) == ("CKV_MB_19", "aws_subnet.silent")
    )
    assert finding.verdict == verdict
    assert bool(finding.reason) == (verdict == "waived")
    # The path's first segment is no stack that was gated, so only the verdict is told.
    assert not report.waiver_problems
    known = waivers.read(tmp_path / "waivers.toml", today)
    problems = waivers.problems(known, [("CKV_MB_19", "aws_subnet.silent")], today)
    assert bool(problems) == expired
