from collections.abc import Iterator, Mapping
from typing import Any

import _path  # noqa: F401

from policies.instances import INSTANCE_TYPES
from policies.policy import policy
from reachability.stack import Resource, Stack, blocks

VOLUME = "aws_ebs_volume"
TEMPLATE = "aws_launch_template"


@policy(
    id="CKV_MB_12",
    types=(*INSTANCE_TYPES, VOLUME),
    remedy="Set encrypted = true on the volume.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Disks are encrypted."""
    for label, disk in _disks(resource):
        if str(stack.resolve(disk.get("encrypted"))).lower() != "true":
            yield f"{label} is not encrypted"


def _disks(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each disk; one that is not described is as the image has it, which nobody can tell."""
    if resource.type == VOLUME:
        yield "the volume", resource.values
    elif resource.type == TEMPLATE:
        mapped = [
            (f"block device {mapping.get('device_name')}", disk)
            for mapping in resource.blocks("block_device_mappings")
            for disk in blocks(mapping.get("ebs"))
        ]
        yield from mapped or [("the image's disk, which no block_device_mappings describes,", {})]
    else:
        yield "root_block_device", (resource.blocks("root_block_device") or [{}])[0]
        for disk in resource.blocks("ebs_block_device"):
            yield f"ebs_block_device {disk.get('device_name')}", disk
