"""The contract as a check of the gate: what a stack opens is what exposure.toml promises."""

from __future__ import annotations

from pathlib import Path

from policies.errors import GateError
from policies.report import Finding
from reachability import contract
from reachability.contract import Contract, Difference
from reachability.stack import Stack

CONTRACT = Path(__file__).with_name("exposure.toml")
CHECK = "CONTRACT"
NAME = "What is reachable is what exposure.toml promises"


def read(path: Path = CONTRACT) -> Contract:
    """The contract. Raises GateError."""
    try:
        return contract.read(path)
    except contract.ContractError as error:
        raise GateError(str(error)) from error


def findings(file: Path, stack: Stack, promised: Contract) -> list[Finding]:
    """One refusal for each pair of ends that breaks the contract, or one pass for the stack."""
    refused = [one for one in contract.of_stack(stack, promised) if one.refused]
    return [_refusal(file, stack, one) for one in refused] or [_finding(file, stack, stack.name)]


def _refusal(file: Path, stack: Stack, difference: Difference) -> Finding:
    if difference.kind == "exposed":
        remedy = "Take the flow out, or let the owner of policies/exposure.toml promise it."
    else:
        remedy = "Mend the way (route, rule, address), or take the promise out."
    path = f"{stack.name}/{difference.source} to {difference.destination}"
    return _finding(file, stack, path, str(difference), remedy)


def _finding(file: Path, stack: Stack, path: str, problem: str = "", remedy: str = "") -> Finding:
    return Finding(
        check=CHECK,
        name=NAME,
        verdict="refused" if problem else "passed",
        stack=stack.name,
        path=path,
        address=path,
        file=str(file),
        line=None,
        problems=(problem,) if problem else (),
        remedy=remedy,
    )
