"""The command line of reachability."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reachability import changes, contract, live, stacks, terminal, terraform
from reachability.left_out import left_out
from reachability.matrix import matrix
from reachability.model import Topology
from reachability.ports import PROTOCOLS
from reachability.terminal import Form
from reachability.verdict import UnknownEndpointError, reach

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_TARGET = re.compile(rf"(?P<name>.+):(?P<port>[0-9]{{1,5}})(/(?P<protocol>{'|'.join(PROTOCOLS)}))?")

CONTRACT = Path("policies/exposure.toml")


class UsageError(ValueError):
    """Arguments that cannot be meant; one line with the fix."""


@app.command()
def main(
    environment: Annotated[
        str | None, typer.Argument(metavar="[ENV", help="The synthesised stack to ask.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE", help="An endpoint, internet, a prefix list or a CIDR."),
    ] = None,
    target: Annotated[
        str | None, typer.Argument(metavar="DEST:PORT[/udp]]]", help="The endpoint and port.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where synthesis wrote.")
    ] = Path("cdktf.out"),
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What a plan (`terraform show -json`) changes."),
    ] = None,
    against_contract: Annotated[
        bool, typer.Option("--contract", help="Where it differs from policies/exposure.toml.")
    ] = False,
    ask_account: Annotated[
        bool, typer.Option("--live", help="What the AWS account has and the stack has not.")
    ] = False,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="With --live: who answers instead of AWS.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Say who can reach whom, from Terraform, before anything exists.

    `reach dev` prints the whole matrix, `reach dev internet app:5000` one verdict with its path or
    what stops it, `reach --plan FILE` what a plan opens and closes, `reach dev --contract` what it
    opens or breaks against the contract, `reach dev --live` what somebody added to the account by
    hand.

    Exit code: 0 answered (a single verdict: open; --contract and --live: no difference), 1 a single
    verdict closed or unknown, a contract broken, an account that differs or cannot be asked, 2 bad
    usage or output that is not whole.
    """
    form: Form = "json" if as_json else "markdown" if as_markdown else "words"
    try:
        if as_json and as_markdown:
            raise UsageError("--json and --markdown are two forms; choose one")
        if endpoint is not None and not ask_account:
            raise UsageError("--endpoint says whom --live asks; add --live")
        if against_contract and (source is not None or plan is not None or ask_account):
            raise UsageError("--contract judges a stack whole; name at most the stack")
        if against_contract:
            code = _judge(_only(folder, environment), form)
        elif ask_account:
            if source is not None or plan is not None:
                raise UsageError("--live compares an account with a stack; name at most a stack")
            if endpoint is not None and not re.match(r"https?://[^/]", endpoint):
                raise UsageError(f"--endpoint {endpoint!r} is no URL; write http://HOST:PORT")
            code = _compare(_only(folder, environment), endpoint, form)
        else:
            code = _answer(environment, source, target, folder, plan, form)
    except live.AccountError as error:
        Console(stderr=True).print(f"reach: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except (
        contract.ContractError,
        terraform.UnreadableStackError,
        UnknownEndpointError,
        UsageError,
    ) as error:
        Console(stderr=True).print(f"reach: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    raise typer.Exit(code)


def _answer(
    environment: str | None,
    source: str | None,
    target: str | None,
    folder: Path,
    plan: Path | None,
    form: Form,
) -> int:
    if plan is not None:
        if environment is not None:
            raise UsageError("--plan compares a plan's before and after; it takes no environment")
        terminal.print_changes(_changes(plan), form)
        return 0
    if environment is None:
        raise UsageError("name an environment, such as dev, or a plan with --plan FILE")
    topology = Topology.of(terraform.read(stacks.one(folder, environment)))
    if source is None:
        terminal.print_matrix(matrix(topology), environment, form)
        if missing := left_out(topology):
            named = ", ".join(map(topology.label, missing))
            typer.echo(f"not modelled, so in no row or column: {named}", err=True)
        return 0
    if target is None:
        raise UsageError("name what it is to reach as DEST:PORT, such as app:5000")
    name, port, protocol = _target(target)
    verdict = reach(topology, source, name, port, protocol)
    terminal.print_verdict(verdict, form)
    return 0 if verdict.state == "open" else 1


def _target(text: str) -> tuple[str, int, str]:
    """The name, port and protocol of "app:5000" or "app:53/udp". Raises UsageError."""
    match = _TARGET.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise UsageError(f"{text!r} is no DEST:PORT; write it like app:5000 or app:53/udp")
    return match["name"], int(match["port"]), match["protocol"] or "tcp"


def _changes(plan: Path) -> list[changes.Change]:
    document = terraform.load(plan)
    old = matrix(Topology.of(terraform.before(document, plan)))
    new = matrix(Topology.of(terraform.parse(document, plan)))
    return changes.changes(old, new)


def _only(folder: Path, environment: str | None) -> Path:
    """The stack of that name, or the only one of the folder."""
    if environment is not None:
        return stacks.one(folder, environment)
    found = stacks.select(folder)
    if len(found) > 1:
        names = ", ".join(path.parent.name for path in found)
        raise UsageError(f"name the stack, one of: {names}")
    return found[0]


def _judge(stack: Path, form: Form) -> int:
    found = contract.of_stack(terraform.read(stack), contract.read(CONTRACT))
    terminal.print_breaches(found, form)
    return 1 if any(one.refused for one in found) else 0


def _compare(stack: Path, endpoint: str | None, form: Form) -> int:
    found = live.compare(stack, endpoint)
    terminal.print_comparison(found, stack.parent.name, form)
    return 1 if found.differs else 0
