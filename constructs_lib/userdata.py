"""User data: one shell script per host, rendered from `userdata/` (its README says how a module is
written). Pure text in, pure text out; nothing here is specific to one host except `ROLES`."""

from __future__ import annotations

import base64
import gzip
import io
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

ROLES: Mapping[str, tuple[str, ...]] = {
    "web": (
        *("base", "ssm", "ssh_host_keys", "deploy_user", "node_exporter"),
        *("nginx", "nginx_exporter", "mtail"),
    ),
    "app": (
        *("base", "ssm", "ssh_host_keys", "deploy_user", "node_exporter"),
        *("gunicorn_exporter", "microblog"),
    ),
    # What needs neither Jenkins nor Java comes before them, and works without them.
    "jenkins": (
        *("base", "ssm", "ssh_host_keys", "deploy_key", "node_exporter"),
        *("pipeline", "redirect", "jenkins", "dependency_check"),
    ),
    "monitoring": (
        *("base", "ssm", "ssh_host_keys", "node_exporter"),
        *("blackbox_exporter", "prometheus", "alertmanager", "grafana"),
    ),
}
"""Role to its modules, in the order in which the host runs them."""

MAX_PAYLOAD_BYTES = 16_384
"""EC2's limit, before base64 (AWS: "Work with instance user data")."""

ROOT = Path(__file__).resolve().parent.parent / "userdata"

_SETTING = re.compile(r'^ *: "\$\{([A-Z][A-Z0-9_]*):([=?])', re.MULTILINE)
_END_OF_FILE = "__END_OF_FILE__"
_DIRECTIVE = " shellcheck (?!shell)"


class UserDataError(ValueError):
    """One line: what is wrong with the user data, and how to mend it."""


@dataclass(frozen=True)
class UserData:
    """`script` is for people and linters; `payload` is what EC2 gets: the script's bytes, or their
    gzip (which cloud-init unpacks) where the script is over the limit."""

    script: str
    payload: bytes

    @property
    def base64(self) -> str:
        """For Terraform's `user_data_base64`, where a `${` of the shell is not a template."""
        return base64.b64encode(self.payload).decode("ascii")


def render(
    role: str,
    modules: Sequence[str],
    settings: Mapping[str, str | int],
    *,
    root: Path = ROOT,
) -> UserData:
    """Settings, lib, the modules, their files, and a call of each module, in this order.

    Raises UserDataError.
    """
    try:
        script = _script(role, modules, settings, root)
        return UserData(script=script, payload=_pack(script))
    except UserDataError as error:
        raise UserDataError(f"user data of role {role!r}: {error}") from error.__cause__


def _script(
    role: str, modules: Sequence[str], settings: Mapping[str, str | int], root: Path
) -> str:
    sources = [_read(path) for path in sorted((root / "lib").glob("*.sh"))]
    sources += [_read(_module_path(module, root)) for module in modules]
    _check_settings(modules, settings, "\n".join(sources))
    return "\n".join(
        [
            "#!/bin/bash",
            f"# User data of role {role}, rendered from userdata/. Do not edit.",
            "set -o errexit -o errtrace -o nounset -o pipefail",
            "shopt -s inherit_errexit",
            "",
            *(f"{name}={_quote(name, settings[name])}" for name in sorted(settings)),
            "",
            *(_without_comments(source, keep=_DIRECTIVE).lstrip("\n") for source in sources),
            *_file_text(modules, root),
            "",
            "boot_begin",
            *(f"boot_step {module}" for module in modules),
            "boot_end",
            "",
        ]
    )


def _module_path(module: str, root: Path) -> Path:
    path = root / "modules" / f"{module}.sh"
    if not path.is_file():
        known = sorted(each.stem for each in (root / "modules").glob("*.sh"))
        raise UserDataError(f"there is no module {module!r}{_hint(module, known)}")
    return path


def _check_settings(modules: Sequence[str], settings: Mapping[str, str | int], source: str) -> None:
    declared = {name: kind == "?" for name, kind in _SETTING.findall(source)}
    for name in settings:
        if name not in declared:
            raise UserDataError(
                f"{name} is no setting of {', '.join(modules)}{_hint(name, sorted(declared))}"
            )
    for name, required in sorted(declared.items()):
        # Empty is as good as missing: `:?` and `:=` of the shell take it so too.
        if required and settings.get(name, "") == "":
            raise UserDataError(f"{name} has no default; give it a value")


def _hint(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"


def _quote(name: str, value: str | int) -> str:
    text = str(value)
    if "\0" in text:
        raise UserDataError(f"{name} holds a NUL, which no shell takes")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserDataError(f"{name} is no valid Unicode: {text!r}") from None
    return shlex.quote(text)


def _without_comments(text: str, *, keep: str) -> str:
    """Full lines that begin with `#`, and go on otherwise than with `keep`, do not travel: they are
    for readers of `userdata/`, and a quarter of the bytes."""
    return re.sub(rf"(?m)^[ \t]*#(?!{keep}).*\n", "", text)


def _file_text(modules: Sequence[str], root: Path) -> Iterator[str]:
    """The shell function `file_text NAME`, which prints a file of `userdata/files/`."""
    yield "file_text() {\n  case $1 in"
    for module in ("lib", *modules):
        folder = root / "files" / module
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            text = _read(path)
            name = path.relative_to(root / "files").as_posix()
            if not text.endswith("\n") or _END_OF_FILE in text:
                raise UserDataError(
                    f"{path}: must end with a newline and not hold {_END_OF_FILE}, "
                    "so that a here-document can carry it"
                )
            text = _without_comments(text, keep="!")
            yield f"{shlex.quote(name)})\ncat <<'{_END_OF_FILE}'\n{text}{_END_OF_FILE}\n;;"
    yield '*) log_error "no file $1 in this user data"; return 1 ;;\n  esac\n}'


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UserDataError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    if "\0" in text or "\r" in text:
        raise UserDataError(f"{path}: holds a NUL or a carriage return; a host wants plain text")
    return text


def _pack(script: str) -> bytes:
    plain = script.encode()
    if len(plain) <= MAX_PAYLOAD_BYTES:
        return plain
    buffer = io.BytesIO()
    # Not gzip.compress(): its header names the operating system of the machine that packed.
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as packer:
        packer.write(plain)
    packed = buffer.getvalue()
    if len(packed) > MAX_PAYLOAD_BYTES:
        raise UserDataError(
            f"{len(packed)} bytes after gzip, and EC2 takes {MAX_PAYLOAD_BYTES}; "
            "shorten the files it carries, or let the host download them"
        )
    return packed
