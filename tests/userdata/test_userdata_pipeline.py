"""The pipeline's stages Build and Test for real, on the fixture application: Python, pip, Flask and
pytest are the host's own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest
from userdata_hosts import install, make_host

from tests import microblog_repository


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = install(
        make_host(tmp_path_factory.mktemp("host")), "jenkins", "pipeline", "pipeline_main"
    )
    return root / "usr/local/lib/pipeline"


def run(stage: Path, checkout: Path) -> subprocess.CompletedProcess[str]:
    python = Path(sys.executable).resolve().parent
    return subprocess.run(
        [stage],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PATH": f"{python}:{os.environ['PATH']}"},
    )


@pytest.fixture(scope="module")
def built(stages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which Build has run."""
    checkout = tmp_path_factory.mktemp("workspace") / "workload_4_main"
    shutil.copytree(microblog_repository.FIXTURE, checkout)
    done = run(stages / "build", checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    return checkout


def test_build_leaves_translations_and_a_database_of_the_newest_schema(built: Path) -> None:
    assert list(built.glob("app/translations/*/LC_MESSAGES/messages.mo"))
    with closing(sqlite3.connect(built / ".build/app.db")) as database:
        ((version,),) = database.execute("SELECT version_num FROM alembic_version")
    assert f"{version}_" in "".join(path.name for path in built.glob("migrations/versions/*.py"))


def test_tests_are_reported_for_junit(built: Path, stages: Path) -> None:
    done = run(stages / "test", built)
    assert done.returncode == 0, done.stdout + done.stderr
    suite = ET.parse(built / "test-reports/results.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert int(suite.get("tests", "0")) > 0


def test_a_failing_test_fails_the_stage_and_is_in_the_report(built: Path, stages: Path) -> None:
    # Where the Microblog keeps its tests.
    wrong = built / "tests.py"
    wrong.write_text("def test_arithmetic():\n    assert 1 + 1 == 3\n")
    try:
        assert run(stages / "test", built).returncode == 1
    finally:
        wrong.unlink()
    suite = ET.parse(built / "test-reports/results.xml").getroot()[0]
    assert suite.get("failures") == "1"


def test_an_application_without_tests_does_not_pass(built: Path, stages: Path) -> None:
    away = built.parent / "away"
    (built / "tests").rename(away)
    try:
        assert run(stages / "test", built).returncode != 0
    finally:
        away.rename(built / "tests")
