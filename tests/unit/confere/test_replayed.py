"""What `confere replay` says it did."""

from confere.replayed import told
from dagster_project.replayed import Replayed
from ingestion.store import MALFORMED_LINE, Quarantined


def refused(
    place: str, *, stream: str = "SE1", reason: str = "narrowing", archived: bool = False
) -> Quarantined:
    return Quarantined(place, "erp", stream, place, reason, "sha", "sha256:x" if archived else None, "{}")


def test_what_was_taken_what_not_and_why() -> None:
    before = [
        refused("SE1:a"),
        refused("SE1:b"),
        refused("SE1:line 7", reason=MALFORMED_LINE),
        refused("x.xml", stream="files", reason="malformed_xml", archived=True),
        refused("y.xml", stream="files", reason="not_xml"),
    ]
    after = [
        refused("SE1:b", reason="out_of_range"),
        before[2],
        before[3],
        before[4],
        refused("SE1:was not asked for"),
    ]
    assert told(Replayed.between(before, after)).splitlines() == [
        "taken again: 3; good now: 1; refused once more: 2",
        "  erp SE1: out_of_range 1",
        "  erp files: malformed_xml 1",
        "not kept as it came: 2; that can only be delivered again (see quality.rejected_records)",
    ]


def test_nothing_to_take() -> None:
    assert told(Replayed.between([], [])) == "nothing stands refused that this could take again"
