"""Refusals: why a piece of fiscal input was not read, by slug, with a hint for whoever delivered it.

Holds the catalogue and the exception that carries a reason; the catalogue itself is reasons.csv.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

REASONS_CSV = Path(__file__).with_name("reasons.csv")

_LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Reason:
    """Why input is refused: a slug, whether its bytes are worth keeping, what to do (in Portuguese)."""

    slug: str
    is_kept: bool
    hint: str


@cache
def reasons() -> Mapping[str, Reason]:
    """The catalogue by slug."""
    with REASONS_CSV.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return MappingProxyType(
            {row["reason"]: Reason(row["reason"], row["is_kept"] == "true", row["hint"]) for row in rows}
        )


class Refused(Exception):  # noqa: N818 - named for what happened to the input
    """Input that is not read. `reason` is a slug of the catalogue, `detail` one line on what it is."""

    def __init__(self, reason: str, detail: str) -> None:
        if reason not in reasons():
            raise ValueError(f"{reason} is not in {REASONS_CSV.name}")
        self.reason = reason
        self.detail = " ".join(detail.split())[:_LONGEST_DETAIL]
        super().__init__(f"{reason}: {self.detail}")

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, str]]:
        return type(self), (self.reason, self.detail)
