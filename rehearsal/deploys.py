"""A deploy as Jenkins does it, from its host over the jump, while clients keep asking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from rehearsal.checks import Check, Result
from rehearsal.load import Load
from rehearsal.machines import Machine
from rehearsal.probes import Question
from rehearsal.rehearsal import Rehearsal

_DEPLOY = "/usr/local/sbin/microblog-deploy"
"""userdata/modules/microblog.sh"""
_PIPELINE = "/usr/local/lib/pipeline/deploy"
"""userdata/modules/pipeline.sh"""
_USER = "jenkins"
_CURRENT = "/srv/microblog/current"
"""userdata/modules/microblog.sh: names the release that serves by its commit."""
_KNOWN_HOSTS = "/var/lib/deploy-key/known_hosts"
"""userdata/modules/deploy_key.sh: lines of "ROLE TYPE KEY"."""

_WITHIN = 300.0


def deploys(rehearsal: Rehearsal) -> Iterator[Check]:
    """The good revision gets out and the broken one is rolled back, and no request is lost.

    From the CI server where there is one, else on the application's host itself.
    """
    if (ends := _ends(rehearsal)) is None:
        yield Check("deploy", "a deploy", "left out", f"no host has {_DEPLOY}")
        return
    yield from _deploy(rehearsal, *ends, rehearsal.revisions["good"], succeeds=True)
    yield from _deploy(rehearsal, *ends, rehearsal.revisions["broken"], succeeds=False)
    yield from _known_hosts(rehearsal, ends[0])


def again(rehearsal: Rehearsal) -> Iterator[Check]:
    """A deploy after a host was replaced: nobody has told the CI server of it."""
    if (ends := _ends(rehearsal)) is not None:
        yield from _deploy(rehearsal, *ends, rehearsal.revisions["good"], succeeds=True)
        yield from _known_hosts(rehearsal, ends[0])


def _ends(rehearsal: Rehearsal) -> tuple[Machine, Machine] | None:
    """Where a deploy starts, and where it ends."""
    machines = rehearsal.machines.values()
    target = next((one for one in machines if one.has(_DEPLOY)), None)
    if target is None or not rehearsal.revisions:
        return None
    return next((one for one in machines if one.has(_PIPELINE)), target), target


def _deploy(
    rehearsal: Rehearsal, origin: Machine, target: Machine, commit: str, *, succeeds: bool
) -> Iterator[Check]:
    before = _release(target)
    what = "a good revision" if succeeds else "a broken revision"
    begun = time.monotonic()
    loads = list(_loads(rehearsal, target))
    with ExitStack() as clients:
        for one in loads:
            clients.enter_context(one)
        done = origin.execute(*_command(origin, target), commit, patience=_WITHIN)
    seconds = time.monotonic() - begun
    now, expected = _release(target), commit if succeeds else before
    as_expected = (done.returncode == 0) is succeeds and now == expected
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    said = f"exit {done.returncode}, {now[:12]} serves"
    if not as_expected:
        said += f": {lines[-1] if lines else 'it said nothing'}"
    result: Result = "ok" if as_expected else "failed"
    yield Check("deploy", f"{what}, from {origin.host.name}", result, said, seconds)
    for load in loads:
        lost = f", {len(load.failures)} lost: {load.failures[0]}" if load.failures else ""
        yield Check(
            "deploy",
            f"{what}, meanwhile: {load.name}",
            "failed" if lost or not load.answered else "ok",
            f"{load.answered} requests answered{lost}",
            seconds,
        )


def _command(origin: Machine, target: Machine) -> tuple[str, ...]:
    if origin is target:
        return (_DEPLOY,)
    return ("runuser", "-u", _USER, "--", "env", "DEPLOY_PAUSE=10", _PIPELINE)


def _loads(rehearsal: Rehearsal, target: Machine) -> Iterator[Load]:
    """Through the public site, gently because it limits its clients, and the application itself."""
    world = rehearsal.network.outside["internet"][0]
    for question in rehearsal.open_questions():
        if question.client == world and question.port == 80:
            site = rehearsal.machines[question.destination].host.public
            yield Load(f"http://{site}/", rehearsal.wiring.outside.path, world, site, 80)
        if question.destination == target.host.name and _is_application(question):
            space = rehearsal.wiring.hosts[question.source].path
            address, port = target.host.address, question.port
            yield Load(f"http://{address}:{port}/", space, "", address, port, clients=3, pause=0.02)


def _is_application(question: Question) -> bool:
    return question.port == 5000 and not question.client


def _release(target: Machine) -> str:
    return target.execute("readlink", "--canonicalize", _CURRENT).stdout.strip().rpartition("/")[2]


def _known_hosts(rehearsal: Rehearsal, origin: Machine) -> Iterator[Check]:
    """What Jenkins believes of each host is the key that the host has."""
    if not origin.has(_KNOWN_HOSTS):
        return
    known = origin.execute("cat", _KNOWN_HOSTS).stdout
    for name in ("web", "app"):
        if (machine := rehearsal.machines.get(name)) is None:
            continue
        own = " ".join(machine.host_key().split()[:2])
        believed = [line.partition(" ")[2] for line in known.splitlines() if line.startswith(name)]
        known_and_right = bool(own) and own in believed
        yield Check(
            "deploy",
            f"{origin.host.name} knows {name}'s host key",
            "ok" if known_and_right else "failed",
            own[:40] if known_and_right else "another, or none",
        )
