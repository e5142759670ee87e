"""What the rest of the simulation knows of an ERP: how it codes branches and what it cannot tell.

A life that an ERP has no word for becomes one that it can tell; a fault that would not show in its tables is
a blind spot and is not planted there. Its tables stand in its own package.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simulation.finance import Booking
from simulation.stories import LifeName, Story

if TYPE_CHECKING:
    from simulation.erp.keeping import Keeping


class Keys(NamedTuple):
    """The native keys of what an ERP made of a posting: its note and, where it has one, its order."""

    note: str
    order: str = ""


class Export(Protocol):
    """An ERP's tables in the making. Close it to write what is still held back."""

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""

    def write(self, booking: Booking) -> Keys:
        """Keep a posting with its titles, payments and entries; return its native keys."""

    def hear(self, story: Story) -> None:
        """Keep what the ERP knows of a document besides its postings."""

    def close(self) -> None:
        """Write the remaining rows and the registers."""


class BlindSpot(NamedTuple):
    """Variants of a cause that do not show in an ERP's tables, and why."""

    cause: str
    variants: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class System:
    """An ERP. ``branch_code`` is a format of ``company``, ``order`` (in it) and ``number`` (in the group).

    ``company`` is what confere.yml must say for its tables to be found, if anything.
    """

    name: str
    branch_code: str
    open: Callable[[Path, "Keeping"], Export]
    company: str = ""
    lives: Mapping[LifeName, LifeName] = field(default_factory=dict)
    blind_spots: tuple[BlindSpot, ...] = ()

    def blindness(self, cause: str, variant: str) -> str:
        """Return why the tables do not show a variant of a cause; nothing when they do."""
        spots = (s for s in self.blind_spots if s.cause == cause and variant in s.variants)
        return next((spot.reason for spot in spots), "")
