"""How the Protheus writes days, instants and the control columns of a row."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from simulation.erp.tables import Row
from simulation.stories import Posting

DELETED = "*"


def day(on: date) -> str:
    """Write a day as YYYYMMDD."""
    return f"{on.year}{on.month:02d}{on.day:02d}"


def stamp(at: datetime) -> datetime:
    """Return an instant in UTC, without zone: stamps carry none."""
    return at.astimezone(UTC).replace(tzinfo=None)


def flag(posting: Posting) -> str:
    """Return D_E_L_E_T_ of a posting and of what hangs on it."""
    return DELETED if posting.deleted_at else ""


@dataclass(frozen=True, slots=True)
class Stamped:
    """When a row was made and last changed, and whether it is deleted."""

    made_at: datetime
    changed_at: datetime
    is_deleted: bool

    @classmethod
    def of(cls, posting: Posting, *, changed_on: date | None = None) -> "Stamped":
        """Return the control of a posting, or of a title of it that changed on a later day."""
        made_at, changed_at = posting.posted_at, posting.deleted_at or posting.posted_at
        if changed_on:
            later = datetime(changed_on.year, changed_on.month, changed_on.day, 18, tzinfo=made_at.tzinfo)
            changed_at = max(changed_at, later)
        return cls(made_at, changed_at, posting.deleted_at is not None)

    def row(self) -> Row:
        """Return D_E_L_E_T_, S_T_A_M_P_ (last change) and I_N_S_D_T_."""
        return {
            "D_E_L_E_T_": DELETED if self.is_deleted else "",
            "S_T_A_M_P_": stamp(self.changed_at),
            "I_N_S_D_T_": stamp(self.made_at),
        }
