"""What every form begins with: text, and the refusal."""

from pydantic_core import PydanticCustomError


def refuse(reason: str, fix: str, shown: str | None = None) -> PydanticCustomError:
    """The error for a value of the wrong form; `shown` stands for a value that holds a secret."""
    return PydanticCustomError("refused", "refused", {"reason": reason, "fix": fix, "shown": shown})


def text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise refuse("is not text", f'write it in quotes, such as "{example}"')
    if not value:
        raise refuse("is empty", f'write it, such as "{example}"')
    if value != value.strip():
        raise refuse("has white space around it", "remove that")
    return value
