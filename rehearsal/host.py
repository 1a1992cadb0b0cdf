"""What a rehearsal needs of the host that runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_PROGRAMS = {
    "git": "git",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
"""Program to the package of Debian and Ubuntu that has it."""

_TRIAL = (
    *("unshare", "--mount", "--propagation=private", "--net", "--pid", "--fork", "--mount-proc"),
    *("sh", "-c", "mount -t tmpfs tmpfs /mnt && mount -t cgroup2 cgroup2 /mnt"),
)

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


def missing() -> str:
    """Why nothing can be rehearsed here, and what to do, in one line; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "a rehearsal needs Linux: it boots machines with systemd-nspawn"
    lacking = [name for name in _PROGRAMS if which(name) is None]
    if lacking:
        packages = " ".join(sorted({_PROGRAMS[name] for name in lacking}))
        return f"{', '.join(lacking)} missing: apt-get install {packages}"
    if os.geteuid() != 0:
        return "a rehearsal makes namespaces and mounts: run it as root (sudo pipenv run rehearse)"
    if subprocess.run(_TRIAL, capture_output=True, check=False).returncode != 0:
        return "this root may not make namespaces or mounts: use a machine, no plain container"
    return ""


def which(program: str) -> str | None:
    """Its path, also where a user's PATH leaves out the administrator's programs."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
