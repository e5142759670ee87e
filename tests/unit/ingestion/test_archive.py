"""The archive: what goes in comes out, once, and survives a crash."""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import archive
from ingestion.archive import Archive, ArchiveError, archive_ref, read, read_many, scan

CONTENTS = [b"", b"<a/>", b"x" * 100_000, os.urandom(5_000)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fill(directory: Path, *contents: bytes) -> None:
    with Archive.open_writer(directory) as writer:
        for content in contents:
            writer.add(content)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    with Archive.open_writer(tmp_path) as writer:
        assert [writer.add(content) for content in CONTENTS] == [digest(content) for content in CONTENTS]
    assert [read(tmp_path, digest(content)) for content in CONTENTS] == CONTENTS


@settings(max_examples=30, deadline=None)
@given(runs=st.lists(st.lists(st.binary(max_size=200), max_size=5), max_size=4))
def test_any_contents_in_any_number_of_runs(
    runs: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("archive")
    for contents in runs:
        fill(directory, *contents)
    expected = {digest(content): content for contents in runs for content in contents}
    assert dict(read_many(directory, expected.keys())) == expected
    records = sum(path.stat().st_size for path in directory.glob("*.idx"))
    assert records == 64 * len(expected)


def test_a_content_is_kept_once(tmp_path: Path) -> None:
    fill(tmp_path, *CONTENTS, *CONTENTS)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    fill(tmp_path, *CONTENTS)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == size


def test_a_reader_sees_what_was_flushed(tmp_path: Path) -> None:
    with Archive.open_writer(tmp_path) as writer:
        writer.add(b"first")
        writer.flush()
        writer.add(b"second")
        assert read(tmp_path, digest(b"first")) == b"first"
        with pytest.raises(ArchiveError):
            read(tmp_path, digest(b"second"))
    assert read(tmp_path, digest(b"second")) == b"second"


def test_segments_follow_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SEGMENT_BYTES", 4_000)
    contents = [os.urandom(1_500) for _ in range(10)]
    fill(tmp_path, *contents[:6])
    fill(tmp_path, *contents)
    assert [path.name for path in sorted(tmp_path.glob("*.zst"))] == [
        "000001.zst",
        "000002.zst",
        "000003.zst",
        "000004.zst",
    ]
    assert dict(read_many(tmp_path, [digest(content) for content in contents])) == {
        digest(content): content for content in contents
    }


@pytest.mark.parametrize("lost", [1, 30, 64, 70])
def test_a_crash_leaves_a_tail_that_is_cut(lost: int, tmp_path: Path) -> None:
    """Frames are written first, so a crash may leave frames without records and part of a record."""
    fill(tmp_path, b"first", b"second")
    index = tmp_path / "000001.idx"
    os.truncate(index, index.stat().st_size - lost)
    survivors = [b"first", b"second"][: index.stat().st_size // 64]
    assert [content for _, content in read_many(tmp_path, [digest(b"first"), digest(b"second")])] == survivors
    fill(tmp_path, b"third", b"second")
    for content in (b"third", b"second", *survivors):
        assert read(tmp_path, digest(content)) == content
    assert index.stat().st_size % 64 == 0
    frames = tmp_path / "000001.zst"
    assert frames.stat().st_size < 64 * 4


def test_a_crash_before_the_first_record(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "000001.zst").write_bytes(b"frames without a record")
    fill(tmp_path, b"content")
    assert read(tmp_path, digest(b"content")) == b"content"


def test_lost_frames_are_told(tmp_path: Path) -> None:
    fill(tmp_path, b"first", os.urandom(1_000))
    os.truncate(tmp_path / "000001.zst", 100)
    with pytest.raises(ArchiveError, match="shorter than its index"):
        Archive.open_writer(tmp_path)


def test_a_damaged_frame_is_told(tmp_path: Path) -> None:
    fill(tmp_path, b"first" * 100)
    frames = tmp_path / "000001.zst"
    changed = bytearray(frames.read_bytes())
    changed[-1] ^= 1
    frames.write_bytes(changed)
    with pytest.raises(ArchiveError, match="damaged"):
        read(tmp_path, digest(b"first" * 100))


def test_what_is_not_there(tmp_path: Path) -> None:
    fill(tmp_path, b"first")
    with pytest.raises(ArchiveError, match="no content"):
        read(tmp_path, digest(b"second"))
    assert list(read_many(tmp_path, [digest(b"second")])) == []
    assert list(read_many(tmp_path / "nowhere", [digest(b"second")])) == []


def test_equal_beginnings_of_digests_are_told_apart(tmp_path: Path) -> None:
    """The lookup sorts by five bytes of the digest; a colliding content must not hide another."""
    low, high = (3, 8) if sys.byteorder == "little" else (0, 5)
    with Archive.open_writer(tmp_path) as writer:
        for number in range(3):
            forged = bytearray(b"\xaa" * 32)
            forged[31] = number
            assert forged[low:high] == b"\xaa" * 5
            writer.add_frame(archive.compress(b"%d" % number, digest=bytes(forged)))
    with Archive.open_writer(tmp_path) as writer:
        for number in range(4):
            forged = bytearray(b"\xaa" * 32)
            forged[31] = number
            assert writer.holds(bytes(forged)) is (number < 3)


def test_the_reference_does_not_depend_on_order() -> None:
    assert archive_ref("ab") == "sha256:ab"


def test_a_scan_gives_what_is_chosen_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SEGMENT_BYTES", 200)
    monkeypatch.setattr(archive, "_RECORDS_AT_ONCE", 2)
    contents = [f"content {number}".encode() for number in range(30)]
    fill(tmp_path, *contents)
    assert len(list(tmp_path.glob("*.idx"))) > 2
    shown: list[str] = []

    def every_third(digests: Sequence[str]) -> set[str]:
        assert len(digests) <= 2
        shown.extend(digests)
        return {each for each in digests if each in {digest(content) for content in contents[::3]}}

    assert [content for _, content in scan(tmp_path, choose=every_third)] == contents[::3]
    assert shown == [digest(content) for content in contents]


def test_what_an_earlier_segment_holds_is_not_added_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SEGMENT_BYTES", 200)
    contents = [f"content {number}".encode() for number in range(30)]
    with Archive.open_writer(tmp_path) as writer:
        for content in (*contents, *contents):
            writer.add(content)
        assert all(writer.holds(hashlib.sha256(content).digest()) for content in contents)
        assert not writer.holds(hashlib.sha256(b"another").digest())
    assert sum(path.stat().st_size for path in tmp_path.glob("*.idx")) == 64 * len(contents)
