"""Rate and remaining time: from what was told of late, in words."""

import pytest

from confere.pace import Pace, duration


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_at_first_only_what_is_done_is_known(clock: Clock) -> None:
    pace = Pace(clock)
    pace.tell(done=0, total=1_000, documents=0)
    assert (pace.documents_per_second, pace.remaining_seconds) == (None, None)
    clock.now += 1
    pace.tell(done=100, total=1_000, documents=20)
    assert str(pace) == "10 %, 20 documents"


def test_rate_and_remaining_time(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now += 10
    pace.tell(done=100, total=1_000, documents=12_000)
    assert pace.documents_per_second == 1_200
    assert pace.remaining_seconds == 90
    assert str(pace) == "10 %, 12,000 documents, 1,200/s, 2 min left"


def test_what_was_long_ago_does_not_count(clock: Clock) -> None:
    pace = Pace(clock)
    for _ in range(20):
        clock.now += 10
        pace.tell(done=10, total=1_000, documents=1)
    for number in range(1, 11):
        clock.now += 10
        pace.tell(done=10 + 50 * number, total=1_000, documents=1 + 10 * number)
    assert pace.documents_per_second == pytest.approx(1)
    assert pace.remaining_seconds == pytest.approx((1_000 - 510) / 5)


def test_nothing_to_do_and_nothing_moving(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now += 20
    pace.tell(done=0, total=0, documents=0)
    assert str(pace) == "0 documents, 0/s"
    pace.tell(done=0, total=10, documents=0)
    assert pace.remaining_seconds is None


def test_a_folder_that_grew_is_not_more_than_whole(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now += 5
    pace.tell(done=12, total=10, documents=5)
    assert str(pace) == "100 %, 5 documents, 1/s, 0 s left"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (59, "59 s"),
        (59.7, "1 min"),
        (95, "2 min"),
        (3_590, "1 h 00 min"),
        (3_900, "1 h 05 min"),
        (100_000, "27 h 47 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
