"""Breaking something, to see that it heals by itself or that somebody is told."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from constructs_lib.errors import RunError
from rehearsal import conversations, deploys
from rehearsal.checks import Check
from rehearsal.conversations import PROMETHEUS, eventually
from rehearsal.machines import Machine
from rehearsal.network import RehearsalError
from rehearsal.probes import Question
from rehearsal.rehearsal import Rehearsal
from rehearsal.watch import Watch

_SSH = 22
_WITHIN = 120.0
"""Seconds to heal, or for an alert; how many it took is told. A busy machine takes its time."""


@dataclass(frozen=True)
class Fault:
    """`kind` is one of KINDS, `host` a machine's name."""

    kind: str
    host: str

    @classmethod
    def parse(cls, text: str, hosts: list[str]) -> Fault:
        """Of "kill:app". Raises RehearsalError."""
        kind, _, host = text.partition(":")
        if kind not in KINDS or host not in hosts:
            choices = f"{'|'.join(KINDS)}:{'|'.join(hosts)}"
            raise RehearsalError(f"--fault {text}: is no fault of this stack; choose {choices}")
        return cls(kind, host)

    def strike(self, rehearsal: Rehearsal) -> Iterator[Check]:
        """Break it, and watch; then every pair once more."""
        yield from KINDS[self.kind](rehearsal, rehearsal.machines[self.host])
        yield from rehearsal.pairs()


def _kill(rehearsal: Rehearsal, machine: Machine) -> Iterator[Check]:
    """The main process of what the host serves, with no chance to say goodbye."""
    question = _served(rehearsal, machine)
    listing = machine.execute("ss", "-Htlnp", f"sport = :{question.port}").stdout
    processes = [one for one in re.findall(r"pid=(\d+)", listing) if one != "1"]
    if not processes:
        raise RunError(f"{machine.host.name}: nobody is seen to serve {question.port}")
    unit = machine.execute("ps", "-o", "unit=", "-p", processes[0]).stdout.strip()
    main = machine.execute("systemctl", "show", "--property=MainPID", "--value", unit)
    machine.execute("kill", "-KILL", main.stdout.strip())
    yield _back(rehearsal, question, f"{unit} killed on {machine.host.name}")


def _reboot(rehearsal: Rehearsal, machine: Machine) -> Iterator[Check]:
    """A second boot of the same disk."""
    question = _served(rehearsal, machine)
    # It answers once more until it is down.
    machine.execute("systemctl", "reboot")
    eventually(machine.revive, lambda _: machine.boots > 1, _WITHIN)
    yield _back(rehearsal, question, f"{machine.host.name} rebooted")


def _partition(rehearsal: Rehearsal, machine: Machine) -> Iterator[Check]:
    """Its cable is cut; Prometheus notices; the cable is mended."""
    question = _served(rehearsal, machine)
    begun = time.monotonic()
    with rehearsal.wiring.cut(machine.host.name):
        silent = not _answers(rehearsal, question, 3)
        yield Check(
            "fault",
            f"{machine.host.name} cut off",
            "ok" if silent else "failed",
            "nobody reaches it" if silent else "still answers",
        )
        yield from _told(rehearsal, machine, begun)
    yield _back(rehearsal, question, f"{machine.host.name} joined again")


def _told(rehearsal: Rehearsal, machine: Machine, begun: float) -> Iterator[Check]:
    """Whether Prometheus has an alert about the machine, unless it is Prometheus'."""
    asked = [one for one in rehearsal.open_questions() if one.port == PROMETHEUS and one.client]
    if not asked or asked[0].destination == machine.host.name:
        return
    watcher = rehearsal.machines[asked[0].destination].host

    def alerts() -> list[str]:
        _, body, _ = conversations.get(
            rehearsal.wiring.outside.path,
            asked[0].client,
            watcher.public,
            PROMETHEUS,
            "/api/v1/alerts",
        )
        found = json.loads(body)["data"]["alerts"]
        return [
            f"{one['labels']['alertname']} {one['state']}"
            for one in found
            if machine.host.name in json.dumps(one["labels"])
            or machine.host.address in json.dumps(one["labels"])
        ]

    found = eventually(alerts, bool, _WITHIN)
    yield Check(
        "fault",
        f"an alert about {machine.host.name}",
        "ok" if found else "failed",
        ", ".join(found) or "none",
        time.monotonic() - begun,
    )


def _replace(rehearsal: Rehearsal, machine: Machine) -> Iterator[Check]:
    """Another instance in its place: an empty disk, and host keys of its own."""
    question = _served(rehearsal, machine)
    before = machine.host_key()
    rehearsal.replace(machine.host.name)
    watch = Watch({machine.host.name: machine}, rehearsal.missed, rehearsal.served)
    while watch.goes_on():
        time.sleep(0.5)
    yield from watch.checks()
    yield _back(rehearsal, question, f"{machine.host.name} replaced")
    after = machine.host_key()
    renewed = bool(after) and after != before
    said = "new host key" if renewed else "the old host key"
    yield Check("fault", f"{machine.host.name} is another", "ok" if renewed else "failed", said)
    yield from deploys.again(rehearsal)


KINDS: dict[str, Callable[[Rehearsal, Machine], Iterator[Check]]] = {
    "kill": _kill,
    "reboot": _reboot,
    "partition": _partition,
    "replace": _replace,
}


def _served(rehearsal: Rehearsal, machine: Machine) -> Question:
    """A conversation that the host answers now. Raises RunError."""
    for question in rehearsal.open_questions():
        is_its = question.destination == machine.host.name and question.port != _SSH
        if is_its and _answers(rehearsal, question):
            return question
    raise RunError(f"{machine.host.name}: answers on no port, so nothing can be seen to heal")


def _answers(rehearsal: Rehearsal, question: Question, patience: float = 10) -> bool:
    host = rehearsal.machines[question.destination].host
    space = rehearsal.wiring.hosts.get(question.source, rehearsal.wiring.outside).path
    address = host.public if question.client else host.address
    try:
        said = conversations.greeting(space, question.client, address, question.port, patience)
    except OSError:
        return False
    return not re.match(r"HTTP/\S+ 5", said)


def _back(rehearsal: Rehearsal, question: Question, what: str) -> Check:
    begun = time.monotonic()
    back = eventually(lambda: _answers(rehearsal, question), bool, _WITHIN, pause=0.2)
    seconds = time.monotonic() - begun
    said = f"answers again after {seconds:.1f} s" if back else f"silent for {seconds:.0f} s"
    return Check("fault", what, "ok" if back else "failed", f"{question}: {said}", seconds)
