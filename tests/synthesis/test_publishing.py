"""Whatever happens, no reader takes half a stack for a whole one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from constructs_lib import fast_loading
from reachability import stacks
from reachability.terraform import UnreadableStackError
from tests.synthesised import DEV, ROOT, run_main, synthesise

fast_loading.start()
from constructs_lib import synthesis  # noqa: E402  (imports cdktf, which must find jsii started)


def staged(folder: Path, **contents: str) -> Path:
    """What an App leaves: a manifest and one file per stack."""
    for name, text in contents.items():
        (folder / "stacks" / name).mkdir(parents=True)
        (folder / "stacks" / name / "cdk.tf.json").write_text(text)
    (folder / "manifest.json").write_text(json.dumps({"stacks": {name: {} for name in contents}}))
    return folder


def read(folder: Path) -> dict[str, str] | None:
    """Stack to text as the gate takes them, or None where it refuses the folder."""
    try:
        return {path.parent.name: path.read_text() for path in stacks.select(folder)}
    except UnreadableStackError:
        return None


STEPS = 7
"""Of the change below: the receipt goes, a stale file goes, four come, the receipt comes back."""


@pytest.mark.parametrize("steps", range(STEPS + 1))
def test_a_crash_after_any_step_leaves_old_new_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    folder = tmp_path / "cdktf.out"
    folder.mkdir()
    old = {"dev": "{}", "gone": "{}"}
    new = {"dev": '{"a": 1}', "prod": '{"b": 2}', "test": '{"c": 3}'}
    synthesis._publish(staged(tmp_path / "old", **old), folder)
    assert read(folder) == old

    class Crash(BaseException):
        pass

    taken = 0
    for name in ("replace", "unlink"):
        real = getattr(Path, name)

        def counted(path: Path, *args: object, real=real, **kwargs: object) -> object:
            nonlocal taken
            if taken == steps:
                raise Crash
            taken += 1
            return real(path, *args, **kwargs)

        monkeypatch.setattr(Path, name, counted)
    try:
        synthesis._publish(staged(tmp_path / "new", **new), folder)
    except Crash:
        assert steps < STEPS
        assert read(folder) in (old, None)
    else:
        assert steps == STEPS
        assert read(folder) == new
    monkeypatch.undo()
    synthesis._publish(staged(tmp_path / "again", **new), folder)
    assert read(folder) == new


def test_publishing_the_same_again_touches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    synthesis._publish(staged(tmp_path / "one", dev="{}"), folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert synthesis._publish(staged(tmp_path / "two", dev="{}"), folder).changed == ()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_terraforms_own_files_stay_when_a_stack_goes(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    synthesis._publish(staged(tmp_path / "one", dev="{}", old="{}"), folder)
    lock = folder / "stacks" / "old" / ".terraform.lock.hcl"
    lock.touch()
    synthesis._publish(staged(tmp_path / "two", dev="{}"), folder)
    assert lock.is_file()
    assert not (folder / "stacks" / "old" / "cdk.tf.json").exists()
    assert read(folder) == {"dev": "{}"}


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.7, 0.9, 1.1, 1.3])
def test_a_kill_in_the_middle_is_healed_by_the_next_run(tmp_path: Path, seconds: float) -> None:
    dev = DEV.read_text(encoding="utf-8")
    folder = synthesise(tmp_path, dev=dev)
    whole = read(folder)
    assert whole is not None
    (tmp_path / "environments" / "dev.toml").write_text(dev.replace("t3.medium", "t3.large"))
    arguments = ["--environments", str(tmp_path / "environments"), "--outdir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    left = read(folder)
    assert left in (whole, None) or "t3.large" in left["dev"]
    assert run_main(*arguments).returncode == 0
    healed = read(folder)
    assert healed is not None and "t3.large" in healed["dev"] and "t3.medium" not in healed["dev"]
    assert list(folder.glob(".synth-*")) == []


def test_two_syntheses_at_once_leave_one_of_the_two_whole(tmp_path: Path) -> None:
    dev = DEV.read_text(encoding="utf-8")
    texts = {"one": dev, "two": dev.replace("t3.medium", "t3.large")}
    alone = {}
    for name, text in texts.items():
        alone[name] = read(synthesise(tmp_path / name, dev=text))
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "main.py"),
                "--environments",
                str(tmp_path / name / "environments"),
                "--outdir",
                str(tmp_path / "shared"),
            ],
            stdout=subprocess.DEVNULL,
        )
        for name in texts
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    result = read(tmp_path / "shared")
    assert result is not None
    assert result in alone.values()


def test_a_stack_edited_by_hand_is_refused(outdir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(outdir, copy)
    file = copy / "stacks" / "dev" / "cdk.tf.json"
    file.write_text(file.read_text().replace("t3.medium", "t3.large"))
    with pytest.raises(UnreadableStackError, match="is not what was synthesised"):
        stacks.select(copy)
