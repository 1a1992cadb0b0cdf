"""Following machines while they configure themselves, by their boot reports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from rehearsal.checks import Check
from rehearsal.machines import Machine

_PATIENCE = 480.0
"""Seconds for a boot: twice what userdata/lib/retry.sh waits for something it cannot get."""

Missed = Callable[[], Mapping[str, list[str]]]


class Watch:
    """`missed` says what each host asked for that nobody here has; `served` who is mirrored."""

    def __init__(
        self, machines: Mapping[str, Machine], missed: Missed, served: frozenset[str]
    ) -> None:
        self._machines = machines
        self._missed = missed
        self._served = served
        self._shown: dict[str, tuple[str, str]] = {}
        self._settled: dict[str, Check] = {}
        self._reasons: dict[str, str] = {}

    def goes_on(self) -> bool:
        """Whether any machine is still at it. Settles those that are not."""
        missed = self._missed()
        for name, machine in self._machines.items():
            if name not in self._settled and (found := self._judge(machine, missed.get(name, []))):
                self._settled[name] = found
        return len(self._settled) < len(self._machines)

    def changes(self) -> Iterator[dict[str, object]]:
        """What is new since the last call: {"name", "step", "state", "seconds"} each."""
        for name, machine in self._machines.items():
            settled = self._settled.get(name)
            step = settled.detail if settled else self._step(machine)
            state = settled.result if settled else "boots"
            if self._shown.get(name) != (step, state):
                self._shown[name] = (step, state)
                yield {
                    "name": name,
                    "step": step,
                    "state": state,
                    "seconds": round(time.monotonic() - machine.started, 1),
                }

    def checks(self) -> list[Check]:
        return list(self._settled.values())

    def left_out(self) -> dict[str, str]:
        """Why a machine could not be rehearsed to its end, by its name."""
        return dict(self._reasons)

    def _judge(self, machine: Machine, missed: list[str]) -> Check | None:
        name, seconds = machine.host.name, time.monotonic() - machine.started
        subject = f"{name} configures itself"
        report = machine.report()
        if report and report[-1]["step"] == "boot":
            steps = ", ".join(f"{one['step']} {one['seconds']}s" for one in report[:-1])
            if report[-1]["result"] == "ok":
                return Check("boot", subject, "ok", steps, seconds)
        failed = [one for one in report if one["result"] == "failed" and one["step"] != "boot"]
        absent = sorted({host for url in missed if (host := urlsplit(url).hostname)} - self._served)
        if absent and not failed:
            self._reasons[name] = f"{self._step(machine)} needs {', '.join(absent)}"
            done = ", ".join(str(one["step"]) for one in report if one["result"] == "ok")
            detail = f"{self._reasons[name]}; done: {done or 'nothing'}"
            return Check("boot", subject, "left out", detail, seconds)
        if failed:
            said = failed[-1].get("message") or failed[-1].get("command") or "?"
            return Check("boot", subject, "failed", f"step {failed[-1]['step']}: {said}", seconds)
        if not machine.revive():
            return Check("boot", subject, "failed", "the machine ended", seconds)
        if seconds > _PATIENCE:
            return Check("boot", subject, "failed", f"step {self._step(machine)}: no end", seconds)
        return None

    def _step(self, machine: Machine) -> str:
        report = machine.report()
        if not report:
            return "cloud-init"
        done = {one["step"] for one in report}
        steps = re.findall(r"^boot_step (\w+)$", machine.host.script, re.MULTILINE)
        return next((step for step in steps if step not in done), "boot")
