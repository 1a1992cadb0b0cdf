"""Where a stack meets an AWS: the real one, or the emulated one on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.environment import STATE_SUFFIX
from delivery import emulated
from delivery.emulated import EmulatedAws
from delivery.engine import Engine
from delivery.receipt import AwsKind
from reachability import live, terraform

# Most of a provider's time goes by in waits for a state that an emulated AWS is in at once.
_IN_PARALLEL = {f"TF_CLI_ARGS_{command}": "-parallelism=30" for command in ("plan", "apply")}


@dataclass(frozen=True)
class Workspace:
    """`tags` are those of the whole environment; `synthesised` is the stack's `cdk.tf.json`."""

    stack: str
    aws: AwsKind
    synthesised: Path
    engine: Engine
    region: str
    tags: Mapping[str, str]
    emulated: EmulatedAws | None = None

    @property
    def endpoint(self) -> str | None:
        return self.emulated.endpoint if self.emulated else None

    @property
    def parameters(self) -> str:
        """Below which the hosts publish in Parameter Store."""
        return f"/{self.tags['Project']}/{self.tags['Environment']}"

    def client(self, service: str) -> Any:
        """A boto3 client, with the user's own credentials where the AWS is the real one."""
        if self.emulated:
            return self.emulated.client(service, self.region)
        import boto3

        return boto3.Session(region_name=self.region).client(service)


def environment_of(stack: str) -> str:
    """`dev` for the stacks `dev` and `dev-state`."""
    return stack.removesuffix(STATE_SUFFIX)


@contextmanager
def opened(
    stack: str, aws: AwsKind, synthesised: Path, *, home: Path | None = None
) -> Iterator[Workspace]:
    """The stack's folder, initialised; `home` keeps an emulated AWS somewhere else than usual.

    The real AWS is planned where cdktf synthesised, so that `cdktf deploy` and
    `terraform -chdir=…` see the same state; the emulated one in a copy of its own.
    """
    region, tags = live.place(terraform.load(synthesised), synthesised)
    if aws == "real":
        engine = Engine(synthesised.parent)
        engine.init()
        yield Workspace(stack, aws, synthesised, engine, region, tags)
        return
    with emulated.running(environment_of(stack), home=home) as found:
        engine = Engine(found.working_copy(synthesised), {**found.variables(), **_IN_PARALLEL})
        engine.init()
        yield Workspace(stack, aws, synthesised, engine, region, tags, found)
