"""Workers that build networks, and the comparison of what they see with what is predicted."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.reachability.oracle.description import Description, Question, questions, written

_ROOT = Path(__file__).parents[3]
_QUICK, _PATIENT = 0.12, 1.5
_LONGEST = 120.0

Predict = Callable[[Description], Callable[[Question], str]]
"""The model under test: for a description, a verdict ("open", "closed", "unknown") by question."""

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Observation:
    """What packets say: "open" or "closed" in every world, else "unknown"; and why some dropped."""

    states: dict[Question, str]
    dropped: dict[str, int]

    @property
    def open(self) -> set[Question]:
        return {question for question, state in self.states.items() if state == "open"}


@dataclass(frozen=True)
class Disagreement:
    description: Description
    question: Question
    predicted: str
    observed: str
    dropped: dict[str, int]

    def __str__(self) -> str:
        source, destination, protocol, port = self.question
        return (
            f"seed {self.description.seed}: {source} to {destination} {protocol} {port}: "
            f"predicted {self.predicted}, packets say {self.observed}"
            f" (dropped: {', '.join(self.dropped) or 'none'})"
        )


@dataclass(frozen=True)
class Comparison:
    """`states` are what packets say; `agreed` counts those that were predicted; `vague` are the
    predictions of "unknown" where packets say one thing in every world.
    """

    states: dict[Question, str]
    disagreements: tuple[Disagreement, ...]
    agreed: Counter[str]
    vague: tuple[Question, ...]
    dropped: dict[str, int]


class Workers:
    """A few worker processes, each with a thread that talks to it."""

    def __init__(self, count: int = 2) -> None:
        self._threads = ThreadPoolExecutor(count)
        self._of_thread = threading.local()
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.kill()
            process.communicate()
        self._threads.shutdown()

    @property
    def processes(self) -> list[int]:
        """The ids of the workers started so far."""
        return [one.pid for one in self._started]

    def observe(
        self, description: Description, asked: Iterable[Question], patience: float = _QUICK
    ) -> Observation:
        """Build the network and ask. Runs in the calling thread."""
        several = list(asked)
        order = {
            "description": json.loads(written(description)),
            "questions": several,
            "patience": patience,
        }
        answer = self._talk(json.dumps(order))
        name = {0: "closed", answer["worlds"]: "open"}
        counts = zip(several, answer["yes"], strict=True)
        states = {question: name.get(yes, "unknown") for question, yes in counts}
        return Observation(states, answer["dropped"])

    def compare(self, description: Description, predict: Predict) -> Comparison:
        """Every question of the description, to the model and to real packets.

        A packet may be late on a busy machine, so what would be a disagreement is asked again,
        with more patience and alone.
        """
        verdict = predict(description)
        predicted = {one: verdict(one) for one in questions(description)}
        seen = self.observe(description, predicted)
        doubtful = [one for one in predicted if predicted[one] not in (seen.states[one], "unknown")]
        found = []
        if doubtful:
            again = self.observe(description, doubtful, _PATIENT)
            found = [
                Disagreement(description, one, predicted[one], again.states[one], again.dropped)
                for one in doubtful
                if again.states[one] != predicted[one]
            ]
        agreed = Counter(predicted[one] for one in predicted if predicted[one] == seen.states[one])
        vague = [
            one
            for one in predicted
            if predicted[one] == "unknown" and seen.states[one] != "unknown"
        ]
        return Comparison(seen.states, tuple(found), agreed, tuple(vague), seen.dropped)

    def each(self, work: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
        """`work` on every item, in parallel, in order."""
        return list(self._threads.map(work, items))

    def _talk(self, line: str) -> Any:
        process = self._process()
        assert process.stdin is not None and process.stdout is not None
        watch = threading.Timer(_LONGEST, process.kill)
        watch.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        finally:
            watch.cancel()
        if not answer:
            process.wait(_LONGEST)
            raise RuntimeError("the worker ended; its error is above")
        return json.loads(answer)

    def _process(self) -> subprocess.Popen[str]:
        process: subprocess.Popen[str] | None = getattr(self._of_thread, "process", None)
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.reachability.oracle.worker"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._of_thread.process = process
            self._started.append(process)
        return process
