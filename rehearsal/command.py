"""The command line of the rehearsal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from constructs_lib.console import FAILED, MISUSED, fails_plainly
from constructs_lib.errors import RunError
from reachability import stacks, terraform
from rehearsal import host, runs
from rehearsal.network import RehearsalError
from rehearsal.report import Terminal, write_json, write_junit
from rehearsal.runner import Wishes, rehearse
from rehearsal.runs import Run

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


def main() -> None:
    """The command line; a first word that is no command is an environment: `rehearse dev`."""
    words = sys.argv[1:]
    commands = {
        one.name or one.callback.__name__ for one in app.registered_commands if one.callback
    }
    if words and words[0] not in commands and not words[0].startswith("-"):
        words = ["up", *words]
    app(words, prog_name="rehearse")


@app.command(hidden=True)
def up(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The stack to rehearse.")],
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where synthesis wrote.")
    ] = Path("cdktf.out"),
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rehearse what a plan leads to.")
    ] = None,
    application: Annotated[
        str, typer.Option("--app", metavar="PATH|URL", help="The application: folder or git URL.")
    ] = "tests/fixtures/microblog",
    packages: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Files of hosts that are not mirrored: DIR/HOST/PATH."),
    ] = None,
    network_only: Annotated[
        bool, typer.Option("--network-only", help="Packets, without machines.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:HOST", help="Break it: kill, reboot, partition or replace."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running.")] = False,
    measure: Annotated[bool, typer.Option("--measure", hidden=True)] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE")] = None,
) -> None:
    """Boot an environment's stack on this machine and prove it with packets."""
    with _fails_plainly():
        _expect_ready()
        source = plan if plan is not None else stacks.one(folder, environment)
        wishes = Wishes(
            source.resolve(),
            environment,
            application,
            None if packages is None else packages.resolve(),
            machines=not network_only,
            keep=keep,
            faults=tuple(fault or ()),
            measure=measure,
        )
        with Terminal() as terminal:
            found = rehearse(wishes, terminal)
        terminal.table(found.checks)
        if junit is not None:
            write_junit(junit, environment, found.checks)
        if as_json is not None:
            write_json(as_json, environment, found.checks, found.figures)
    if any(one.result == "failed" for one in found.checks):
        raise typer.Exit(FAILED)


@app.command()
def shell(
    machine: Annotated[str, typer.Argument(metavar="HOST")],
    name: Annotated[str | None, typer.Option(metavar="RUN")] = None,
) -> None:
    """A shell in a machine of a rehearsal that is kept."""
    with _fails_plainly():
        _expect_ready()
        _become(["nsenter", *_into(_only(name), machine), "/bin/bash", "--login"])


@app.command()
def logs(
    machine: Annotated[str, typer.Argument(metavar="HOST")],
    name: Annotated[str | None, typer.Option(metavar="RUN")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
) -> None:
    """The journal of a machine."""
    with _fails_plainly():
        _expect_ready()
        command = ["journalctl", "--no-pager", *(["--follow"] if follow else [])]
        _become(["nsenter", *_into(_only(name), machine), *command])


@app.command(context_settings={"ignore_unknown_options": True})
def curl(
    machine: Annotated[str, typer.Argument(metavar="HOST")],
    path: Annotated[str, typer.Argument(metavar="PATH")] = "/",
    options: Annotated[list[str] | None, typer.Argument(metavar="[CURL OPTIONS]")] = None,
    name: Annotated[str | None, typer.Option(metavar="RUN")] = None,
) -> None:
    """Ask a machine as the world outside does; curl's own options may follow."""
    with _fails_plainly():
        _expect_ready()
        run = _only(name)
        public = run.state().get("public", {}).get(machine)
        if not public:
            raise RunError(f"{machine}: has no public address; known: {_named(run)}")
        space = run.seen_from_host(run.inside / "namespaces/outside")
        target = f"http://{public}{path}"
        _become(["nsenter", f"--net={space}", "curl", "--silent", *(options or []), target])


@app.command()
def down(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
) -> None:
    """Take rehearsals down: those named, all, or the only one. Nothing of them is left."""
    with _fails_plainly():
        _expect_ready()
        known = {run.name: run for run in runs.runs()}
        listed = ", ".join(known)
        chosen = list(known) if everything or len(known) <= 1 else []
        if unknown := [name for name in names or () if name not in known]:
            raise RunError(f"no rehearsal is named {unknown[0]}; known: {listed or 'none'}")
        if not names and not chosen and known:
            raise RunError(f"name the rehearsal, or take --all down: {listed}")
        for name in names or chosen:
            known[name].end()
            typer.echo(f"{name}: down")


def _only(name: str | None) -> Run:
    running = {run.name: run for run in runs.runs() if run.process() is not None}
    if name is not None and name in running:
        return running[name]
    if name is not None or len(running) != 1:
        known = ", ".join(running) or "none"
        raise RunError(f"name the rehearsal with --name; running: {known} (rehearse ENV --keep)")
    return next(iter(running.values()))


def _named(run: Run) -> str:
    return ", ".join(run.state().get("public", {})) or "none"


def _into(run: Run, machine: str) -> list[str]:
    return [
        f"--target={run.leader(machine)}",
        *("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"),
        *(
            "env",
            "--chdir=/",
            "-i",
            "HOME=/root",
            "LANG=C.UTF-8",
            f"TERM={os.environ.get('TERM', 'dumb')}",
        ),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]


def _become(command: list[str]) -> None:
    os.execvp(command[0], command)


def _expect_ready() -> None:
    if reason := host.missing():
        raise RunError(reason)


@contextmanager
def _fails_plainly() -> Iterator[None]:
    """As `fails_plainly`, and 2 for a stack that cannot be read or rehearsed."""
    with fails_plainly():
        try:
            yield
        except (terraform.UnreadableStackError, RehearsalError) as error:
            typer.echo(f"rehearse: {error}", err=True)
            raise typer.Exit(MISUSED) from None
