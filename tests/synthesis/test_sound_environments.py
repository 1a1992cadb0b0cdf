"""Any sound environment synthesises, and the gate's network policies hold on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.settings.environments import sound_environments
from tests.synthesised import of_type, stack, synthesise

BUCKET = re.compile(r'^("?bucket"?) = ".*"$', re.MULTILINE)
"""Two environments may not share one, and any two that are drawn might."""


def drawn(count: int) -> list[str]:
    """At most that many different sound environment files, the same on every run."""
    found: set[str] = set()

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sound_environments())
    def draw(file: str) -> None:
        found.add(file)

    draw()
    return sorted(found)


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_sound_environments_synthesise(tmp_path: Path, count: int) -> None:
    files = {
        f"random{number}": BUCKET.sub(f'\\1 = "microblog-state-{number}"', text)
        for number, text in enumerate(drawn(count))
    }
    assert len(files) > count / 2
    outdir = synthesise(tmp_path, **files)
    for name in files:
        document = stack(outdir, name)
        assert len(of_type(document, "aws_instance")) == 4
        assert "null" not in json.dumps(of_type(document, "aws_subnet"))
