"""An inbox whose readings are kept, standing in for the store."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.archive import Archive
from ingestion.connectors.xml_archive import RefusedContent, read_refused
from ingestion.connectors.xml_folder import FiscalBatch, IntakeCounts, QuarantinedInput, read_folder

Rows = list[dict[str, Any]]

MARKS = pa.schema(
    [("path", pa.string()), ("size", pa.int64()), ("mtime_ns", pa.int64()), ("ctime_ns", pa.int64())]
)


@dataclass
class Inbox:
    """An inbox with what its readings gave so far, standing in for the store."""

    folder: Path
    archive_dir: Path
    batches: list[FiscalBatch] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

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
                    known_files=pa.Table.from_pylist(list(self.known.values()), schema=MARKS),
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
            self.known.update((row["path"], row) for row in batch.files.to_pylist())
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
