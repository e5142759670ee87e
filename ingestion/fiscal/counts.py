"""The counts of an intake, and the proof that nothing was lost on the way.

Holds numbers and their identities. Each number is counted where its thing happens: what containers hand out,
what the reader finds in a payload, the rows of the tables, the refusals; so an identity that holds says
something.
"""

from dataclasses import dataclass, fields
from typing import Self


class ConservationError(Exception):
    """Something came in and went nowhere: a defect of the intake, never of the input."""


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What came in and what became of it, of a batch, or of a run when added up.

    Files: `files` new or changed ones that were taken in, of which `files_read`, `files_mixed` and
    `files_quarantined` (the others, `unchanged`, were not opened). Parts: what the files turned out to hold,
    containers opened; each is new, known (`duplicates`) or refused before it could be read. Units: documents,
    protocols, events, summaries and voided ranges that the new payloads hold, a payload in which nothing is
    found counting as one; each is a row or refused.
    """

    files: int = 0
    unchanged: int = 0
    files_read: int = 0
    files_mixed: int = 0
    files_quarantined: int = 0
    parts: int = 0
    new_payloads: int = 0
    duplicates: int = 0
    refused_parts: int = 0
    units: int = 0
    documents: int = 0
    protocols: int = 0
    events: int = 0
    summaries: int = 0
    voided_ranges: int = 0
    refused_units: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def rows(self) -> int:
        """Rows of documents, protocols, events, summaries and voided ranges."""
        return self.documents + self.protocols + self.events + self.summaries + self.voided_ranges

    @property
    def quarantined(self) -> int:
        """Parts and units refused."""
        return self.refused_parts + self.refused_units

    @property
    def came(self) -> int:
        """All that came in, in units: a duplicate and a part that could not be read count for one."""
        return self.units + self.refused_parts + self.duplicates

    def verify(self) -> None:
        """Raise ConservationError unless everything that came in is a row, a duplicate or in quarantine.

        Holds for a run's total, and for a batch whose files are all complete in it.
        """
        identities = {
            "files = read + mixed + quarantined": (
                self.files,
                self.files_read + self.files_mixed + self.files_quarantined,
            ),
            "parts = new payloads + duplicates + refused parts": (
                self.parts,
                self.new_payloads + self.duplicates + self.refused_parts,
            ),
            "units = rows + refused units": (self.units, self.rows + self.refused_units),
        }
        broken = [
            f"{identity}: {left} is not {right}"
            for identity, (left, right) in identities.items()
            if left != right
        ]
        if broken:
            raise ConservationError("; ".join(broken))
