"""How the gate ends on a terminal, on a closed or full output, and where letters are few."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dev_stack import record

from tests.synthesised import ROOT

VERDICT = "0 waived, 0 refused"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "policies.gate", *map(str, arguments)]


def on_a_terminal(*arguments: object, **environment: str) -> str:
    """All that reaches a terminal that is both standard output and standard error."""
    master, slave = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR")}
    process = subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**variables, "TERM": "xterm-256color", "COLUMNS": "200", **environment},
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # as Linux tells that nobody holds the other end any more
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    assert process.wait() == 0
    return shown.decode()


def test_nothing_follows_the_verdict_on_a_terminal(dev_output: Path) -> None:
    shown = on_a_terminal("--dir", dev_output)
    before, verdict, after = shown.rpartition(VERDICT)
    assert verdict
    assert after == "\r\n"
    assert "checking dev" in before


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_no_progress_is_shown_to_logs_and_dumb_terminals(
    dev_output: Path, environment: dict[str, str]
) -> None:
    shown = on_a_terminal("--dir", dev_output, **environment)
    assert shown.count("\n") == 1
    assert shown.endswith(f"{VERDICT}\r\n")
    assert "checking" not in shown


@pytest.mark.parametrize("arguments", [(), ("--json", "-")], ids=["verdict", "JSON"])
@pytest.mark.parametrize("outlet", ["full", "broken", "closed"])
def test_an_output_that_takes_nothing_is_one_line_and_exit_1(
    dev_output: Path, outlet: str, arguments: tuple[str, ...]
) -> None:
    line = " ".join(command("--dir", dev_output, *arguments))
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {line}" + (" >&-" if outlet == "closed" else "")],
            cwd=ROOT,
            stdout=full if outlet == "full" else writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr.startswith("gate: standard output ")
    assert done.stderr.count("\n") == 1


def test_paths_beyond_ascii_are_told_where_only_ascii_can_be(
    dev_output: Path, tmp_path: Path
) -> None:
    output = shutil.copytree(dev_output, tmp_path / "вывод")
    shutil.move(output / "stacks/dev", output / "stacks/дев")
    path = output / "stacks/дев/cdk.tf.json"
    document = json.loads(path.read_text())
    document["resource"]["aws_security_group"]["security-groups_web"]["description"] = "…"
    path.write_text(json.dumps(document, indent=2))
    record(output)
    for arguments in ((), ("--sarif", "-"), ("--junit", "-")):
        done = subprocess.run(
            command("--dir", output, *arguments),
            cwd=ROOT,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        )
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        assert done.stdout.isascii() and done.stdout
    missing = subprocess.run(
        command("--dir", tmp_path / "нет"),
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (missing.returncode, missing.stdout) == (2, b"")
    assert missing.stderr.count(b"\n") == 1
    assert b"there is no such folder" in missing.stderr


def test_two_reports_for_one_output_are_refused_before_anything_is_judged(tmp_path: Path) -> None:
    done = subprocess.run(
        command("--dir", tmp_path, "--json", "-", "--sarif", "-"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "gate: standard output takes one report ('-'); name a file for the other\n"
    )
