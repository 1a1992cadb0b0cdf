"""`.ci/run` says what `make test` said, and installs nothing that is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from repository_files import BIN, ROOT, run

FAKES = (
    "amtool",
    "apt-get",
    "git",
    "gpg",
    "gpg-agent",
    "gunicorn",
    "java",
    "kill",
    "mtail",
    "nginx",
    "openssl",
    "prometheus-blackbox-exporter",
    "prometheus-nginx-exporter",
    "prometheus-node-exporter",
    "promtool",
    "python3",
    "ssh",
    "sshd",
    "sudo",
    "systemd-analyze",
    "visudo",
)


def ci_run(folder: Path, *, printed: str, code: int) -> subprocess.CompletedProcess[str]:
    """Run .ci/run on a machine of fakes, where `make` prints `printed` and exits with `code`."""
    (folder / ".ci").mkdir()
    (folder / ".ci/run").write_bytes((ROOT / ".ci/run").read_bytes())
    (folder / "bin").mkdir()
    fakes = dict.fromkeys(FAKES, "")
    fakes["make"] = f"cat <<'END'\n{printed}\nEND\nexit {code}\n"
    for name, body in fakes.items():
        fake = folder / "bin" / name
        fake.write_text(f'#!/bin/sh\necho "{name} $*" >>"{folder}/calls"\n{body}')
        fake.chmod(0o755)
    return subprocess.run(
        ["bash", folder / ".ci/run"],
        env={"PATH": f"{folder}/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("code", "closing"),
    [
        (0, "510 passed, 3 skipped in 300.12s (0:05:00)"),
        (2, "1 failed, 509 passed, 3 skipped, 2 warnings in 300.12s (0:05:00)"),
        (2, "2 errors in 1.20s"),
    ],
)
def test_the_last_line_is_pytests_and_so_is_the_verdict(
    tmp_path: Path, code: int, closing: str
) -> None:
    finished = ci_run(tmp_path, printed=f"3 passed in here\n{closing}\nmake: it ended", code=code)
    assert finished.returncode == code
    assert finished.stdout.splitlines()[-1] == closing


def test_a_run_that_reached_no_test_fails_and_says_so(tmp_path: Path) -> None:
    finished = ci_run(tmp_path, printed="make: *** no Python", code=2)
    assert finished.returncode == 2
    assert finished.stdout.splitlines()[-1] == "no tests ran"
    assert "make: *** no Python" in finished.stdout


def test_it_calls_make_test_and_installs_nothing_that_is_there(tmp_path: Path) -> None:
    ci_run(tmp_path, printed="1 passed in 0.01s", code=0)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["python3 -c import ensurepip", "make install", "make test"]


def test_the_script_is_clean_and_can_be_started() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert run(BIN / "shellcheck", script).stdout == ""
    assert run(BIN / "shfmt", "-i", "2", "-ci", "-d", script).stdout == ""
