"""Microblog VPC: reads the environments, builds their stacks, synthesises Terraform JSON.

`cdktf synth`, `diff` and `deploy` run this file; so does `pipenv run synth`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from constructs_lib import fast_loading, package_cache
from constructs_lib.console import FAILED, MISUSED, fails_plainly, progress
from constructs_lib.errors import RunError
from constructs_lib.settings import Environment, load_all
from reachability import contract, terraform

if TYPE_CHECKING:
    from cdktf import App

ROOT = Path(os.path.relpath(Path(__file__).parent))

CONTRACT = ROOT / "policies" / "exposure.toml"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def build(cdktf_app: App, environments: list[Environment]) -> dict[Path, str]:
    """Every environment's stacks; returns the user data as people read it, by path."""
    from constructs_lib.microblog import MicroblogStack
    from constructs_lib.state_bucket import StateBucketStack

    texts: dict[Path, str] = {}
    for environment in environments:
        texts |= MicroblogStack(cdktf_app, environment=environment).readable_user_data
        if environment.state is not None:
            StateBucketStack(cdktf_app, environment=environment, bucket=environment.state.bucket)
    return texts


def read_contract() -> contract.Contract:
    try:
        return contract.read(CONTRACT)
    except contract.ContractError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(MISUSED) from None


def breaches(folder: Path, stacks: Iterable[str], promised: contract.Contract) -> list[str]:
    """What the stacks open beyond the contract, or do not reach though it promises so.

    RunError where another synthesis has taken a stack away meanwhile.
    """
    try:
        read = {
            stack: terraform.read(folder / "stacks" / stack / "cdk.tf.json") for stack in stacks
        }
    except terraform.UnreadableStackError as error:
        raise RunError(f"{error}; another synthesis changed it: run it again") from error
    return [
        f"{name}: {difference}"
        for name, stack in read.items()
        for difference in contract.of_stack(stack, promised)
        if difference.refused
    ]


@app.command()
def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="ENV", help="Default: every environment.")
    ] = None,
    outdir: Annotated[
        Path, typer.Option(envvar="CDKTF_OUTDIR", help="Where the Terraform JSON goes.")
    ] = ROOT / "cdktf.out",
    environments: Annotated[Path, typer.Option(help="The folder of environment files.")] = ROOT
    / "environments",
    hold: Annotated[
        bool, typer.Option("--contract/--no-contract", help="Hold it to policies/exposure.toml.")
    ] = True,
) -> None:
    """Synthesise environments to Terraform JSON, and hold it to the contract.

    Exit codes: 0 done, 1 the run failed or the contract is broken, 2 bad usage or configuration.
    """
    with fails_plainly(), progress() as shown:
        chosen = load_all(environments, names or ())
        promised = read_contract()
        first_use = package_cache.is_first_use()
        shown.say("Unpacking the AWS provider, once" if first_use else "Starting jsii")
        fast_loading.start()
        from constructs_lib.synthesis import synthesise

        shown.say("Synthesising " + ", ".join(environment.name for environment in chosen))
        synthesis = synthesise(
            lambda cdktf_app: build(cdktf_app, chosen),
            outdir,
            on_wait=lambda: typer.echo("waiting for another synthesis to finish", err=True),
        )
        if first_use:
            shown.say("Indexing the AWS provider, once (some 15 s)")
            package_cache.finish_indexing()
        shown.say("Holding it to the contract")
        broken = breaches(synthesis.folder, synthesis.stacks, promised) if hold else []
        shown.done()
        for stack in synthesis.stacks:
            path = Path("stacks", stack, "cdk.tf.json")
            state = "written" if path in synthesis.changed else "unchanged"
            typer.echo(f"{stack}: {synthesis.folder / path} {state}")
        for line in broken:
            typer.echo(line, err=True)
        if broken:
            raise typer.Exit(FAILED)


if __name__ == "__main__":
    app()
