"""Making the next while the last is used: an iterator that runs one item ahead, in a thread of its own.

Holds the hand-over only. Whatever both sides touch has to be safe for two threads.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")

_PATIENCE_SECONDS = 0.1
"""How long a side waits before it looks whether the other one still wants something."""


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _Finished:
    pass


@contextmanager
def ahead(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """The items in their order, one made while the one before waits and another is used.

    What making an item raises is raised where it would be used. Leaving the block stops the making after the
    item that is under way.
    """
    made: Queue[Item | _Failed | _Finished] = Queue(maxsize=1)
    unwanted = Event()

    def hand_over(what: Item | _Failed | _Finished) -> None:
        while not unwanted.is_set():
            try:
                made.put(what, timeout=_PATIENCE_SECONDS)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                hand_over(item)
                if unwanted.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits for the item
            hand_over(_Failed(error))
        else:
            hand_over(_Finished())

    def use() -> Iterator[Item]:
        while not isinstance(what := made.get(), _Finished):
            if isinstance(what, _Failed):
                raise what.error
            yield what

    maker = Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        yield use()
    finally:
        unwanted.set()
        maker.join()
        if isinstance(items, Generator):
            items.close()
