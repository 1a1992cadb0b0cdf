"""Interval sets agree with Python's own sets and with `ipaddress`."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachability.intervals import Addresses, Intervals, is_world

PAIRS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def numbers(pairs: list[tuple[int, int]]) -> set[int]:
    return {number for low, high in pairs for number in range(low, high + 1)}


def members(intervals: Intervals) -> set[int]:
    return {number for number in range(-1, 63) if number in intervals}


@given(PAIRS, PAIRS)
def test_operations_on_intervals_are_those_on_sets(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    a, b = Intervals.of(*one), Intervals.of(*other)
    assert members(a) == numbers(one)
    assert members(a | b) == numbers(one) | numbers(other)
    assert members(a & b) == numbers(one) & numbers(other)
    assert members(a - b) == numbers(one) - numbers(other)
    assert (a <= b) == (numbers(one) <= numbers(other))
    assert a.size == len(numbers(one))
    assert bool(a) == bool(numbers(one))


@given(PAIRS)
def test_equal_sets_are_equal_intervals_sorted_and_apart(pairs: list[tuple[int, int]]) -> None:
    intervals = Intervals.of(*pairs)
    assert intervals == Intervals.of(*((number, number) for number in numbers(pairs)))
    for (_, end), (start, _) in itertools.pairwise(intervals.pairs):
        assert start > end + 1


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=5), st.integers(0, 32))
def test_addresses_hold_what_their_networks_hold(
    hosts: list[ipaddress.IPv4Address], length: int
) -> None:
    networks = [ipaddress.ip_network(f"{host}/{length}", strict=False) for host in hosts]
    found = Addresses.of(*map(str, networks))
    for host in [*hosts, ipaddress.ip_address("0.0.0.0"), ipaddress.ip_address("10.1.2.3")]:
        assert (int(host) in found.ipv4) == any(host in network for network in networks)
    assert not found.ipv6
    collapsed = ipaddress.collapse_addresses(networks)  # type: ignore[type-var]
    assert str(found) == ", ".join(map(str, collapsed))


@pytest.mark.parametrize(
    "cidrs",
    [
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/1"],
        ["128.0.0.0/1"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["64.0.0.0/2"],
        ["12.0.0.0/7"],
        ["2000::/3"],
        ["2a00::/12"],
        ["8000::/1", "::/1"],
        [f"{block}.0.0.0/9" for block in range(20, 30)],
        [f"9.{block}.0.0/16" for block in range(256)],
    ],
)
def test_the_world_is_recognised_whole_or_in_pieces(cidrs: list[str]) -> None:
    assert is_world(Addresses.of(*cidrs))


@pytest.mark.parametrize(
    "cidrs",
    [
        [],
        ["203.0.113.0/24", "198.51.100.7/32"],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
        ["9.0.0.0/9"],
        ["fc00::/7"],
        ["fe80::/10"],
        ["2001:db8::/32"],
        ["2a00:1450::/32"],
        ["224.0.0.0/4"],
    ],
)
def test_offices_and_private_ranges_are_not_the_world(cidrs: list[str]) -> None:
    assert not is_world(Addresses.of(*cidrs))


@given(st.lists(st.integers(0, 255), unique=True, max_size=40))
def test_the_world_is_a_matter_of_size_not_of_pieces(blocks: list[int]) -> None:
    whole = Addresses.of(*(f"{block}.0.0.0/8" for block in blocks))
    pieces = Addresses.of(*(f"{block}.{half}.0.0/9" for block in blocks for half in (0, 128)))
    assert whole == pieces
    public = [
        block
        for block in blocks
        if 1 <= block < 224 and block not in (10, 127) and block not in (100, 169, 172, 192, 198)
    ]
    if public:
        assert is_world(whole)
