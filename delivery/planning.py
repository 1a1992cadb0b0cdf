"""From an environment to a plan that the gate has judged, with its receipt."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from delivery.files import write_private
from delivery.plan_files import PlanFiles, sha256
from delivery.receipt import Receipt, Versions, policies_digest, verdict_of
from delivery.workspace import Workspace
from policies import gate
from policies.report import Report


def plan(
    workspace: Workspace, files: PlanFiles, tell: Callable[[str], None], *flags: str
) -> tuple[dict[str, Any], Report]:
    """Plan, judge, and write the three files; the plan as JSON, and what the gate says of it.

    GateError and TerraformError pass through.
    """
    files.remove()
    files.plan.parent.mkdir(parents=True, exist_ok=True)
    tell(f"Planning {workspace.stack}")
    document = workspace.engine.plan(files.plan, *flags)
    write_private(files.document, json.dumps(document))
    report = judge(workspace, files, tell)
    receipt = Receipt(
        stack=workspace.stack,
        aws=workspace.aws,
        planned_at=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
        plan=sha256(files.plan),
        document=sha256(files.document),
        synthesised=sha256(workspace.synthesised),
        versions=versions(workspace),
        verdict=verdict_of(report),
    )
    files.write(receipt)
    return document, report


def judge(workspace: Workspace, files: PlanFiles, tell: Callable[[str], None]) -> Report:
    """The gate, contract included, on the plan as it lies in its file."""
    return gate.run([files.document], synthesised=workspace.synthesised, progress=tell)


def versions(workspace: Workspace) -> Versions:
    engine, provider = workspace.engine.versions()
    return Versions(engine=engine, provider=provider, policies=policies_digest())
