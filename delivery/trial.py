"""A stack tried out on an emulated AWS that is made for it and thrown away after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.console import Progress
from constructs_lib.errors import RunError
from delivery import planning, steps
from delivery.plan_files import PlanFiles
from delivery.plan_words import NOTHING, headline
from delivery.workspace import Workspace
from reachability import live


class TrialError(RunError):
    """What was applied is not what was synthesised; the lines say where."""


@dataclass(frozen=True)
class Step:
    """`found` is what came of it, in words."""

    name: str
    found: str
    seconds: float


def run(workspace: Workspace, folder: Path, shown: Progress, tell: Callable[[Step], None]) -> None:
    """Plan, apply, plan again, compare what stands, destroy. Raises TrialError.

    `tell` hears what came of each step. Ends the command where the gate refuses the plan.
    """
    with _timed("plan", shown, tell) as found:
        document = prepare(workspace, folder, shown)
        found.append(f"{headline(document)}; the gate passes the plan")
    with _timed("apply", shown, tell) as found:
        steps.apply(workspace, folder / "plan", document, folder / "log", lines=False)
        found.append(headline(document))
    with _timed("plan again", shown, tell) as found:
        shown.say("Planning again")
        again = headline(workspace.engine.plan(folder / "again"))
        if again != NOTHING:
            raise TrialError(f"{workspace.stack}: a second plan is not empty: {again}")
        found.append(again)
    with _timed("reach", shown, tell) as found:
        shown.say("Comparing what stands with what was synthesised")
        comparison = live.compare(workspace.synthesised, workspace.endpoint)
        if comparison.differs:
            raise TrialError("\n".join(comparison.lines()))
        found.append("what stands lets through what was synthesised, no more")
    with _timed("destroy", shown, tell) as found:
        shown.say("Planning the end")
        end = workspace.engine.plan(folder / "end", "-destroy", "-refresh=false")
        shown.done()
        steps.apply(workspace, folder / "end", end, folder / "log", lines=False)
        if "values" in workspace.engine.show():
            raise TrialError(f"{workspace.stack}: something is left in the state")
        found.append("nothing is left")


def prepare(workspace: Workspace, folder: Path, shown: Progress) -> steps.Document:
    """The JSON of a plan, kept as `plan` in the folder, that the gate passes."""
    document, report = planning.plan(workspace, PlanFiles(folder / "plan"), shown.say)
    shown.done()
    steps.refuse(report)
    return document


@contextmanager
def _timed(name: str, shown: Progress, tell: Callable[[Step], None]) -> Iterator[list[str]]:
    """Tell of the step once it is over; what came of it is in the list then."""
    found: list[str] = []
    begun = time.monotonic()
    yield found
    shown.done()
    tell(Step(name, found[0], time.monotonic() - begun))
