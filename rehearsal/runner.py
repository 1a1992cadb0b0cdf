"""One rehearsal from the host's side: what it needs is made, then it runs and is listened to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from constructs_lib.errors import RunError
from reachability import terraform
from rehearsal import application, compiler, image, runs
from rehearsal.checks import Check
from rehearsal.faults import Fault
from rehearsal.mirror import PACKAGES
from rehearsal.network import Network, RehearsalError
from rehearsal.runs import Run


@dataclass(frozen=True)
class Wishes:
    """`stack` is synthesised Terraform or a plan, `packages` a folder HOST/PATH to serve too."""

    stack: Path
    environment: str
    application: str
    packages: Path | None = None
    machines: bool = True
    keep: bool = False
    faults: tuple[str, ...] = ()
    measure: bool = False


@dataclass
class Outcome:
    """`figures` are megabytes of "memory", "seconds" until all was up and asked, and, measured,
    requests a second "direct" and through the "site"."""

    checks: list[Check] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)


class Listener(Protocol):
    """Who is told what goes on."""

    def phase(self, name: str) -> None: ...

    def machine(self, name: str, step: str, state: str, seconds: float) -> None: ...

    def kept(self, run: str) -> None: ...


def rehearse(wishes: Wishes, listener: Listener) -> Outcome:
    """Raises RunError, RehearsalError and UnreadableStackError."""
    document = terraform.load(wishes.stack)
    tags = compiler.default_tags(document)
    network = compiler.network(terraform.parse(document, wishes.stack), tags)
    _check_faults(wishes, network)
    for forsaken in runs.forsaken():
        forsaken.end()
    run = runs.register(wishes.environment)
    kept = False
    try:
        order = {
            "name": run.name,
            "folder": str(run.inside),
            "stack": str(wishes.stack),
            "tags": tags,
            "machines": wishes.machines,
            "faults": wishes.faults,
            "measure": wishes.measure,
            "image": "",
            "folders": {},
        }
        if wishes.machines:
            order |= _provisions(wishes, network, run, listener)
        begun = time.monotonic()
        process = runs.start(run, order)
        run.note(public={one.name: one.public for one in network.hosts if one.public})
        assert process.stdin is not None and process.stdout is not None
        found = _listen(process.stdout, run, listener, begun)
        if wishes.keep:
            process.stdin.write("keep\n")
            process.stdin.close()
            kept = True
            listener.kept(run.name)
        return found
    finally:
        if not kept:
            run.end()


def _check_faults(wishes: Wishes, network: Network) -> None:
    if wishes.faults and not wishes.machines:
        raise RehearsalError("--fault breaks machines; take --network-only away")
    for text in wishes.faults:
        Fault.parse(text, [one.name for one in network.hosts])


def _provisions(wishes: Wishes, network: Network, run: Run, listener: Listener) -> dict[str, Any]:
    """The machines' disk, and the files that the mirror serves."""
    scripts = [host.script for host in network.hosts]
    wanted = image.wanted_packages(scripts)
    if (disk := image.image(wanted)) is None:
        listener.phase("base image and packages: once, a minute or two")
        disk = image.build(wanted)
    folders = {f"{PACKAGES}/debian": disk.packages, f"{PACKAGES}/wheels": disk.packages}
    revisions: dict[str, str] = {}
    if (asked := application.asked(scripts)) is not None:
        listener.phase("the application and its Python packages")
        target = run.folder / "application.git"
        revisions = application.repository(wishes.application, asked.revision, target)
        folders |= {asked.place: target, f"{PACKAGES}/wheels": application.wheels(target)}
    if wishes.packages is not None:
        folders |= {one.name: one for one in wishes.packages.iterdir() if one.is_dir()}
    return {
        "image": str(disk.root),
        "folders": {key: str(one) for key, one in folders.items()},
        "revisions": revisions,
    }


def _listen(lines: Iterator[str], run: Run, listener: Listener, begun: float) -> Outcome:
    found = Outcome()
    for line in lines:
        event: Mapping[str, Any] = json.loads(line)
        fields = {key: value for key, value in event.items() if key != "event"}
        match event["event"]:
            case "phase":
                listener.phase(**fields)
            case "machine":
                listener.machine(**fields)
            case "check":
                found.checks.append(Check(**fields))
            case "figure":
                found.figures.setdefault("seconds", time.monotonic() - begun)
                found.figures[event["name"]] = event["value"]
            case "broken":
                raise RunError(f"{run.name}: {event['message']} ({runs.last_words(run)})")
            case "done":
                return found
    raise RunError(f"{run.name}: ended before its end: {runs.last_words(run)}")
