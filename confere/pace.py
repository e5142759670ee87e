"""How fast something goes and how long it still takes, as numbers and as words.

Holds the estimate and its wording. Where it is shown, and how often, is the display's business.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

_WINDOW_SECONDS: Final = 60.0
"""What the rate is taken from: long enough for one large archive, short enough to follow a slower disk."""

_TRUSTED_SECONDS: Final = 3.0
"""Before that an estimate would jump: the first documents are read while readers still start."""


class Pace:
    """The pace of a piece of work, told from time to time how far it is. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: deque[tuple[float, int, int]] = deque([(clock(), 0, 0)])
        self._total: int | None = None

    def tell(self, *, done: int, total: int | None, documents: int) -> None:
        """Note how far the work is: `done` of `total` in whatever measures it, and the documents so far."""
        now = self._clock()
        self._total = total
        self._told.append((now, done, documents))
        # the second one must be old enough, so that the first stands at the window's start or before
        while len(self._told) > 2 and now - self._told[1][0] >= _WINDOW_SECONDS:
            self._told.popleft()

    @property
    def documents_per_second(self) -> float | None:
        """Documents per second of late; None while it is too early to say."""
        (start, _, before), (end, _, after) = self._told[0], self._told[-1]
        return (after - before) / (end - start) if end - start >= _TRUSTED_SECONDS else None

    @property
    def remaining_seconds(self) -> float | None:
        """How long the rest takes at the pace of late; None while that cannot be said."""
        (start, before, _), (end, after, _) = self._told[0], self._told[-1]
        if self._total is None or after <= before or end - start < _TRUSTED_SECONDS:
            return None
        return max(self._total - after, 0) * (end - start) / (after - before)

    def __str__(self) -> str:
        _, done, documents = self._told[-1]
        words = [f"{documents:,} documents"]
        if self._total:
            words.insert(0, f"{min(100 * done // self._total, 100)} %")
        if (rate := self.documents_per_second) is not None:
            words.append(f"{rate:,.0f}/s")
        if (remaining := self.remaining_seconds) is not None:
            words.append(f"{duration(remaining)} left")
        return ", ".join(words)


def duration(seconds: float) -> str:
    """A duration as somebody would say it: 40 s, 3 min, 1 h 05 min."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
