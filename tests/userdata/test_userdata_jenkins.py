"""Jenkins, as far as it can be tried without Jenkins: its files read by the parsers of their
languages, and what they use held against the plugins that are pinned."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from userdata_hosts import install, make_host, need

from constructs_lib.userdata import ROOT

REPOSITORY = ROOT.parent
LINTER = REPOSITORY / "node_modules/npm-groovy-lint/lib/index.js"
NODE = Path(sys.executable).parent / "node"

STAGES = ["Build", "Test", "OWASP dependency check", "Clean", "Deploy"]

PLUGINS = {
    "cloudbees-folder": "periodicFolderTrigger",
    "configuration-as-code": "jenkins:",
    "git": "branchSources {\n          git {",
    "inline-pipeline": "inlineDefinitionBranchProjectFactory",
    "job-dsl": "jobs:",
    "junit": "junit ",
    "timestamper": "timestamps()",
    "workflow-aggregator": "multibranchPipelineJob",
}
"""Every pinned plugin, and what of our files needs it."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a Jenkins host that has the files, and nothing else, of its modules."""
    return install(
        make_host(tmp_path_factory.mktemp("host")),
        "jenkins",
        "jenkins",
        "pipeline_main",
        'install_file jenkins/jenkins.yaml "$JENKINS_CONF_DIR/jenkins.yaml" '
        "JENKINS_EXECUTORS JENKINS_JOB JENKINS_REPOSITORY JENKINS_PIPELINE",
        'install_file jenkins/plugins.txt "$JENKINS_CONF_DIR/plugins.txt"',
    )


def configuration(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "etc/jenkins/jenkins.yaml").read_text())
    return found


def pipeline(root: Path) -> str:
    return (root / "usr/local/lib/pipeline/Jenkinsfile").read_text()


def test_there_is_one_administrator_and_nobody_else_gets_in(root: Path) -> None:
    jenkins = configuration(root)["jenkins"]
    assert jenkins["securityRealm"]["local"] == {
        "allowsSignup": False,
        "users": [{"id": "admin", "password": "${ADMIN_PASSWORD}"}],
    }
    assert jenkins["authorizationStrategy"] == {
        "loggedInUsersCanDoAnything": {"allowAnonymousRead": False}
    }


def test_builds_run_on_jenkins_itself_and_no_agent_can_connect(root: Path) -> None:
    jenkins = configuration(root)["jenkins"]
    assert (jenkins["numExecutors"], jenkins["slaveAgentPort"]) == (2, -1)
    assert "nodes" not in jenkins and "clouds" not in jenkins


def test_the_one_job_builds_every_branch_of_the_repository_by_our_pipeline(root: Path) -> None:
    (job,) = configuration(root)["jobs"]
    script = job["script"]
    assert "multibranchPipelineJob('workload_4')" in script
    assert "remote('https://github.com/example/microblog.git')" in script
    assert f"script(new File('{root}/usr/local/lib/pipeline/Jenkinsfile').text)" in script
    assert "sandbox(true)" in script
    # Which would let a branch say how it is deployed.
    assert "scriptPath" not in script


def test_the_pipeline_has_five_stages_and_one_of_them_is_for_one_branch_only(root: Path) -> None:
    text = pipeline(root)
    assert re.findall(r"stage\('([^']*)'\)", text) == STAGES
    before, deploy = text.split("stage('Deploy')")
    assert "when {\n        branch 'main'\n      }" in deploy
    assert "when" not in before


def test_a_stage_is_one_command_that_is_installed_beside_the_pipeline(root: Path) -> None:
    commands = re.findall(r"sh '(\S+?)(?: \"\$GIT_COMMIT\")?'", pipeline(root))
    assert [Path(command).name for command in commands] == [
        "build", "test", "dependency-check", "clean", "deploy"
    ]  # fmt: skip
    assert all(Path(command).is_file() for command in commands)


def test_neither_pipeline_nor_configuration_holds_a_secret(root: Path) -> None:
    for text in (pipeline(root), (root / "etc/jenkins/jenkins.yaml").read_text()):
        assert not re.search(r"(?i)credential|api.?key|token|PRIVATE", text)


def test_every_plugin_is_needed_and_what_needs_one_has_it(root: Path) -> None:
    text = pipeline(root) + (root / "etc/jenkins/jenkins.yaml").read_text()
    listed = re.findall(r"(?m)^([a-z-]+):", (root / "etc/jenkins/plugins.txt").read_text())
    assert listed == sorted(PLUGINS)
    assert [plugin for plugin, use in PLUGINS.items() if use not in text] == []


def lint(folder: Path) -> dict[str, list[tuple[int, str, str]]]:
    """File name to what npm-groovy-lint says of it: line, rule, message."""
    need("java", "default-jre-headless")
    if not LINTER.is_file():
        pytest.skip("npm-groovy-lint is not installed: npm ci")
    command = [NODE, LINTER, "--noserver", "--path", folder, "--files", "**/*.groovy"]
    command += ["--config", REPOSITORY / ".groovylintrc.json", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout[done.stdout.index("{") :])
    return {
        Path(name).name: [(each["line"], each["rule"], each["msg"]) for each in found["errors"]]
        for name, found in report["files"].items()
    }


def test_groovy_and_its_linter_take_the_pipelines_and_the_job(root: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.groovy").write_text((REPOSITORY / "Jenkinsfile").read_text())
    (tmp_path / "pipeline.groovy").write_text(pipeline(root))
    (tmp_path / "job.groovy").write_text(configuration(root)["jobs"][0]["script"])
    (tmp_path / "broken.groovy").write_text("pipeline {\n  agent any\n")
    said = lint(tmp_path)
    broken = said.pop("broken.groovy")
    assert [rule for _, rule, _ in broken] == ["NglParseError"]
    assert {name: found for name, found in said.items() if found} == {}
