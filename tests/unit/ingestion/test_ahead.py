"""An iterator that runs one item ahead: the same items, the same errors, and nothing made for nobody."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from ingestion.ahead import ahead


def test_items_come_in_their_order_from_another_thread() -> None:
    makers = set()

    def numbers() -> Iterator[int]:
        for number in range(50):
            makers.add(get_ident())
            yield number

    with ahead(numbers()) as read:
        assert list(read) == list(range(50))
    assert makers
    assert get_ident() not in makers


def test_the_next_is_made_while_one_is_used() -> None:
    second = Event()

    def items() -> Iterator[str]:
        yield "first"
        second.set()
        yield "second"

    with ahead(items()) as read:
        assert next(read) == "first"
        assert second.wait(timeout=10)


def test_an_error_comes_where_its_item_would() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    with ahead(failing()) as read:
        assert next(read) == 1
        with pytest.raises(OSError, match="no more"):
            next(read)


def test_leaving_ends_the_making() -> None:
    closed = Event()
    made = []

    def endless() -> Iterator[int]:
        try:
            while True:
                made.append(len(made))
                yield len(made)
        finally:
            closed.set()

    with ahead(endless()) as read:
        assert next(read) == 1
    assert closed.is_set()
    assert len(made) <= 4


def test_nothing_to_read() -> None:
    with ahead(iter(())) as read:
        assert list(read) == []
