"""Whole rendered scripts, run twice in a scratch root with fake commands."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from userdata_hosts import FAKES, SETTINGS, Host, make_host, need, path_settings

from constructs_lib.userdata import ROLES, render

REPORT = "var/lib/microblog-boot/report.jsonl"
REPORTS = ("run/", "var/lib/microblog-deploy/", "var/lib/prometheus/", REPORT)
QUICK: dict[str, str | int] = {"RETRY_DELAY": 0, "RETRY_LIMIT": 2, "HTTP_WAIT_SECONDS": 1}


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A public key file and its fingerprint."""
    gpg = need("gpg", "gnupg")
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    base = [gpg, "--homedir", home, "--batch", "--quiet"]
    made = ["--passphrase", "", "--quick-generate-key", "t@example.invalid", "ed25519", "sign"]
    subprocess.run([*base, *made], check=True, capture_output=True)
    public = home / "public.asc"
    public.write_bytes(
        subprocess.run([*base, "--armor", "--export"], check=True, capture_output=True).stdout
    )
    shown = subprocess.run(
        [*base, "--with-colons", "--show-keys", public], check=True, capture_output=True, text=True
    ).stdout
    yield public, next(line.split(":")[9] for line in shown.splitlines() if line[:4] == "fpr:")
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    (path / "requirements.txt").write_text("flask\n")
    git = ["git", "-C", path, "-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", path], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "one"], check=True)
    return path


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path)


def script_for(role: str, host: Host, key: tuple[Path, str], repository: Path) -> str:
    settings: dict[str, str | int] = {**SETTINGS[role], **QUICK}
    settings |= path_settings(host.root, ROLES[role])
    if role == "app":
        settings["MICROBLOG_REPOSITORY"] = str(repository)
    if role == "monitoring":
        settings["GRAFANA_KEY_FINGERPRINT"] = key[1]
    if role == "jenkins":
        settings["JENKINS_KEY_FINGERPRINT"] = key[1]
        digest = hashlib.sha256(key[0].read_bytes()).hexdigest()
        settings["JENKINS_PLUGIN_MANAGER_SHA256"] = digest
        settings["DEPENDENCY_CHECK_SHA256"] = digest
    return render(role, ROLES[role], settings).script


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """Everything a run leaves, except the reports, which each run writes anew."""
    left = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            left[name] = (0, str(path.readlink()))
        elif path.is_file() and not name.startswith(REPORTS):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            left[name] = (path.stat().st_mode, f"{content} {path.stat().st_mtime_ns}")
        elif path.is_dir():
            left[name] = (path.stat().st_mode, "")
    return left


def report(host: Host) -> list[dict[str, object]]:
    return [json.loads(line) for line in (host.root / REPORT).read_text().splitlines()]


def published(host: Host, role: str) -> dict[str, object]:
    """The boot report in Parameter Store."""
    parameters = json.loads((host.state / "parameters.json").read_text())
    found: dict[str, object] = json.loads(parameters[f"/microblog/dev/{role}/boot"])
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_boot_goes_well_and_a_second_one_changes_nothing(
    role: str, host: Host, signing_key: tuple[Path, str], repository: Path
) -> None:
    script = script_for(role, host, signing_key, repository)
    first = host.run(script, DOWNLOAD=str(signing_key[0]))
    assert first.returncode == 0, first.stderr
    assert [(step["step"], step["result"]) for step in report(host)] == [
        *((module, "ok") for module in ROLES[role]),
        ("boot", "ok"),
    ]
    assert host.calls()
    before = tree(host.root)

    second = host.run(script, DOWNLOAD=str(signing_key[0]))
    assert second.returncode == 0, second.stderr
    assert tree(host.root) == before
    assert host.calls() == []
    assert report(host)[-1]["result"] == "ok"
    assert published(host, role)["result"] == "ok"


@pytest.mark.parametrize(
    ("role", "failing", "step"),
    [
        ("web", "apt-get", "base"),
        ("web", "sshd", "base"),
        ("web", "snap", "ssm"),
        ("web", "nginx", "nginx"),
        ("app", "systemctl restart prometheus-node-exporter.service", "node_exporter"),
        ("app", "visudo", "deploy_user"),
        ("app", "useradd", "deploy_user"),
        ("app", "flask db upgrade", "microblog"),
        ("web", "mtail", "mtail"),
        ("app", "systemctl restart gunicorn_exporter.service", "gunicorn_exporter"),
        ("monitoring", "amtool", "alertmanager"),
        ("monitoring", "promtool", "prometheus"),
        ("monitoring", "systemctl restart grafana-server.service", "grafana"),
        ("jenkins", "systemctl restart deploy-key.timer", "deploy_key"),
        ("jenkins", "java", "jenkins"),
        ("jenkins", "unzip", "dependency_check"),
    ],
)
def test_a_failing_command_ends_the_boot_in_its_step(
    role: str, failing: str, step: str, host: Host, signing_key: tuple[Path, str], repository: Path
) -> None:
    script = script_for(role, host, signing_key, repository)
    result = host.run(script, DOWNLOAD=str(signing_key[0]), FAIL=failing)
    assert result.returncode != 0
    assert [(each["step"], each["result"]) for each in report(host)] == [
        *((module, "ok") for module in ROLES[role][: ROLES[role].index(step)]),
        (step, "failed"),
        ("boot", "failed"),
    ]
    assert f"step {step} failed" in result.stderr
    assert (published(host, role)["result"], published(host, role)["step"]) == ("failed", step)

    mended = host.run(script, DOWNLOAD=str(signing_key[0]))
    assert mended.returncode == 0, mended.stderr
    assert report(host)[-1]["result"] == "ok"


def test_every_fake_is_the_one_fake() -> None:
    assert {path.resolve() for path in FAKES.iterdir()} == {(FAKES / "fake").resolve()}
