"""When things happen in the simulated world: its days, business days, offsets, the instants of its acts.

The machine's clock is never read. Nothing here knows what a document is.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from itertools import accumulate

AS_OF = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
"""The last instant of every simulated world, and the ``as_of`` of its confere.yml."""

_FIXED_HOLIDAYS = frozenset(
    {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)}
)
# Days from Easter Sunday: carnival Monday and Tuesday, Good Friday, Corpus Christi.
_MOVABLE_HOLIDAYS = (-48, -47, -2, 60)
_WEIGHT_OF_SATURDAY, _WEIGHT_OF_A_FREE_DAY = 0.30, 0.06
_OPENING, _OPEN_SECONDS = timedelta(hours=7), 11 * 3600


@cache
def offset(hours: int) -> timezone:
    """Return the zone of a UF, given in whole hours from UTC (São Paulo −3, Manaus −4)."""
    return timezone(timedelta(hours=hours))


@cache
def is_business_day(day: date) -> bool:
    """Tell whether banks work on a day: neither weekend nor national bank holiday."""
    if day.weekday() >= 5 or (day.month, day.day) in _FIXED_HOLIDAYS:
        return False
    easter = _easter(day.year)
    return day not in {easter + timedelta(days=days) for days in _MOVABLE_HOLIDAYS}


@cache
def add_business_days(day: date, count: int) -> date:
    """Return the ``count``-th business day after a day; with count 0 the day itself or the next one."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_business_day(day)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of a world and how its acts, mostly documents, spread over them: few fall on free days."""

    days: tuple[date, ...]
    _ends: tuple[float, ...]
    acts: int

    @classmethod
    def until_as_of(cls, *, months: int, acts: int) -> "Timeline":
        """Cover ``months`` calendar months, the last one being that of AS_OF."""
        last = AS_OF.date()
        months_before = last.year * 12 + last.month - months
        first = date(months_before // 12, months_before % 12 + 1, 1)
        days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
        weights = [_weight(day) for day in days]
        total = sum(weights)
        return cls(days, tuple(end / total for end in accumulate(weights)), acts)

    @property
    def first(self) -> date:
        """Return the first day."""
        return self.days[0]

    def moment(self, act: int, jitter: float) -> datetime:
        """Return the local time (naive) of an act; ``jitter`` in [0, 1) moves it within its share."""
        position = (act + jitter) / self.acts
        index = min(bisect_right(self._ends, position), len(self.days) - 1)
        start = self._ends[index - 1] if index else 0.0
        within = (position - start) / (self._ends[index] - start)
        opening = datetime.combine(self.days[index], time()) + _OPENING
        return opening + timedelta(seconds=int(_OPEN_SECONDS * min(within, 0.999)))

    def acts_between(self, first: date, last: date) -> range:
        """Return the acts that fall on the days from ``first`` to ``last``, whatever their jitter."""
        start = bisect_left(self.days, first)
        end = bisect_right(self.days, last)
        if start >= end:
            return range(0)
        begin = self._ends[start - 1] if start else 0.0
        return range(_ceil(begin * self.acts), max(int(self._ends[end - 1] * self.acts), 0))


def _ceil(value: float) -> int:
    # A hair above, so that rounding never puts an act on the day before its window.
    return int(value + 1.0 - 1e-9) if value > 0 else 0


def _weight(day: date) -> float:
    if is_business_day(day):
        return 1.0
    return _WEIGHT_OF_SATURDAY if day.weekday() == 5 else _WEIGHT_OF_A_FREE_DAY


@cache
def _easter(year: int) -> date:
    # The anonymous Gregorian computus.
    golden, century, of_century = year % 19, year // 100, year % 100
    skipped, correction = century // 4, (century + 8) // 25
    epact = (19 * golden + century - skipped - (century - correction + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
