"""`pipenv run bench`: what is promised of speed, each measured in this run.

Exit codes: 0 every promise holds, 1 one does not, 2 bad usage.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from constructs_lib.console import FAILED, progress
from constructs_lib.fast_loading import STOCK_LOADING
from delivery.terraform_cli import TerraformError
from rehearsal import host
from tests.bench import trial_times
from tests.bench.measure import BenchError, Run, median, run
from tests.bench.reachability_times import write_plan

ROOT = Path(__file__).resolve().parent.parent.parent
MAIN = [sys.executable, str(ROOT / "main.py")]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True)
class Promise:
    """A measured figure and the bound it must keep; `at_least` where more is better."""

    what: str
    figure: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def synthesis(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """`dev`, warm, against the same program with the stock provider import."""
    command = [*MAIN, "dev", "--outdir", str(folder / "synthesis")]
    run(command)
    say("Synthesis of dev")
    fast = median([run(command) for _ in range(runs)])
    say("Synthesis of dev with the stock provider import")
    stock = median([run(command, env={STOCK_LOADING: "1"}) for _ in range(max(1, runs // 2))])
    yield Promise("synthesis of dev", fast.seconds, 1.8, "s")
    yield Promise("memory of its largest process", fast.megabytes, 200, "MB")
    yield Promise("stock import / ours, time", stock.seconds / fast.seconds, 10, "x", True)
    yield Promise("ours / stock import, memory", fast.megabytes / stock.megabytes, 1, "x")


def gate(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """The gate against checkov's own command line, in turn, on the same files."""
    outdir = folder / "gate"
    run([*MAIN, "dev", "--outdir", str(outdir)])
    ours = [sys.executable, "-m", "policies.gate", "--dir", str(outdir)]
    checkov = [
        *(sys.executable, "-m", "checkov.main", "-d", str(outdir)),
        *("--framework", "terraform_json", "--skip-download"),
    ]
    pairs: list[tuple[Run, Run]] = []
    for number in range(runs):
        say(f"The gate and checkov, {number + 1} of {runs}")
        pairs.append((run(ours), run(checkov, ok=1)))
    mine, stock = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
    yield Promise("gate / stock checkov, time", mine.seconds / stock.seconds, 0.7, "x")


def growth(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """What one more copy of `dev` costs, among 10 and among 50."""
    dev = (ROOT / "environments" / "dev.toml").read_text(encoding="utf-8")
    seconds: dict[int, float] = {}
    for copies in (1, 10, 50):
        environments = folder / f"environments-{copies}"
        environments.mkdir()
        for number in range(copies):
            (environments / f"copy{number:02}.toml").write_text(dev, encoding="utf-8")
        say(f"Synthesis of {copies} copies of dev")
        outdir = folder / f"copies-{copies}"
        command = [*MAIN, "--environments", str(environments), "--outdir", str(outdir)]
        run(command)
        seconds[copies] = median([run(command) for _ in range(runs)]).seconds
    among_10, among_50 = ((seconds[n] - seconds[1]) / (n - 1) for n in (10, 50))
    yield Promise("a further copy, among 50 / among 10", among_50 / among_10, 1.2, "x")


def reachability(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """The matrix of `dev`, of 1,000 instances, and the loading of a 20 MB plan."""

    def seconds(question: str, argument: Path | int) -> tuple[float, float]:
        say(f"Reachability: {question} {argument}")
        command = [sys.executable, "-m", "tests.bench.reachability_times", question, str(argument)]
        finished = [run(command) for _ in range(runs)]
        return statistics.median(float(one.output) for one in finished), median(finished).megabytes

    run([*MAIN, "dev", "--outdir", str(folder / "reach")])
    dev, _ = seconds("dev", folder / "reach" / "stacks" / "dev" / "cdk.tf.json")
    wide = {count: seconds("wide", count) for count in (100, 300, 1000)}
    write_plan(folder / "plan.json", 20)
    plan, _ = seconds("plan", folder / "plan.json")
    yield Promise("the matrix of dev", dev * 1000, 50, "ms")
    yield Promise("the matrix of 1,000 instances", wide[1000][0], 10, "s")
    yield Promise("memory for it", wide[1000][1], 1024, "MB")
    ratio = (wide[1000][0] / wide[300][0]) / (1000 / 300) ** 2
    yield Promise("its growth, to that of the pairs", ratio, 1, "x")
    yield Promise("loading a plan of 20 MB", plan, 2, "s")


def rehearsal(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """`dev` rehearsed once, warm; nothing where it cannot be."""
    if reason := host.missing():
        typer.echo(f"not measured: {reason}", err=True)
        return
    outdir, report = folder / "rehearsal", folder / "rehearsal.json"
    run([*MAIN, "dev", "--outdir", str(outdir)])
    command = [*(sys.executable, "-m", "rehearsal", "dev", "--dir", str(outdir))]
    say("The image of a rehearsal")
    run([*command, "--measure", "--json", str(report)])
    say("A rehearsal of dev")
    run([*command, "--measure", "--json", str(report)])
    found = json.loads(report.read_text(encoding="utf-8"))
    figures = found["figures"]
    (pairs,) = [one for one in found["checks"] if one["group"] == "pairs"]
    asked = int(pairs["subject"].split()[0])
    yield Promise("dev rehearsed, up and asked", figures["seconds"], 60, "s")
    yield Promise("memory for it", figures["memory"], 3072, "MB")
    yield Promise("probing 300 pairs", pairs["seconds"] * 300 / asked, 10, "s")
    yield Promise("nginx / gunicorn directly", figures["site"] / figures["direct"], 0.85, "x", True)


def trial(folder: Path, runs: int, say: Callable[[str], None]) -> Iterator[Promise]:
    """`make run` of dev once; nothing where there is no Terraform."""
    say("make run")
    try:
        split = trial_times.measure()
    except TerraformError as error:
        typer.echo(f"not measured: {error}", err=True)
        return
    yield Promise("make run, installed", split.total, 90, "s")
    yield Promise("  of which Terraform and provider", split.engine, 90, "s")
    yield Promise("  of which the emulator", split.emulator, 90, "s")
    yield Promise("  of which ours", split.ours, 90, "s")
    yield Promise("ours / make run", split.ours / split.total, 0.1, "x")


MEASURES = (synthesis, gate, growth, reachability, rehearsal, trial)


@app.command()
def main(
    runs: Annotated[int, typer.Option(min=1, max=20, help="Counted runs of each command.")] = 5,
) -> None:
    """Measure what is promised of speed; a promise that does not hold ends in exit 1."""
    os.chdir(ROOT)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    table = Table(
        title=f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}; "
        f"medians of {runs} runs",
        title_justify="left",
    )
    for heading in ("promise", "measured", "bound", ""):
        table.add_column(heading, justify="left" if heading in ("promise", "") else "right")
    broken = 0
    with tempfile.TemporaryDirectory() as folder, progress() as shown:
        for measure in MEASURES:
            try:
                promises = list(measure(Path(folder), runs, shown.say))
            except BenchError as error:
                typer.echo(str(error), err=True)
                raise typer.Exit(FAILED) from None
            for promise in promises:
                broken += not promise.holds
                table.add_row(
                    promise.what,
                    f"{promise.figure:.2f} {promise.unit}",
                    f"{'≥' if promise.at_least else '≤'} {promise.bound:g} {promise.unit}",
                    "holds" if promise.holds else "broken",
                )
    Console().print(table)
    raise typer.Exit(FAILED if broken else 0)


if __name__ == "__main__":
    app()
