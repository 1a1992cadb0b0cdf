"""What the Microblog pins comes as wheels for the Pythons of the hosts: no host has a compiler."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PINS = [
    "Flask==3.0.0",
    "SQLAlchemy==2.0.23",
    "greenlet==3.0.1",
    "psycopg2-binary==2.9.9",
    "MarkupSafe==2.1.3",
]
"""Those of the Microblog's v0.23 that are compiled, and Flask."""


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_pins_install_on_the_python_of_debian_12_and_of_ubuntu_24_04(
    python: str, tmp_path: Path
) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    platforms = ["manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"]
    found = subprocess.run(
        [
            *(*pip, "--no-deps", "--only-binary", ":all:", "--python-version", python),
            *(word for each in platforms for word in ("--platform", each)),
            *("--dest", tmp_path, *PINS, "gunicorn", "pymysql", "cryptography"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.returncode == 0, found.stderr
    assert len(list(tmp_path.glob("*.whl"))) == len(PINS) + 3
