"""What no file of the repository may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from repository_files import ROOT, text, tracked

REGISTRIES = [
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
    )
]
"""Who installs decides where packages come from; joined here, so that this file names none."""

HOST_USERS = ("deploy", "ubuntu", "somebody")
"""Users whose home a host, or an example of one, may name."""

DEVELOPERS_FOLDER = re.compile(
    r"(?<![\w.*)}~-])/(?:"
    rf"(?:home|Users)/(?!(?:{'|'.join(HOST_USERS)})\b)[A-Za-z]"
    r"|root/(?!\W|$)"
    r"|work/"
    r"|opt/[\w-]*plugins"
    r")"
)

SOMEBODYS_FOLDERS = [("home", "jane", "x"), ("Users", "jo"), ("root", "x"), ("work", "y")]

LEFT_TO_DO = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b(?!\(#\d+\))")

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----((?:[A-Za-z0-9+/=\s\\]|\\n)*)")

SHORTEST_KEY = 64
"""Base64 characters of an Ed25519 key in PKCS #8, the shortest in use (RFC 8410, section 10.3)."""


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name in tracked()
        for number, line in enumerate(text(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def key_material(found: re.Match[str]) -> str:
    return re.sub(r"\\n|\s", "", found[1])


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_the_host_of_a_package_registry(host: str) -> None:
    assert lines_with(re.compile(rf"(?<![\w-]){re.escape(host)}\b")) == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_with(DEVELOPERS_FOLDER) == []


def test_no_file_names_where_it_happens_to_lie() -> None:
    here = [str(folder) for folder in (ROOT, Path.home()) if len(folder.parts) > 2]
    assert lines_with(re.compile("|".join(map(re.escape, here)) or r"(?!)")) == []


def test_what_is_left_to_do_names_its_issue() -> None:
    assert lines_with(LEFT_TO_DO) == []


def test_lines_end_as_the_editorconfig_says() -> None:
    endings = re.compile(r"[ \t\r]\n|[^\n]\Z|\n\n\Z")
    assert [name for name in tracked() if endings.search((ROOT / name).read_bytes().decode())] == []


def test_no_file_holds_a_private_key() -> None:
    assert [
        name
        for name in tracked()
        for found in PRIVATE_KEY.finditer(text(name))
        if len(key_material(found)) >= SHORTEST_KEY
    ] == []


@pytest.mark.parametrize(
    ("pattern", "said", "unsaid"),
    [
        (
            DEVELOPERS_FOLDER,
            ["/".join(("cd ", *path)) for path in SOMEBODYS_FOLDERS],
            ["/home/deploy/.ssh", "https://example.org/home/x", "$HOME/home/x", "docs/home/plan"],
        ),
        (
            LEFT_TO_DO,
            ["# TO" + "DO: later", "FIX" + "ME soon"],
            ["TO" + "DO(#12): wait for AWS", "mastodon"],
        ),
    ],
    ids=["folders", "left to do"],
)
def test_the_patterns_tell_good_from_bad(
    pattern: re.Pattern[str], said: list[str], unsaid: list[str]
) -> None:
    assert [line for line in said if not pattern.search(line)] == []
    assert [line for line in unsaid if pattern.search(line)] == []


def test_a_private_key_is_told_from_its_heading() -> None:
    kind = "-----BEGIN PRIVATE" + " KEY-----"
    (whole,) = PRIVATE_KEY.finditer(f"{kind}\n{'MC4CAQAw' * 8}\n-----END")
    (heading,) = PRIVATE_KEY.finditer(f"{kind}\nMC4CAQAw\n-----END")
    assert len(key_material(whole)) == SHORTEST_KEY
    assert len(key_material(heading)) < SHORTEST_KEY
