"""The control groups of a run's machines: the one thing that outlives its process, empty."""

from __future__ import annotations

import subprocess
from pathlib import Path

from constructs_lib.errors import RunError
from rehearsal.namespaces import run

_ROOT = Path("/sys/fs/cgroup")


def group(name: str) -> Path:
    """The run's group, in a hierarchy that this mount namespace has to itself."""
    if not (_ROOT / "cgroup.procs").exists():
        run(["mount", "-t", "cgroup2", "cgroup2", str(_ROOT)])
    return _ROOT / name


def remove(name: str) -> None:
    """Wait for the run's processes to be gone, and remove its groups."""
    script = (
        "root=/sys/fs/cgroup; [ -e $root/cgroup.procs ] || mount -t cgroup2 cgroup2 $root; "
        '[ -d "$root/$1" ] || exit 0; '
        'echo 1 2>/dev/null >"$root/$1/cgroup.kill" || true; '
        "for i in $(seq 300); do "
        'find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0; sleep 0.1; done; '
        "exit 1"
    )
    done = subprocess.run(
        ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise RunError(f"{name}: its control groups cannot be removed: {done.stderr.strip()}")
