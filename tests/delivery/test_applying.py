"""An apply is followed to its end, and interrupted as the engine wants it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from delivery import applying, terraform_cli
from delivery.applying import Step
from delivery.terraform_cli import TerraformError
from tests.synthesised import ROOT

# An engine of the name of OpenTofu's, which does as a Terraform does that somebody interrupts.
ENGINE = """\
    #!{python}
    import json, os, signal, sys, time

    def say(type, **more):
        print(json.dumps({{"type": type, **more}}), flush=True)

    def hook(address, **more):
        return {{"resource": {{"addr": address}}, "action": "create", **more}}

    stopped = []
    signal.signal(signal.SIGINT, lambda *_: stopped.append(1))
    open("pid", "w").write(str(os.getpid()))
    open("arguments", "w").write(" ".join(sys.argv[1:]))
    say("version", terraform="1.11.4")
    say("apply_start", hook=hook("aws_x.one"))
    {body}
"""
TO_ITS_END = 'say("apply_complete", hook=hook("aws_x.one", elapsed_seconds=3))'
UNTIL_INTERRUPTED = """
    end = time.monotonic() + 30
    while not stopped and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)
    say("apply_complete", hook=hook("aws_x.one", elapsed_seconds=3))
    open("stopped", "w").write(str(len(stopped)))
    sys.exit(1)
"""
FAILING = """
    say("apply_errored", hook=hook("aws_x.one", elapsed_seconds=1))
    say("diagnostic", diagnostic={"severity": "warning", "summary": "never mind"})
    say("diagnostic", diagnostic={"severity": "error", "summary": "no capacity",
        "detail": "InsufficientInstanceCapacity", "address": "aws_x.one"})
    print("panic: runtime error", flush=True)
    sys.stdout.write("no newline at the end")
    sys.exit(11)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def engine(folder: Path, body: str) -> None:
    tofu = folder / "tofu"
    body = textwrap.indent(textwrap.dedent(body), "    ")
    tofu.write_text(textwrap.dedent(ENGINE.format(python=sys.executable, body=body.lstrip())))
    tofu.chmod(tofu.stat().st_mode | stat.S_IXUSR)


def test_every_step_is_told_and_the_events_are_kept_for_their_owner(folder: Path) -> None:
    engine(folder, TO_ITS_END)
    steps: list[Step] = []
    result = applying.apply(folder, folder / "plan", folder / "log", tell=steps.append)
    assert steps == [
        Step("started", "aws_x.one", "create", 0),
        Step("done", "aws_x.one", "create", 3),
    ]
    assert (result.code, result.interrupted, result.errors) == (0, False, ())
    assert [json.loads(line)["type"] for line in (folder / "log").read_text().splitlines()] == [
        "version",
        "apply_start",
        "apply_complete",
    ]
    assert (folder / "log").stat().st_mode & 0o077 == 0


def test_the_saved_plan_is_what_is_applied(folder: Path) -> None:
    engine(folder, TO_ITS_END)
    applying.apply(folder, Path("plan"), folder / "log")
    arguments = (folder / "arguments").read_text().split()
    assert arguments == [f"-chdir={folder}", "apply", "-json", "-input=false", f"{folder}/plan"]


def test_a_failed_apply_keeps_the_engines_own_words(folder: Path) -> None:
    engine(folder, FAILING)
    steps: list[Step] = []
    result = applying.apply(folder, folder / "plan", folder / "log", tell=steps.append)
    assert result.code == 11
    assert steps[-1].kind == "failed"
    assert result.errors == (
        "aws_x.one: no capacity\nInsufficientInstanceCapacity",
        "panic: runtime error",
        "no newline at the end",
    )


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT] * 3])
def test_an_interrupt_reaches_the_engine_once_and_it_comes_to_its_end(
    folder: Path, signals: list[signal.Signals]
) -> None:
    engine(folder, UNTIL_INTERRUPTED)
    told: list[str] = []

    def interrupt(step: Step) -> None:
        if step.kind == "started":
            for one in signals:
                os.kill(os.getpid(), one)

    result = applying.apply(
        folder,
        folder / "plan",
        folder / "log",
        tell=interrupt,
        on_interrupt=lambda: told.append("once"),
    )
    assert result.interrupted
    assert told == ["once"]
    assert (folder / "stopped").read_text() == "1"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_apply_whose_command_is_killed_goes_on_to_its_end(folder: Path) -> None:
    engine(folder, "time.sleep(1)\nopen('ended', 'w').close()")
    program = (
        "from pathlib import Path; from delivery import applying;"
        "applying.apply(Path('.'), Path('plan'), Path('log'))"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    wait_for(folder / "arguments")
    os.killpg(command.pid, signal.SIGKILL)
    command.wait()
    wait_for(folder / "ended")


def wait_for(path: Path) -> None:
    for _ in range(1000):
        if path.exists():
            return
        signal.sigtimedwait([], 0.01)
    raise AssertionError(f"{path} did not come")


LOCKED = """
Error: Error acquiring the state lock

Error message: resource temporarily unavailable
Lock Info:
  ID:        9d1f2a7e-1111-2222-3333-444455556666
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       alice@laptop
  Version:   1.11.4
  Created:   2026-11-22 12:40:00.123456 +0000 UTC
  Info:

Terraform acquires a state lock to protect the state from being written
by multiple users at the same time.
"""


def test_a_held_lock_is_one_line_that_names_its_holder() -> None:
    error = terraform_cli.failure(LOCKED)
    assert str(error) == (
        "the state is locked by alice@laptop since 2026-11-22 12:40:00: wait until that has ended"
    )


def test_any_other_error_is_shown_as_it_is() -> None:
    assert str(terraform_cli.failure("Error: no such thing\n\n  on line 3")) == (
        "Error: no such thing\n\n  on line 3"
    )


def test_an_engine_that_fails_is_an_error_with_its_last_words(folder: Path) -> None:
    engine(folder, "print('Error: it is broken', file=sys.stderr); sys.exit(1)")
    with pytest.raises(TerraformError, match=r"^Error: it is broken$"):
        terraform_cli.run(folder, "init")
