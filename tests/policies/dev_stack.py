"""A copy of the synthesised `dev` to edit, and the record that makes an edit look honest."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any


class Dev:
    """A copy of the synthesised `dev`, to be edited by construct path (without "dev/")."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = copy.deepcopy(document)

    def find(self, path: str) -> tuple[str, str, dict[str, Any]]:
        for type_, named in self.document["resource"].items():
            for name, body in named.items():
                if body["//"]["metadata"]["path"] == f"dev/{path}":
                    return type_, name, body
        raise KeyError(path)

    def __getitem__(self, path: str) -> dict[str, Any]:
        return self.find(path)[2]

    def ref(self, path: str, attribute: str = "id") -> str:
        type_, name, _ = self.find(path)
        return f"${{{type_}.{name}.{attribute}}}"

    def remove(self, path: str) -> None:
        type_, name, _ = self.find(path)
        del self.document["resource"][type_][name]

    def add(self, type_: str, name: str, **values: Any) -> None:
        """A new resource at the construct path "added/NAME"."""
        metadata = {"path": f"dev/added/{name}", "uniqueId": name}
        body = {"//": {"metadata": metadata}, **values}
        self.document["resource"].setdefault(type_, {})[name] = body

    def copy(self, path: str, name: str, **changes: Any) -> None:
        """A second resource like the one at `path`, at "added/NAME", with some values changed."""
        type_, _, body = self.find(path)
        self.add(type_, name, **{**copy.deepcopy(body), **changes, "//": None})
        self.document["resource"][type_][name]["//"] = {
            "metadata": {"path": f"dev/added/{name}", "uniqueId": name}
        }


def record(output: Path) -> None:
    """Write `synth.json` for the stacks as they now are, as the end of a synthesis does."""
    stacks = {
        path.parent.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in output.glob("stacks/*/cdk.tf.json")
    }
    (output / "synth.json").write_text(json.dumps({"stacks": stacks}))
