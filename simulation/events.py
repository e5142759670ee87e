"""What the tax authority registers about a document after its authorisation, as facts.

Who may register what, and when, is decided by stories.py and faults.py; the text stands in xml/events.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulation.documents import Document


class EventType(StrEnum):
    """The tpEvento codes that are written."""

    CORRECTION = "110110"
    CANCELLATION = "110111"
    CONFIRMATION = "210200"
    AWARENESS = "210210"
    UNKNOWN_OPERATION = "210220"
    REFUSAL = "210240"
    DISAGREEMENT = "610110"
    DISAGREEMENT_REVOKED = "610111"


MANIFESTATIONS = {
    EventType.CONFIRMATION: "1",
    EventType.UNKNOWN_OPERATION: "2",
    EventType.REFUSAL: "3",
    EventType.AWARENESS: "4",
}
"""The recipient's events and the C00_STATUS that each leads to."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event with the authority's answer. ``serial`` makes its protocol number one of its own."""

    document: Document
    type: EventType
    author_id: str
    at: datetime
    serial: int
    sequence: int = 1
    status: str = "135"
    revoked_protocol: str = ""

    @property
    def protocol(self) -> str:
        """Return the number under which the authority registered it."""
        return self.document.serial(self.serial)
