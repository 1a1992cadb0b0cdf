"""How a policy is written, and how checkov runs it over a whole stack.

A policy is a function that looks at one resource of a stack and yields what is wrong with it, as
sentences; none at all is a pass. Checkov hands a check one resource without its neighbours and
without its type, so the check reads the stack's file itself, once, through `reachability`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from reachability.stack import Resource, Stack
from reachability.terraform import read

Judge = Callable[[Resource, Stack], Iterator[str]]


@dataclass(frozen=True)
class Policy:
    """One rule about what may be built. `name` is the sentence that must hold."""

    id: str
    name: str
    types: tuple[str, ...]
    remedy: str
    judge: Judge


POLICIES: dict[str, Policy] = {}

# Where to look for the files that checkov names relative to a folder it does not tell.
SEARCH_ROOTS: list[Path] = []


def policy(*, id: str, types: tuple[str, ...], remedy: str) -> Callable[[Judge], Judge]:
    """Register a policy with checkov; the function's docstring is the policy's name."""

    def register(judge: Judge) -> Judge:
        name = (judge.__doc__ or "").strip().splitlines()[0].rstrip(".")
        one = Policy(id, name, types, remedy, judge)
        known = POLICIES.setdefault(id, one)
        if known.name != name:
            raise ValueError(f"{id} is the id of two policies: {known.name!r} and {name!r}")
        _StackCheck(one)
        return judge

    return register


class _StackCheck(BaseResourceCheck):
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        super().__init__(
            name=policy.name,
            id=policy.id,
            categories=[CheckCategories.NETWORKING],
            supported_resources=policy.types,
            guideline=policy.remedy,
        )

    def run(
        self,
        scanned_file: str,
        entity_configuration: dict[str, Any],
        entity_name: str,
        entity_type: str,
        skip_info: Any,
    ) -> Any:
        address = entity_configuration.get("__address__") or f"{entity_type}.{entity_name}"
        self._scanned = (scanned_file, str(address))
        return super().run(scanned_file, entity_configuration, entity_name, entity_type, skip_info)

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        try:
            self.details = list(self._problems())
        except Exception as error:  # checkov would take an exception for a pass
            self.details = [f"the policy could not decide ({type(error).__name__}: {error})"]
        return CheckResult.FAILED if self.details else CheckResult.PASSED

    def _problems(self) -> Iterator[str]:
        scanned_file, address = self._scanned
        stack = _stack(scanned_file)
        yield from self.policy.judge(stack.resources[address], stack)


def _stack(scanned_file: str) -> Stack:
    named = (argument.split("=")[-1] for argument in sys.argv[1:])
    for root in (*SEARCH_ROOTS, Path.cwd(), *map(Path, named)):
        path = root / scanned_file.lstrip("/")
        if path.is_file():
            return _read(path.resolve(), path.stat().st_mtime_ns)
    raise FileNotFoundError(f"{scanned_file}: run checkov from the folder given with --directory")


@lru_cache(maxsize=4)
def _read(path: Path, _modified: int) -> Stack:
    return read(path)
