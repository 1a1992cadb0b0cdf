"""What reachability says of a question, and where packets say something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reachability.intervals import Addresses
from reachability.matrix import Matrix, matrix
from reachability.model import Topology
from reachability.ports import Ports
from reachability.stack import Stack
from rehearsal import probes
from rehearsal.network import Network
from rehearsal.probes import Question
from rehearsal.wiring import Wiring


@dataclass(frozen=True)
class Comparison:
    """`open` are the questions that packets say yes to, `unknown` those that reachability cannot
    tell before apply."""

    asked: int
    open: tuple[Question, ...]
    differences: tuple[str, ...]
    unknown: tuple[Question, ...]


def compare(
    stack: Stack, network: Network, wiring: Wiring, asked: Iterable[Question]
) -> Comparison:
    """Every question, to the model and to the kernel; what differs is asked again, patiently."""
    predicted = matrix(Topology.of(stack))
    several = list(asked)
    seen = probes.ask(network, wiring, several)
    said = {question: foretold(predicted, question) for question in several}
    doubtful = [one for one in several if said[one] is not None and said[one] != seen[one]]
    seen |= probes.ask(network, wiring, doubtful, probes.PATIENT) if doubtful else {}
    return Comparison(
        len(several),
        tuple(one for one in several if seen[one]),
        tuple(
            f"{one}: reach says {_word(said[one])}, packets say {_word(seen[one])}"
            for one in doubtful
            if said[one] != seen[one]
        ),
        tuple(one for one in several if said[one] is None),
    )


def foretold(predicted: Matrix, question: Question) -> bool | None:
    """Open, closed, or None where it is known only after apply."""
    cell = predicted.cell(question.source, question.destination)
    outside = question.client or question.server
    if not outside:
        return _is_open(cell.ports.get(question.protocol), question.port)
    address = Addresses.of(f"{outside}/32")
    for held, ports in cell.parts.get(question.protocol, ()):
        if address <= held:
            return _is_open(ports, question.port)
    return False


def _is_open(ports: Ports | None, port: int) -> bool | None:
    if ports is None or port not in ports.possible:
        return False
    return True if port in ports.sure else None


def _word(is_open: bool | None) -> str:
    return "open" if is_open else "closed"
