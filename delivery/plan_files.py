"""A kept plan: three files that belong together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from delivery.files import write_private
from delivery.receipt import AGAIN, Receipt, ReceiptError


@dataclass(frozen=True)
class PlanFiles:
    """A kept plan: `plan` as Terraform wrote it, and beside it its JSON and its receipt."""

    plan: Path

    @property
    def document(self) -> Path:
        return self.plan.with_name(f"{self.plan.name}.json")

    @property
    def receipt(self) -> Path:
        return self.plan.with_name(f"{self.plan.name}.receipt.json")

    def remove(self) -> None:
        """Nothing of an earlier plan may pass for this one's."""
        for path in (self.receipt, self.document, self.plan):
            path.unlink(missing_ok=True)

    def write(self, receipt: Receipt) -> None:
        write_private(self.receipt, receipt.model_dump_json(indent=2) + "\n")

    def read(self) -> Receipt:
        """The receipt, once the plan and its JSON are those it was given for.

        Raises ReceiptError.
        """
        try:
            receipt = Receipt.model_validate_json(self.receipt.read_text(encoding="utf-8"))
            for path, digest in (
                (self.plan, receipt.plan),
                (self.document, receipt.document),
            ):
                if sha256(path) != digest:
                    raise ReceiptError(f"{path}: is not what was gated (changed since); {AGAIN}")
        except FileNotFoundError as error:
            raise ReceiptError(
                f"{error.filename}: is missing; `pipenv run plan ENV --out {self.plan}` writes it"
            ) from error
        except (ValidationError, UnicodeDecodeError) as error:
            raise ReceiptError(f"{self.receipt}: is no receipt of a plan; {AGAIN}") from error
        return receipt


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
