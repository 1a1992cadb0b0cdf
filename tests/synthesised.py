"""Running main.py as a user does, and reading what it wrote."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "environments" / "dev.toml"


def run_main(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """main.py in a process of its own; `env` is added to this process's environment."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def synthesise(folder: Path, **files: str) -> Path:
    """Synthesise environments, given as name to TOML text; returns the output folder."""
    environments = folder / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (environments / f"{name}.toml").write_text(text, encoding="utf-8")
    outdir = folder / "cdktf.out"
    finished = run_main("--environments", environments, "--outdir", outdir)
    assert finished.returncode == 0, finished.stderr
    return outdir


def stack(outdir: Path, name: str) -> dict[str, Any]:
    """The parsed `cdk.tf.json` of a stack."""
    document: dict[str, Any] = json.loads(
        (outdir / "stacks" / name / "cdk.tf.json").read_text(encoding="utf-8")
    )
    return document


def by_path(document: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Construct path, without the stack's name, to (address, arguments) of managed resources."""
    return {
        body["//"]["metadata"]["path"].partition("/")[2]: (f"{type_}.{name}", body)
        for type_, named in document["resource"].items()
        for name, body in named.items()
    }


def of_type(document: Mapping[str, Any], type_: str) -> dict[str, dict[str, Any]]:
    """Construct path to arguments of the resources of one type."""
    return {
        path: body
        for path, (address, body) in by_path(document).items()
        if address.partition(".")[0] == type_
    }


def user_data(instance: Mapping[str, Any]) -> str:
    """The script that an `aws_instance` is given."""
    payload = base64.b64decode(instance["user_data_base64"])
    return (gzip.decompress(payload) if payload[:2] == b"\x1f\x8b" else payload).decode()
