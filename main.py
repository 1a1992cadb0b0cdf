"""Microblog VPC: reads the environments, builds their stacks, synthesises Terraform JSON.

`cdktf synth`, `diff` and `deploy` run this file; so does `pipenv run synth`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from constructs_lib import fast_loading, package_cache
from constructs_lib.console import fails_plainly, progress
from constructs_lib.settings import Environment, load_all

if TYPE_CHECKING:
    from cdktf import App

ROOT = Path(os.path.relpath(Path(__file__).parent))

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
) -> None:
    """Synthesise environments to Terraform JSON.

    Exit codes: 0 done, 1 the run failed, 2 bad usage or configuration.
    """
    with fails_plainly(), progress() as shown:
        chosen = load_all(environments, names or ())
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
        shown.done()
        for stack in synthesis.stacks:
            path = Path("stacks", stack, "cdk.tf.json")
            state = "written" if path in synthesis.changed else "unchanged"
            typer.echo(f"{stack}: {synthesis.folder / path} {state}")


if __name__ == "__main__":
    app()
