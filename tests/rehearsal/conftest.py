from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from rehearsal import host
from tests.rehearsal.probing import Prober


@pytest.fixture(scope="session")
def prober() -> Iterator[Prober]:
    if reason := host.missing():
        pytest.skip(reason)
    with closing(Prober()) as found:
        yield found
