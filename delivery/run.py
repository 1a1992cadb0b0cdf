"""`make run`: synthesise every environment, gate it, and try it out on an emulated AWS."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from constructs_lib.console import FAILED, MISUSED, fails_plainly, progress
from constructs_lib.environment import STATE_SUFFIX
from delivery import steps, trial
from delivery.summary import summarise
from delivery.summary_terminal import print_summaries
from delivery.synthesis import OUTPUT, synthesise
from delivery.workspace import environment_of, opened
from policies import gate, report_terminal
from policies.errors import GateError
from reachability import stacks, terraform

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def main(
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="ENV", help="Default: every environment.")
    ] = None,
    tried: Annotated[
        bool, typer.Option("--try/--no-try", help="Apply it to an emulated AWS, and destroy it.")
    ] = True,
) -> None:
    """Synthesise, gate, and try out on an emulated AWS: plan, apply, compare, destroy.

    Nothing leaves this machine, and nothing is kept of the trial.

    Exit codes: 0 fine, 1 refused by the gate or the run failed, 2 bad usage or configuration.
    """
    console = Console()
    with fails_plainly():
        synthesise(environments or [])
        files = _judge(environments or [], console)
        if tried:
            by_environment: dict[str, list[Path]] = {}
            for file in files:
                by_environment.setdefault(environment_of(file.parent.name), []).append(file)
            for name, own in by_environment.items():
                _try(name, own, console)
        _say_what_next(files, console)


def _judge(environments: list[str], console: Console) -> list[Path]:
    """Print what was synthesised and the gate's verdict on it; ends the command if that is bad."""
    try:
        with progress() as shown:
            files = stacks.select(OUTPUT, environments)
            report = gate.run(files, everything=not environments, progress=shown.say)
    except (GateError, terraform.UnreadableStackError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(MISUSED) from None
    print_summaries([summarise(terraform.read(file), file, report) for file in files], console)
    if not report.ok:
        report_terminal.print_report(report, console)
        raise typer.Exit(FAILED)
    return files


def _try(environment: str, files: list[Path], console: Console) -> None:
    """The environment's stacks on an AWS of their own; the state bucket's first."""
    console.print(f"{environment} on an emulated AWS", style="bold")

    def tell(step: trial.Step) -> None:
        line = f"  {step.name:<12}{step.found}"
        console.print(f"{line:<72}{step.seconds:5.0f} s", highlight=False, soft_wrap=True)

    with tempfile.TemporaryDirectory(prefix="microblog-") as scratch, progress() as shown:
        folder, home = Path(scratch, "plans"), Path(scratch, "emulated")
        folder.mkdir()
        shown.say("Starting the emulated AWS")
        for file in sorted(files, key=lambda one: not _is_of_state(one)):
            with opened(file.parent.name, "emulated", file, home=home) as workspace:
                if _is_of_state(file):
                    document = trial.prepare(workspace, folder, shown)
                    steps.apply(workspace, folder / "plan", document, folder / "log", lines=False)
                else:
                    trial.run(workspace, folder, shown, tell)
    console.print()


def _say_what_next(files: list[Path], console: Console) -> None:
    """In lines that a narrow terminal may wrap, so that commands can be copied."""
    lines = [("environments/*.toml", "your operators, repository, region")]
    lines.append(("make run", "what a change opens, before it exists"))
    for file in sorted(files, key=lambda one: not _is_of_state(one)):
        purpose = "the bucket first, " if _is_of_state(file) else ""
        command = f"pipenv run deploy {file.parent.name}"
        lines.append((command, f"{purpose}plan, gate, apply, with your AWS credentials"))
    console.print("Next", style="bold")
    width = max(len(command) for command, _ in lines)
    for command, purpose in lines:
        console.print(f"  {command:<{width}}  {purpose}", highlight=False, soft_wrap=True)


def _is_of_state(file: Path) -> bool:
    return file.parent.name.endswith(STATE_SUFFIX)


if __name__ == "__main__":
    app()
