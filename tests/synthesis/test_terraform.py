"""The real Terraform and the real AWS provider take every stack."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from delivery import terraform_cli
from delivery.terraform_cli import UnavailableError

STACKS = ("dev", "stored", "stored-state", "adopted", "offline")


@pytest.fixture(scope="module")
def plugin_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the provider is unpacked once for all stacks."""
    return tmp_path_factory.mktemp("plugin-cache")


@pytest.mark.parametrize("name", STACKS)
def test_terraform_validates(
    outdir: Path, tmp_path: Path, plugin_cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(plugin_cache))
    shutil.copy(outdir / "stacks" / name / "cdk.tf.json", tmp_path)
    try:
        terraform_cli.run(tmp_path, "init", "-backend=false", "-no-color")
    except UnavailableError as error:
        pytest.skip(str(error))
    verdict = json.loads(terraform_cli.run(tmp_path, "validate", "-json"))
    assert verdict["diagnostics"] == []
    assert verdict["valid"] is True


def test_all_stacks_are_validated(outdir: Path) -> None:
    assert {path.name for path in (outdir / "stacks").iterdir()} == set(STACKS)


def test_a_missing_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "no-such-engine")
    with pytest.raises(UnavailableError, match="no-such-engine is not on PATH"):
        terraform_cli.binary()


def test_the_users_cli_configuration_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "mine.tfrc"
    config.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(config))
    with terraform_cli.environment() as variables:
        assert variables["TF_CLI_CONFIG_FILE"] == str(config)


def test_a_configuration_that_does_not_exist_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent"))
    monkeypatch.setattr(terraform_cli, "mirrors", list)
    with terraform_cli.environment() as variables:
        assert "TF_CLI_CONFIG_FILE" not in variables


def test_a_mirror_in_the_home_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / ".terraform.d" / "plugins"
    (mirror / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    assert terraform_cli.mirrors()[0] == mirror
    with terraform_cli.environment() as variables:
        written = Path(variables["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path = "{mirror}"' in written
