"""What people add: kept in order, by several processes at once, apart from the warehouse."""

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

from ingestion.state import (
    Comment,
    Signoff,
    add_comment,
    add_signoff,
    add_waiver,
    read_column_views,
    read_comments,
    read_signoffs,
    read_waivers,
    save_column_view,
)
from ingestion.store import Waiver

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_nothing_was_added_yet(tmp_path: Path) -> None:
    path = tmp_path / "state" / "confere.sqlite"
    assert read_waivers(path) == ()
    assert read_signoffs(path) == ()
    assert read_comments(path, subject="k") == ()
    assert read_column_views(path, page="sync") == {}
    assert not path.exists()


def test_the_last_waiver_of_a_mismatch_counts(tmp_path: Path) -> None:
    path = tmp_path / "state" / "confere.sqlite"
    first, second = Waiver("m1", "a", date(2026, 12, 1), NOW), Waiver("m1", "b", date(2027, 1, 1), NOW)
    other = Waiver("m0", "ção", date(2026, 12, 1), NOW)
    for waiver in (first, second, other):
        add_waiver(path, waiver)
    assert read_waivers(path) == (other, second)


def test_signoffs_comments_and_views_come_back_as_they_were_given(tmp_path: Path) -> None:
    path = tmp_path / "confere.sqlite"
    signoff = Signoff("R1", date(2026, 11, 30), "conferido", "ana", NOW)
    comments = [Comment("k", text, "ana", NOW) for text in ("um", "dois")]
    add_signoff(path, signoff)
    for comment in (*comments, Comment("other", "x", "ana", NOW)):
        add_comment(path, comment)
    save_column_view(path, page="sync", name="minha", columns=["b", "a"])
    save_column_view(path, page="sync", name="minha", columns=["a", "b", "c"])
    assert read_signoffs(path) == (signoff,)
    assert read_comments(path, subject="k") == tuple(comments)
    assert read_column_views(path, page="sync") == {"minha": ("a", "b", "c")}


def write_many(path: Path, author: str) -> None:
    for number in range(20):
        add_comment(path, Comment("k", str(number), author, NOW))


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "confere.sqlite"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for written in [pool.submit(write_many, path, author) for author in "ab"]:
            written.result()
    comments = read_comments(path, subject="k")
    for author in "ab":
        assert [comment.text for comment in comments if comment.author == author] == [str(n) for n in range(20)]
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
