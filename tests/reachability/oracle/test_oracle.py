"""Random networks, asked twice: the model reads their Terraform, and real packets are sent."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from reachability.model import Topology
from reachability.terraform import parse
from reachability.verdict import reach
from tests.reachability.oracle.as_terraform import as_terraform
from tests.reachability.oracle.description import (
    INTERNET,
    Description,
    Question,
    load,
    questions,
    written,
)
from tests.reachability.oracle.draw import draw
from tests.reachability.oracle.harness import Comparison, Disagreement, Workers
from tests.reachability.oracle.mutants import KINDS
from tests.reachability.oracle.namespaces import missing
from tests.reachability.oracle.nft import CAUSES
from tests.reachability.oracle.shrink import shrunk
from tests.reachability.oracle.small_network import small
from tests.reachability.oracle.terraform_writer import Document

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

CASES = Path(__file__).parent / "cases"
SAMPLE = (0, 1, 7, 9, 17, 18, 21, 25, 34, 48, 54, 56)
"""Seeds that together show every cause."""
LONG = range(1000, 1300)


def predict(document: Document) -> Callable[[Question], str]:
    """The verdicts of the model under test."""
    topology = Topology.of(parse(document, Path("oracle/cdk.tf.json")))

    def verdict(question: Question) -> str:
        source, destination, protocol, port = question
        return reach(topology, source, destination, port, protocol).state

    return verdict


def compare(workers: Workers, description: Description) -> Comparison:
    return workers.compare(description, lambda one: predict(as_terraform(one)))


def keep(workers: Workers, found: Disagreement) -> str:
    """Save the disagreement, made small, as a case for ever; say what it is."""

    def disagrees(description: Description) -> bool:
        predicted = predict(as_terraform(description))(found.question)
        seen = workers.observe(description, [found.question])
        return predicted not in ("unknown", seen.states[found.question])

    less = shrunk(found.description, found.question, disagrees)
    path = CASES / f"seed-{found.description.seed}.json"
    path.write_text(written(less))
    return f"{found}\n  kept as {path.name}:\n{textwrap.indent(written(less), '  ')}"


def refuse_disagreements(workers: Workers, compared: list[Comparison]) -> None:
    found = [one for each in compared for one in each.disagreements[:1]]
    if found:
        kept = "\n".join(keep(workers, one) for one in found[:3])
        every = "\n".join(str(one) for each in compared for one in each.disagreements)
        pytest.fail(f"the model and the packets disagree:\n{every}\n{kept}", pytrace=False)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers() as some:
        yield some


@pytest.fixture(scope="module")
def sample(workers: Workers) -> list[Comparison]:
    return workers.each(lambda seed: compare(workers, draw(seed)), SAMPLE)


def test_the_model_agrees_with_real_packets(workers: Workers, sample: list[Comparison]) -> None:
    refuse_disagreements(workers, sample)


def test_the_sample_has_every_verdict_and_every_cause(sample: list[Comparison]) -> None:
    agreed, causes = _spread(sample)
    assert agreed["open"] > 300
    assert agreed["closed"] > 1000
    assert agreed["unknown"] > 5
    assert not set(CAUSES) - set(causes)


def test_the_model_is_seldom_vaguer_than_it_need_be(sample: list[Comparison]) -> None:
    vague = sum(len(one.vague) for one in sample)
    assert vague <= 0.01 * sum(one.agreed.total() for one in sample)


@pytest.mark.slow
def test_the_model_agrees_with_real_packets_three_hundred_times(workers: Workers) -> None:
    compared = workers.each(lambda seed: compare(workers, draw(seed)), LONG)
    refuse_disagreements(workers, compared)
    agreed, causes = _spread(compared)
    assert agreed["open"] > 10_000
    assert all(causes[cause] >= 10 for cause in CAUSES), causes
    assert sum(len(one.vague) for one in compared) <= 0.01 * agreed.total()


def _spread(compared: list[Comparison]) -> tuple[Counter[str], Counter[str]]:
    """How often each verdict was agreed on, and in how many topologies each cause stopped any."""
    agreed: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    for one in compared:
        agreed.update(one.agreed)
        causes.update(one.dropped.keys())
    return agreed, causes


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_once_wrong_stays_right(workers: Workers, path: Path) -> None:
    found = compare(workers, load(path)).disagreements
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_model_is_caught(sample: list[Comparison], kind: str) -> None:
    """Many a mutant changes no verdict; of each kind, some must."""
    tried = caught = 0
    for seed, compared in zip(SAMPLE, sample, strict=True):
        description = draw(seed)
        for mutant in islice(KINDS[kind](as_terraform(description)), 6):
            verdict = predict(mutant)
            tried += 1
            caught += any(
                verdict(one) not in ("unknown", compared.states[one])
                for one in questions(description)
            )
        if caught:
            return
    pytest.fail(f"none of {tried} mutants was noticed")


def test_a_disagreement_is_told_and_made_small(workers: Workers) -> None:
    question: Question = (INTERNET, "web", "tcp", 80)
    compared = workers.compare(small(), lambda _: lambda _: "closed")
    found = next(one for one in compared.disagreements if one.question == question)
    assert "internet to web tcp 80: predicted closed, packets say open" in str(found)
    less = shrunk(small(), question, lambda one: question in workers.observe(one, [question]).open)
    assert [one.name for one in less.instances] == ["web"]
    assert sum(len(one.rules) for one in less.groups) == 1
    assert sum(len(one.routes) for one in less.route_tables) == 1


def test_the_same_seed_draws_the_same_network() -> None:
    assert [draw(seed) for seed in SAMPLE] == [draw(seed) for seed in SAMPLE]
    assert len({written(draw(seed)) for seed in SAMPLE}) == len(SAMPLE)
