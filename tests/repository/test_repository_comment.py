"""`.ci/plan` and `.ci/comment`: what pull requests are told, on machines of fakes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from repository_files import BIN, ROOT, run

MARKER = "<!-- microblog-vpc plan dev -->"
BOT = {"id": 7, "user": {"type": "Bot"}, "body": f"{MARKER}\nold"}
PERSON = {"id": 8, "user": {"type": "User"}, "body": f"{MARKER}\nnot the bot's"}
OTHER = {"id": 9, "user": {"type": "Bot"}, "body": "<!-- microblog-vpc plan prod -->\nold"}

# gh as far as it is used: --jq is done by Python, which knows the one filter by its words.
GH = """\
#!{python}
import json, os, sys
arguments = sys.argv[1:]
open("calls", "a").write(json.dumps(arguments) + "\\n")
if "--jq" in arguments:
    jq = arguments[arguments.index("--jq") + 1]
    assert jq == ('.[] | select(.user.type == "Bot" and '
                  '(.body | startswith(env.MARKER))) | .id'), jq
    for one in json.load(open("comments.json")):
        if one["user"]["type"] == "Bot" and one["body"].startswith(os.environ["MARKER"]):
            print(one["id"])
"""


def comment(folder: Path, comments: list[object], body: str) -> subprocess.CompletedProcess[str]:
    (folder / "comments.json").write_text(json.dumps(comments))
    (folder / "dev.comment.md").write_text(body)
    fake(folder, "gh", GH.format(python=BIN / "python"))
    return subprocess.run(
        [ROOT / ".ci/comment", "12", "dev.comment.md"],
        cwd=folder,
        env={"PATH": f"{folder}/bin:/usr/bin:/bin", "GH_REPO": "me/mine", "GH_TOKEN": "t"},
        capture_output=True,
        text=True,
        check=False,
    )


def fake(folder: Path, name: str, script: str) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    path = folder / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def calls(folder: Path) -> list[list[str]]:
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("comments", "method", "where"),
    [
        ([], "POST", "repos/me/mine/issues/12/comments"),
        ([PERSON, OTHER], "POST", "repos/me/mine/issues/12/comments"),
        ([PERSON, OTHER, BOT], "PATCH", "repos/me/mine/issues/comments/7"),
    ],
)
def test_the_bots_own_comment_on_this_environment_is_updated_in_place(
    tmp_path: Path, comments: list[object], method: str, where: str
) -> None:
    finished = comment(tmp_path, comments, f"{MARKER}\nnew\n")
    assert finished.returncode == 0, finished.stderr
    assert calls(tmp_path)[1:] == [
        ["api", "--method", method, where, "--field", "body=@dev.comment.md", "--silent"]
    ]


def test_a_file_without_the_marker_is_no_comment(tmp_path: Path) -> None:
    finished = comment(tmp_path, [], "hello\n")
    assert finished.returncode == 2
    assert "does not begin with a marker" in finished.stderr
    assert not (tmp_path / "calls").exists()


PIPENV = """\
#!/bin/sh
echo "$*" >>calls
case $2 in
  plan) [ "{receipt}" ] && : >reports/dev.tfplan.receipt.json; exit {code} ;;
  comment) echo '{marker}' ;;
esac
"""


@pytest.mark.parametrize(("code", "receipt"), [(0, "1"), (1, "1"), (1, "")])
def test_a_plan_that_the_gate_refuses_is_commented_on_too(
    tmp_path: Path, code: int, receipt: str
) -> None:
    for folder in (".ci", ".pipenv/bin", "reports"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "reports/dev.comment.md").write_text("of an earlier plan")
    (tmp_path / ".ci/plan").write_bytes((ROOT / ".ci/plan").read_bytes())
    pipenv = tmp_path / ".pipenv/bin/pipenv"
    pipenv.write_text(PIPENV.format(code=code, receipt=receipt, marker=MARKER))
    pipenv.chmod(0o755)
    finished = subprocess.run(
        ["bash", tmp_path / ".ci/plan", "dev", "emulated"], capture_output=True, check=False
    )
    assert finished.returncode == code
    written = tmp_path / "reports/dev.comment.md"
    assert written.exists() == bool(receipt)
    if receipt:
        assert written.read_text() == f"{MARKER}\n"
    assert (tmp_path / "calls").read_text().splitlines()[0] == (
        "run plan dev --aws emulated --out reports/dev.tfplan"
    )


@pytest.mark.parametrize("name", ["plan", "comment"])
def test_the_scripts_are_clean_and_can_be_started(name: str) -> None:
    script = ROOT / ".ci" / name
    assert script.stat().st_mode & 0o111
    assert run(BIN / "shellcheck", script).stdout == ""
    assert run(BIN / "shfmt", "-i", "2", "-ci", "-d", script).stdout == ""
