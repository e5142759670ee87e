"""Rows of one identity in one delivery: numbered where they may be, else kept once and the rest set aside.

Works on what landed, before it is compared with what stands. What an identity is stands in landing.
"""

from dataclasses import dataclass
from typing import Final

import duckdb

from ingestion.contracts import TableContract
from ingestion.control_totals import NOTHING, Totals, measure
from ingestion.landing import content_text, row_text
from ingestion.schema import raw_table
from ingestion.sql import literal, quoted

DUPLICATE_KEY: Final = "duplicate_key"
"""Reason of a row whose identity another one of the delivery has, and which differs from it."""

_DETAIL: Final = "another row that came with it has its key"


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """The rows of `table` (those under `condition`) that share an identity; `has_former`: some may be stored.

    Live rows of a key must be one. Logically deleted ones without a row id may be many, and so may those of a
    table that repeats.
    """

    connection: duckdb.DuckDBPyConnection
    contract: TableContract
    source: str
    table: str
    condition: str
    has_former: bool

    def tell_apart(self, *, are_all: bool) -> Totals:
        """Number rows that may repeat, put what differs into `refused`, drop what does not.

        Gives the totals of what was dropped. Reads the temporary table `ordered` for which identities repeat.
        Of rows that must be one, the stored one stays, else the first by content: the order of delivery is no
        matter. `are_all` says that these are all rows of the table; else numbers go on after those that
        stand.
        """
        self._rank(are_all=are_all)
        self.connection.execute(
            f"""update {self.table} set _row_id = {self.table}._row_id || mark || nth
                from same where {self.table}.rowid = r and mark is not null and nth > 1"""
        )
        surplus = f"{self.table} join same on {self.table}.rowid = r where mark is null and nth > 1"
        amount = "null" if self.contract.amount is None else quoted(self.contract.amount)
        self.connection.execute(
            f"""insert into refused by name
                select {literal(self.contract.native + ":")} || {self.table}._row_id || '#' || nth as place,
                    {self.table}._row_id, _key, {amount} as amount, _is_deleted as is_deleted,
                    true as is_surplus, {literal(DUPLICATE_KEY)} as reason, {literal(_DETAIL)} as value,
                    cast({row_text(self.contract)} as varchar) as raw_text
                from {surplus} and not is_equal"""
        )
        dropped = measure(self.connection, f"{surplus} and is_equal and not _is_deleted", amount=amount)
        self.connection.execute(
            f"delete from {self.table} where rowid in (select r from same where mark is null and nth > 1)"
        )
        self.connection.execute("drop table same")
        return dropped if dropped.row_count else NOTHING

    def _rank(self, *, are_all: bool) -> None:
        """Make `same`: each such row with its number among its like, and the mark of one that may repeat."""
        row_id = "null" if self.contract.row_id is None else quoted(self.contract.row_id)
        may_repeat = f"{row_id} is null" + ("" if self.contract.repeats else " and _is_deleted")
        mark = f"case when {may_repeat} then '{'~' if self.contract.repeats else '#'}' end"
        stands = "false"
        if self.has_former:
            stands = f"""exists (
                select 1 from {raw_table(self.contract)} as stored
                where stored._source = {literal(self.source)} and stored._superseded_at is null
                    and stored._row_id = came._row_id and stored._row_hash = came._row_hash)"""
        values = {column.name: quoted(column.name) for column in self.contract.stored_columns}
        rank = (
            f"order by {stands} desc, _is_deleted, md5({content_text(self.contract, values)}),"
            " cast(_extra as varchar) nulls first, _row_hash"
        )
        repeated = f"select _row_id from {self.table} where rowid in (select r from ordered where is_repeat)"
        standing = "0"
        if not are_all and self.contract.repeats:
            repeated = f"select _row_id from {self.table} where rowid in (select r from ordered)"
            standing = f"""(
                select count(*) from {raw_table(self.contract)} as stored
                where stored._source = {literal(self.source)} and stored._superseded_at is null
                    and not stored._is_deleted
                    and (stored._row_id = came._row_id
                        or starts_with(stored._row_id, came._row_id || '~')))"""
        self.connection.execute(
            f"""create temp table same as
                select rowid as r, {mark} as mark,
                    {standing} + row_number() over (partition by _row_id {rank}) as nth,
                    _row_hash = first_value(_row_hash) over (partition by _row_id {rank}) as is_equal
                from {self.table} as came where {self.condition} and _row_id in ({repeated})"""
        )
