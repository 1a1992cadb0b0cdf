"""An apply as a person watches it: a bar at a terminal, a line a resource elsewhere."""

from __future__ import annotations

import os
import sys
from types import TracebackType

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from delivery.applying import Step

_DONE = {"create": "created", "update": "changed", "delete": "destroyed"}


class ApplyProgress:
    """`done` counts steps: one for each resource, and two for one that is replaced."""

    def __init__(self, total: int, *, lines: bool = True) -> None:
        self.done = 0
        self._lines = lines
        self._total = total
        self._running: dict[str, None] = {}
        self._bar: Progress | None = None
        if sys.stderr.isatty() and not os.environ.get("CI"):
            self._bar = Progress(
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> ApplyProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def tell(self, step: Step) -> None:
        if step.kind in ("done", "failed"):
            self._running.pop(step.address, None)
        else:
            self._running[step.address] = None
        if step.kind == "done":
            self.done += 1
            self._line(f"{_DONE.get(step.action, step.action)} {step.address} ({step.seconds} s)")
        if self._bar:
            names = ", ".join(address.partition(".")[2] for address in [*self._running][:3])
            self._bar.update(self._task, completed=self.done, description=names)

    def interrupted(self) -> None:
        self._say("interrupted: waiting until Terraform has stopped and saved its state")

    def _line(self, text: str) -> None:
        if self._lines and not self._bar:
            typer.echo(f"{self.done}/{self._total} {text}", err=True)

    def _say(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text)
        else:
            typer.echo(text, err=True)
