"""One stack's folder, and what Terraform (or OpenTofu) says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery import terraform_cli

_PROVIDER = re.compile(r"provider \S+/hashicorp/aws v(\S+)")


@dataclass(frozen=True)
class Engine:
    """`folder` holds the configuration; `variables` are the whole environment, None this one."""

    folder: Path
    variables: Mapping[str, str] | None = None

    def init(self) -> None:
        self._run("init", "-input=false", "-no-color")

    def plan(self, out: Path, *flags: str) -> dict[str, Any]:
        """Write a plan, and return it as JSON (Terraform page "JSON Output Format")."""
        out.touch(mode=0o600)
        self._run("plan", "-input=false", "-no-color", f"-out={out.absolute()}", *flags)
        return self.show(out)

    def show(self, plan: Path | None = None) -> dict[str, Any]:
        """A plan, or else the state, as JSON."""
        named = [str(plan.absolute())] if plan is not None else []
        document: dict[str, Any] = json.loads(self._run("show", "-json", "-no-color", *named))
        return document

    def versions(self) -> tuple[str, str]:
        """The engine's name and version, and the AWS provider's version in this folder."""
        said = self._run("version")
        provider = _PROVIDER.search(said)
        return said.partition("\n")[0], provider[1] if provider else "none"

    def _run(self, *arguments: str) -> str:
        return terraform_cli.run(self.folder, *arguments, variables=self.variables)
