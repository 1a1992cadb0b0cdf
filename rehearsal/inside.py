"""`python -m rehearsal.inside`: the rehearsal itself, the first process of namespaces of its own.

It has no device but loopback, so nothing that it or its machines send leaves the host; and when it
ends, however it ends, the kernel ends every process of it and takes away every mount, network and
disk. Its order is the first line of standard input; what happens it says on standard output, one
JSON object a line. It ends with its standard input, unless the last line there is "keep".
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any

from constructs_lib.errors import RunError
from rehearsal.deploys import deploys
from rehearsal.faults import Fault
from rehearsal.figures import memory, throughput
from rehearsal.rehearsal import Rehearsal
from rehearsal.watch import Watch


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        _rehearse(Rehearsal(order), order)
        say("done")
    except (RunError, OSError) as error:
        say("broken", message=str(error))
    while True:
        time.sleep(3600)


def _rehearse(rehearsal: Rehearsal, order: dict[str, Any]) -> None:
    say("phase", name="network")
    rehearsal.lay_out()
    if order["machines"]:
        say("phase", name="AWS and the mirrors")
        rehearsal.serve()
        say("phase", name="machines")
        rehearsal.boot()
        watch = Watch(rehearsal.machines, rehearsal.missed, rehearsal.served)
        while watch.goes_on():
            for change in watch.changes():
                say("machine", **change)
            time.sleep(0.25)
        for change in watch.changes():
            say("machine", **change)
        rehearsal.left_out = watch.left_out()
        for check in watch.checks():
            say("check", **check.json())
    say("phase", name="packets")
    for check in rehearsal.checks():
        say("check", **check.json())
    say("figure", name="memory", value=memory(rehearsal.folder))
    if order["measure"]:
        for name, value in throughput(rehearsal):
            say("figure", name=name, value=value)
        return
    if rehearsal.revisions:
        say("phase", name="a deploy, while clients keep asking")
        for check in deploys(rehearsal):
            say("check", **check.json())
    for text in order["faults"]:
        say("phase", name=f"fault {text}")
        for check in Fault.parse(text, list(rehearsal.machines)).strike(rehearsal):
            say("check", **check.json())
    say("dropped", **rehearsal.wiring.dropped())


def say(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def _follow_parent() -> None:
    last = ""
    for line in sys.stdin:
        last = line.strip()
    if last != "keep":
        os._exit(0)


if __name__ == "__main__":
    main()
