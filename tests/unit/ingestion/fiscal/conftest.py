"""What the tests of fiscal XML share: a reader of payloads, an inbox, a measure of memory."""

import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fiscal_inbox import Inbox

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.payloads import Payload
from ingestion.fiscal.reader import Reader, Reading
from ingestion.fiscal.tables import read_tables

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader(read_tables(), limits=Limits())


@pytest.fixture(params=[False, True], ids=["walked", "scanned"])
def scan(request: pytest.FixtureRequest) -> bool:
    """Whether plain payloads are scanned: what is said of reading holds either way."""
    return bool(request.param)


@pytest.fixture
def read(reader: Reader, scan: bool) -> Callable[..., Reading]:
    """Reads payloads given as bytes."""

    def read_contents(*contents: bytes, schema: str | None = None) -> Reading:
        return reader.read(
            [
                Payload(content, hashlib.sha256(content).hexdigest(), f"{number}.xml", schema=schema)
                for number, content in enumerate(contents)
            ],
            scan=scan,
        )

    return read_contents


@pytest.fixture
def rows(read: Callable[..., Reading]) -> Callable[..., Rows]:
    """The rows that payloads give in one table; fails when something was refused."""

    def rows_of(table: str, *contents: bytes) -> Rows:
        reading = read(*contents)
        assert reading.refused == []
        found: Rows = reading.tables[table].to_pylist()
        return found

    return rows_of


@pytest.fixture
def refusal(read: Callable[..., Reading]) -> Callable[[bytes], tuple[str, str]]:
    """The reason and detail for which a payload is refused; fails when anything of it is read."""

    def refusal_of(content: bytes) -> tuple[str, str]:
        reading = read(content)
        assert reading.tables["payloads"].num_rows == 0
        (refused,) = reading.refused
        return refused.reason, refused.detail

    return refusal_of


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(folder, tmp_path / "archive")


@pytest.fixture
def peak_memory() -> Iterator[Callable[[], int]]:
    """Python's own peak since the test began, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
