"""Business days and the spread of acts over time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.clock import Timeline, add_business_days, is_business_day


@pytest.mark.parametrize(
    "holiday",
    [
        date(2026, 2, 16),
        date(2026, 2, 17),
        date(2026, 4, 3),
        date(2026, 6, 4),
        date(2026, 11, 20),
        date(2026, 12, 25),
    ],
)
def test_bank_holidays(holiday: date) -> None:
    assert holiday.weekday() < 5
    assert not is_business_day(holiday)


def test_business_days_are_counted_from_a_free_day_too() -> None:
    saturday = date(2026, 11, 28)
    assert add_business_days(saturday, 0) == date(2026, 11, 30)
    assert add_business_days(saturday, 1) == date(2026, 11, 30)
    assert add_business_days(saturday, 2) == date(2026, 12, 1)
    assert add_business_days(date(2026, 11, 19), 1) == date(2026, 11, 23)


@given(st.integers(1, 14), st.integers(1, 5_000))
def test_acts_are_in_order_and_inside_the_world(months: int, acts: int) -> None:
    timeline = Timeline.until_as_of(months=months, acts=acts)
    moments = [timeline.moment(act, jitter) for act in range(min(acts, 50)) for jitter in (0.0, 0.999)]
    assert moments == sorted(moments)
    assert timeline.moment(0, 0.0).date() == timeline.first
    assert timeline.moment(acts - 1, 0.999999).date() <= date(2026, 11, 30)


@given(st.integers(1, 3), st.integers(20, 2_000), st.integers(0, 80), st.integers(0, 40))
def test_acts_between_two_days_fall_between_them(months: int, acts: int, start: int, length: int) -> None:
    timeline = Timeline.until_as_of(months=months, acts=acts)
    first = timeline.first + timedelta(days=start)
    last = first + timedelta(days=length)
    for act in timeline.acts_between(first, last):
        for jitter in (0.0, 0.5, 0.999999):
            assert first <= timeline.moment(act, jitter).date() <= last
