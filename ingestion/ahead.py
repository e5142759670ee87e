"""Making the next while the last is used: an iterator that runs one item ahead, in a thread of its own.

Holds the hand-over only. Whatever both sides touch has to be safe for two threads.
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    pass


@contextmanager
def ahead(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """The items in their order, one made while the one before is used.

    What making an item raises is raised where it would be used. Leaving the block stops the making after the
    item that is under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as maker:

        def use() -> Iterator[Item]:
            made = maker.submit(next, items, _End())
            while not isinstance(item := made.result(), _End):
                made = maker.submit(next, items, _End())
                yield item

        try:
            yield use()
        finally:
            maker.shutdown()
            if isinstance(items, Generator):
                items.close()
