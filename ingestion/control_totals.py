"""Control totals of a stream of rows at each stage of its way, and the equation that they must satisfy.

    source = store + quarantine + duplicate

All of live rows. `source` is what the source holds; known after a whole reading and after a sweep, and not
after any other. `store` are the stored rows that the source was seen to hold as they stand. `quarantine`
are the refused rows that stand open, whichever run refused them. `duplicate` are further rows of one
identity that are equal to the stored one in everything.

A refused row whose former version is stored counts once, where its last version lies: in quarantine. What
the store then holds is counted as `held`, outside the equation; so is what could not be told from a refused
row that may be any row. What stands live in the store is store + held.

Holds measuring. How rows get to a stage is the business of versions and repeated_rows.
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

import duckdb

from ingestion.records import Completeness
from ingestion.sql import literal


@dataclass(frozen=True, slots=True)
class Totals:
    """Of live rows: their number, the sum of the contract's amount, a hash of the key set.

    The hash does not depend on the order: the sum over rows of the lower 64 bits of the MD5 of `_key`, as
    decimal digits.
    """

    row_count: int
    amount: Decimal | None
    key_hash: str

    def __add__(self, other: "Totals") -> "Totals":
        amounts = [amount for amount in (self.amount, other.amount) if amount is not None]
        return Totals(
            self.row_count + other.row_count,
            sum(amounts, Decimal()) if amounts else None,
            str(int(self.key_hash) + int(other.key_hash)),
        )


NOTHING: Final = Totals(0, None, "0")


@dataclass(frozen=True, slots=True)
class StageTotals:
    """The totals of one extraction by stage; a stage that is not known, or may be left out, is None."""

    store: Totals
    quarantine: Totals
    source: Totals | None = None
    duplicate: Totals | None = None
    held: Totals | None = None

    def completeness(self, source: str, stream: str) -> list[Completeness]:
        """As rows of quality.completeness."""
        stages = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [
            Completeness(source, stream, stage, totals.row_count, totals.amount, totals.key_hash)
            for stage, totals in stages
            if totals is not None
        ]


def measure(connection: duckdb.DuckDBPyConnection, rows: str, *, amount: str, key: str = "_key") -> Totals:
    """The totals of `rows`, SQL from a table on; `amount` and `key` are SQL of theirs."""
    ((row_count, total, key_hash),) = connection.execute(
        f"""select count(*), cast(sum({amount}) as decimal(38,2)),
                cast(coalesce(sum(md5_number_lower({key})), 0) as varchar)
            from {rows}"""
    ).fetchall()
    return Totals(row_count, total, key_hash)


def open_refusals(source: str, stream: str) -> str:
    """SQL, from a table on, of the refused rows of a stream that stand open."""
    return (
        f"quality.quarantine where source = {literal(source)} and stream = {literal(stream)}"
        " and resolved_at is null"
    )


def last_duplicates(connection: duckdb.DuckDBPyConnection, source: str, stream: str) -> Totals:
    """The duplicates that were counted when it was last known what the source holds."""
    rows = connection.execute(
        """select found.row_count, found.amount_total, found.key_hash
            from (
                select c.run_id from quality.completeness as c join quality.runs as r using (run_id)
                where c.source = $1 and c.stream = $2 and c.stage = 'source'
                order by r.started_at desc, r.run_id desc limit 1
            ) as last
            join quality.completeness as found on found.run_id = last.run_id
                and found.source = $1 and found.stream = $2 and found.stage = 'duplicate'""",
        [source, stream],
    ).fetchall()
    return Totals(*rows[0]) if rows else NOTHING
