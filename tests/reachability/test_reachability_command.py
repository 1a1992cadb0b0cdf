"""`reach`: what it prints, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reachability.command import app


def run(outdir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--dir", str(outdir), *arguments], env={"COLUMNS": "120"})


def test_the_matrix_is_a_table_with_every_end_in_it(outdir: Path) -> None:
    ran = run(outdir, "dev")
    assert ran.exit_code == 0
    rows = {line.split()[0]: line for line in ran.stdout.splitlines()[2:] if line.strip()}
    assert {"internet", "operators", "web", "app", "jenkins", "monitoring"} <= rows.keys()
    assert "22, 5000" in rows["web"]
    assert "5000" not in rows["internet"]


def test_no_name_is_broken_in_a_terminal_of_80_columns(outdir: Path) -> None:
    shown = CliRunner().invoke(app, ["--dir", str(outdir), "dev"], env={"COLUMNS": "80"}).stdout
    heading = shown.splitlines()[2]
    assert heading.split() == ["internet", "operators", "app", "jenkins", "monitoring", "web"]
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_a_matrix_too_wide_for_the_terminal_is_a_list(outdir: Path) -> None:
    shown = CliRunner().invoke(app, ["--dir", str(outdir), "dev"], env={"COLUMNS": "60"}).stdout
    rows = {
        line.split()[0]: " ".join(line.split()[1:]) for line in shown.splitlines() if line.strip()
    }
    assert rows["internet"] == "web 80"
    assert rows["operators"].startswith("jenkins 22, 80, 8080 · monitoring 3000,")


def test_json_leaves_closed_pairs_out(outdir: Path) -> None:
    found = json.loads(run(outdir, "dev", "--json").stdout)
    assert found["internet"] == {"web": {"tcp": {"open": [[80, 80]], "unknown": []}}}
    assert found["operators"]["jenkins"]["tcp"]["open"] == [[22, 22], [80, 80], [8080, 8080]]


def test_markdown_is_a_table_of_equal_rows(outdir: Path) -> None:
    lines = run(outdir, "dev", "--markdown").stdout.splitlines()
    assert {line.count("|") for line in lines} == {8}
    assert len(lines) == 2 + 6


def test_an_open_verdict_shows_its_path_and_ends_in_0(outdir: Path) -> None:
    ran = run(outdir, "dev", "web", "app:5000")
    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [
        "open",
        "  1. the local route of the VPC leads there",
        "  2. security group security-groups/web lets it out to app",
        "  3. security group security-groups/app lets it in from web",
    ]


def test_a_closed_verdict_says_all_that_stops_it_and_ends_in_1(outdir: Path) -> None:
    ran = run(outdir, "dev", "internet", "app:5000")
    assert ran.exit_code == 1
    assert ran.stdout.startswith("stopped: app has no public address; also no route from")
    assert "security-groups/app has no ingress rule" in ran.stdout


def test_an_address_may_ask_in_its_own_name(outdir: Path) -> None:
    assert run(outdir, "dev", "203.0.113.9", "jenkins:8080").exit_code == 0
    assert run(outdir, "dev", "198.51.100.9", "jenkins:8080").exit_code == 1


def test_an_adopted_default_vpc_is_read_as_aws_makes_it(outdir: Path) -> None:
    """Amazon VPC User Guide, "Default VPCs"."""
    assert run(outdir, "adopted", "operators", "jenkins:8080").exit_code == 0
    assert run(outdir, "adopted", "monitoring", "app:9100").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "name an environment"),
        (("deb",), "did you mean dev?"),
        (("dev", "jenkin", "app:22"), "did you mean jenkins?"),
        (("dev", "internet", "apps:22"), "did you mean app?"),
        (("dev", "internet"), "DEST:PORT"),
        (("dev", "internet", "app"), "'app' is no DEST:PORT"),
        (("dev", "internet", "app:70000"), "is no DEST:PORT"),
        (("dev", "internet", "app:22/sctp"), "is no DEST:PORT"),
        (("dev", "--json", "--markdown"), "choose one"),
        (("dev", "--plan", "plan.json"), "takes no environment"),
        (("--plan", "no-such-plan.json"), "no-such-plan.json: cannot be read"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(
    outdir: Path, arguments: tuple[str, ...], line: str
) -> None:
    ran = run(outdir, *arguments)
    assert ran.exit_code == 2
    assert line in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""


def test_half_written_output_is_refused(outdir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "cdktf.out"
    shutil.copytree(outdir, copy)
    path = copy / "stacks/dev/cdk.tf.json"
    path.write_bytes(path.read_bytes()[:-100])
    ran = run(copy, "dev")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "edited or half-written" in ran.stderr
