"""Sound files load, a violated constraint is named, and nothing ends in another exception."""

import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from constructs_lib.settings import ConfigurationError, Environment, load
from tests.settings.environments import ROLES, Document, parsed, sound_documents, toml
from tests.settings.violations import VIOLATIONS

LEAVES = ("", "own", "0.0.0.0/0", "10.0.0.0/16", "x" * 5000, "\u2028\x00", -1, 10**4000, 2.5, True)
"""Values that stand where they should not; some are awkward to print."""


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Each example writes one file anew, so the fixture may be shared."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dev.toml"


def outcome(file: Path, content: str | bytes) -> Environment | ConfigurationError:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        return load(file)
    except ConfigurationError as error:
        assert error.problems
        for problem in error.problems:
            line = str(problem)
            assert line.isprintable()
            assert line.startswith(f"{file}: ")
            assert len(line) < len(str(file)) + 600
            assert problem.reason and problem.fix
        return error


def a_sound_file_loads(file: Path, document: Document) -> None:
    environment = outcome(file, toml(document))
    assert isinstance(environment, Environment), str(environment)
    for role, (vpc, tier) in ROLES.items():
        number = parsed(document["servers"][role]["address"])[0]
        base, length = parsed(document[vpc]["zones"][environment.zone_of(role)][tier])
        assert base <= number < base + 2 ** (32 - length)


def every_violation_is_named(file: Path, document: Document, data: st.DataObject) -> None:
    for violation in VIOLATIONS:
        broken = deepcopy(document)
        field = violation(data.draw, broken)
        error = outcome(file, toml(broken))
        assert isinstance(error, ConfigurationError), f"{violation.__name__}: {field} was accepted"
        named = [problem.field for problem in error.problems]
        assert any(
            name == field or name.startswith((f"{field}.", f"{field}[")) for name in named
        ), f"{violation.__name__}: {field} is not among {named}"


def garbled_files_are_refused_or_load(file: Path, document: Document, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(30):
        broken = deepcopy(document)
        for _ in range(chance.randint(1, 6)):
            _garble(chance, broken)
        outcome(file, toml(broken))
    content = bytearray(toml(document).encode())
    for _ in range(10):
        place = chance.randrange(len(content))
        content[place : place + chance.choice((0, 1, 40))] = chance.randbytes(chance.randint(0, 3))
        outcome(file, bytes(content))


def _garble(chance: random.Random, document: Document) -> None:
    """Delete, rename, retype or move one key anywhere."""
    tables: list[dict[str, Any]] = [document]
    for table in tables:
        tables += [value for value in table.values() if isinstance(value, dict)]
    table = chance.choice([table for table in tables if table])
    key = chance.choice(sorted(table))
    match chance.randrange(5):
        case 0:
            del table[key]
        case 1:
            table[chance.choice(("name", "", "a.b", "\n", "cidr", "x" * 200))] = table.pop(key)
        case 2:
            table[key] = chance.choice((*LEAVES, [], {}, [[LEAVES]], [{"x": 1}]))
        case 3:
            table[key] = chance.choice(LEAVES)
        case 4:
            document[key] = table.pop(key)


@examples(100)
@given(document=sound_documents())
def test_a_sound_file_loads_and_every_server_is_in_its_zone(file: Path, document: Document) -> None:
    a_sound_file_loads(file, document)


@examples(60)
@given(document=sound_documents(), data=st.data())
def test_a_sound_file_with_one_constraint_violated_is_refused_at_that_field(
    file: Path, document: Document, data: st.DataObject
) -> None:
    every_violation_is_named(file, document, data)


@examples(40)
@given(document=sound_documents(), seed=st.integers(0, 2**32))
def test_a_garbled_file_loads_or_is_refused_in_printable_lines(
    file: Path, document: Document, seed: int
) -> None:
    garbled_files_are_refused_or_load(file, document, seed)


@examples(200)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_load_or_are_refused_in_printable_lines(file: Path, content: bytes) -> None:
    outcome(file, content)


@examples(30)
@given(document=sound_documents(), order=st.randoms(use_true_random=False))
def test_the_order_of_keys_and_operators_means_nothing(
    file: Path, document: Document, order: random.Random
) -> None:
    written = outcome(file, toml(document))
    shuffled = outcome(file, toml(_shuffled(order, document)))
    assert repr(shuffled) == repr(written)  # unlike ==, it tells the order of a dict


def _shuffled(order: random.Random, document: Document) -> Document:
    keys = order.sample(sorted(document), len(document))
    shuffled = {
        key: _shuffled(order, document[key]) if isinstance(document[key], dict) else document[key]
        for key in keys
    }
    if "operators" in shuffled:
        shuffled["operators"] = order.sample(shuffled["operators"], len(shuffled["operators"]))
    return shuffled


@pytest.mark.slow
@examples(400)
@given(document=sound_documents(), data=st.data(), seed=st.integers(0, 2**32))
def test_sound_broken_and_garbled_files_by_the_ten_thousands(
    file: Path, document: Document, data: st.DataObject, seed: int
) -> None:
    a_sound_file_loads(file, document)
    every_violation_is_named(file, document, data)
    garbled_files_are_refused_or_load(file, document, seed)
