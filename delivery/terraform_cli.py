"""Terraform (or OpenTofu) and the AWS provider, found the ordinary ways."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.errors import RunError

_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
"""Whose provider `hashicorp/aws` is: Terraform's and OpenTofu's own, by default."""

_LOCK_HOLDER = re.compile(r"Lock Info:.*?\bWho:\s+(\S+).*?\bCreated:\s+(\S+ [\d:]+)", re.DOTALL)


class TerraformError(RunError):
    """The engine ended in an error; its own words are in the message."""


class UnavailableError(TerraformError):
    """The engine, or the AWS provider, cannot be had; one line with what to do."""


def binary() -> str:
    """The engine's path: TERRAFORM_BINARY_NAME as cdktf has it, else `terraform`.

    Raises UnavailableError.
    """
    name = os.environ.get("TERRAFORM_BINARY_NAME", "terraform")
    found = shutil.which(name)
    if found is None:
        raise UnavailableError(
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
    return [root for root in roots if any(_providers(root))]


def _providers(mirror: Path) -> Iterator[str]:
    """The addresses of the AWS provider that a mirror holds."""
    for registry in _REGISTRIES:
        if (mirror / registry / "hashicorp" / "aws").is_dir():
            yield f"{registry}/hashicorp/aws"


@contextmanager
def environment(base: Mapping[str, str] | None = None) -> Iterator[Mapping[str, str]]:
    """`base`, by default this process's, made quiet, with a provider mirror where one is found.

    A TF_CLI_CONFIG_FILE that exists, or a configuration in the home folder, is the user's word and
    stays; one that does not exist would only make every command warn.
    """
    variables = {
        **(os.environ if base is None else base),
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
    providers = json.dumps([*_providers(mirror)])
    return (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{mirror}"\n    include = {providers}\n  }}\n'
        f"  direct {{\n    exclude = {providers}\n  }}\n"
        "}\n"
    )


def run(folder: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
    """The standard output of the engine's command in `folder`. Raises TerraformError.

    `variables` are its whole environment, by default this process's.
    """
    with environment(variables) as given:
        finished = subprocess.run(
            [binary(), f"-chdir={folder}", *arguments],
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
    if finished.returncode != 0:
        raise failure(finished.stderr.strip() or finished.stdout.strip())
    return finished.stdout


def failure(said: str) -> TerraformError:
    """What the engine said last, as an error; one line where that is a lock, or no provider."""
    if held := _LOCK_HOLDER.search(said):
        return TerraformError(
            f"the state is locked by {held[1]} since {held[2]}: wait until that has ended"
        )
    if re.search("Failed to (query available provider packages|install provider)", said):
        return UnavailableError(
            "the AWS provider cannot be had: connect to the registry, or put a filesystem mirror "
            'with hashicorp/aws where Terraform looks (README, "Deploy for real")'
        )
    return TerraformError(said or "the engine ended in an error without a word")
