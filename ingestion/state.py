"""What people add to a workspace, in state/confere.sqlite: waivers, sign-offs, comments, column views.

The file outlives every rebuild of the warehouse (`--full` included) and may be written while a run is
under way, by several processes at once. Nothing that can be derived from a source belongs here.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from ingestion.store import Waiver

_TABLES: Final = """
create table if not exists waivers (
    waiver_id integer primary key,
    mismatch_id text not null,
    reason text not null,
    waived_until text not null,
    waived_at text not null
);
create table if not exists signoffs (
    signoff_id integer primary key,
    rule text not null,
    as_of_date text not null,
    comment text not null,
    signed_by text not null,
    signed_at text not null
);
create table if not exists comments (
    comment_id integer primary key,
    subject text not null,
    text text not null,
    author text not null,
    written_at text not null
);
create table if not exists column_views (
    page text not null,
    name text not null,
    columns text not null,
    primary key (page, name)
);
"""
_BUSY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Signoff:
    """Somebody's word that a balance rule was looked at on a closing day. Never changed, only added to."""

    rule: str
    as_of_date: date
    comment: str
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote about a subject: an entity key or a mismatch id. Never changed, only added to."""

    subject: str
    text: str
    author: str
    written_at: datetime


def add_waiver(state_path: Path, waiver: Waiver) -> None:
    """Keep a waiver; a later one of the same mismatch takes its place, the earlier stays on file."""
    with _open(state_path) as connection:
        connection.execute(
            "insert into waivers (mismatch_id, reason, waived_until, waived_at) values (?, ?, ?, ?)",
            (waiver.mismatch_id, waiver.reason, waiver.waived_until.isoformat(), _instant(waiver.waived_at)),
        )


def read_waivers(state_path: Path) -> tuple[Waiver, ...]:
    """The last waiver of each mismatch, by mismatch id; none when nobody ever wrote one."""
    rows = _read(
        state_path,
        "select mismatch_id, reason, waived_until, waived_at from waivers"
        " where waiver_id in (select max(waiver_id) from waivers group by mismatch_id) order by mismatch_id",
    )
    return tuple(
        Waiver(mismatch_id, reason, date.fromisoformat(until), datetime.fromisoformat(at))
        for mismatch_id, reason, until, at in rows
    )


def add_signoff(state_path: Path, signoff: Signoff) -> None:
    """Keep a sign-off."""
    with _open(state_path) as connection:
        connection.execute(
            "insert into signoffs (rule, as_of_date, comment, signed_by, signed_at) values (?, ?, ?, ?, ?)",
            (
                signoff.rule,
                signoff.as_of_date.isoformat(),
                signoff.comment,
                signoff.signed_by,
                _instant(signoff.signed_at),
            ),
        )


def read_signoffs(state_path: Path) -> tuple[Signoff, ...]:
    """Every sign-off in the order in which they were given."""
    rows = _read(
        state_path,
        "select rule, as_of_date, comment, signed_by, signed_at from signoffs order by signoff_id",
    )
    return tuple(
        Signoff(rule, date.fromisoformat(day), comment, by, datetime.fromisoformat(at))
        for rule, day, comment, by, at in rows
    )


def add_comment(state_path: Path, comment: Comment) -> None:
    """Keep a comment."""
    with _open(state_path) as connection:
        connection.execute(
            "insert into comments (subject, text, author, written_at) values (?, ?, ?, ?)",
            (comment.subject, comment.text, comment.author, _instant(comment.written_at)),
        )


def read_comments(state_path: Path, *, subject: str) -> tuple[Comment, ...]:
    """The comments on a subject in the order in which they were written."""
    rows = _read(
        state_path,
        "select subject, text, author, written_at from comments where subject = ? order by comment_id",
        subject,
    )
    return tuple(Comment(about, text, author, datetime.fromisoformat(at)) for about, text, author, at in rows)


def save_column_view(state_path: Path, *, page: str, name: str, columns: Sequence[str]) -> None:
    """Keep the columns of a page, in their order, under a name; the name's former ones are gone."""
    with _open(state_path) as connection:
        connection.execute(
            "insert or replace into column_views (page, name, columns) values (?, ?, ?)",
            (page, name, json.dumps(list(columns))),
        )


def read_column_views(state_path: Path, *, page: str) -> Mapping[str, tuple[str, ...]]:
    """The saved columns of a page, by the name that they were saved under."""
    rows = _read(state_path, "select name, columns from column_views where page = ? order by name", page)
    return {name: tuple(json.loads(columns)) for name, columns in rows}


def _read(state_path: Path, query: str, *parameters: str) -> list[tuple[Any, ...]]:
    if not state_path.exists():
        return []
    with _open(state_path) as connection:
        return connection.execute(query, parameters).fetchall()


@contextmanager
def _open(state_path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction. Writers wait for each other; the write-ahead log lets readers go on meanwhile."""
    state_path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(state_path, timeout=_BUSY_SECONDS)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.executescript(_TABLES)
        with connection:
            yield connection
    finally:
        connection.close()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
