"""`make run`: synthesise every environment, gate it, and say what came out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from constructs_lib.console import FAILED, MISUSED, fails_plainly, progress
from constructs_lib.environment import STATE_SUFFIX
from delivery.summary import summarise
from delivery.summary_terminal import print_summaries
from policies import gate, report_terminal
from policies.errors import GateError
from reachability import stacks, terraform

ROOT = Path(__file__).resolve().parent.parent


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def main(
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="ENV", help="Default: every environment.")
    ] = None,
) -> None:
    """Synthesise, gate, and print a summary.

    Exit codes: 0 fine, 1 refused by the gate or the run failed, 2 bad usage or configuration.
    """
    with fails_plainly():
        _synthesise(environments or [])
        if not _judge(environments or []):
            raise typer.Exit(FAILED)


def _judge(environments: list[str]) -> bool:
    """Print what was synthesised and the gate's verdict on it; whether that is fine."""
    folder = Path(os.path.relpath(ROOT / "cdktf.out"))
    try:
        with progress() as shown:
            files = stacks.select(folder, environments)
            report = gate.run(files, everything=not environments, progress=shown.say)
    except (GateError, terraform.UnreadableStackError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(MISUSED) from None
    console = Console()
    print_summaries([summarise(terraform.read(file), file, report) for file in files], console)
    if report.ok:
        _say_what_next(files, console)
    else:
        report_terminal.print_report(report, console)
    return report.ok


def _synthesise(environments: list[str]) -> None:
    """Run main.py as the cdktf CLI does, less the contract, which the gate holds as well.

    Its failures are told already, so only its exit code counts.
    """
    command = [sys.executable, str(ROOT / "main.py"), "--no-contract", *environments]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if finished.returncode != 0:
        raise typer.Exit(finished.returncode)


def _say_what_next(files: list[Path], console: Console) -> None:
    """In lines that a narrow terminal may wrap, so that commands can be copied."""
    steps = [("environments/*.toml", "your operators, repository, region")]
    steps.append(("make run", "what a change opens, before it exists"))
    buckets_first = sorted(files, key=lambda file: not _is_of_state(file))
    for file in buckets_first:
        purpose = "the bucket first, " if _is_of_state(file) else ""
        steps.append((f"terraform -chdir={file.parent} init", f"{purpose}then plan, gate, apply"))
    console.print("Next", style="bold")
    width = max(len(command) for command, _ in steps)
    for command, purpose in steps:
        console.print(f"  {command:<{width}}  {purpose}", highlight=False, soft_wrap=True)


def _is_of_state(file: Path) -> bool:
    return file.parent.name.endswith(STATE_SUFFIX)


if __name__ == "__main__":
    app()
