"""The summary for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from delivery.summary import OpenPorts, Summary

_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "hosts": ("aws_instance", "aws_iam", "aws_ebs"),
    "security groups": (
        "aws_security_group",
        "aws_default_security_group",
        "aws_vpc_security_group",
        "aws_ec2_managed_prefix_list",
    ),
    "logs": ("aws_flow_log", "aws_cloudwatch"),
    "state": ("aws_s3",),
    "network": ("",),
}
"""Subject to the beginnings of its Terraform types; a type belongs to the first that fits."""


def render(summaries: Iterable[Summary]) -> RenderableType:
    """Per stack: resources by kind, what is open to whom, the gate's verdict, the file."""
    return Group(*(part for summary in summaries for part in (_stack(summary), Text())))


def print_summaries(summaries: Iterable[Summary], console: Console) -> None:
    console.print(render(summaries), highlight=False)


def _stack(summary: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for subject, kinds in _by_subject(summary).items():
        table.add_row(subject, ", ".join(f"{count} {_short(kind)}" for kind, count in kinds))
    for source, addresses in summary.outside.items():
        verb = "reach" if addresses else "reaches"
        table.add_row(f"{source} {verb}", _open(summary.open_ports, source, addresses))
    table.add_row("gate", _verdict(summary))
    table.add_row("Terraform", str(summary.file))
    title = Text.assemble((summary.name, "bold"), f"  {sum(n for _, n in summary.kinds)} resources")
    return Group(title, Padding(table, (0, 0, 0, 2), expand=False))


def _by_subject(summary: Summary) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for kind, count in summary.kinds:
        subject = next(name for name, types in _SUBJECTS.items() if kind.startswith(types))
        found.setdefault(subject, []).append((kind, count))
    return dict(sorted(found.items(), key=lambda item: list(_SUBJECTS).index(item[0])))


def _short(kind: str) -> str:
    """`vpc peering connection` for `aws_vpc_peering_connection`."""
    return kind.removeprefix("aws_").replace("_", " ")


def _open(open_ports: Iterable[OpenPorts], source: str, addresses: str) -> Text:
    found = [one for one in open_ports if one.source == source]
    if not found:
        return Text("nothing", style="green")
    told = "; ".join(f"{one.host} {one.ports}{_where(one.addresses)}" for one in found)
    return Text(f"{told}{_where(addresses)}")


def _where(addresses: str) -> str:
    return f" (from {addresses})" if addresses else ""


def _verdict(summary: Summary) -> Text:
    counts = [(summary.refused, "refused"), (summary.waived, "waived"), (summary.passed, "passed")]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return Text(told, style="bold red" if summary.refused else "green")
