"""What content that is not XML is, by its first bytes.

Holds the catalogue file_signatures.csv and its lookup; never the name of a file. Signatures of XML are
signature_check.py's.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE_SIGNATURES_CSV = Path(__file__).with_name("file_signatures.csv")


@dataclass(frozen=True, slots=True)
class FileSignature:
    """How a kind of content starts, and whether it packs others."""

    start: bytes
    name: str
    is_archive: bool


@cache
def _signatures() -> tuple[FileSignature, ...]:
    with FILE_SIGNATURES_CSV.open(encoding="utf-8", newline="") as file:
        return tuple(
            FileSignature(bytes.fromhex(row["start"]), row["name"], row["is_archive"] == "true")
            for row in csv.DictReader(file)
        )


def file_signature_of(content: bytes) -> FileSignature | None:
    """The signature that `content` (its first bytes suffice) starts with."""
    return next((signature for signature in _signatures() if content.startswith(signature.start)), None)
