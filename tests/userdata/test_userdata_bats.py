"""The shell's own tests, one pytest case a file, so that they run beside each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BATS = Path(__file__).parent / "bats"
MODULES = Path(__file__).parents[2] / "userdata" / "modules"


@pytest.mark.parametrize("file", sorted(BATS.glob("*.bats")), ids=lambda path: path.stem)
def test_bats(file: Path) -> None:
    bin_dir = Path(sys.executable).parent
    result = subprocess.run(
        [bin_dir / "bats", "--errexit", "--print-output-on-failure", "--tap", file],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{bin_dir}:{os.environ['PATH']}"},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    skipped = [line for line in result.stdout.splitlines() if "# skip" in line]
    if skipped:
        pytest.skip("; ".join(skipped))


def test_every_module_has_a_bats_file() -> None:
    assert {path.stem for path in MODULES.glob("*.sh")} <= {path.stem for path in BATS.iterdir()}
