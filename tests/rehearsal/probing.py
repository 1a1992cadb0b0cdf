"""A worker in network, mount and process namespaces of its own, asked about stacks."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

from tests.synthesised import ROOT

_LONGEST = 60.0


class Prober:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [
                "unshare",
                *("--mount", "--propagation=private", "--net"),
                *("--pid", "--fork", "--kill-child", "--mount-proc"),
                *(sys.executable, "-m", "tests.rehearsal.worker"),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def compare(self, document: dict[str, Any], forget: int | None = None) -> dict[str, Any]:
        """What packets say of a synthesised stack, against what reachability says."""
        assert self._process.stdin is not None and self._process.stdout is not None
        watch = threading.Timer(_LONGEST, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(json.dumps({"document": document, "forget": forget}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise RuntimeError("the worker ended; its error is above")
        answer: dict[str, Any] = json.loads(line)
        return answer
