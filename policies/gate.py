"""The gate: refuses a synthesised stack or a plan that is not safe, and says why.

`python -m policies.gate [ENV…]`: exit 0 fine, 1 refused, 2 bad usage, configuration or input.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from policies import contract, lean_checkov, waivers
from policies.errors import GateError
from policies.report import Finding, Report
from reachability import terraform
from reachability.stack import Resource, Stack, base_address

WAIVERS = Path(__file__).with_name("waivers.toml")


def run(
    paths: Sequence[Path],
    *,
    synthesised: Path | None = None,
    waivers_file: Path = WAIVERS,
    today: datetime.date | None = None,
    everything: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """The verdict on synthesised `cdk.tf.json` files or plans. Writes nothing, asks no network.

    `synthesised` is the `cdk.tf.json` that a plan was made from: it gives the plan's resources
    their construct paths. `everything` says that no stack is left out: a waiver for any other
    is then one that waives nothing. `progress` is told what is about to happen. Raises GateError
    for input that cannot be judged.
    """
    today = today or datetime.datetime.now(datetime.UTC).date()
    known = waivers.read(waivers_file, today)
    stacks = [(path, _read(path)) for path in paths]
    if synthesised is not None:
        origin = _read(synthesised)
        stacks = [(path, _with_construct_paths(stack, origin)) for path, stack in stacks]
    promised = contract.read()
    findings: list[Finding] = []
    for path, stack in stacks:
        findings += contract.findings(path, stack, promised)
    with lean_checkov.collector_paused(), lean_checkov.terminal_left_alone():
        progress("loading checkov and the policies")
        lean_checkov.leave_out_other_clouds()
        from policies.scan import scan  # takes a second, so not for --help or a wrong argument

        for path, stack in stacks:
            progress(f"checking {stack.name}")
            findings += scan(path, stack)
    names = [stack.name for _, stack in stacks]
    gated = [one for one in known if everything or one.stack in names]
    if any(stack.kind == "plan" for _, stack in stacks):
        refused = {(one.check, one.path) for one in gated}  # a plan may leave out their resources
    else:
        refused = {(one.check, one.path) for one in findings if one.verdict == "refused"}
    wrong = waivers.problems(gated, refused, today)
    return Report(tuple(names), _judged(findings, known, today), tuple(wrong))


def _read(path: Path) -> Stack:
    try:
        document = terraform.load(path)
        stack = terraform.parse(document, path)
    except terraform.UnreadableStackError as error:
        raise GateError(f"{error}; run `pipenv run synth`, or plan, again") from error
    _refuse_what_cannot_be_judged(document, stack, path)
    return stack


def _refuse_what_cannot_be_judged(document: Mapping[str, Any], stack: Stack, path: Path) -> None:
    settings = document.get("terraform")
    if isinstance(settings, dict) and "required_version" in settings:
        raise GateError(
            f"{path}: terraform.required_version makes checkov's parser fail (checkov #7454);"
            " remove it and pin Terraform's version where it is installed"
        )
    if stack.kind == "synthesised" and document.get("module"):
        raise GateError(f"{path}: only a plan shows what a module holds; judge one with --plan")
    for resource in stack.resources.values():
        if stack.kind == "synthesised" and "dynamic" in resource.configured:
            raise GateError(
                f"{path}: only a plan shows the dynamic blocks of {resource.path};"
                " judge one with --plan"
            )


def _with_construct_paths(plan: Stack, origin: Stack) -> Stack:
    def named(resource: Resource) -> Resource:
        same = origin.at(resource.address)
        if same is None:
            return resource
        instance = resource.address.removeprefix(base_address(resource.address))
        return dataclasses.replace(resource, path=f"{same.path}{instance}")

    resources = {address: named(one) for address, one in plan.resources.items()}
    return dataclasses.replace(plan, name=origin.name, resources=resources)


def _judged(
    findings: Sequence[Finding], known: Sequence[waivers.Waiver], today: datetime.date
) -> tuple[Finding, ...]:
    """The findings, with those waived that a waiver is in force for."""
    in_force = {(one.check, one.path): one for one in known if one.expires >= today}
    judged = []
    for finding in findings:
        waiver = in_force.get((finding.check, finding.path))
        if finding.verdict == "refused" and waiver is not None:
            finding = dataclasses.replace(finding, verdict="waived", reason=waiver.reason)
        judged.append(finding)
    return tuple(judged)


if __name__ == "__main__":
    import atexit
    import gc

    from policies.command import app

    atexit.register(gc.freeze)  # a process that ends need not look for garbage once more
    app(prog_name="gate")
