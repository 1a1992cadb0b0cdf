"""The command line: plan, deploy, drift, destroy and comment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from constructs_lib.console import FAILED, MISUSED, fails_plainly, progress
from constructs_lib.errors import RunError
from delivery import drift, emulated, plan_comment, published, steps
from delivery.plan_files import PlanFiles
from delivery.receipt import AwsKind, refuse_unless_for
from delivery.workspace import environment_of
from policies.errors import GateError
from reachability import terraform
from reachability.live import AccountError

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

Stack = Annotated[
    str, typer.Argument(metavar="ENV", help="An environment, or ENV-state for its state bucket.")
]
Aws = Annotated[AwsKind, typer.Option(help="`emulated` is on this machine, and needs no account.")]
Replace = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS", help="Make this resource anew; repeatable.")
]
Plan = Annotated[Path, typer.Option("--plan", metavar="FILE", help="As `plan --out` wrote it.")]


@contextmanager
def _plainly() -> Iterator[None]:
    """One line for every failure, whichever package it comes from."""
    with fails_plainly():
        try:
            yield
        except (GateError, terraform.UnreadableStackError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(MISUSED) from None
        except AccountError as error:
            raise RunError(str(error)) from None


@app.command()
def plan(
    stack: Stack,
    aws: Aws = "real",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep it, with FILE.json and FILE.receipt.json."),
    ] = None,
    replace: Replace = None,
) -> None:
    """Synthesise, gate, plan, gate the plan, and say what it changes.

    Exit codes: 0 planned, 1 refused by the gate or the run failed, 2 bad usage or configuration.
    """
    with _plainly():
        if out is not None:
            PlanFiles(out).remove()
        with steps.ready(stack, aws) as workspace, steps.scratch() as scratch:
            steps.plan(workspace, PlanFiles(out or scratch / "plan"), replace or ())
        if out is not None:
            typer.echo(f"kept in {out}, with its JSON and its receipt; apply it with --plan {out}")


@app.command()
def deploy(
    stack: Stack,
    aws: Aws = "real",
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Apply this plan, and no other.")
    ] = None,
    replace: Replace = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Annotated[
        bool | None,
        typer.Option(
            "--wait/--no-wait", help="For the hosts to boot; by default where they are real."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the hosts to boot.")
    ] = 1800,
) -> None:
    """Apply what was gated, and wait until the hosts that it makes have booted.

    Without --plan it plans first, and asks. With it, nothing is applied but that plan, and only if
    its receipt is of the same plan, Terraform JSON, versions and policies as now.

    Exit codes: 0 deployed, 1 refused or failed, 2 bad usage or configuration, 130 interrupted.
    """
    if plan is not None and replace:
        raise typer.BadParameter("--plan is made already; say --replace where it is made")
    with _plainly():
        if plan is None and not yes:
            steps.expect_somebody("--yes, or --plan FILE")
        if plan is not None:
            refuse_unless_for(PlanFiles(plan).read(), stack=stack, aws=aws)
        with steps.ready(stack, aws) as workspace, steps.scratch() as scratch:
            files = PlanFiles(plan or scratch / "plan")
            if plan is not None:
                document = steps.accept(workspace, files)
            else:
                document = steps.plan(workspace, files, replace or ())
                if not yes and steps.is_to_apply(document):
                    steps.ask(f"Apply this to {stack} on the {aws} AWS? (yes)", "yes")
            if steps.is_to_apply(document):
                steps.apply(workspace, files.plan, document, scratch / "log")
            steps.wait_for_hosts(workspace, document, wait, timeout)


@app.command(name="drift")
def drift_command(stack: Stack, aws: Aws = "real") -> None:
    """Say what somebody did by hand: to what Terraform made, and beside it.

    Exit codes: 0 nothing, 1 something differs or the run failed, 2 bad usage or configuration.
    """
    with _plainly(), steps.ready(stack, aws, judged=False) as workspace, steps.scratch() as scratch:
        with progress() as shown:
            shown.say(f"Asking the {aws} AWS")
            found = list(drift.differences(workspace, scratch))
        for line in found:
            typer.echo(line)
        if found:
            raise typer.Exit(FAILED)
        typer.echo(f"{stack} is what was applied, and nothing stands beside it")


@app.command()
def destroy(
    stack: Stack,
    aws: Aws = "real",
    yes: Annotated[
        str | None, typer.Option(metavar="ENV", help="The name again, so as not to be asked.")
    ] = None,
) -> None:
    """Destroy an environment, with what its hosts published; nothing of it is left.

    Exit codes: 0 destroyed, 1 refused or failed, 2 bad usage or configuration, 130 interrupted.
    """
    with _plainly():
        if yes not in (None, stack):
            raise typer.BadParameter(f"says {yes}, and the environment is {stack}")
        if yes is None:
            steps.expect_somebody(f"--yes {stack}")
        with steps.ready(stack, aws, judged=False) as workspace, steps.scratch() as scratch:
            steps.refuse_after_a_killed_apply(workspace)
            with progress() as shown:
                shown.say(f"Planning the end of {stack}")
                document = workspace.engine.plan(scratch / "plan", "-destroy")
            steps.print_plan(document, scratch / "plan")
            if yes is None:
                steps.ask(f"Destroy {stack} on the {aws} AWS? Type its name", stack)
            steps.apply(workspace, scratch / "plan", document, scratch / "log")
            if stack == environment_of(stack):
                published.forget(workspace.client("ssm"), workspace.parameters)
        if aws == "emulated" and stack == environment_of(stack):
            emulated.forget(stack)


@app.command()
def comment(plan: Plan) -> None:
    """Print a kept plan as Markdown for its pull request. Needs neither AWS nor Terraform.

    Exit codes: 0 printed, 1 the plan is not the one that was gated, 2 bad usage.
    """
    with _plainly():
        files = PlanFiles(plan)
        receipt = files.read()
        document = terraform.load(files.document)
        typer.echo(plan_comment.markdown(document, files.document, receipt), nl=False)
