"""What a rehearsal found out, check by check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Result = Literal["ok", "failed", "left out"]


@dataclass(frozen=True)
class Check:
    """`subject` is what was looked at ("boot of web"), `detail` what was seen or is missing."""

    group: str
    subject: str
    result: Result
    detail: str = ""
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 2)}
