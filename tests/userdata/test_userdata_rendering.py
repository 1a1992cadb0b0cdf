"""The rendering: bash itself, gzip itself and shellcheck are the oracles."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from userdata_hosts import SETTINGS

from constructs_lib.userdata import MAX_PAYLOAD_BYTES, ROLES, ROOT, UserDataError, render

SHELL_TROUBLE = st.sampled_from([*"'\"`$\\!#&|;<>(){}[]*?~ \t\n\r%@=", "${HOME}", "%{", "$("])
VALUES = st.lists(SHELL_TROUBLE | st.characters(exclude_categories=["Cs"]), max_size=40).map(
    "".join
)


def probe_tree(folder: Path) -> Path:
    """A `userdata/` of our own: one lib file, one module `probe` with a required setting."""
    (folder / "lib").mkdir()
    (folder / "modules").mkdir()
    (folder / "files" / "probe").mkdir(parents=True)
    (folder / "lib" / "boot.sh").write_text(
        "#!/bin/bash\nboot_begin() { :; }\nboot_step() { $1_main; }\nboot_end() { :; }\n"
        'log_error() { echo "$*" >&2; }\n'
    )
    (folder / "modules" / "probe.sh").write_text(
        "#!/bin/bash\n"
        "probe_settings() {\n"
        '  : "${PROBE_VALUE:?a value}"\n'
        '  : "${PROBE_FILE:=none}"\n'
        "}\n"
        "probe_main() {\n"
        "  probe_settings\n"
        '  if [[ $PROBE_FILE == none ]]; then printf %s "$PROBE_VALUE"; '
        'else file_text "$PROBE_FILE"; fi\n'
        "}\n"
    )
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return probe_tree(tmp_path)


def bash(script: str) -> bytes:
    return subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True).stdout


@settings(max_examples=150, deadline=None)
@given(value=VALUES.filter(lambda text: text and "\0" not in text))
def test_a_value_arrives_in_the_shell_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    root = probe_tree(tmp_path_factory.mktemp("tree"))
    script = render("test", ["probe"], {"PROBE_VALUE": value}, root=root).script
    assert bash(script) == value.encode()


def test_a_number_arrives_as_its_digits(tree: Path) -> None:
    assert bash(render("test", ["probe"], {"PROBE_VALUE": 5000}, root=tree).script) == b"5000"


@pytest.mark.parametrize(
    "text",
    ["plain\n", "EOF\n$HOME `id` \\ ' \"\n", "\n\n\n", "\tü€😀\n", "${a} %{b} $(c)\n"],
)
def test_a_file_arrives_in_the_shell_byte_for_byte(tree: Path, text: str) -> None:
    (tree / "files" / "probe" / "sub").mkdir()
    (tree / "files" / "probe" / "sub" / "it's.conf").write_text(text)
    (tree / "files" / "probe" / "other").write_text("other\n")
    given_settings = {"PROBE_VALUE": "x", "PROBE_FILE": "probe/sub/it's.conf"}
    assert bash(render("test", ["probe"], given_settings, root=tree).script) == text.encode()


def test_of_a_file_only_its_comments_do_not_arrive(tree: Path) -> None:
    text = "#!/bin/sh\n# a comment\n  # another\n\necho '#' # stays\nvalue # stays\n"
    (tree / "files" / "probe" / "script").write_text(text)
    given_settings = {"PROBE_VALUE": "x", "PROBE_FILE": "probe/script"}
    arrived = bash(render("test", ["probe"], given_settings, root=tree).script)
    assert arrived == b"#!/bin/sh\n\necho '#' # stays\nvalue # stays\n"


def test_a_file_of_a_module_that_the_role_lacks_does_not_travel(tree: Path) -> None:
    (tree / "files" / "elsewhere").mkdir()
    (tree / "files" / "elsewhere" / "secret").write_text("not for this host\n")
    script = render("test", ["probe"], {"PROBE_VALUE": "x"}, root=tree).script
    assert "not for this host" not in script


@pytest.mark.parametrize("role", ROLES)
def test_the_same_input_gives_the_same_bytes(role: str) -> None:
    given_settings = dict(SETTINGS[role])
    turned = dict(reversed(given_settings.items()))
    assert render(role, ROLES[role], given_settings) == render(role, ROLES[role], turned)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_fits_with_room_for_longer_values(role: str) -> None:
    script = render(role, ROLES[role], SETTINGS[role]).script
    assert len(gzip.compress(script.encode())) <= MAX_PAYLOAD_BYTES * 0.95


def padded(tree: Path, script_bytes: int, filler: str) -> Path:
    """`tree` with a file in it that makes the rendered script exactly `script_bytes` long."""
    path = tree / "files" / "probe" / "filler"
    path.write_text("\n")
    missing = script_bytes - len(render("t", ["probe"], {"PROBE_VALUE": 1}, root=tree).script)
    path.write_text(filler[:missing] + "\n")
    return tree


def test_a_script_at_the_limit_travels_plain_and_one_byte_more_travels_packed(tree: Path) -> None:
    at_limit = render("t", ["probe"], {"PROBE_VALUE": 1}, root=padded(tree, 16_384, "x" * 20_000))
    assert len(at_limit.payload) == 16_384
    assert at_limit.payload == at_limit.script.encode()
    over = render("t", ["probe"], {"PROBE_VALUE": 1}, root=padded(tree, 16_385, "x" * 20_000))
    assert len(over.script.encode()) == 16_385
    assert over.payload[:2] == b"\x1f\x8b"
    assert gunzip(over.payload) == over.script.encode()


def test_what_is_over_the_limit_after_packing_is_refused(tree: Path) -> None:
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(2_000))
    sizes = []
    for length in range(20_000, 60_000, 1_000):
        try:
            user_data = render("t", ["probe"], {"PROBE_VALUE": 1}, root=padded(tree, length, noise))
        except UserDataError as error:
            assert "EC2 takes 16384" in str(error)
            break
        sizes.append(len(user_data.payload))
    else:
        pytest.fail("nothing was refused")
    assert 15_500 < max(sizes) <= 16_384


def gunzip(payload: bytes) -> bytes:
    return subprocess.run(["gzip", "-d"], input=payload, capture_output=True, check=True).stdout


@pytest.mark.parametrize("role", ROLES)
def test_the_payload_is_the_script(role: str) -> None:
    user_data = render(role, ROLES[role], SETTINGS[role])
    assert base64.b64decode(user_data.base64) == user_data.payload
    script = user_data.script.encode()
    assert user_data.payload == script or gunzip(user_data.payload) == script
    assert user_data.script.startswith("#!/bin/bash\n")


def test_packed_bytes_name_neither_time_nor_machine() -> None:
    payload = render("app", ROLES["app"], SETTINGS["app"]).payload
    # RFC 1952: flags (no file name), modification time, then 0xff for an unknown system.
    assert payload[:4] == b"\x1f\x8b\x08\x00"
    assert payload[4:8] == b"\0\0\0\0"
    assert payload[9] == 0xFF


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({}, "PROBE_VALUE has no default"),
        ({"PROBE_VALUE": 1, "PROBE_FIEL": 1}, "PROBE_FIEL is no setting of probe; did you mean"),
        ({"PROBE_VALUE": 1, "X": 1}, "X is no setting of probe; known: PROBE_FILE, PROBE_VALUE"),
        ({"PROBE_VALUE": "a\0b"}, "PROBE_VALUE holds a NUL"),
        ({"PROBE_VALUE": "a\ud800b"}, "PROBE_VALUE is no valid Unicode"),
        ({"PROBE_VALUE": ""}, "PROBE_VALUE has no default"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    tree: Path, given_settings: dict[str, str | int], message: str
) -> None:
    with pytest.raises(UserDataError, match=re.escape(message)) as caught:
        render("test", ["probe"], given_settings, root=tree)
    assert "\n" not in str(caught.value)


def test_a_module_that_is_none_is_refused(tree: Path) -> None:
    with pytest.raises(UserDataError, match="no module 'prob'; did you mean probe"):
        render("test", ["prob"], {}, root=tree)


@pytest.mark.parametrize(
    "content", [b"no newline", b"__END_OF_FILE__\n", b"a\0b\n", b"\xff\n", b"a\r\n"]
)
def test_a_file_that_a_script_cannot_carry_is_refused(tree: Path, content: bytes) -> None:
    (tree / "files" / "probe" / "bad").write_bytes(content)
    with pytest.raises(UserDataError, match="bad"):
        render("test", ["probe"], {"PROBE_VALUE": 1}, root=tree)


@pytest.mark.parametrize("role", ROLES)
def test_a_script_holds_no_secret_and_no_private_key(role: str) -> None:
    script = render(role, ROLES[role], SETTINGS[role]).script
    assert not re.search(r"PRIVATE KEY|AKIA[0-9A-Z]{16}|aws_secret|NVD_API|BEGIN PGP", script)
    assigned = re.findall(
        r"(?im)^\s*[\w.]*(?:password|secret_key|token)\w*\s*[=:]\s*(\S.*)$", script
    )
    allowed = ("$__file{", '"${ADMIN_PASSWORD}"', "$(")
    assert [value for value in assigned if not value.startswith(allowed)] == []


def declared(module: str) -> list[str]:
    source = (ROOT / "modules" / f"{module}.sh").read_text()
    return re.findall(r'^ *: "\$\{([A-Z0-9_]+):[=?]', source, re.MULTILINE)


MODULES = sorted(path.stem for path in (ROOT / "modules").glob("*.sh"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_reads_its_own_settings_and_what_every_host_is_told(module: str) -> None:
    names = declared(module)
    assert all(name.startswith(f"{module.upper()}_") for name in names)
    source = (ROOT / "modules" / f"{module}.sh").read_text()
    used = set(re.findall(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b", re.sub(r"(?m)^\s*#.*$", "", source)))
    environment = {"SECRET_KEY", "ADMIN_PASSWORD"}
    environment |= set(re.findall(r"(?m)^ *local ([A-Z_]+)=", source))
    assert {name for name in used - environment if not name.startswith("HOST_")} == set(names)


@pytest.mark.parametrize("source", sorted(ROOT.glob("*/*.sh")), ids=lambda path: path.stem)
def test_without_its_comments_a_source_says_the_same(source: Path, tree: Path) -> None:
    def minified(text: str) -> str:
        shfmt = Path(sys.executable).parent / "shfmt"
        return subprocess.run(
            [shfmt, "-ln", "bash", "-mn"], input=text, capture_output=True, text=True, check=True
        ).stdout

    (tree / "modules" / "probe.sh").write_text(source.read_text())
    settings = dict.fromkeys(re.findall(r'"\$\{([A-Z_]+):\?', source.read_text()), "x")
    script = render("test", ["probe"], settings, root=tree).script
    begin = script.index("log_error() { echo") + len('log_error() { echo "$*" >&2; }\n')
    stripped = script[begin : script.index("\nfile_text() {")]
    assert "\n# " not in re.sub("# shellcheck ", "", stripped)
    assert minified(stripped).strip() == minified(source.read_text()).partition("\n")[2].strip()


def functions(path: Path) -> list[str]:
    return re.findall(r"(?m)^(\w+)\(\)", path.read_text())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_defines_its_main_and_only_names_of_its_own(module: str) -> None:
    names = functions(ROOT / "modules" / f"{module}.sh")
    assert f"{module}_main" in names
    assert all(name.startswith(f"{module}_") for name in names)


@pytest.mark.parametrize("module", [module for module in MODULES if declared(module)])
def test_a_module_that_has_settings_begins_with_their_defaults(module: str) -> None:
    source = (ROOT / "modules" / f"{module}.sh").read_text()
    assert f"{module}_main() {{\n  {module}_settings\n" in source


def test_no_function_is_defined_twice() -> None:
    names = [name for path in ROOT.glob("*/*.sh") for name in functions(path)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("module", MODULES)
def test_every_path_a_module_writes_is_a_setting(module: str) -> None:
    source = (ROOT / "modules" / f"{module}.sh").read_text()
    code = re.sub(r'(?m)^\s*#.*$|: "\$\{.*$', "", source)
    absolute = re.findall(
        r"(?<![\w}$:/.])/(?:etc|var|srv|run|usr|opt|home|root|lib)/[^\s\"']*", code
    )
    assert [path for path in absolute if path != "/usr/sbin/nologin"] == []


def test_every_module_belongs_to_a_role_and_every_file_to_a_module() -> None:
    assert {module for modules in ROLES.values() for module in modules} == set(MODULES)
    assert {path.name for path in (ROOT / "files").iterdir()} <= {*MODULES, "lib"}


def test_every_file_of_lib_is_installed_by_it() -> None:
    source = "".join(path.read_text() for path in (ROOT / "lib").glob("*.sh"))
    for path in (ROOT / "files" / "lib").iterdir():
        assert f"install_file lib/{path.name} " in source


@pytest.mark.parametrize("module", MODULES)
def test_every_file_of_a_module_is_installed_by_it(module: str) -> None:
    source = (ROOT / "modules" / f"{module}.sh").read_text()
    folder = ROOT / "files" / module
    for path in folder.rglob("*"):
        assert path.relative_to(ROOT / "files").as_posix() in source
