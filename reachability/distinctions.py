"""Which addresses a topology tells apart: one stands for all that nothing does.

So no address is sampled, and the work grows with the rules and not with the addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reachability.intervals import PUBLIC, Addresses, Intervals, is_world
from reachability.network_acls import Acl
from reachability.routing import Table, intervals_of
from reachability.security_groups import Rule


@dataclass(frozen=True, eq=False)
class Distinctions:
    """`cuts` are the distinct sets of addresses, by family, that something treats as one."""

    cuts: Mapping[int, tuple[Intervals, ...]]
    _atoms: dict[tuple[int, Intervals], tuple[Intervals, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        rules: Iterable[Rule],
        acls: Iterable[Acl],
        tables: Iterable[Table],
        vpcs: Iterable[Addresses],
    ) -> Distinctions:
        """What rules, ACL entries, routes and the ranges of VPCs tell apart."""
        held = [rule.peers for rule in rules]
        held += vpcs
        for acl in acls:
            for entries in (acl.entries or {}).values():
                held += [Addresses(one.addresses[4], one.addresses[6]) for one in entries]
        found = {4: dict.fromkeys(one.ipv4 for one in held)}
        found[6] = dict.fromkeys(one.ipv6 for one in held)
        for table in tables:
            for family, sets in found.items():
                sets.update(dict.fromkeys(intervals_of(table, family)))
        return cls({family: tuple(one for one in sets if one) for family, sets in found.items()})

    def atoms(self, addresses: Intervals, family: int) -> tuple[Intervals, ...]:
        """The addresses in parts that nothing tells apart any further."""
        key = (family, addresses)
        if key not in self._atoms:
            self._atoms[key] = tuple(_split(addresses, self.cuts[family]))
        return self._atoms[key]

    def signature(self, family: int, address: int) -> frozenset[int]:
        """Which of the `cuts` hold an address: what can be told of it here."""
        return frozenset(index for index, held in enumerate(self.cuts[family]) if address in held)

    @cached_property
    def pool(self) -> Mapping[int, tuple[Intervals, ...]]:
        """Where a public address that AWS has yet to choose may come from, in atoms.

        Not from a range small enough for one organisation: that is somebody else's.
        """
        bounded = {
            family: [
                one
                for one in sets
                if not is_world(Addresses(one) if family == 4 else Addresses(ipv6=one))
            ]
            for family, sets in self.cuts.items()
        }
        return {
            family: self.atoms(space - Intervals.union(bounded[family]), family)
            for family, space in ((4, PUBLIC.ipv4), (6, PUBLIC.ipv6))
        }


def _split(addresses: Intervals, cuts: Iterable[Intervals]) -> list[Intervals]:
    parts = [addresses] if addresses else []
    for cut in cuts:
        if addresses & cut:
            parts = [part for one in parts for part in (one & cut, one - cut) if part]
    return parts
