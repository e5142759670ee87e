"""The intake: files to batches of rows, each content once, everything accounted for.

Holds the order of things: open a file, tell known contents from new ones, have the new ones read, keep their
bytes, and say of each file and each part what became of it. It walks no folder and knows no table of the
store.
"""

import hashlib
import io
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from ingestion.archive import Archive, archive_ref, compress
from ingestion.fiscal.classify import Kinds, read_kinds
from ingestion.fiscal.containers import RefusedPart, Stream, escaped, open_parts
from ingestion.fiscal.counts import IntakeCounts
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.payloads import FILES, PAYLOADS, UNIT_TABLES, Payload
from ingestion.fiscal.reader import RefusedUnit
from ingestion.fiscal.refusals import Refused, reasons
from ingestion.fiscal.tables import CONTENT, TableShape
from ingestion.fiscal.workers import ChunkReading, Workers

IsStored: TypeAlias = Callable[[Collection[str]], Collection[str]]
"""Tells which of these contents (hex SHA-256) the store holds already."""

_CHUNK_PAYLOADS, _CHUNK_BYTES = 400, 8 << 20


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How much a batch may hold before it is handed over: payloads, bytes of XML, and rows."""

    payloads: int = 2_000
    bytes: int = 32 << 20
    rows: int = 500_000


@dataclass(frozen=True, slots=True)
class QuarantinedInput:
    """A refused part or unit: one row of quality.quarantine.

    `place` is `path`, `path!inner` or either with `#unit`; in it `%`, `!` and `#` of a name are written %25,
    %21 and %23. `content_sha256` is that of the smallest piece at hand (the part, else the container, else
    the file; '' for a file that could not be read); `archive_ref` is None when those bytes are not worth
    keeping or are too many.
    """

    place: str
    reason: str
    detail: str
    content_sha256: str
    archive_ref: str | None


@dataclass(frozen=True, slots=True)
class FiscalBatch:
    """What some files gave: rows by raw table, the files completed, the refusals, and the counts of it all.

    `tables` has every unit table and `payloads`, with `_content_sha256` and `_ordinal`, and is empty when no
    payload was new; contents are distinct over all batches of an intake. `files` has the columns of
    raw_fiscal_xml.files. The bytes of all payloads are in the archive, on disk, when a batch is handed over.
    """

    tables: Mapping[str, pa.Table]
    files: pa.Table
    quarantined: Sequence[QuarantinedInput]
    counts: IntakeCounts


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to take in: its path relative to the inbox, its bytes as a stream, and its marks as listed.

    `stream` is called once, and the stream is closed here; it raises OSError for a file that cannot be read.
    `inner_path` is set when it is not a file but bytes that came out of one.
    """

    path: str
    stream: Callable[[], Stream]
    size: int
    mtime_ns: int = 0
    ctime_ns: int = 0
    inner_path: str = ""


def take_in(
    files: Iterable[SourceFile],
    *,
    tables: Mapping[str, TableShape],
    archive: Archive,
    is_stored: IsStored,
    limits: Limits,
    threads: int,
    batch_size: BatchSize,
    expected_bytes: int = 0,
    again: Collection[str] = (),
) -> Iterator[FiscalBatch]:
    """Take files in, in their order, in bounded memory; the same files give the same batches.

    `is_stored` is asked about contents before they are read, and has to know those of all batches handed over
    but the last; `again` are contents to be read although they are stored. `expected_bytes`, where known,
    tells whether fast reading pays. The last batch comes even when it is empty. Nothing that a file holds
    raises.
    """
    with Workers(tables, limits=limits, threads=threads, expected_bytes=expected_bytes) as workers:
        gathering = _Gathering(archive, is_stored, limits, read_kinds(), again)
        batch = _Batch(tables, archive)
        pending: deque[tuple[_Chunk, Future[ChunkReading]]] = deque()
        for chunk in gathering.chunks(files):
            payloads = chunk.payloads
            archived = [
                payload.sha256 for payload in payloads if archive.holds(bytes.fromhex(payload.sha256))
            ]
            pending.append((chunk, workers.submit(payloads, archived=archived)))
            while len(pending) >= workers.most_pending:
                done, future = pending.popleft()
                batch.add(done, future.result())
                if batch.is_full(batch_size):
                    yield (full := batch.finish())
                    gathering.forget(full)
        for done, future in pending:
            batch.add(done, future.result())
            if batch.is_full(batch_size):
                yield batch.finish()
        yield batch.finish()


# gathering: files to chunks of new payloads


@dataclass(slots=True)
class _File:
    """A file on its way through, with what became of its parts so far."""

    source: SourceFile
    sha256: str = ""
    payloads: int = 0
    read: int = 0
    duplicates: int = 0
    quarantined: int = 0

    @property
    def state(self) -> str:
        if not self.quarantined:
            return "read"
        return "mixed" if self.read or self.duplicates else "quarantined"

    def place(self, inner_path: str, unit: str = "") -> str:
        path = escaped(self.source.path)
        whole = f"{path}!{inner_path}" if inner_path else path
        return f"{whole}#{unit}" if unit else whole


@dataclass(slots=True)
class _Part:
    """A part of a file: a payload (new, or known in some way), or something refused before it became one."""

    file: _File
    payload: Payload | None = None
    is_new: bool = False
    refusal: QuarantinedInput | None = None


@dataclass(slots=True)
class _Chunk:
    """Parts in the order they were found, and the files that ended with one of them."""

    parts: list[_Part] = field(default_factory=list)
    finished: list[_File] = field(default_factory=list)
    bytes: int = 0

    @property
    def payloads(self) -> list[Payload]:
        return [part.payload for part in self.parts if part.is_new and part.payload is not None]


class _Gathering:
    """Opens files and sorts their parts into chunks; a content is new once only, however often it is met."""

    def __init__(
        self, archive: Archive, is_stored: IsStored, limits: Limits, kinds: Kinds, again: Collection[str]
    ) -> None:
        self._archive = archive
        self._is_stored = is_stored
        self._limits = limits
        self._kinds = kinds
        self._again = frozenset(map(bytes.fromhex, again))
        self._met: set[bytes] = set()
        self._handed_over: set[bytes] = set()

    def chunks(self, files: Iterable[SourceFile]) -> Iterator[_Chunk]:
        chunk = _Chunk()
        for source in files:
            file = _File(source)
            for part in self._parts(file):
                # before and not after, so that a file ends in the chunk of its last part
                if len(chunk.parts) >= _CHUNK_PAYLOADS or chunk.bytes >= _CHUNK_BYTES:
                    yield self._told_apart(chunk)
                    chunk = _Chunk()
                chunk.parts.append(part)
                chunk.bytes += 0 if part.payload is None else len(part.payload.content)
            chunk.finished.append(file)
        if chunk.parts or chunk.finished:
            yield self._told_apart(chunk)

    def forget(self, batch: FiscalBatch) -> None:
        """Forget the contents of the batch before this one: from now on the store tells of them."""
        self._met -= self._handed_over - self._again
        stored = batch.tables[PAYLOADS][CONTENT].to_pylist() if batch.tables else ()
        self._handed_over = {bytes.fromhex(sha256) for sha256 in stored}

    def _told_apart(self, chunk: _Chunk) -> _Chunk:
        """Mark the parts whose content is neither stored nor met before."""
        first: dict[bytes, _Part] = {}
        for part in chunk.parts:
            if part.payload is not None:
                digest = bytes.fromhex(part.payload.sha256)
                if digest not in self._met:
                    first.setdefault(digest, part)
        asked = [digest.hex() for digest in first.keys() - self._again]
        stored = frozenset(self._is_stored(asked)) if asked else frozenset()
        for digest, part in first.items():
            part.is_new = digest.hex() not in stored
        self._met.update(first)
        return chunk

    def _parts(self, file: _File) -> Iterator[_Part]:
        source = file.source
        try:
            with source.stream() as stream:
                whole, file.sha256 = _read_whole(stream, source.size, self._limits)
                parts = open_parts(
                    stream if whole is None else io.BytesIO(whole),
                    size=source.size if whole is None else len(whole),
                    limits=self._limits,
                    kinds=self._kinds,
                    inner_path=source.inner_path,
                    content=whole,
                )
                for part in parts:
                    if isinstance(part, RefusedPart):
                        yield _Part(file, refusal=self._refusal(file, part, whole))
                    else:
                        sha256 = file.sha256 if part.content is whole else _digest(part.content)
                        payload = Payload(
                            part.content,
                            sha256,
                            source.path,
                            part.inner_path,
                            nsu=part.nsu,
                            schema=part.schema,
                        )
                        yield _Part(file, payload)
        except OSError as error:
            refused = Refused("unreadable_file", error.strerror or type(error).__name__)
            yield _Part(
                file, refusal=self._refusal(file, RefusedPart(source.inner_path, refused, None), None)
            )

    def _refusal(self, file: _File, part: RefusedPart, whole: bytes | None) -> QuarantinedInput:
        """A refused part; its bytes, else those of the file around it, are kept where they are worth it."""
        content = whole if part.content is None else part.content
        sha256 = file.sha256 if content is whole else _digest(part.content or b"")
        reason, detail, ref = part.refused.reason, part.refused.detail, None
        if content is not None and len(content) <= self._limits.kept_bytes and reasons()[reason].is_kept:
            self._archive.add_frame(compress(content, digest=bytes.fromhex(sha256)))
            ref = archive_ref(sha256)
        elif content is None and sha256:
            detail = f"{detail} (the file's {file.source.size} bytes are not kept)"
        return QuarantinedInput(file.place(part.inner_path, part.entry), reason, detail, sha256, ref)


def _read_whole(stream: Stream, size: int, limits: Limits) -> tuple[bytes | None, str]:
    """A file's bytes (None when too many to hold) and its digest; an unheld stream is rewound."""
    if size <= limits.entry_bytes:
        # what a file grew by since it was listed is read when its marks tell of it
        whole = stream.read(size)
        return whole, _digest(whole)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return None, digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# batching: what was read to batches


class _Batch:
    """The batch being filled. Refused contents are remembered over batches, to be refused at every place."""

    def __init__(self, tables: Mapping[str, TableShape], archive: Archive) -> None:
        self._file_columns = tables[FILES].columns
        self._archive = archive
        self._refused_contents: dict[bytes, RefusedUnit] = {}
        self._start()

    def _start(self) -> None:
        self.counts = IntakeCounts()
        self._payloads = 0
        self._bytes = 0
        self._rows = 0
        self._tables: list[Mapping[str, pa.Table]] = []
        self._files: list[_File] = []
        self._quarantined: list[QuarantinedInput] = []

    def add(self, chunk: _Chunk, chunk_reading: ChunkReading) -> None:
        """Account for a chunk that was read."""
        reading = chunk_reading.reading
        for frame in chunk_reading.frames:
            self._archive.add_frame(frame)
        if reading.tables:
            self._tables.append(reading.tables)
            self._rows += sum(table.num_rows for table in reading.tables.values())
        self._payloads += len(chunk.parts)
        self._bytes += chunk.bytes
        stored = frozenset(reading.tables[PAYLOADS][CONTENT].to_pylist()) if reading.tables else frozenset()
        refused: dict[str, list[RefusedUnit]] = {}
        for unit in reading.refused:
            refused.setdefault(unit.sha256, []).append(unit)
        duplicates = refused_parts = 0
        for part in chunk.parts:
            payload, file = part.payload, part.file
            if payload is None:
                refused_parts += 1
                self._refuse(file, part.refusal)
                continue
            file.payloads += 1
            if part.is_new:
                file.read += payload.sha256 in stored
                for unit in refused.get(payload.sha256, ()):
                    self._refuse(file, _quarantined(file, payload, unit))
                if payload.sha256 not in stored:
                    self._refused_contents[bytes.fromhex(payload.sha256)] = refused[payload.sha256][0]
            elif (again := self._refused_contents.get(bytes.fromhex(payload.sha256))) is not None:
                refused_parts += 1
                self._refuse(file, _quarantined(file, payload, again))
            else:
                duplicates += 1
                file.duplicates += 1
        self._files += chunk.finished
        states = [file.state for file in chunk.finished]
        self.counts += IntakeCounts(
            files=len(states),
            files_read=states.count("read"),
            files_mixed=states.count("mixed"),
            files_quarantined=states.count("quarantined"),
            parts=len(chunk.parts),
            new_payloads=len(chunk.payloads),
            duplicates=duplicates,
            refused_parts=refused_parts,
            units=reading.units_found,
            refused_units=sum(unit.units for unit in reading.refused),
            **{table: reading.tables[table].num_rows for table in UNIT_TABLES.values() if reading.tables},
        )

    def is_full(self, size: BatchSize) -> bool:
        return self._payloads >= size.payloads or self._bytes >= size.bytes or self._rows >= size.rows

    def finish(self) -> FiscalBatch:
        """Hand over what was gathered, its bytes on disk, and start anew."""
        self._archive.flush()
        names = self._tables[0].keys() if self._tables else ()
        batch = FiscalBatch(
            tables={name: pa.concat_tables([tables[name] for tables in self._tables]) for name in names},
            files=_file_table(self._files, self._file_columns),
            quarantined=tuple(self._quarantined),
            counts=self.counts,
        )
        self._start()
        return batch

    def _refuse(self, file: _File, refusal: QuarantinedInput | None) -> None:
        if refusal is not None:
            file.quarantined += 1
            self._quarantined.append(refusal)


def _quarantined(file: _File, payload: Payload, unit: RefusedUnit) -> QuarantinedInput:
    ref = archive_ref(payload.sha256) if reasons()[unit.reason].is_kept else None
    return QuarantinedInput(
        file.place(payload.inner_path, unit.place), unit.reason, unit.detail, payload.sha256, ref
    )


def _file_table(files: Sequence[_File], columns: Sequence[tuple[str, str]]) -> pa.Table:
    types = {"text": pa.string(), "bigint": pa.int64()}
    rows = [
        {
            "path": file.source.path,
            "size": file.source.size,
            "mtime_ns": file.source.mtime_ns,
            "ctime_ns": file.source.ctime_ns,
            "sha256": file.sha256,
            "state": file.state,
            "payloads": file.payloads,
            "quarantined": file.quarantined,
            "duplicates": file.duplicates,
        }
        for file in files
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, types[kind]) for name, kind in columns]))
