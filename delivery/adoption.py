"""An apply that was killed, gone on with: the next plan takes over what it had made.

By Terraform's import blocks (its page "Import"), in a file of the working folder that exists only
until an apply has come to its end.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from constructs_lib.errors import RunError
from delivery.files import write_private
from delivery.orphans import find
from delivery.workspace import Workspace
from reachability import terraform

_MARK = "apply-under-way"
_IMPORTS = "adopted.tf.json"


def begin(folder: Path) -> None:
    """Before the engine applies in the folder."""
    write_private(folder / _MARK, "")


def end(folder: Path) -> None:
    """When the engine has ended by itself, and so has written its state."""
    (folder / _MARK).unlink(missing_ok=True)
    (folder / _IMPORTS).unlink(missing_ok=True)


def is_due(folder: Path) -> bool:
    """Whether an apply was killed in the folder, and no other has come to its end since."""
    return (folder / _MARK).exists()


def prepare(workspace: Workspace) -> list[str]:
    """Have the next plan take over what a killed apply left; the addresses of that.

    Closes the security groups among it. Raises RunError where two things in the account could be
    one resource.
    """
    folder = workspace.engine.folder
    if not is_due(folder):
        (folder / _IMPORTS).unlink(missing_ok=True)
        return []
    state = workspace.engine.show().get("values", {}).get("root_module", {}).get("resources", ())
    known = {one["address"]: str(one["values"].get("id")) for one in state}
    try:
        found = dict(find(terraform.load(workspace.synthesised), known, workspace.client))
        for address, id_ in found.items():
            if address.startswith("aws_security_group."):
                close(workspace.client("ec2"), id_)
    except (BotoCoreError, ClientError) as error:
        raise RunError(f"what the killed apply made cannot be asked for: {error}") from error
    blocks = [{"to": address, "id": id_} for address, id_ in found.items()]
    if blocks:
        write_private(folder / _IMPORTS, json.dumps({"import": blocks}, indent=1))
    else:
        (folder / _IMPORTS).unlink(missing_ok=True)
    return list(found)


def close(ec2: Any, group: str) -> None:
    """Take from a new security group the rule by which AWS lets everything out.

    Terraform does so only when it makes a group, never for one that it imports.
    """
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    default = [
        one["SecurityGroupRuleId"]
        for one in rules
        if one["IsEgress"] and one["IpProtocol"] == "-1" and not one.get("Tags")
    ]
    if default:
        ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=default)
