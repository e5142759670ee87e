"""What content that is not XML is, by its first bytes.

Holds the catalogue signatures.csv and its lookup; never the name of a file.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SIGNATURES_CSV = Path(__file__).with_name("signatures.csv")


@dataclass(frozen=True, slots=True)
class Signature:
    """How a kind of content starts, and whether it packs others."""

    start: bytes
    name: str
    is_archive: bool


@cache
def _signatures() -> tuple[Signature, ...]:
    with SIGNATURES_CSV.open(encoding="utf-8", newline="") as file:
        return tuple(
            Signature(bytes.fromhex(row["start"]), row["name"], row["is_archive"] == "true")
            for row in csv.DictReader(file)
        )


def signature_of(content: bytes) -> Signature | None:
    """The signature that `content` (its first bytes suffice) starts with."""
    return next((signature for signature in _signatures() if content.startswith(signature.start)), None)
