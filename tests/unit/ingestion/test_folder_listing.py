"""The listing: files in the order of their names, unchanged ones left out, nothing told apart wrongly."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import folder_listing
from ingestion.folder_listing import MARKS, ListedFile, Listing, list_folder

SCHEMA = pa.schema([("path", pa.string()), *((name, pa.int64()) for name in MARKS)])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few at once that a handful of files meets every seam."""
    monkeypatch.setattr(folder_listing, "_CHUNK_FILES", 2)
    monkeypatch.setattr(folder_listing, "_KNOWN_AT_ONCE", 2)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for path in ("b/2.xml", "b/1.xml", "a/x/3.xml", "c.xml", "a-b/4.xml", "çã.xml"):
        put(tmp_path, path)
    return tmp_path


def put(folder: Path, path: str, content: str = "text") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def paths(listing: Listing) -> list[str]:
    return [file.path for file in listing]


def known(files: list[ListedFile]) -> pa.Table:
    """What the store would say of these files, in another order."""
    rows = [{"path": file.path, **{name: getattr(file, name) for name in MARKS}} for file in files]
    return pa.Table.from_pylist(rows[::-1], schema=SCHEMA)


def test_files_come_folder_by_folder_in_the_order_of_their_names(inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.xml")
    (inbox / "loop").symlink_to(inbox, target_is_directory=True)
    (inbox / "linked.xml").symlink_to(inbox / "c.xml")
    listing = list_folder(inbox)
    assert (listing.files, listing.bytes, listing.unchanged) == (7, 28, 0)
    assert paths(listing) == [
        "c.xml",
        "linked.xml",
        "çã.xml",
        "a/x/3.xml",
        "a-b/4.xml",
        "b/1.xml",
        "b/2.xml",
    ]


def test_a_listed_file_can_be_opened(inbox: Path) -> None:
    file = next(iter(list_folder(inbox)))
    marks = (inbox / "c.xml").stat()
    assert (file.size, file.mtime_ns, file.ctime_ns) == (4, marks.st_mtime_ns, marks.st_ctime_ns)
    with file.open() as stream:
        assert stream.read() == b"text"


def test_an_unchanged_folder_gives_nothing(inbox: Path) -> None:
    listing = list_folder(inbox, known=known(list(list_folder(inbox))))
    assert (listing.files, listing.bytes, listing.unchanged) == (0, 0, 6)
    assert paths(listing) == []


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_tells_a_change(inbox: Path, mark: str) -> None:
    before = known(list(list_folder(inbox)))
    rows = before.to_pylist()
    row = next(row for row in rows if row["path"] == "b/1.xml")
    row[mark] += 1
    listing = list_folder(inbox, known=pa.Table.from_pylist(rows, schema=SCHEMA))
    assert (listing.files, listing.unchanged) == (1, 5)
    assert paths(listing) == ["b/1.xml"]


def test_a_changed_content_is_seen_though_its_folder_was_not_touched(inbox: Path) -> None:
    before = known(list(list_folder(inbox)))
    folder = (inbox / "b").stat().st_mtime_ns
    put(inbox, "b/2.xml", "longer text")
    os.utime(inbox / "b", ns=(folder, folder))
    assert paths(list_folder(inbox, known=before)) == ["b/2.xml"]


def test_a_file_that_went_away_hides_no_other(inbox: Path) -> None:
    before = known(list(list_folder(inbox)))
    (inbox / "b" / "1.xml").rename(inbox / "b" / "0.xml")
    assert paths(list_folder(inbox, known=before)) == ["b/0.xml"]


def test_a_link_to_nowhere_cannot_be_opened_and_is_told_once(inbox: Path) -> None:
    (inbox / "a.xml").symlink_to(inbox / "nowhere.xml")
    files = list(list_folder(inbox))
    assert [file.path for file in files][:2] == ["a.xml", "c.xml"]
    with pytest.raises(FileNotFoundError):
        files[0].open()
    assert list_folder(inbox, known=known(files)).files == 0
    (file,) = list_folder(inbox, known=known(files[1:]))
    with pytest.raises(FileNotFoundError):
        file.open()


def test_a_folder_that_cannot_be_listed_comes_as_a_file(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path.rstrip("/").endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    files = list(list_folder(inbox))
    assert [file.path for file in files][-1] == "b"
    with pytest.raises(PermissionError):
        files[-1].open()


def test_names_that_are_no_text_are_opened_by_their_bytes(tmp_path: Path) -> None:
    try:
        put(tmp_path, os.fsdecode(b"m\xeas/nota_\xe7.xml"), "odd")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    put(tmp_path, "a.xml")
    files = list(list_folder(tmp_path))
    assert [file.path for file in files] == ["a.xml", "m\\xeas/nota_\\xe7.xml"]
    (odd,) = list_folder(tmp_path, known=known(files[:1]))
    with odd.open() as stream:
        assert stream.read() == b"odd"


def test_what_was_found_is_told_on_the_way(inbox: Path) -> None:
    told: list[int] = []
    list_folder(inbox, on_found=told.append)
    assert told == sorted(told)
    assert told[-1] == 6


@settings(max_examples=60, deadline=None)
@given(
    listed=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3)),
    stored=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3)),
)
def test_what_is_left_is_what_a_dictionary_says(
    tmp_path_factory: pytest.TempPathFactory, listed: dict[str, int], stored: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("inbox")
    for name, size in listed.items():
        put(folder, name, "x" * size)
        os.utime(folder / name, ns=(0, 0))
    rows = [
        {
            "path": name,
            "size": size,
            "mtime_ns": 0,
            "ctime_ns": (folder / name).stat().st_ctime_ns if name in listed else 0,
        }
        for name, size in stored.items()
    ]
    listing = list_folder(folder, known=pa.Table.from_pylist(rows, schema=SCHEMA))
    expected = [name for name, size in sorted(listed.items()) if stored.get(name) != size]
    assert listing.unchanged == len(listed) - len(expected)
    assert paths(listing) == expected
