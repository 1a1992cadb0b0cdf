"""What the commands do at the terminal, step by step."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from constructs_lib.console import FAILED, INTERRUPTED, MISUSED, progress
from constructs_lib.errors import RunError
from delivery import adoption, applying, plan_words, planning, readiness, terraform_cli
from delivery.apply_progress import ApplyProgress
from delivery.plan_changes import created_instances, planned
from delivery.plan_files import PlanFiles, sha256
from delivery.plan_terminal import print_sections
from delivery.receipt import AwsKind, refuse_if_stale
from delivery.synthesis import OUTPUT, synthesise
from delivery.workspace import Workspace, environment_of, opened
from policies import gate, report_terminal
from policies.report import Report
from reachability import stacks, terraform

Document = dict[str, Any]


@contextmanager
def ready(stack: str, aws: AwsKind, *, judged: bool = True) -> Iterator[Workspace]:
    """The stack synthesised, gated where it is to be `judged`, and its folder initialised."""
    environment = environment_of(stack)
    with progress() as shown:
        shown.say(f"Synthesising {environment}")
        synthesise([environment])
        synthesised = stacks.one(OUTPUT, stack)
        if judged:
            refuse(gate.run([synthesised], progress=shown.say))
        shown.say("Initialising Terraform" if aws == "real" else "Starting the emulated AWS")
        with opened(stack, aws, synthesised) as workspace:
            shown.done()
            yield workspace


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a plan that nobody wants to keep."""
    with tempfile.TemporaryDirectory(prefix="microblog-") as folder:
        yield Path(folder)


def plan(workspace: Workspace, files: PlanFiles, replaced: Sequence[str] = ()) -> Document:
    """The JSON of a plan made, judged and shown. Ends the command where the gate refuses it.

    `replaced` are the addresses of resources that are to be made anew, though nothing changed.
    """
    flags = [f"-replace={address}" for address in replaced]
    for address in adoption.prepare(workspace):
        typer.echo(f"made by the apply that was killed, and taken over: {address}", err=True)
    with progress() as shown:
        document, report = planning.plan(workspace, files, shown.say, *flags)
    print_plan(document, files.document)
    refuse(report)
    return document


def is_to_apply(document: Document) -> bool:
    """Whether an apply does anything; new outputs change no resource and count too."""
    return bool(planned(document) or document.get("applyable"))


def accept(workspace: Workspace, files: PlanFiles) -> Document:
    """The JSON of a kept plan that may be applied now. Raises ReceiptError."""
    refuse_if_stale(
        files.read(),
        synthesised=sha256(workspace.synthesised),
        versions=planning.versions(workspace),
    )
    with progress() as shown:
        # Once more, because a waiver may have ended since.
        refuse(planning.judge(workspace, files, shown.say))
    return terraform.load(files.document)


def print_plan(document: Document, source: Path) -> None:
    console = Console()
    print_sections(plan_words.sections(document, source), console)
    console.print(plan_words.headline(document), highlight=False)


def expect_somebody(instead: str) -> None:
    """End the command where nobody can answer; `instead` is the option for such a place."""
    if not sys.stdin.isatty():
        typer.echo(f"nobody is here to ask; add {instead}", err=True)
        raise typer.Exit(MISUSED)


def ask(question: str, wanted: str) -> None:
    """Go on only for the wanted answer."""
    if typer.prompt(question) != wanted:
        typer.echo("nothing was done", err=True)
        raise typer.Exit(FAILED)


def apply(
    workspace: Workspace, plan: Path, document: Document, log: Path, *, lines: bool = True
) -> None:
    """Apply a plan; how far it came is told wherever it does not come to its end.

    `lines` tells of each resource where there is no terminal for a bar.
    """
    total = sum(2 if one.verb == "replace" else 1 for one in planned(document))
    folder = workspace.engine.folder
    adoption.begin(folder)
    with ApplyProgress(total, lines=lines) as shown:
        result = applying.apply(
            folder,
            plan,
            log,
            variables=workspace.engine.variables,
            tell=shown.tell,
            on_interrupt=shown.interrupted,
        )
    if result.code >= 0:
        adoption.end(folder)
    if result.code == 0 and not result.interrupted:
        return
    for error in result.errors:
        typer.echo(str(terraform_cli.failure(error)), err=True)
    typer.echo(
        f"{shown.done} of {total} steps are done and in the state; plan anew to go on from there",
        err=True,
    )
    raise typer.Exit(INTERRUPTED if result.interrupted else FAILED)


def refuse_after_a_killed_apply(workspace: Workspace) -> None:
    """A destroy would leave behind what the state does not know. Raises RunError."""
    if adoption.is_due(workspace.engine.folder):
        raise RunError(
            f"an apply of {workspace.stack} was killed, and the state does not know all that it "
            f"made: deploy {workspace.stack} again, which takes that over, then destroy it"
        )


def wait_for_hosts(
    workspace: Workspace, document: Document, wait: bool | None, timeout: float
) -> None:
    """Until the servers that the plan made have booted; one that failed before fails it again."""
    if wait is None and workspace.aws == "emulated":
        if created_instances(document):
            typer.echo("no host boots on the emulated AWS, so there is none to wait for")
        return
    if wait is False:
        return
    standing = readiness.instances(workspace.engine.show())
    made = frozenset(one.id for one in standing if one.address in created_instances(document))
    with progress() as shown:
        shown.say(f"Waiting for {len(made)} hosts to boot")
        readiness.wait(
            workspace.client("ssm"),
            workspace.parameters,
            standing,
            made,
            timeout=timeout,
            tell=lambda host, report: typer.echo(f"{host.role} is ready after {report.seconds} s"),
        )


def refuse(report: Report) -> None:
    """End the command where the gate found something."""
    if not report.ok:
        report_terminal.print_report(report, Console())
        raise typer.Exit(FAILED)
