"""`make run`: synthesise every environment, gate it, and say what came out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from constructs_lib.console import FAILED, MISUSED, progress
from delivery.summary import summarise
from delivery.summary_terminal import print_summaries
from policies import gate, report_terminal, stacks
from policies.errors import GateError
from reachability import terraform

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
    _synthesise(environments or [])
    folder = Path(os.path.relpath(ROOT / "cdktf.out"))
    try:
        with progress() as shown:
            files = stacks.select(folder, environments or [])
            report = gate.run(files, progress=shown.say)
    except GateError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(MISUSED) from None
    console = Console()
    print_summaries([summarise(terraform.read(file), file, report) for file in files], console)
    if not report.ok:
        report_terminal.print_report(report, console)
        raise typer.Exit(FAILED)
    _say_what_next(files, console)


def _synthesise(environments: list[str]) -> None:
    """Run main.py as the cdktf CLI does; its failures are told already, so only its code counts."""
    command = [sys.executable, str(ROOT / "main.py"), *environments]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if finished.returncode != 0:
        raise typer.Exit(finished.returncode)


def _say_what_next(files: list[Path], console: Console) -> None:
    folder = files[0].parent
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    for command, purpose in (
        ("environments/dev.toml", "your operators, repository, region"),
        ("make run", "what a change opens, before it exists"),
        (f"terraform -chdir={folder} init", "then plan, gate, apply"),
        ("npx cdktf deploy dev", "or the cdktf CLI, after npm ci"),
    ):
        table.add_row(Text(command), Text(purpose))
    console.print(Text("Next", style="bold"))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


if __name__ == "__main__":
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
