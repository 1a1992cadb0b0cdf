"""The port matrix page says everything that the flows say."""

import re

from constructs_lib.flows import FLOWS, SERVERS
from constructs_lib.port_matrix import markdown

ROW = re.compile(r"^\| `(\w+)` \| (\d+)/(tcp|udp) \| [^|]+ \| ([^|]+) \|$")


def rows() -> list[tuple[str, str]]:
    """Each row of the page as the key of the flow that it tells, and its reason."""
    found, server, answers = [], "", False
    for line in markdown().splitlines():
        if line.startswith("## "):
            server = line.removeprefix("## ")
        if line.startswith(("| Answers", "| Opens to")):
            answers = line.startswith("| Answers")
        if row := ROW.match(line):
            peer, number, protocol, why = row.groups()
            source, destination = (peer, server) if answers else (server, peer)
            found.append((f"{source}-to-{destination}-{protocol}-{number}", why))
    return found


def test_every_flow_stands_once_for_each_end_that_is_a_server_and_nothing_else_stands() -> None:
    expected = [
        (flow.key, flow.why)
        for flow in FLOWS
        for end in (flow.source, flow.destination)
        if end in SERVERS
    ]
    assert sorted(rows()) == sorted(expected)


def test_no_cell_breaks_the_table() -> None:
    widths = {line.count("|") for line in markdown().splitlines() if line.startswith("|")}
    assert widths == {5}
