"""Who can reach whom: the open ports of every pair, worked out once per kind of endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reachability.model import Topology
from reachability.ports import Ports
from reachability.verdict import open_ports

Cell = Mapping[str, Ports]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Every outside source and every endpoint, against each other."""

    names: tuple[str, ...]
    _cells: Mapping[tuple[str, str], Cell]

    def cell(self, source: str, destination: str) -> Cell:
        """The open ports by protocol ("tcp", "udp")."""
        return self._cells[source, destination]

    def pairs(self) -> Iterator[tuple[str, str, Cell]]:
        """Every pair of different ends with its open ports; outside to outside is left out."""
        for (source, destination), cell in self._cells.items():
            yield source, destination, cell


def matrix(topology: Topology) -> Matrix:
    """The whole matrix of a topology."""
    names = (*topology.outside, *topology.endpoints)
    return Matrix(
        names,
        {
            (source, destination): open_ports(topology, source, destination)
            for source in names
            for destination in names
            if source != destination
            and not (source in topology.outside and destination in topology.outside)
        },
    )
