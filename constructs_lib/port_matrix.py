"""The flow matrix as a page for people."""

from collections.abc import Iterable, Sequence

from constructs_lib.flows import FLOWS, SERVERS, Flow, egress_of, ingress_of

FILE = "docs/port-matrix.md"

_HEAD = """\
# Port matrix

Who opens, who answers, on which port, and why. Nothing else is open, neither way. This page is
written from `constructs_lib/flows.py` by `python -m constructs_lib.generated`.

`internet` is any address; `operators` are the CIDRs of the environment file; `resolver` is the
VPC's Amazon DNS server; `time` is the Amazon Time Sync Service.
"""


def markdown(flows: Sequence[Flow] = FLOWS) -> str:
    """The page: for each server what it answers and what it opens."""
    return _HEAD + "".join(_section(server, flows) for server in SERVERS)


def _section(server: str, flows: Sequence[Flow]) -> str:
    answers = ((flow.source, flow) for flow in ingress_of(server, flows))
    opens = ((flow.destination, flow) for flow in egress_of(server, flows))
    return f"\n## {server}\n{_table('Answers', answers)}{_table('Opens to', opens)}"


def _table(head: str, rows: Iterable[tuple[str, Flow]]) -> str:
    lines = [f"| `{peer}` | {flow.port} | {flow.port.name} | {flow.why} |" for peer, flow in rows]
    return "\n".join(["", f"| {head} | Port | Service | Why |", "|---|---|---|---|", *lines, ""])
