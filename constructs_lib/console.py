"""What commands share at the terminal: plain failures with their exit codes, progress, colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from constructs_lib.errors import RunError
from constructs_lib.problems import ConfigurationError
from constructs_lib.userdata import UserDataError

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


@contextmanager
def fails_plainly() -> Iterator[None]:
    """End the command with one line per failure on stderr: 2 for configuration, 1 for the rest."""
    try:
        yield
    except ConfigurationError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(MISUSED) from None
    except UserDataError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(MISUSED) from None
    except RunError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    except BrokenPipeError:
        _give_up_on_output()
        raise typer.Exit(FAILED) from None
    except OSError as error:
        _give_up_on_output()
        typer.echo(f"{error.filename or 'standard output'}: {error.strerror}", err=True)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        # A Node.js that Ctrl-C ended too would make jsii's exit handler print a traceback.
        sys.unraisablehook = lambda _: None
        typer.echo("interrupted; what stood before stands", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _give_up_on_output() -> None:
    """What is left to write must not fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """A line on stderr that says what is going on; only where a person watches a terminal."""

    def __init__(self) -> None:
        self._status = None
        if sys.stderr.isatty() and not os.environ.get("CI"):
            from rich.console import Console

            self._status = Console(stderr=True).status("")

    def say(self, message: str) -> None:
        if self._status is not None:
            self._status.update(message)
            self._status.start()

    def done(self) -> None:
        if self._status is not None:
            self._status.stop()


@contextmanager
def progress() -> Iterator[Progress]:
    """A Progress that is gone when the work is."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.done()
