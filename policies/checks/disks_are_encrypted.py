from collections.abc import Iterator, Mapping
from typing import Any

import _path  # noqa: F401

from policies.policy import policy
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_12",
    types=("aws_instance", "aws_launch_template", "aws_ebs_volume"),
    remedy="Set encrypted = true on the volume.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Disks are encrypted."""
    for label, disk in _disks(resource):
        if str(stack.resolve(disk.get("encrypted"))).lower() != "true":
            yield f"{label} is not encrypted"


def _disks(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.type == "aws_ebs_volume":
        yield "the volume", resource.values
    if resource.type == "aws_instance":
        yield "root_block_device", (resource.blocks("root_block_device") or [{}])[0]
        for disk in resource.blocks("ebs_block_device"):
            yield f"ebs_block_device {disk.get('device_name')}", disk
    if resource.type == "aws_launch_template":
        for mapping in resource.blocks("block_device_mappings"):
            ebs = Resource(resource.address, "", "", mapping, frozenset()).blocks("ebs")
            for disk in ebs:
                yield f"block device {mapping.get('device_name')}", disk
