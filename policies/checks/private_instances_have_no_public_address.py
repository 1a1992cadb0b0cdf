from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private, tier
from reachability.public_addresses import elastic_address
from reachability.stack import Resource, Stack, is_false


@policy(
    id="CKV_MB_4",
    types=("aws_instance", "aws_launch_template"),
    remedy="Remove the address; a private instance goes out through the NAT gateway.",
)
def judge(instance: Resource, stack: Stack) -> Iterator[str]:
    """Private instances have no public address; launch templates give one only if public."""
    if instance.type == "aws_launch_template":
        if tier(instance) != "public":
            yield from _of_template(instance, stack)
        return
    if not is_private(instance):
        return
    asks = stack.value(instance, "associate_public_ip_address")
    if "associate_public_ip_address" in instance.configured and not is_false(asks):
        yield "associate_public_ip_address gives it a public address"
    for setting in ("ipv6_address_count", "ipv6_addresses"):
        if setting in instance.configured and stack.value(instance, setting) not in (0, []):
            yield f"{setting} gives it an IPv6 address, and every IPv6 address is public"
    elastic = elastic_address(stack, instance)
    if elastic is not None:
        yield f"{elastic.path} gives it an Elastic IP"


def _of_template(template: Resource, stack: Stack) -> Iterator[str]:
    for interface in template.blocks("network_interfaces"):
        if not is_false(stack.resolve(interface.get("associate_public_ip_address"))):
            yield "associate_public_ip_address gives every instance of it a public address"
