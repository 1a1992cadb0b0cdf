"""`make check` is green, and the contracts of who may import whom hold something."""

from __future__ import annotations

import configparser
import shutil
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from repository_files import BIN, ROOT, run

PREFIX = ".venv/bin/"
CHECKS = [
    line.removeprefix(PREFIX)
    for line in run("make", "--dry-run", "check").stdout.splitlines()
    if line.startswith(PREFIX)
]


def test_make_check_runs_linter_formatter_types_and_import_contracts() -> None:
    assert {check.split()[0] for check in CHECKS} == {"ruff", "mypy", "lint-imports"}
    assert len(CHECKS) == 4


@pytest.mark.parametrize("check", CHECKS)
def test_the_check_is_green(check: str) -> None:
    command, *arguments = check.split()
    finished = run(BIN / command, *arguments)
    assert finished.returncode == 0, finished.stdout


def test_every_file_that_renders_nothing_is_under_the_contract_of_what_decides() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    contract = contracts["importlinter:contract:pure"]
    graph = grimp.build_graph("constructs_lib", include_external_packages=True)
    rendering = {
        module
        for library in contract["forbidden_modules"].split()
        for module in graph.find_downstream_modules(library)
    }
    deciding = {
        module
        for module in graph.find_children("constructs_lib")
        if not rendering & {module, *graph.find_descendants(module)}
    }
    held = contract["source_modules"].split()
    assert {module for module in held if module.startswith("constructs_lib.")} == deciding


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The packages that the contracts speak of, to be spoiled."""
    for package in ("constructs_lib", "delivery", "policies", "reachability", "rehearsal", "tools"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    (tmp_path / "tests").mkdir()
    for name in ("main.py", ".importlinter", "tests/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    yield tmp_path


def broken_contracts(folder: Path) -> list[str]:
    """The names of the contracts that import-linter finds broken in `folder`."""
    output = run(BIN / "lint-imports", "--no-cache", "--no-logo", cwd=folder)
    lines = " ".join(output.stdout.partition("\nContracts:")[0].split())
    names = [
        line.partition("=")[2].strip()
        for line in (folder / ".importlinter").read_text().splitlines()
        if line.startswith("name =")
    ]
    broken = [name for name in names if f"{name} BROKEN" in lines]
    assert (output.returncode == 0) == (not broken), output.stdout
    assert all(f"{name} KEPT" in lines or name in broken for name in names), output.stdout
    return broken


def test_an_unspoiled_copy_keeps_every_contract(copy: Path) -> None:
    assert broken_contracts(copy) == []


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("reachability/network.py", "import policies.report", "delivery rests"),
        ("reachability/network.py", "import constructs_lib.ports", "delivery rests"),
        ("constructs_lib/flows.py", "import reachability.intervals", "delivery rests"),
        ("policies/gate.py", "from delivery import summary", "delivery rests"),
        ("delivery/run.py", "import tests", "delivery rests"),
        ("delivery/run.py", "import main", "nothing imports main"),
        ("constructs_lib/vpc.py", "from main import build", "nothing imports main"),
        ("policies/tiers.py", "from constructs_lib import flows", "the gate judges"),
        ("constructs_lib/ports.py", "import constructs_lib.flows", "constructs rest"),
        ("constructs_lib/subnets.py", "from constructs_lib.vpc import Vpc", "constructs rest"),
        ("constructs_lib/server.py", "from constructs_lib import peering", "constructs rest"),
        ("constructs_lib/newcomer.py", "", "constructs rest"),
        ("constructs_lib/settings/schema.py", "import cdktf", "what decides"),
        ("constructs_lib/hosts.py", "from constructs import Construct", "what decides"),
        ("constructs_lib/network.py", "import jsii", "what decides"),
        ("policies/tiers.py", "import cdktf", "what decides"),
        ("constructs_lib/vpc.py", "import cdktf_cdktf_provider_aws.vpc", "constructs_lib.aws"),
    ],
)
def test_a_wrong_import_breaks_its_contract(
    copy: Path, module: str, line: str, contract: str
) -> None:
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    assert any(name.startswith(contract) for name in broken_contracts(copy))
