"""What became of refused input that was taken again: counts, and nothing of how it is taken."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from ingestion.load import can_be_replayed
from ingestion.store import Quarantined


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of refused input that was taken again.

    Of `tried` entries `taken` are refused no more; `refused` counts the others by (source, stream, reason).
    `waiting` were not kept as they came and can only be delivered again.
    """

    tried: int
    taken: int
    refused: Mapping[tuple[str, str, str], int]
    waiting: int

    @classmethod
    def between(cls, before: Sequence[Quarantined], after: Sequence[Quarantined]) -> Self:
        """From what stood refused before and after; an entry is known by its place."""
        tried = {(e.source, e.stream, e.place) for e in before if can_be_replayed(e)}
        still = [entry for entry in after if (entry.source, entry.stream, entry.place) in tried]
        return cls(
            tried=len(tried),
            taken=len(tried) - len(still),
            refused=Counter((entry.source, entry.stream, entry.reason) for entry in still),
            waiting=len(before) - len(tried),
        )
