"""Terraform (or OpenTofu) and the AWS provider, found the ordinary ways."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.errors import RunError

_PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")


class TerraformError(RunError):
    """Terraform cannot be had, or ended in an error; its own words are in the message."""


def binary() -> str:
    """The engine's path: TERRAFORM_BINARY_NAME as cdktf has it, else `terraform`."""
    name = os.environ.get("TERRAFORM_BINARY_NAME", "terraform")
    found = shutil.which(name)
    if found is None:
        raise TerraformError(
            f"{name} is not on PATH: install Terraform, or set TERRAFORM_BINARY_NAME (such as tofu)"
        )
    return found


def mirrors() -> list[Path]:
    """Filesystem mirrors with the AWS provider, in the folders where they are by convention.

    Terraform's own implied ones (Terraform documentation, "CLI configuration file", section
    "Implied local mirror directories") and packages under /opt.
    """
    data_dirs = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    home = Path.home()
    roots = [
        home / ".terraform.d" / "plugins",
        Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share", "terraform", "plugins"),
        *(Path(one, "terraform", "plugins") for one in data_dirs.split(":")),
        *sorted(Path("/opt").glob("*")),
    ]
    return [root for root in roots if (root / _PROVIDER).is_dir()]


@contextmanager
def environment() -> Iterator[Mapping[str, str]]:
    """Environment variables for the engine: quiet, and with a provider mirror where one is found.

    A TF_CLI_CONFIG_FILE that exists, or a configuration in the home folder, is the user's word and
    stays; one that does not exist would only make every command warn.
    """
    variables = {
        **os.environ,
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }
    configured = variables.pop("TF_CLI_CONFIG_FILE", "")
    if configured and Path(configured).is_file():
        yield {**variables, "TF_CLI_CONFIG_FILE": configured}
        return
    found = mirrors()
    if (Path.home() / ".terraformrc").is_file() or not found:
        yield variables
        return
    with tempfile.NamedTemporaryFile("w", suffix=".tfrc") as config:
        config.write(_mirror_configuration(found[0]))
        config.flush()
        yield {**variables, "TF_CLI_CONFIG_FILE": config.name}


def _mirror_configuration(mirror: Path) -> str:
    provider = '["registry.terraform.io/hashicorp/aws"]'
    return (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{mirror}"\n    include = {provider}\n  }}\n'
        f"  direct {{\n    exclude = {provider}\n  }}\n"
        "}\n"
    )


def run(folder: Path, *arguments: str) -> str:
    """The standard output of the engine's command in `folder`. Raises TerraformError."""
    with environment() as variables:
        finished = subprocess.run(
            [binary(), f"-chdir={folder}", *arguments],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
    if finished.returncode != 0:
        raise TerraformError((finished.stderr or finished.stdout).strip())
    return finished.stdout
