"""The command line of the gate."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import StringIO
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from policies import gate, report_files, report_terminal
from policies.errors import GateError, OutputError
from policies.report import Report
from reachability import stacks
from reachability.terraform import UnreadableStackError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def main(
    environments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ENV]...", help="Environments to judge; all when none is named."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where synthesis wrote.")
    ] = Path("cdktf.out"),
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge a plan (`terraform show -json`) instead."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JSON; '-' is standard output.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JUnit XML; '-' likewise.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write SARIF 2.1.0; '-' likewise.")
    ] = None,
) -> None:
    """Refuse synthesised Terraform, or a plan, that is not safe to apply.

    Judges the stack ENV, and ENV-state with its state bucket, by checkov's AWS checks and by those
    in policies/checks. With --plan, one ENV names the stack that was planned, so that findings and
    waivers bear its construct paths.

    Exit code: 0 fine, 1 refused, 2 bad usage, bad configuration or output that is not whole.
    """
    outputs = [
        (target, text)
        for target, text in (
            (json, report_files.as_json),
            (junit, report_files.as_junit),
            (sarif, report_files.as_sarif),
        )
        if target is not None
    ]
    taken = sum(str(target) == "-" for target, _ in outputs)
    try:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        if taken > 1:
            raise GateError("standard output takes one report ('-'); name a file for the other")
        report = _judge(environments or [], folder, plan)
        for target, text in outputs:
            report_files.write(text(report), target)
        stream = sys.stderr if taken else sys.stdout
        _put(stream, lambda console: report_terminal.print_report(report, console))
    except (GateError, UnreadableStackError) as error:
        raise _failure(error, 2) from error
    except OutputError as error:
        raise _failure(error, 1) from error
    raise typer.Exit(0 if report.ok else 1)


def _failure(error: Exception, code: int) -> typer.Exit:
    with contextlib.suppress(OutputError):
        _put(
            sys.stderr,
            lambda console: console.print(
                f"gate: {error}", style="red", markup=False, highlight=False, soft_wrap=True
            ),
        )
    return typer.Exit(code)


def _put(stream: TextIO, show: Callable[[Console], None]) -> None:
    """Show it in the stream's colours, written at once: rich's own writing may end in midst."""
    text = StringIO()
    show(Console(file=text, force_terminal=stream.isatty() or None))
    report_files.put(text.getvalue(), stream)


def _judge(environments: Sequence[str], folder: Path, plan: Path | None) -> Report:
    if plan is not None and len(environments) > 1:
        raise GateError("--plan judges one plan, so name at most one environment")
    if plan is None:
        paths, origin = stacks.select(folder, environments), None
    else:
        origin = stacks.one(folder, environments[0]) if environments else None
        paths = [plan]
    with _progress() as tell:
        return gate.run(
            paths, synthesised=origin, everything=not environments and plan is None, progress=tell
        )


def _progress() -> AbstractContextManager[Callable[[str], None]]:
    alive = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return _Status() if alive and not os.environ.get("CI") else nullcontext(lambda _: None)


class _Status:
    def __enter__(self) -> Callable[[str], None]:
        self._status = Console(stderr=True).status("reading")
        self._status.start()
        return self._status.update

    def __exit__(self, *_: object) -> None:
        self._status.stop()
