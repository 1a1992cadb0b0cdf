"""The real engine under the name of OpenTofu's, on resources that need no provider."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import signal
from pathlib import Path
from threading import Thread

import pytest

from delivery import applying, terraform_cli
from delivery.applying import Applied, Step
from delivery.engine import Engine
from delivery.plan_changes import planned
from delivery.terraform_cli import TerraformError, UnavailableError

CHAIN = ("first", "second", "third")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A chain of three resources, each of which takes a while to make.

    OpenTofu itself may not be at hand, so that `tofu` is whichever engine is: nothing of ours may
    go by the name.
    """
    found = shutil.which("tofu") or shutil.which("terraform")
    if found is None:
        pytest.skip("needs Terraform or OpenTofu: install one")
    (tmp_path / "bin").mkdir()
    tofu = tmp_path / "bin" / "tofu"
    tofu.write_text(f'#!/bin/sh\nexec "{found}" "$@"\n')
    tofu.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    work = tmp_path / "work"
    work.mkdir()
    (work / "cdk.tf.json").write_text(json.dumps(chain()))
    made = Engine(work)
    made.init()
    return made


def chain(word: str = "a") -> dict[str, object]:
    slow = [{"local-exec": {"command": "sleep 0.7"}}]
    resources: dict[str, dict[str, object]] = {}
    for before, name in zip((None, *CHAIN), CHAIN, strict=False):
        resources[name] = {"input": word, "triggers_replace": word, "provisioner": slow}
        if before:
            resources[name]["depends_on"] = [f"terraform_data.{before}"]
    return {"resource": {"terraform_data": resources}}


def applied(engine: Engine, plan: Path, on_step: object = None) -> tuple[Applied, list[Step]]:
    steps: list[Step] = []

    def tell(step: Step) -> None:
        steps.append(step)
        if callable(on_step):
            on_step(step)

    result = applying.apply(engine.folder, plan, plan.with_name("log"), tell=tell)
    return result, steps


def made(engine: Engine) -> list[str]:
    root = engine.show().get("values", {}).get("root_module", {})
    return [one["name"] for one in root.get("resources", ())]


def test_a_plan_is_shown_applied_and_then_empty(engine: Engine, tmp_path: Path) -> None:
    document = engine.plan(tmp_path / "plan")
    assert (tmp_path / "plan").stat().st_mode & 0o077 == 0
    assert [one.verb for one in planned(document)] == ["create"] * 3
    result, steps = applied(engine, tmp_path / "plan")
    assert (result.code, result.errors) == (0, ())
    assert [one.address.partition(".")[2] for one in steps if one.kind == "done"] == list(CHAIN)
    assert planned(engine.plan(tmp_path / "again")) == ()
    assert re.fullmatch(r"(Terraform|OpenTofu) v[\d.]+\S*", engine.versions()[0])


def test_what_forces_a_replacement_is_named(engine: Engine, tmp_path: Path) -> None:
    engine.plan(tmp_path / "plan")
    applied(engine, tmp_path / "plan")
    (engine.folder / "cdk.tf.json").write_text(json.dumps(chain("b")))
    changes = planned(engine.plan(tmp_path / "plan"))
    assert [(one.verb, one.because) for one in changes] == [
        ("replace", "triggers_replace forces it")
    ] * 3


def test_an_interrupt_ends_it_with_its_state_written_and_a_new_plan_does_the_rest(
    engine: Engine, tmp_path: Path
) -> None:
    engine.plan(tmp_path / "plan")

    def interrupt(step: Step) -> None:
        if (step.kind, step.address) == ("started", "terraform_data.first"):
            os.kill(os.getpid(), signal.SIGINT)

    result, _ = applied(engine, tmp_path / "plan", interrupt)
    assert result.interrupted
    assert made(engine) == ["first"]
    rest = engine.plan(tmp_path / "rest")
    assert [(one.verb, one.address.partition(".")[2]) for one in planned(rest)] == [
        ("replace", "first"),
        ("create", "second"),
        ("create", "third"),
    ]
    assert planned(rest)[0].because == "an earlier apply left it half made"
    assert applied(engine, tmp_path / "rest")[0].code == 0
    assert sorted(made(engine)) == sorted(CHAIN)


def test_a_plan_of_an_older_state_is_refused_in_the_engines_words(
    engine: Engine, tmp_path: Path
) -> None:
    engine.plan(tmp_path / "plan")
    applied(engine, tmp_path / "plan")
    result, steps = applied(engine, tmp_path / "plan")
    assert result.code == 1
    assert steps == []
    assert "Saved plan is stale" in result.errors[0]


def test_while_one_applies_another_is_refused_by_the_lock(engine: Engine, tmp_path: Path) -> None:
    engine.plan(tmp_path / "plan")
    refused: list[str] = []

    def plan_meanwhile() -> None:
        with pytest.raises(TerraformError) as caught:
            engine.plan(tmp_path / "other")
        refused.append(str(caught.value))

    others: list[Thread] = []

    def begin(step: Step) -> None:
        if (step.kind, step.address) == ("started", "terraform_data.first"):
            others.append(Thread(target=plan_meanwhile))
            others[0].start()

    result, _ = applied(engine, tmp_path / "plan", begin)
    others[0].join()
    assert result.code == 0
    assert re.fullmatch(
        rf"the state is locked by {getpass.getuser()}@\S+ since \d{{4}}-\d\d-\d\d [\d:]+: "
        "wait until that has ended",
        refused[0],
    )


@pytest.mark.parametrize("registry", ["registry.terraform.io", "registry.opentofu.org"])
def test_a_mirror_of_either_engines_registry_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: str
) -> None:
    mirror = tmp_path / ".terraform.d" / "plugins"
    (mirror / registry / "hashicorp" / "aws").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    with terraform_cli.environment() as variables:
        written = Path(variables["TF_CLI_CONFIG_FILE"]).read_text()
    assert written.count(f'["{registry}/hashicorp/aws"]') == 2


@pytest.mark.parametrize(
    "said",
    [
        "Error: Failed to query available provider packages\n\nCould not retrieve the list",
        "Error: Failed to install provider\n\nError while installing hashicorp/aws",
    ],
)
def test_a_provider_that_cannot_be_had_is_one_line_with_what_to_do(said: str) -> None:
    error = terraform_cli.failure(said)
    assert isinstance(error, UnavailableError)
    assert "\n" not in str(error)
    assert "filesystem mirror" in str(error)
