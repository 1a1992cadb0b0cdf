"""What is wrong with an environment file, in words that say how to mend it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from constructs_lib.environment import EnvironmentFile
from constructs_lib.problems import Problem, dotted, literal, nearest
from constructs_lib.settings.topology import Finding

_KINDS = {
    "dict_type": "a table",
    "int_type": "a whole number",
    "model_type": "a table",
    "string_type": "text",
    "tuple_type": "a list",
}
"""What stands in place of a value of the wrong type, by pydantic's error type."""


def of_relations(
    file: str, document: Mapping[str, Any], findings: Iterable[Finding]
) -> Iterator[Problem]:
    """The problems that values of a sound form have with each other."""
    for finding in findings:
        value: Any = document
        for key in finding.field:
            value = value[key]
        shown = None if isinstance(value, dict) else literal(value)
        yield Problem(file, dotted(finding.field), shown, finding.reason, finding.fix)


def of_forms(file: str, error: ValidationError) -> Iterator[Problem]:
    """The problems of single values and keys that pydantic found."""
    for detail in error.errors(include_url=False):
        # pydantic counts the sound items only, and so calls a list of wrong ones too short
        if not (detail["type"] == "too_short" and detail["input"]):
            yield _problem(file, detail)


def _problem(file: str, detail: ErrorDetails) -> Problem:
    reason, fix = _told(detail, detail.get("ctx", {}))
    shown = detail.get("ctx", {}).get("shown") or literal(detail["input"])
    valueless = detail["type"] in ("missing", "extra_forbidden")
    return Problem(file, dotted(detail["loc"]), None if valueless else shown, reason, fix)


def _told(detail: ErrorDetails, context: dict[str, Any]) -> tuple[str, str]:
    """The reason and the fix."""
    place = detail["loc"]
    match detail["type"]:
        case "refused" if place == ("name",):
            return context["reason"], f"rename the file: {context['fix']}"
        case "refused":
            return context["reason"], context["fix"]
        case "missing":
            return "is missing", f"add {_example(place)}"
        case "extra_forbidden":
            return "is no key here", _meant(place)
        case "literal_error":
            return "is not one of the choices", _choice(place, detail["input"])
        case "greater_than_equal":
            return "is too small", f"write at least {context['ge']}"
        case "less_than_equal":
            return "is too large", f"write at most {context['le']}"
        case "too_short":
            return "is empty", f"add {_example(place)}"
        case "too_long":
            return f"has {context['actual_length']} entries", f"use at most {context['max_length']}"
        case kind:
            return f"is not {_KINDS[kind]}", f"write {_example(place)}"


def _field(place: tuple[int | str, ...]) -> FieldInfo:
    """The field at this place; a zone's is that of the zones."""
    found = FieldInfo(annotation=EnvironmentFile)
    for key in place:
        if get_origin(found.annotation) is dict:
            found = FieldInfo(annotation=get_args(found.annotation)[1])
        else:
            found = _table(found.annotation).model_fields[str(key)]
    return found


def _table(annotation: Any) -> type[BaseModel]:
    """The model in an annotation such as `State | None`."""
    choices = (annotation, *get_args(annotation))
    return next(one for one in choices if isinstance(one, type) and issubclass(one, BaseModel))


def _example(place: tuple[int | str, ...]) -> str:
    found = _field(place)
    if found.examples:
        return f"{place[-1]} = {literal(found.examples[0])}"
    if get_origin(found.annotation) is dict:
        return f"a table such as [{dotted(place)}.us-east-1a]"
    return f"the table [{dotted(place)}]"


def _meant(place: tuple[int | str, ...]) -> str:
    key = str(place[-1])
    known = _table(_field(place[:-1]).annotation).model_fields
    if key in EnvironmentFile.model_fields:
        return "move it to the top of the file, before the first [table]"
    meant = nearest(key, known)
    return f"did you mean {meant}?" if meant else f"known here: {', '.join(known)}"


def _choice(place: tuple[int | str, ...], value: object) -> str:
    choices = get_args(_field(place).annotation)
    meant = nearest(value, choices) if isinstance(value, str) else None
    if meant:
        return f"did you mean {literal(meant)}?"
    return f"write one of {', '.join(map(literal, choices))}"
