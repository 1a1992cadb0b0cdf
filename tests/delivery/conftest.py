"""One apply for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery import emulated
from tests.delivery import applied
from tests.delivery.account import inventory
from tests.synthesised import DEV, synthesise


@pytest.fixture(scope="session")
def applied_dev(tmp_path_factory: pytest.TempPathFactory) -> applied.Applied:
    """`dev` as it is synthesised, applied once, and planned again."""
    folder = tmp_path_factory.mktemp("applied")
    file = synthesise(folder, dev=DEV.read_text(encoding="utf-8")) / "stacks/dev/cdk.tf.json"
    with emulated.running(applied.NAME, home=folder / "home") as aws:
        before = inventory(aws)
        work = applied.prepared(aws, file)
        said = applied.apply(aws, work)
        planned, again = applied.plan(aws, work)
    pristine = applied.at_rest(folder / "home", folder / "pristine")
    return applied.Applied(folder / "home", pristine, Path(file), before, (said, again), planned)
