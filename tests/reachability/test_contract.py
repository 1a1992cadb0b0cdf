"""The contract's file: what it says, and how a mistake in it is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reachability import contract, terraform
from reachability.command import app
from reachability.contract import ContractError
from reachability.intervals import Intervals
from tests.synthesised import ROOT

GOOD = '[[allow]]\nfrom = ["a", "b"]\nto = "c"\ntcp = [80, [8000, 8010]]\nudp = [53]\nwhy = "x"\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "exposure.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_entries_name_many_ends_ports_and_ranges(tmp_path: Path) -> None:
    read = contract.read(written(tmp_path, GOOD))
    for source in ("a", "b"):
        assert read.promised[source, "c", "tcp"] == Intervals.of((80, 80), (8000, 8010))
        assert read.promised[source, "c", "udp"] == Intervals.of((53, 53))
    assert ("c", "a", "tcp") not in read.promised
    assert read.allowed == read.promised


def test_entries_for_one_pair_add_up(tmp_path: Path) -> None:
    more = '[[allow]]\nfrom = "a"\nto = "c"\ntcp = [443]\nwhy = "y"\n'
    read = contract.read(written(tmp_path, GOOD + more))
    assert read.promised["a", "c", "tcp"] == Intervals.of((80, 80), (443, 443), (8000, 8010))


def test_what_is_optional_is_allowed_and_not_promised(tmp_path: Path) -> None:
    optional = '[[allow]]\nfrom = "a"\nto = "c"\ntcp = [443]\noptional = true\nwhy = "y"\n'
    read = contract.read(written(tmp_path, GOOD + optional))
    assert read.promised["a", "c", "tcp"] == Intervals.of((80, 80), (8000, 8010))
    assert read.allowed["a", "c", "tcp"] == Intervals.of((80, 80), (443, 443), (8000, 8010))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow", "is no TOML"),
        ("[deny]", "deny: is no key of a contract"),
        ("allow = [1]", "allow 1: is no table"),
        (
            GOOD.replace("from", "form"),
            "allow 1: form: is no key; there are from, to, why, optional",
        ),
        (GOOD.replace('why = "x"', ""), "allow 1: why: is missing"),
        (GOOD.replace('"x"', '" "'), "allow 1: why: is missing"),
        (GOOD + 'optional = "yes"\n', "allow 1: optional: is no boolean"),
        (GOOD.replace('"c"', "3"), "allow 1: to: names no end"),
        (GOOD.replace('["a", "b"]', "[]"), "allow 1: from: names no end"),
        (GOOD.replace("tcp = [80, [8000, 8010]]\nudp = [53]\n", ""), "opens no port"),
        (GOOD.replace("[53]", "53"), "allow 1: udp: is no list of ports"),
        (GOOD.replace("[53]", "[0]"), "allow 1: udp: [0, 0] is no port"),
        (GOOD.replace("[53]", "[65536]"), "is no port"),
        (GOOD.replace("[53]", "[true]"), "is no port"),
        (GOOD.replace("[53]", "[[9, 3]]"), "is no port"),
        (GOOD.replace("[53]", "[[3]]"), "is no port"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ContractError) as error:
        contract.read(file)
    assert str(error.value).startswith(f"{file}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read: No such file"):
        contract.read(tmp_path / "exposure.toml")


@pytest.mark.parametrize(
    ("port", "optional", "said"),
    [
        (443, "true", []),
        (443, "false", ["promised but not reachable: web to app:443/tcp"]),
        (5000, "true", []),
    ],
)
def test_only_what_is_not_optional_must_be_open(
    outdir: Path, tmp_path: Path, port: int, optional: str, said: list[str]
) -> None:
    """Held against dev, where web reaches app on 5000 and not on 443."""
    theirs = (ROOT / "policies" / "exposure.toml").read_text().replace("5000]", "]")
    entry = f'[[allow]]\nfrom = "web"\nto = "app"\ntcp = [{port}]\noptional = {optional}\n'
    base = "" if port == 5000 else '[[allow]]\nfrom = "web"\nto = "app"\ntcp = [5000]\nwhy = "x"\n'
    promised = contract.read(written(tmp_path, f'{theirs}\n{base}{entry}why = "y"\n'))
    dev = terraform.read(outdir / "stacks" / "dev" / "cdk.tf.json")
    assert [str(one) for one in contract.of_stack(dev, promised) if one.refused] == said


def test_reach_says_what_breaks_the_contract(dev_folder: Path) -> None:
    said = CliRunner().invoke(app, ["dev", "--contract", "--dir", str(dev_folder)])
    assert (said.exit_code, said.stdout) == (
        0,
        "as promised: nothing more is open, nothing less works\n",
    )
    rules = "aws_vpc_security_group_ingress_rule"
    file = dev_folder / "stacks" / "dev" / "cdk.tf.json"
    document = json.loads(file.read_text())
    document["resource"][rules].pop("security-groups_ingress_web-to-app-tcp-5000")
    file.write_text(json.dumps(document))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    receipt = {"stacks": {"dev": {"sha256": digest}}}
    (dev_folder / "synth.json").write_text(json.dumps(receipt))
    said = CliRunner().invoke(app, ["dev", "--contract", "--dir", str(dev_folder)])
    assert (said.exit_code, said.stdout) == (
        1,
        "promised but not reachable: web to app:5000/tcp\n",
    )


@pytest.fixture
def dev_folder(outdir: Path, tmp_path: Path) -> Path:
    """An output folder of its own with `dev` alone."""
    folder = tmp_path / "cdktf.out"
    shutil.copytree(outdir / "stacks" / "dev", folder / "stacks" / "dev")
    digests = json.loads((outdir / "synth.json").read_text())["stacks"]
    (folder / "synth.json").write_text(json.dumps({"stacks": {"dev": digests["dev"]}}))
    return folder
