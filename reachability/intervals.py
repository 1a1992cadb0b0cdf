"""Sets of whole numbers as sorted, disjoint, closed intervals: ports and addresses, exactly."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

_low = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Intervals:
    """An immutable set of integers. Build it with `of`; two equal sets compare equal."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, *pairs: tuple[int, int]) -> Intervals:
        """The union of closed intervals `(low, high)`; a pair with `high < low` is empty."""
        return cls(tuple(_normalised(pairs)))

    @classmethod
    def union(cls, sets: Iterable[Intervals]) -> Intervals:
        return cls.of(*(pair for each in sets for pair in each.pairs))

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals.of(*self.pairs, *other.pairs)

    def __and__(self, other: Intervals) -> Intervals:
        overlaps = (
            (max(a, c), min(b, d))
            for a, b in self.pairs
            for c, d in other.pairs
            if a <= d and c <= b
        )
        return Intervals.of(*overlaps)

    def __sub__(self, other: Intervals) -> Intervals:
        rest: list[tuple[int, int]] = []
        for low, high in self.pairs:
            for cut_low, cut_high in other.pairs:
                if cut_high < low or cut_low > high:
                    continue
                if cut_low > low:
                    rest.append((low, cut_low - 1))
                low = cut_high + 1
            if low <= high:
                rest.append((low, high))
        return Intervals(tuple(rest))

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self.pairs, number, key=_low) - 1
        return index >= 0 and number <= self.pairs[index][1]

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __le__(self, other: Intervals) -> bool:
        """Whether every number of this set is in the other."""
        return not self - other

    @property
    def size(self) -> int:
        """How many numbers the set holds (`len` could not return an IPv6 count)."""
        return sum(high - low + 1 for low, high in self.pairs)

    def __str__(self) -> str:
        return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in self.pairs) or "nothing"


NOTHING = Intervals()


def _normalised(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for low, high in sorted(pair for pair in pairs if pair[0] <= pair[1]):
        if current is None:
            current = (low, high)
        elif low <= current[1] + 1:
            current = (current[0], max(current[1], high))
        else:
            yield current
            current = (low, high)
    if current is not None:
        yield current


@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of IPv4 and IPv6 addresses."""

    ipv4: Intervals = NOTHING
    ipv6: Intervals = NOTHING

    @classmethod
    def of(cls, *cidrs: str) -> Addresses:
        """The addresses of CIDRs of either family; host bits are ignored as AWS does.

        Raises ValueError for text that is no CIDR.
        """
        networks = [ipaddress.ip_network(cidr, strict=False) for cidr in cidrs]
        spans: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for network in networks:
            span = (int(network.network_address), int(network.broadcast_address))
            spans[network.version].append(span)
        return cls(Intervals.of(*spans[4]), Intervals.of(*spans[6]))

    @classmethod
    def union(cls, sets: Iterable[Addresses]) -> Addresses:
        each = tuple(sets)
        return cls(
            Intervals.union(one.ipv4 for one in each), Intervals.union(one.ipv6 for one in each)
        )

    def __or__(self, other: Addresses) -> Addresses:
        return Addresses(self.ipv4 | other.ipv4, self.ipv6 | other.ipv6)

    def __and__(self, other: Addresses) -> Addresses:
        return Addresses(self.ipv4 & other.ipv4, self.ipv6 & other.ipv6)

    def __sub__(self, other: Addresses) -> Addresses:
        return Addresses(self.ipv4 - other.ipv4, self.ipv6 - other.ipv6)

    def __le__(self, other: Addresses) -> bool:
        return self.ipv4 <= other.ipv4 and self.ipv6 <= other.ipv6

    def __bool__(self) -> bool:
        return bool(self.ipv4) or bool(self.ipv6)

    def __str__(self) -> str:
        return ", ".join([*_cidrs(self.ipv4, 4), *_cidrs(self.ipv6, 6)]) or "nothing"


def _cidrs(intervals: Intervals, version: int) -> Iterator[str]:
    address = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    for low, high in intervals.pairs:
        yield from map(str, ipaddress.summarize_address_range(address(low), address(high)))


# IANA IPv4 and IPv6 Special-Purpose Address Registries: never routed on the internet. Of IPv6,
# only 2000::/3 has been assigned at all (IANA IPv6 Global Unicast Address Assignments).
PUBLIC = Addresses.of("0.0.0.0/0", "2000::/3") - Addresses.of(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
    "2001:db8::/32",
)

# The largest block IANA hands to one organisation: an IPv4 /8. No one is assigned an IPv6 /16.
_ONE_ORGANISATION_IPV4 = 2 ** (32 - 8)
_ONE_ORGANISATION_IPV6 = 2 ** (128 - 16)


def is_world(addresses: Addresses) -> bool:
    """Whether these are more public addresses than any one organisation has.

    At least an IPv4 /8 or an IPv6 /16, in one piece or in many: so a world cut in halves, in
    quarters or in hundreds of pieces is still the world, and private ranges never are.
    """
    public = addresses & PUBLIC
    return public.ipv4.size >= _ONE_ORGANISATION_IPV4 or public.ipv6.size >= _ONE_ORGANISATION_IPV6
