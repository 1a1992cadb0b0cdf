"""`dev`, applied once to an emulated AWS by the real Terraform and provider, for many tests."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from delivery import emulated, terraform_cli
from delivery.emulated import EmulatedAws, home
from tests.delivery.account import Inventory

NAME = "dev"
PLAIN = ("-no-color", "-input=false")


@dataclass(frozen=True)
class Applied:
    """`home` holds the emulated AWS that tests ask; one that changes it takes a `copy`.

    `file` is the synthesised stack, `before` the account before the apply; `messages` are
    Terraform's own of the apply and of the plan after it, and `planned` that plan's exit code.
    """

    home: Path
    pristine: Path
    file: Path
    before: Inventory
    messages: tuple[str, str]
    planned: int

    @contextmanager
    def running(self) -> Iterator[EmulatedAws]:
        """For a test that only asks."""
        with emulated.running(NAME, home=self.home) as aws:
            yield aws

    def copy(self, folder: Path) -> Path:
        """A `home` with an account and a state of its own, as they were after the apply."""
        shutil.copytree(self.pristine, folder, dirs_exist_ok=True)
        return folder


def at_rest(folder: Path, copy: Path) -> Path:
    """A copy of a `home` whose emulated AWS has ended and saved all, without the provider."""
    deadline = time.monotonic() + 30
    while home.is_served(folder / NAME):
        assert time.monotonic() < deadline, f"{folder}: its emulated AWS is still there"
        time.sleep(0.05)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".terraform"))
    return copy


def start(aws: EmulatedAws, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Terraform in a process group of its own. The test is skipped where there is none."""
    try:
        binary = terraform_cli.binary()
    except terraform_cli.TerraformError as error:
        pytest.skip(str(error))
    with terraform_cli.environment() as given:
        theirs = {key: text for key, text in given.items() if key.startswith(("TF_", "CHECKPOINT"))}
        config = theirs.get("TF_CLI_CONFIG_FILE")
        if config and not str(config).startswith(str(folder)):
            # The file goes with the context, and the process stays.
            theirs["TF_CLI_CONFIG_FILE"] = str(shutil.copy(config, folder / "cli.tfrc"))
        return subprocess.Popen(
            [binary, f"-chdir={folder}", *arguments],
            env={**aws.variables(), **theirs},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def run(aws: EmulatedAws, folder: Path, *arguments: str, ok: tuple[int, ...] = (0,)) -> str:
    """What Terraform says."""
    process = start(aws, folder, *arguments)
    said, _ = process.communicate(timeout=280)
    if "Failed to query available provider packages" in said:
        pytest.skip("no AWS provider: needs the registry, or a filesystem mirror of it")
    assert process.returncode in ok, said
    return said


def prepared(aws: EmulatedAws, file: Path) -> Path:
    """The initialised folder of a stack."""
    folder = aws.working_copy(file)
    run(aws, folder, "init", "-no-color", "-input=false")
    return folder


def plan(aws: EmulatedAws, folder: Path) -> tuple[int, str]:
    """0 where nothing is to be done and 2 where something is, and Terraform's words."""
    process = start(aws, folder, "plan", "-detailed-exitcode", *PLAIN)
    said, _ = process.communicate(timeout=280)
    assert process.returncode in (0, 2), said
    return process.returncode, said


def apply(aws: EmulatedAws, folder: Path) -> str:
    return run(aws, folder, "apply", "-auto-approve", *PLAIN)


def destroy(aws: EmulatedAws, folder: Path) -> str:
    return run(aws, folder, "destroy", "-auto-approve", *PLAIN)
