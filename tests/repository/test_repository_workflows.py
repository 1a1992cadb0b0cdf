"""What GitHub and Jenkins run is sound, pinned, allowed little, and exists."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import typer
import yaml
from repository_files import BIN, ROOT, run, text, tracked

from policies.command import app as gate

WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
ACTIONS = (".github/actions/**/action.yml",)
SCRIPTS: Mapping[str, str] = tomllib.loads(text("Pipfile"))["scripts"]
GATE_OPTIONS = {
    option for parameter in typer.main.get_command(gate).params for option in parameter.opts
}

PIPENV = re.compile(r"\bpipenv run (\S+)(.*)")
MAKE = re.compile(r"\bmake ([\w./-]+)")
MODULE = re.compile(r"\bpython3? -m ([\w.]+)")


def steps(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every step of a workflow or of a composite action."""
    if isinstance(node, dict):
        yield from node.get("steps", ())
        for value in node.values():
            yield from steps(value)


def of_ci() -> dict[str, Any]:
    return {name: yaml.safe_load(text(name)) for name in tracked(*WORKFLOWS, *ACTIONS)}


def jobs() -> dict[str, Mapping[str, Any]]:
    return {
        f"{name}:{key}": job
        for name, document in of_ci().items()
        for key, job in document.get("jobs", {}).items()
    }


def commands() -> list[str]:
    """What GitHub and Jenkins run, a line each."""
    scripts = [step["run"] for document in of_ci().values() for step in steps(document)
               if "run" in step]  # fmt: skip
    scripts += re.findall(r"\bsh '([^']*)'", text("Jenkinsfile"))
    return [line for script in scripts for line in script.splitlines()]


def snippets() -> list[str]:
    """What the pages for people show as code, a line each."""
    return [
        line
        for name in tracked("*.md")
        for fenced, inline in re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", text(name), re.DOTALL)
        for line in (fenced or inline).splitlines()
    ]


def make_knows(target: str) -> bool:
    return run("make", "--dry-run", "--always-make", target).returncode == 0


def module_exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_zizmor_finds_nothing() -> None:
    found = run(BIN / "zizmor", "--offline", "--color=never", ROOT / ".github")
    assert found.returncode == 0, found.stdout


def test_actionlint_finds_nothing() -> None:
    found = run(BIN / "actionlint", "-shellcheck", BIN / "shellcheck", *tracked(*WORKFLOWS))
    assert (found.returncode, found.stdout) == (0, "")


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    pinned = re.compile(r"uses: (?:[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/\S+)")
    uses = [
        line.strip(" -")
        for name in tracked(*WORKFLOWS, *ACTIONS)
        for line in text(name).splitlines()
        if "uses:" in line
    ]
    assert uses
    assert [line for line in uses if not pinned.fullmatch(line)] == []


def test_one_action_has_one_version() -> None:
    pins = {
        step["uses"]
        for document in of_ci().values()
        for step in steps(document)
        if "@" in step.get("uses", "")
    }
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


def test_a_token_may_write_nothing_but_the_findings_and_the_comment() -> None:
    granted = [document["permissions"] for document in of_ci().values() if "jobs" in document]
    assert granted == [{}]
    assert {
        (name, scope)
        for name, job in jobs().items()
        for scope, access in job["permissions"].items()
        if access != "read"
    } == {
        (".github/workflows/pull-request.yml:gate", "security-events"),
        (".github/workflows/pull-request.yml:comment", "pull-requests"),
    }


def test_nothing_of_a_pull_request_runs_where_the_token_may_comment() -> None:
    job = jobs()[".github/workflows/pull-request.yml:comment"]
    checkout, comment = job["steps"]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert checkout["with"]["persist-credentials"] is False
    assert "head.repo.fork" in job["if"]
    assert "${{" not in comment["run"]


def test_github_jenkins_and_atlantis_plan_every_pull_request() -> None:
    assert "run: .ci/plan dev emulated" in text(".github/workflows/pull-request.yml")
    assert """sh '.ci/plan dev "$AWS"'""" in text("Jenkinsfile")
    assert "changeRequest()" in text("Jenkinsfile")
    atlantis = yaml.safe_load(text("atlantis.yaml"))
    (project,) = atlantis["projects"]
    plan, apply = (atlantis["workflows"][project["workflow"]][name] for name in ("plan", "apply"))
    assert '--out "$PLANFILE"' in plan["steps"][-1]["run"]
    assert '--plan "$PLANFILE"' in apply["steps"][-1]["run"]
    assert "approved" in project["apply_requirements"]


def test_no_plan_is_kept_where_others_read_it() -> None:
    assert "excludes: 'reports/*.tfplan*" in text("Jenkinsfile")
    for step in steps(yaml.safe_load(text(".github/workflows/pull-request.yml"))["jobs"]["plan"]):
        assert "tfplan" not in str(step.get("with", {}).get("path", ""))


def test_every_job_ends_by_itself() -> None:
    assert {name for name, job in jobs().items() if not 0 < job["timeout-minutes"] <= 30} == set()


def test_no_pull_request_runs_with_the_repositorys_secrets() -> None:
    for name, document in of_ci().items():
        assert "pull_request_target" not in document.get(True, {})  # YAML 1.1 reads `on` as true
        assert "secrets." not in text(name)


def test_github_and_jenkins_synthesise_gate_check_and_test() -> None:
    for place in (text(".github/workflows/pull-request.yml"), text("Jenkinsfile")):
        for command in ("pipenv run synth", "pipenv run gate", "make check"):
            assert command in place
    assert "run: .ci/run" in text(".github/workflows/pull-request.yml")
    assert "sh 'make test" in text("Jenkinsfile")


def test_every_make_target_exists() -> None:
    targets = {target for line in commands() + snippets() for target in MAKE.findall(line)}
    assert {"test", "check", "install"} <= targets
    assert {target for target in targets if not make_knows(target)} == set()


def test_make_knows_no_other_target() -> None:
    assert not make_knows("no-such-target")


def test_what_pipenv_runs_is_a_script_or_a_program_that_it_installed() -> None:
    called = {name for line in commands() + snippets() for name, _ in PIPENV.findall(line)}
    assert {"synth", "gate"} <= called
    assert {name for name in called - set(SCRIPTS) if not (BIN / name).exists()} == set()


def test_every_pipenv_script_leads_somewhere() -> None:
    for script in SCRIPTS.values():
        module = MODULE.search(script)
        assert module_exists(module[1]) if module else (ROOT / script.split()[1]).is_file(), script


def test_every_module_that_is_run_exists() -> None:
    called = {module for line in commands() + snippets() for module in MODULE.findall(line)}
    assert {module for module in called if not module_exists(module)} == set()


def test_the_gate_knows_the_options_it_is_given() -> None:
    given = {
        option
        for line in commands() + snippets()
        for name, rest in PIPENV.findall(line)
        if name == "gate"
        for option in re.findall(r"--[\w-]+", rest)
    }
    assert {"--sarif", "--junit"} <= given <= {*GATE_OPTIONS, "--help"}


@pytest.mark.parametrize("pair", ["()", "{}", "[]"])
def test_the_jenkinsfiles_brackets_close(pair: str) -> None:
    assert text("Jenkinsfile").count(pair[0]) == text("Jenkinsfile").count(pair[1])
