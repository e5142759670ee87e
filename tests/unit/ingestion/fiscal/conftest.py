"""What the tests of fiscal XML share: the invented documents, a reader of them, an inbox to put them in."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingestion.archive import Archive
from ingestion.connectors.xml_folder import (
    FiscalBatch,
    IntakeCounts,
    KnownFile,
    QuarantinedInput,
    RefusedContent,
    known_files_of,
    read_folder,
    read_refused,
)
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.reader import Payload, Reader, Reading
from ingestion.fiscal.tables import read_tables

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader(read_tables(), limits=Limits())


@pytest.fixture
def read(reader: Reader) -> Callable[..., Reading]:
    """Reads payloads given as bytes."""

    def read_contents(*contents: bytes, schema: str | None = None) -> Reading:
        return reader.read(
            [
                Payload(content, hashlib.sha256(content).hexdigest(), f"{number}.xml", schema=schema)
                for number, content in enumerate(contents)
            ]
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


@dataclass
class Inbox:
    """An inbox with what its readings gave so far, standing in for the store."""

    folder: Path
    archive_dir: Path
    batches: list[FiscalBatch] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    known: dict[str, KnownFile] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self, **options: Any) -> "Inbox":
        """Read what is new; the outcome of this reading alone is in the result."""
        with Archive.open_writer(self.archive_dir) as archive:
            return self._take(
                read_folder(
                    self.folder,
                    archive=archive,
                    known_files=self.known,
                    is_stored=self.stored.intersection,
                    **options,
                )
            )

    def replay(self, refused: Collection[QuarantinedInput], **options: Any) -> "Inbox":
        """Read refused contents again."""
        contents = [RefusedContent(item.place, item.content_sha256) for item in refused]
        with Archive.open_writer(self.archive_dir) as archive:
            return self._take(
                read_refused(
                    self.archive_dir,
                    contents,
                    archive=archive,
                    is_stored=self.stored.intersection,
                    **options,
                )
            )

    def _take(self, batches: Iterator[FiscalBatch]) -> "Inbox":
        taken = Inbox(self.folder, self.archive_dir)
        for batch in batches:
            taken.batches.append(batch)
            if batch.tables:
                self.stored.update(batch.tables["payloads"]["_content_sha256"].to_pylist())
            self.known.update(known_files_of(batch.files))
        taken.counts.verify()
        return taken

    @property
    def counts(self) -> IntakeCounts:
        total = IntakeCounts()
        for batch in self.batches:
            total += batch.counts
        return total

    @property
    def quarantined(self) -> list[QuarantinedInput]:
        return [item for batch in self.batches for item in batch.quarantined]

    @property
    def refusals(self) -> dict[str, str]:
        """Reasons by place."""
        return {item.place: item.reason for item in self.quarantined}

    def rows(self, table: str) -> Rows:
        return [row for batch in self.batches if batch.tables for row in batch.tables[table].to_pylist()]

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Rows of raw_fiscal_xml.files by path."""
        return {row["path"]: row for batch in self.batches for row in batch.files.to_pylist()}

    @property
    def table(self) -> pa.Table:
        return pa.concat_tables([batch.tables["documents"] for batch in self.batches if batch.tables])


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(folder, tmp_path / "archive")
