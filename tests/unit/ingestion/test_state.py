"""What people add to a workspace survives, and the last word counts."""

from datetime import UTC, date, datetime
from pathlib import Path

from ingestion.state import Signoff, add_signoff, add_waiver, read_signoffs, read_waivers
from ingestion.store import Waiver

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_nothing_was_added_yet(tmp_path: Path) -> None:
    assert read_waivers(tmp_path / "state" / "confere.sqlite") == ()
    assert read_signoffs(tmp_path / "state" / "confere.sqlite") == ()
    assert not (tmp_path / "state").exists()


def test_the_last_waiver_of_a_mismatch_counts(tmp_path: Path) -> None:
    state = tmp_path / "state" / "confere.sqlite"
    first = Waiver("m1", "por enquanto", date(2026, 12, 1), AT)
    other = Waiver("m2", "outro", date(2026, 12, 1), AT)
    last = Waiver("m1", "até o fim do ano", date(2026, 12, 31), AT)
    for waiver in (first, other, last):
        add_waiver(state, waiver)
    assert read_waivers(state) == (last, other)


def test_signoffs_are_only_added_to(tmp_path: Path) -> None:
    state = tmp_path / "confere.sqlite"
    signoffs = tuple(Signoff("R1", date(2026, 11, 30), comment, "ana", AT) for comment in ("um", "dois"))
    for signoff in signoffs:
        add_signoff(state, signoff)
    assert read_signoffs(state) == signoffs
