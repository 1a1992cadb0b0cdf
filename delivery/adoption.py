"""An apply that was killed, gone on with: the next plan takes over what it had made.

By Terraform's import blocks (its page "Import"), in a file of the working folder that exists only
until an apply has come to its end.
"""

from __future__ import annotations

import json
from pathlib import Path

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

    Raises RunError where two things in the account could be one resource.
    """
    folder = workspace.engine.folder
    if not is_due(folder):
        (folder / _IMPORTS).unlink(missing_ok=True)
        return []
    state = workspace.engine.show().get("values", {}).get("root_module", {}).get("resources", ())
    known = {one["address"]: str(one["values"].get("id")) for one in state}
    try:
        found = dict(find(terraform.load(workspace.synthesised), known, workspace.client))
    except (BotoCoreError, ClientError) as error:
        raise RunError(f"what the killed apply made cannot be asked for: {error}") from error
    blocks = [{"to": address, "id": id_} for address, id_ in found.items()]
    if blocks:
        write_private(folder / _IMPORTS, json.dumps({"import": blocks}, indent=1))
    else:
        (folder / _IMPORTS).unlink(missing_ok=True)
    return list(found)
