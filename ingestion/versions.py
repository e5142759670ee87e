"""Versions of an ERP's rows: one delivered table against what the store holds of it, set-based, in DuckDB.

Works on the connection that the store hands over, inside its transaction. Holds how versions, deletions and
control totals come about; what is read and when is the loader's, the log of it the store's.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import duckdb

from ingestion.contracts import TableContract
from ingestion.delivery import Delivery, Watermark
from ingestion.errors import DeliveryError
from ingestion.landing import (
    DeliveredColumns,
    content_hash,
    identity_select,
    landing_select,
    match_columns,
)
from ingestion.schema import raw_table
from ingestion.sql import literal, quoted

MALFORMED_LINE: Final = "malformed_line"
"""Reason of a line of a file that is not even a row."""

_DELIVERED: Final = "delivered_rows"
_TEMPORARY: Final = ("landed", "refused", "ordered", "standing", "swept", "planned")


class RowsMissed(Exception):  # noqa: N818 - named for what was found
    """A sweep found rows that reading by stamp had missed: the table must be read whole."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Control totals of live rows: their number, the sum of the contract's amount, a hash of the key set.

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


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a delivery; `notes` are for the person who reads the extraction log."""

    rows_read: int
    rows_new: int
    rows_changed: int
    rows_deleted: int
    rows_refused: int
    columns: DeliveredColumns
    watermark: Watermark
    source: Totals
    refused: Totals
    store: Totals
    last_version: int
    notes: tuple[str, ...]


class Merge:
    """The merge of one delivery of one table, to be run once.

    It leaves the refused rows in the temporary table `refused`; `forget` drops what it left behind.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        contract: TableContract,
        source: str,
        extraction_id: str,
        as_of: datetime,
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._source = source
        self._extraction_id = extraction_id
        self._as_of = as_of
        self._recorded_at = f"timestamptz {literal(as_of.isoformat())}"
        self._raw = raw_table(contract)
        self._row_id = "null" if contract.row_id is None else quoted(contract.row_id)
        self._amount = "null" if contract.amount is None else quoted(contract.amount)
        # the first rows of a source have nothing to be compared with: they land in place, at half the cost
        self._in_place = not self._exists(f"from {self._raw} where _source = {literal(source)}")
        self._landed = (
            f"{self._raw} where _extraction_id = {literal(extraction_id)} and _version = 0"
            if self._in_place
            else "landed where true"
        )

    def run(
        self,
        delivery: Delivery,
        *,
        identities: Delivery | None = None,
        allow_empty: bool = False,
        last_version: int,
    ) -> Merged:
        """Take the delivery in; versions are numbered on from `last_version` in the order of `_row_id`.

        `identities` are all rows that the source holds now (a sweep), to see what vanished from it. Raises
        DeliveryError when the table cannot be taken, RowsMissed when a sweep finds that it must be read
        whole.
        """
        columns = self._match(delivery)
        self._land(delivery, columns)
        malformed = self._set_malformed_aside(delivery)
        self._set_refused_aside()
        rows_read = self._count(f"from {self._landed}") + self._count("from refused")
        if delivery.is_whole and rows_read == 0 and not allow_empty and self._has_live_rows():
            raise DeliveryError(
                "came empty where it had rows; what it held was kept (allow_empty lifts this)"
            )
        accepted = self._totals(f"{self._landed} and not _is_deleted", amount=self._amount)
        refused = self._totals("refused where not is_deleted", amount="amount")
        watermark = self._watermark()
        self._order()
        # what vanished is only seen when every row that came can be told apart
        is_certain = malformed == 0 and not self._exists("from refused where _row_id is null")
        if self._in_place:
            new, changed, deleted = self._count(f"from {self._landed}"), 0, 0
            self._number_in_place(last_version)
        else:
            self._plan(looks_for_gone=delivery.is_whole and is_certain)
            if identities is not None and is_certain:
                self._sweep(identities)
            new, changed, deleted = self._planned_counts()
            self._write(last_version)
        return Merged(
            rows_read=rows_read,
            rows_new=new,
            rows_changed=changed,
            rows_deleted=deleted,
            rows_refused=self._count("from refused"),
            columns=columns,
            watermark=watermark,
            source=accepted + refused,
            refused=refused,
            # what landed in place is what stands there
            store=accepted if self._in_place else self._stored_totals(),
            last_version=last_version + new + changed + deleted,
            notes=() if is_certain else ("deletions were not looked for: a refused row may be any row",),
        )

    @property
    def refused_rows(self) -> str:
        """SQL of the refused rows as quarantine keeps them; to be used before `forget`."""
        types = " ".join(
            f"when {literal(column.name)} then {literal(column.sql_type)}"
            for column in self._contract.stored_columns
        )
        return f"""
            select place, reason, sha256(raw_text) as content_sha256, null as archive_ref, raw_text,
                case when column_name is null then value
                    else concat(
                        column_name, ' as ', case column_name {types} else 'timestamptz' end, ': ', value)
                end as detail
            from refused"""

    @property
    def accepted_rows(self) -> str:
        """SQL, from a FROM clause on, of the rows that came and were good; to be used before `forget`."""
        if self._in_place:
            return f"{self._raw} where _extraction_id = {literal(self._extraction_id)}"
        return "landed"

    def forget(self) -> None:
        """Drop the temporary tables."""
        for name in _TEMPORARY:
            self._connection.execute(f"drop table if exists temp.{name}")

    def _match(self, delivery: Delivery) -> DeliveredColumns:
        if not isinstance(delivery.relation, str):
            self._connection.register(_DELIVERED, delivery.relation)
        types = self._connection.execute(f"describe select * from {_scanned(delivery)}").fetchall()
        try:
            return match_columns(self._contract, {row[0]: row[1] for row in types})
        except ValueError as error:
            raise DeliveryError(str(error)) from None

    def _land(self, delivery: Delivery, columns: DeliveredColumns) -> None:
        target = self._raw
        if not self._in_place:
            self._connection.execute(f"create temp table landed as from {self._raw} limit 0")
            target = "landed"
        select = landing_select(
            self._contract,
            source=self._source,
            relation=_scanned(delivery),
            delivered=columns,
            extraction_id=self._extraction_id,
            recorded_at=self._as_of,
        )
        self._connection.execute(f"insert into {target} by name {select}")
        if not isinstance(delivery.relation, str):
            self._connection.unregister(_DELIVERED)
        delivery.confirm()

    def _set_malformed_aside(self, delivery: Delivery) -> int:
        self._connection.execute(
            """create temp table refused (
                place varchar, _row_id varchar, _key varchar, amount decimal(38,2), is_deleted boolean,
                reason varchar, column_name varchar, value varchar, raw_text varchar)"""
        )
        if delivery.rejects is None:
            return 0
        # a line may be wrong in several ways: it is refused once
        place = f"{literal(self._contract.native + ':line ')} || line"
        self._connection.execute(
            f"""insert into refused
                select {place}, null, '', null, false, {literal(MALFORMED_LINE)}, null,
                    any_value(error_message), any_value(csv_line)
                from temp.{quoted(delivery.rejects)} group by line"""
        )
        return self._count("from refused")

    def _set_refused_aside(self) -> None:
        row = "coalesce(_row_id, left(sha256(_extra ->> 'row'), 16))"
        self._connection.execute(
            f"""insert into refused
                select {literal(self._contract.native + ":")} || {row}, _row_id, _key, {self._amount},
                    _is_deleted, _extra ->> 'reason', _extra ->> 'column', _extra ->> 'value',
                    _extra ->> 'row'
                from {self._landed} and _row_hash is null"""
        )
        self._connection.execute(f"delete from {self._landed} and _row_hash is null")

    def _has_live_rows(self) -> bool:
        return self._exists(
            f"from {self._raw} where _source = {literal(self._source)}"
            " and _superseded_at is null and not _is_deleted"
        )

    def _stored_totals(self) -> Totals:
        """Of what stands in the store now, but for the former versions of rows refused this time."""
        return self._totals(
            f"""{self._raw} where _source = {literal(self._source)}
                and _superseded_at is null and not _is_deleted
                and _row_id not in (select _row_id from refused where _row_id is not null)""",
            amount=self._amount,
        )

    def _watermark(self) -> Watermark:
        ((changed_at, row_id),) = self._connection.execute(
            f"select max(_changed_at), max({self._row_id}) from {self._landed}"
        ).fetchall()
        return Watermark(as_of=self._as_of, changed_at=changed_at, row_id=row_id)

    def _order(self) -> None:
        """Put what landed in the order of identity; rows of one identity are numbered by their hashes."""
        ordered = f"""
            create or replace temp table ordered as
            select rowid as r, _row_id, row_number() over (order by _row_id, _row_hash) as n,
                coalesce(_row_id = lag(_row_id) over (order by _row_id, _row_hash), false) as is_repeat
            from {self._landed}"""
        self._connection.execute(ordered)
        if self._exists("from ordered where is_repeat"):
            target = self._raw if self._in_place else "landed"
            self._connection.execute(
                f"""update {target} set _row_id = repeats._row_id || '#' || repeats.nth
                    from (
                        select r, _row_id, row_number() over (partition by _row_id order by n) as nth
                        from ordered
                    ) as repeats
                    where {target}.rowid = repeats.r and repeats.nth > 1"""
            )
            self._connection.execute(ordered)

    def _plan(self, *, looks_for_gone: bool) -> None:
        """Make `planned`: one row per version to write.

        `r` is the landed row (null: a tombstone), `former` the version that it takes the place of (null:
        none).
        """
        self._connection.execute(
            f"""create temp table standing as
                select _row_id, _row_hash, _version, _is_deleted, {self._row_id} as row_id
                from {self._raw} where _source = {literal(self._source)} and _superseded_at is null"""
        )
        self._connection.execute(
            """create temp table planned as
                select landed._row_id, landed.rowid as r, standing._version as former,
                    landed._is_deleted and not coalesce(standing._is_deleted, true) as deletes
                from landed left join standing on standing._row_id = landed._row_id
                where standing._row_hash is distinct from landed._row_hash"""
        )
        if looks_for_gone:
            self._bury("_row_id not in (select _row_id from landed)")
        elif self._contract.row_id is not None:
            # the same physical row under another key: what it was is gone
            self._bury(
                f"row_id in (select {self._row_id} from landed)"
                " and _row_id not in (select _row_id from landed)"
            )

    def _sweep(self, identities: Delivery) -> None:
        columns = self._match(identities)
        select = identity_select(
            self._contract, source=self._source, relation=_scanned(identities), delivered=columns
        )
        self._connection.execute(f"create temp table swept as {select}")
        missed = self._count(
            f"""from swept left join standing on standing._row_id = swept._row_id
                where coalesce(standing._is_deleted <> swept._is_deleted, true)
                    and swept._row_id not in (select _row_id from landed)
                    and {literal(self._contract.native + ":")} || swept._row_id not in (
                        select place from quality.quarantine
                        where source = {literal(self._source)} and resolved_at is null
                        union all select place from refused)"""
        )
        if missed:
            raise RowsMissed(f"{missed} rows of {self._contract.native}")
        self._bury("_row_id not in (select _row_id from swept)")

    def _bury(self, condition: str) -> None:
        """Plan a tombstone for each live row under a condition, unless it came and was refused."""
        self._connection.execute(
            f"""insert into planned
                select _row_id, null, _version, true from standing
                where not _is_deleted and {condition}
                    and _row_id not in (select _row_id from refused where _row_id is not null)
                    and _version not in (select former from planned where former is not null)"""
        )

    def _planned_counts(self) -> tuple[int, int, int]:
        """How many rows are new, changed, deleted."""
        ((new, deleted, planned),) = self._connection.execute(
            "select count(*) filter (former is null), count(*) filter (deletes), count(*) from planned"
        ).fetchall()
        return new, planned - new - deleted, deleted

    def _number_in_place(self, last_version: int) -> None:
        self._connection.execute(
            f"update {self._raw} set _version = {last_version} + n from ordered where {self._raw}.rowid = r"
        )

    def _write(self, last_version: int) -> None:
        self._connection.execute(
            f"""create or replace temp table ordered as
                select r, former, {last_version} + row_number() over (order by _row_id) as version
                from planned"""
        )
        self._connection.execute(
            f"""insert into {self._raw} by name
                select landed.* replace (version as _version)
                from landed join ordered on landed.rowid = r"""
        )
        content = [quoted(column.name) for column in self._contract.stored_columns]
        tombstone_hash = content_hash(content, is_deleted="true", extra="_extra")
        self._connection.execute(
            f"""insert into {self._raw} by name
                select gone.* replace (
                    version as _version, null as _changed_at, {self._recorded_at} as _recorded_at,
                    {literal(self._extraction_id)} as _extraction_id, {tombstone_hash} as _row_hash,
                    true as _is_deleted)
                from {self._raw} as gone join ordered on gone._version = former and r is null"""
        )
        self._connection.execute(
            f"""update {self._raw} set _superseded_at = {self._recorded_at}
                where _version in (select former from ordered where former is not null)"""
        )

    def _totals(self, rows: str, *, amount: str) -> Totals:
        ((row_count, total, key_hash),) = self._connection.execute(
            f"""select count(*), cast(sum({amount}) as decimal(38,2)),
                    cast(coalesce(sum(md5_number_lower(_key)), 0) as varchar)
                from {rows}"""
        ).fetchall()
        return Totals(row_count, total, key_hash)

    def _exists(self, rows: str) -> bool:
        return bool(self._connection.execute(f"select 1 {rows} limit 1").fetchall())

    def _count(self, rows: str) -> int:
        ((count,),) = self._connection.execute(f"select count(*) {rows}").fetchall()
        return int(count)


def _scanned(delivery: Delivery) -> str:
    return delivery.relation if isinstance(delivery.relation, str) else _DELIVERED
