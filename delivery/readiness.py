"""Waiting until the hosts that an apply made say that they have booted.

A host publishes the result of its boot in Parameter Store, below its environment's path, as
`<role>/boot`: `{"result": "ok" | "failed", "seconds": 71, "instance": "i-…", "step": "…", "log":
"…"}`, of which a failed one has step and log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.errors import RunError

_POLL = 5.0


class NotReadyError(RunError):
    """A host whose boot failed, or that did not report in time."""


@dataclass(frozen=True)
class Host:
    """A server that stands; `address` is Terraform's."""

    id: str
    address: str
    role: str


@dataclass(frozen=True)
class Report:
    """What a host says of its boot; `log` is the end of what it wrote."""

    instance: str
    ok: bool
    seconds: int
    step: str = ""
    log: str = ""


def instances(state: Mapping[str, Any]) -> tuple[Host, ...]:
    """The servers of a state (`terraform show -json`)."""
    resources = state.get("values", {}).get("root_module", {}).get("resources", ())
    return tuple(
        Host(one["values"]["id"], one["address"], one["values"]["tags"]["Role"])
        for one in resources
        if one["type"] == "aws_instance"
    )


def parse(text: str) -> Report | None:
    """A host's report, or None for what is none."""
    try:
        found = json.loads(text)
        return Report(
            instance=str(found["instance"]),
            ok=found["result"] == "ok",
            seconds=int(found.get("seconds", 0)),
            step=str(found.get("step", "")),
            log=str(found.get("log", "")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def wait(
    ssm: Any,
    path: str,
    standing: Sequence[Host],
    new: Collection[str],
    *,
    timeout: float,
    tell: Callable[[Host, Report], None],
    poll: float = _POLL,
) -> None:
    """Return once every `new` instance (by id) reports success below `path`.

    A report counts for the instance that it names, so none of one that is replaced does. Raises
    NotReadyError for any standing host whose boot failed, with the end of its log, and after
    `timeout` seconds with those that are silent.
    """
    silent = {one for one in standing if one.id in new}
    deadline = time.monotonic() + timeout
    while True:
        for host, report in _reports(ssm, path, standing).items():
            if not report.ok:
                raise NotReadyError(_failed(host, report, f"{path}/{host.role}/boot"))
            if host in silent:
                silent.remove(host)
                tell(host, report)
        if not silent:
            return
        if time.monotonic() >= deadline:
            names = ", ".join(sorted(f"{one.role} ({one.id})" for one in silent))
            raise NotReadyError(
                f"no report after {timeout:g} s from {names}; see /var/log/cloud-init-output.log "
                "there, or wait longer with --timeout"
            )
        time.sleep(min(poll, deadline - time.monotonic()))


def _failed(host: Host, report: Report, parameter: str) -> str:
    at = f" at {report.step}" if report.step else ""
    return (
        f"{report.log.rstrip()}\n{host.role} ({host.id}) failed to boot{at}, and its log ends so; "
        f"mend it and deploy with --replace {host.address}, or mend the host and delete the "
        f"parameter {parameter}"
    )


def _reports(ssm: Any, path: str, standing: Sequence[Host]) -> dict[Host, Report]:
    """The hosts that have reported, each with what it says of its own instance."""
    names = {f"{path}/{one.role}/boot": one for one in standing}
    # AWS Systems Manager API Reference, "GetParameters": at most ten names.
    found = [
        one
        for start in range(0, len(names), 10)
        for one in ssm.get_parameters(Names=[*names][start : start + 10])["Parameters"]
    ]
    reports = {names[one["Name"]]: parse(one["Value"]) for one in found}
    return {host: one for host, one in reports.items() if one and one.instance == host.id}
