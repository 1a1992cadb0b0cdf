"""From files to environments, or to every problem of theirs."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from constructs_lib.environment import STATE_SUFFIX, Environment
from constructs_lib.problems import ConfigurationError, Problem, literal, nearest
from constructs_lib.settings import explanations, toml_file, topology


def load(path: Path) -> Environment:
    """The environment in the file; `ConfigurationError` with every problem of it."""
    file = str(path)
    document = toml_file.read(path)
    problems: list[Problem] = []
    environment = None
    if path.stem.endswith(STATE_SUFFIX):
        reason = f'ends in "{STATE_SUFFIX}", as the stacks of state buckets do'
        problems.append(Problem(file, "", None, reason, "rename the file"))
    if "name" in document:
        reason, fix = "is said by the file's own name", "remove it"
        problems.append(Problem(file, "name", literal(document["name"]), reason, fix))
    try:
        environment = Environment.model_validate({**document, "name": path.stem})
    except ValidationError as error:
        problems += explanations.of_forms(file, error)
    problems += explanations.of_relations(file, document, topology.findings(document))
    if environment is None or problems:
        raise ConfigurationError(problems)
    return environment


def load_all(folder: Path, names: Sequence[str] = ()) -> list[Environment]:
    """The environments of the folder, or those named, sorted by name.

    `ConfigurationError` with every problem of every file.
    """
    files = _files(folder)
    problems = [_unknown(folder, name, files) for name in names if name not in files]
    environments: list[Environment] = []
    for name in sorted(set(names) & set(files) if names else files):
        try:
            environments.append(load(files[name]))
        except ConfigurationError as error:
            problems += error.problems
    problems += _shared_buckets(folder, environments)
    if problems:
        raise ConfigurationError(problems)
    return environments


def _shared_buckets(folder: Path, environments: Sequence[Environment]) -> list[Problem]:
    """Who may write one environment's state is not thereby to read another's."""
    owners: dict[str, str] = {}
    problems = []
    for environment in environments:
        if environment.state is None:
            continue
        bucket = environment.state.bucket
        owner = owners.setdefault(bucket, environment.name)
        if owner != environment.name:
            file, shown = str(folder / f"{environment.name}.toml"), literal(bucket)
            reason = f"holds the state of {owner} already"
            problems.append(
                Problem(file, "state.bucket", shown, reason, "name a bucket of its own")
            )
    return problems


def _files(folder: Path) -> dict[str, Path]:
    """The environment files by name; an editor's hidden copies are none."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        fix = "name a folder of environment files"
        raise toml_file.unusable(folder, f"cannot be read ({why})", fix) from None
    found = {path.stem: path for path in files if not path.name.startswith(".")}
    if not found:
        raise toml_file.unusable(folder, "holds no environment", "write one, such as dev.toml")
    return found


def _unknown(folder: Path, name: str, known: dict[str, Path]) -> Problem:
    meant = nearest(name, known)
    fix = f"did you mean {meant}?" if meant else f"it holds {', '.join(known)}"
    return Problem(str(folder), "", None, f"holds no environment {literal(name)}", fix)
