"""The archive: the bytes of every fiscal XML, compressed, in append-only files open to readers at any time.

Holds the file format, its one writer and its readers. What the bytes are is not known here.

A folder of segments: `000001.zst` holds frames one after the other, each one content compressed by itself
with Zstandard; `000001.idx` holds a record of 64 bytes for each frame: SHA-256 of the content, offset and
length of the frame and size of the content (little-endian u64), CRC-32 of the frame (u32), 4 bytes of zero.
Frames are on disk before their records are, so a crash leaves at most a tail that the next writer cuts off.
"""

import hashlib
import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.errors import ConfereError

SEGMENT_BYTES = 256 << 20
"""Size from which a segment gets a successor."""

_WRITE_BUFFER = 1 << 20

_RECORD = struct.Struct("<32sQQQI4x")
_RECORDS_AT_ONCE = 20_000

# Level 1 is a quarter faster than 3 and 2 % larger on signed NF-e, where most of what remains is base64.
_CODEC_LEVEL = 1

# How a sorted list of integers finds a record: the first 40 bits of the digest, then the record's number.
_NUMBER_BITS = 24
_NUMBER_MASK = (1 << _NUMBER_BITS) - 1


class ArchiveError(ConfereError):
    """The archive's files do not fit together, or what is asked for is not in them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A content as the archive keeps it: digest, size in bytes, and the compressed bytes."""

    sha256: bytes
    size: int
    data: bytes


def archive_ref(sha256: str) -> str:
    """What a table says to point at a content: independent of where it lies."""
    return f"sha256:{sha256}"


def compress(content: bytes, *, digest: bytes) -> Frame:
    """A content ready for `Archive.add_frame`; the costly half of adding, for whoever has a core to spare."""
    return Frame(digest, len(content), _codec().compress(content, asbytes=True))


def read(directory: Path, sha256: str) -> bytes:
    """One content by its hex digest; ArchiveError when it is not there or is damaged."""
    for _, content in read_many(directory, [sha256]):
        return content
    raise ArchiveError(f"{directory}: no content {sha256}")


def read_many(directory: Path, digests: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Contents by their hex digests, in the order they lie; those that are not there are left out."""
    wanted = {bytes.fromhex(digest) for digest in digests}
    for index_path in _index_paths(directory):
        index = _Index.open(index_path)
        found = sorted(record for digest in wanted if (record := index.find(digest)) is not None)
        if not found:
            continue
        with index_path.with_suffix(".zst").open("rb") as frames:
            for offset, length, size, crc, digest in found:
                wanted.discard(digest)
                frames.seek(offset)
                yield (
                    digest.hex(),
                    _content(frames.read(length), size=size, crc=crc, digest=digest, path=index_path),
                )


def scan(
    directory: Path, *, choose: Callable[[Sequence[str]], Collection[str]]
) -> Iterator[tuple[str, bytes]]:
    """Contents as they lie, those alone that `choose` picks when it is shown the hex digests of a stretch.

    What is added meanwhile may or may not come. Memory does not grow with the archive.
    """
    for index_path in _index_paths(directory):
        with index_path.open("rb") as records, index_path.with_suffix(".zst").open("rb") as frames:
            while stretch := records.read(_RECORDS_AT_ONCE * _RECORD.size):
                whole = stretch[: len(stretch) - len(stretch) % _RECORD.size]
                shown = {record[0].hex(): record for record in _RECORD.iter_unpack(whole)}
                chosen = frozenset(choose(list(shown)))
                for digest, (sha256, offset, length, size, crc) in shown.items():
                    if digest in chosen:
                        frames.seek(offset)
                        yield (
                            digest,
                            _content(frames.read(length), size=size, crc=crc, digest=sha256, path=index_path),
                        )


class Archive:
    """The archive open for writing, by one process at a time (the workspace's lock sees to that).

    Use as a context manager. What was added may be read by others after `flush`.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._added: set[bytes] = set()
        self._pending = bytearray()
        paths = _index_paths(directory)
        self._number = int(paths[-1].stem) if paths else 1
        self._frames, self._records, self._offset = self._open_segment()
        # after the last segment's tail was cut
        self._indexes = [_Index.open(path) for path in paths]
        self._prefixes: array[int] | None = None

    @classmethod
    def open_writer(cls, directory: Path) -> Self:
        """Open a folder's archive, making it if need be, and cut off what a crash left unfinished."""
        return cls(directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, content: bytes) -> str:
        """Keep a content, once however often it is added; gives its hex digest."""
        digest = hashlib.sha256(content).digest()
        if not self.holds(digest):
            self.add_frame(compress(content, digest=digest))
        return digest.hex()

    def add_frame(self, frame: Frame) -> None:
        """Keep a content that `compress` prepared, unless it is kept already."""
        if self.holds(frame.sha256):
            return
        if self._offset >= SEGMENT_BYTES:
            self._start_next_segment()
        self._frames.write(frame.data)
        self._pending += _RECORD.pack(
            frame.sha256, self._offset, len(frame.data), frame.size, zlib.crc32(frame.data)
        )
        self._offset += len(frame.data)
        self._added.add(frame.sha256)

    def holds(self, digest: bytes) -> bool:
        """Whether a content is kept, flushed or not."""
        if digest in self._added:
            return True
        # one search instead of one in each segment: a new content is in none
        if self._prefixes is None:
            self._prefixes = _prefixes_of(self._indexes)
        prefix = _prefix_of(digest)
        at = bisect_left(self._prefixes, prefix)
        return (
            at < len(self._prefixes)
            and self._prefixes[at] == prefix
            and any(index.find(digest) is not None for index in self._indexes)
        )

    def flush(self) -> None:
        """Put everything added so far on disk: first the frames, then the records that make them readable."""
        if self._pending:
            _sync(self._frames)
            self._records.write(self._pending)
            _sync(self._records)
            self._pending.clear()

    def close(self) -> None:
        """Flush and close the files."""
        self.flush()
        self._frames.close()
        self._records.close()

    def _start_next_segment(self) -> None:
        """What was added to the full one is found through its index from now on, in a tenth of the memory."""
        self.close()
        self._indexes.append(_Index.open(self._directory / f"{self._number:06d}.idx"))
        self._prefixes = _prefixes_of(self._indexes)
        self._added.clear()
        self._number += 1
        self._frames, self._records, self._offset = self._open_segment()

    def _open_segment(self) -> tuple[BinaryIO, BinaryIO, int]:
        path = self._directory / f"{self._number:06d}.zst"
        index_path = path.with_suffix(".idx")
        # a frame is larger than the usual buffer, which would make each a call of the system
        frames, records = path.open("ab", buffering=_WRITE_BUFFER), index_path.open("ab")
        _sync_directory(self._directory)
        return frames, records, _cut_tail(frames, records, index_path)


class _Index:
    """The records of one index file as they stood when it was opened, findable by digest.

    Keeps 8 bytes per record in memory; the records themselves stay in the page cache.
    """

    def __init__(self, records: bytes | mmap.mmap) -> None:
        self._records = records
        self._sorted: array[int] | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        with path.open("rb") as file:
            # an empty file cannot be mapped
            return cls(
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                if os.fstat(file.fileno()).st_size
                else b""
            )

    def find(self, digest: bytes) -> tuple[int, int, int, int, bytes] | None:
        """(offset, length, size, crc, digest) of a content, None when the segment does not hold it."""
        if self._sorted is None:
            self._sorted = self._sort()
        prefix = _prefix_of(digest)
        at = bisect_left(self._sorted, prefix)
        while at < len(self._sorted) and self._sorted[at] & ~_NUMBER_MASK == prefix:
            found, offset, length, size, crc = _RECORD.unpack_from(
                self._records, (self._sorted[at] & _NUMBER_MASK) * _RECORD.size
            )
            if found == digest:
                return offset, length, size, crc, found
            at += 1
        return None

    def prefixes(self) -> npt.NDArray[np.uint64]:
        """The first 40 bits of each digest, the rest zero, in the order of the records."""
        whole = len(self._records) // _RECORD.size
        # a digest stands first in its record, so every eighth integer holds its first 8 bytes
        integers = np.frombuffer(self._records, np.uint64, whole * _RECORD.size // 8)
        return integers[:: _RECORD.size // 8] & ~np.uint64(_NUMBER_MASK)

    def _sort(self) -> "array[int]":
        prefixes = self.prefixes()
        return _sorted_array(prefixes | np.arange(len(prefixes), dtype=np.uint64))


def _prefix_of(digest: bytes) -> int:
    return int.from_bytes(digest[:8], sys.byteorder) & ~_NUMBER_MASK


def _prefixes_of(indexes: Sequence[_Index]) -> "array[int]":
    return _sorted_array(np.concatenate([np.empty(0, np.uint64), *(index.prefixes() for index in indexes)]))


def _sorted_array(integers: npt.NDArray[np.uint64]) -> "array[int]":
    """Integers in order, as an array of Python: looking one up in NumPy's takes three times as long."""
    found = array("Q")
    found.frombytes(np.sort(integers).tobytes())
    return found


@cache
def _codec() -> pa.Codec:
    return pa.Codec("zstd", compression_level=_CODEC_LEVEL)


def _index_paths(directory: Path) -> list[Path]:
    return sorted(directory.glob("[0-9]*.idx"))


def _content(frame: bytes, *, size: int, crc: int, digest: bytes, path: Path) -> bytes:
    if zlib.crc32(frame) != crc:
        raise ArchiveError(f"{path.with_suffix('.zst')}: content {digest.hex()} is damaged")
    content: bytes = _codec().decompress(frame, decompressed_size=size, asbytes=True)
    return content


def _cut_tail(frames: BinaryIO, records: BinaryIO, index_path: Path) -> int:
    """Cut both files back to the last whole record; gives the offset at which the next frame goes."""
    size = records.seek(0, os.SEEK_END)
    whole = size - size % _RECORD.size
    end = 0
    if whole:
        with index_path.open("rb") as file:
            file.seek(whole - _RECORD.size)
            _, offset, length, _, _ = _RECORD.unpack(file.read(_RECORD.size))
            end = offset + length
    if frames.seek(0, os.SEEK_END) < end:
        raise ArchiveError(
            f"{index_path.with_suffix('.zst')}: shorter than its index says; restore it from a copy"
        )
    records.truncate(whole)
    frames.truncate(end)
    return end


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
