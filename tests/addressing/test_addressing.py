"""Address arithmetic, held against sets of integers."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import addressing

BASE = 10 << 24


@st.composite
def small_networks(draw: st.DrawFn) -> IPv4Network:
    """A network within 10.0.0.0/24, so that its addresses can be listed."""
    length = draw(st.integers(24, 32))
    index = draw(st.integers(0, 2 ** (length - 24) - 1))
    return IPv4Network((BASE + index * 2 ** (32 - length), length))


def numbers(network: IPv4Network) -> set[int]:
    first = int(network.network_address)
    return set(range(first, first + 2 ** (32 - network.prefixlen)))


@given(small_networks(), st.lists(small_networks(), max_size=5))
def test_overlapping_are_just_those_that_share_an_address(
    network: IPv4Network, others: list[IPv4Network]
) -> None:
    sharing = [other for other in others if numbers(network) & numbers(other)]
    assert addressing.overlapping(network, others) == sharing


@given(st.lists(small_networks(), max_size=8))
def test_coverage_counts_every_address_once(networks: list[IPv4Network]) -> None:
    assert addressing.coverage(networks) == len(set().union(*map(numbers, networks)))


@pytest.mark.parametrize(
    ("subnet", "kept"),
    [
        ("10.0.0.0/24", ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.255")),
        ("10.0.0.16/28", ("10.0.0.16", "10.0.0.17", "10.0.0.18", "10.0.0.19", "10.0.0.31")),
        (
            "172.31.16.0/20",
            ("172.31.16.0", "172.31.16.1", "172.31.16.2", "172.31.16.3", "172.31.31.255"),
        ),
    ],
)
def test_aws_keeps_the_first_four_addresses_of_a_subnet_and_the_last(
    subnet: str, kept: tuple[str, ...]
) -> None:
    reserved = addressing.reserved_addresses(IPv4Network(subnet))
    assert tuple(map(str, reserved)) == kept


def test_the_resolver_is_two_above_the_base_of_the_vpc() -> None:
    assert str(addressing.resolver_address(IPv4Network("10.0.0.0/18"))) == "10.0.0.2"


def test_the_time_service_is_where_the_ec2_user_guide_says() -> None:
    assert str(addressing.AMAZON_TIME_SYNC) == "169.254.169.123"


def test_no_private_network_is_one_that_is_never_routed() -> None:
    for private in addressing.PRIVATE_NETWORKS:
        assert addressing.overlapping(private, addressing.UNROUTED_NETWORKS) == []
        assert private.is_private
