"""The disk that machines start from, and the packages that they install: made once, then cached."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from constructs_lib.errors import RunError
from rehearsal.mirror import PACKAGES

# What Canonical's image of Ubuntu Server has too; all else, user data installs.
_INSTALLED = (
    "apt-utils,ca-certificates,cloud-init,curl,dbus,git,gpg,gpg-agent,iproute2,iputils-ping,less,"
    "logrotate,openssh-server,procps,python3,sudo,systemd,systemd-sysv,systemd-timesyncd,udev,"
    "unattended-upgrades"
)

# The network is there before the machine starts; the keys are those that Ubuntu 24.04 makes.
_CLOUD_INIT = """\
datasource_list: [Ec2]
datasource:
  Ec2:
    metadata_urls: ["http://169.254.169.254"]
    max_wait: 60
    timeout: 5
network: {config: disabled}
apt_preserve_sources_list: true
locale: false
growpart: {mode: "off"}
resize_rootfs: false
ssh_genkeytypes: [rsa, ecdsa, ed25519]
"""

_FILES = {
    "etc/apt/sources.list": f"deb [trusted=yes] http://{PACKAGES}/debian/ ./\n",
    "etc/cloud/cloud.cfg.d/90_rehearsal.cfg": _CLOUD_INIT,
    "etc/machine-id": "",
    "etc/pip.conf": (
        f"[global]\nindex-url = https://{PACKAGES}/python/\n"
        "cert = /etc/ssl/certs/ca-certificates.crt\n"
    ),
    "etc/fstab": "",
    "etc/hostname": "",
}
# cloud-init knows EC2 by what its hypervisor says of itself, which a container does not hear.
_APPENDED = {
    "usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py": (
        "\n\ndef identify_platform():\n    return CloudNames.AWS\n"
    )
}
_REMOVED = ("etc/ssh/ssh_host_*", "etc/apt/sources.list.d/*", "var/lib/apt/lists/*", "srv/debian")

# Runs outside the new root, with the apt configuration that mmdebstrap made for it.
_DOWNLOAD = """\
set -eu
export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
mkdir -p "$1/srv/debian/partial"
known=$(apt-cache pkgnames | sort)
wanted=$(printf '%s\\n' {wanted} | sort | comm -12 - <(printf '%s\\n' "$known"))
apt-get --yes --quiet --download-only --no-install-recommends \\
  -o Dir::Cache::archives="$1/srv/debian" install $wanted
rm -rf "$1/srv/debian/partial" "$1/srv/debian/lock"
chroot "$1" sh -c 'cd /srv/debian &&
  apt-ftparchive packages . >Packages && apt-ftparchive release . >Release'
"""

_KEPT = 3
_SCALAR = re.compile(r': "\$\{([A-Z0-9_]+):=([^}]*)\}"')


@dataclass(frozen=True)
class Image:
    """`root` is the disk, never written to; `packages` an apt repository."""

    root: Path
    packages: Path


def wanted_packages(scripts: Iterable[str]) -> list[str]:
    """The names that user data installs, as its `packages_install` lines say them."""
    found: set[str] = set()
    for script in scripts:
        defaults = dict(_SCALAR.findall(script))
        for line in re.findall(r"^\s*packages_install (.+)$", script, re.MULTILINE):
            for word in line.split():
                name = word.strip('"').partition("=")[0]
                name = defaults.get(name.strip("${}"), name)
                if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name):
                    found.add(name)
    return sorted(found)


def cache_folder() -> Path:
    """XDG Base Directory Specification."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "microblog-vpc" / "rehearsal"


def image(wanted: Iterable[str]) -> Image | None:
    """The cached image for these packages, if there is one."""
    folder = cache_folder() / f"image-{_digest(list(wanted))}"
    if not folder.is_dir():
        return None
    os.utime(folder)
    return Image(folder / "root", folder / "packages")


def hold(root: Path) -> BinaryIO:
    """Keep an image from being thrown away, until the file is closed."""
    held = (root.parent / "held").open("wb")
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def build(wanted: Iterable[str]) -> Image:
    """Make the image for these packages. Takes a minute or two and the network. Raises RunError."""
    packages = list(wanted)
    with locked():
        if (found := image(packages)) is not None:
            return found
        _forget_old()
        draft = Path(tempfile.mkdtemp(dir=cache_folder(), prefix="draft-"))
        try:
            _bootstrap(draft, packages)
            draft.chmod(0o755)
            draft.rename(cache_folder() / f"image-{_digest(packages)}")
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    found = image(packages)
    assert found is not None
    return found


def _forget_old() -> None:
    """All but the last few images, and those that machines run on."""
    images = sorted(cache_folder().glob("image-*"), key=lambda one: one.stat().st_mtime)
    for old in images[: -_KEPT + 1]:
        with (old / "held").open("wb") as held, suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(old)


def _bootstrap(draft: Path, packages: list[str]) -> None:
    root = draft / "root"
    hook = draft / "download"
    hook.write_text("#!/bin/bash\n" + _DOWNLOAD.format(wanted=" ".join(packages)), encoding="utf-8")
    hook.chmod(0o755)
    command = [
        # Its mounts are nobody else's, and gone when it is killed, or this process.
        *("setpriv", "--pdeathsig", "KILL"),
        *("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"),
        "--mount-proc",
        "mmdebstrap",
        "--variant=minbase",
        f"--include={_INSTALLED}",
        "--skip=cleanup/apt/lists",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        f"--customize-hook={hook}",
        "bookworm",
        str(root),
        *_sources(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        lines = [one for one in done.stderr.splitlines() if re.match(r"(E:|Err|error)", one)]
        raise RunError(f"the image cannot be made: mmdebstrap: {(lines or ['failed'])[0]}")
    hook.unlink()
    shutil.move(root / "srv/debian", draft / "packages")
    for pattern in _REMOVED:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name, text in _FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    for name, text in _APPENDED.items():
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(text)


def _sources() -> list[str]:
    """This host's own mirrors where it is a Debian 12 itself; else mmdebstrap knows Debian's."""
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return []
    if "VERSION_CODENAME=bookworm" not in release or "ID=debian" not in release:
        return []
    known = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources"))
    return [str(one) for one in known if one.is_file() and one.read_text(encoding="utf-8").strip()]


def _digest(packages: list[str]) -> str:
    recipe = [_INSTALLED, _DOWNLOAD, repr((_FILES, _APPENDED, _REMOVED)), *sorted(packages)]
    return hashlib.sha256("\n".join(recipe).encode()).hexdigest()[:16]


@contextmanager
def locked() -> Iterator[None]:
    """Nobody else changes the cache meanwhile; what an interrupted one left is gone."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in folder.glob("draft-*"):
            shutil.rmtree(draft)
        yield
