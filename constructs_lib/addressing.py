"""IPv4 arithmetic that AWS's networking rules need; nothing here knows of a VPC of ours."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

AMAZON_TIME_SYNC = IPv4Address("169.254.169.123")
"""Source: AWS page "Set the time reference on your EC2 instance to use the local Amazon Time
Sync Service"."""

PRIVATE_NETWORKS = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""Source: RFC 1918, which the AWS page "VPC CIDR blocks" recommends for a VPC."""

UNROUTED_NETWORKS = tuple(
    map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"))
)
"""No packet from another host has such a source. Source: RFC 6890."""


def overlapping(network: IPv4Network, others: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Those of `others` that share an address with `network`, in their order."""
    return [other for other in others if network.overlaps(other)]


def coverage(networks: Iterable[IPv4Network]) -> int:
    """How many distinct addresses the networks hold together."""
    return sum(network.num_addresses for network in collapse_addresses(networks))


def reserved_addresses(subnet: IPv4Network) -> dict[IPv4Address, str]:
    """The five addresses AWS keeps in every subnet, and what for.

    Source: AWS page "Subnet CIDR blocks", section "Subnet sizing for IPv4".
    """
    return {
        subnet[0]: "the network address",
        subnet[1]: "the VPC router",
        subnet[2]: "the Amazon DNS server",
        subnet[3]: "future use",
        subnet[-1]: "the broadcast address",
    }


def resolver_address(vpc_cidr: IPv4Network) -> IPv4Address:
    """The VPC's Amazon DNS server: the base of its CIDR plus two.

    Source: AWS page "Understanding Amazon DNS".
    """
    return vpc_cidr[2]
