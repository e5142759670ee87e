"""Versions of an ERP's rows: one delivered table against what the store holds of it, set-based, in DuckDB.

Works on the connection that the store hands over, inside its transaction. Holds how versions and deletions
are written; what is read and when is the loader's, the log of it the store's.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import duckdb

from ingestion.contracts import TableContract
from ingestion.control_totals import NOTHING, StageTotals, Totals, last_duplicates, measure, open_refusals
from ingestion.delivery import Delivery, Watermark
from ingestion.errors import DeliveryError
from ingestion.landing import (
    DeliveredColumns,
    content_hash,
    identity_select,
    landing_select,
    match_columns,
    row_text,
)
from ingestion.records import StreamResult
from ingestion.repeated_rows import DUPLICATE_KEY, RepeatedRows
from ingestion.schema import raw_table
from ingestion.sql import literal, quoted

MALFORMED_LINE: Final = "malformed_line"
"""Reason of a line of a file that is not even a row."""

_DELIVERED: Final = "delivered_rows"
_TEMPORARY: Final = ("landed", "refused", "ordered", "standing", "swept", "planned", "refusals")


class RowsMissed(Exception):  # noqa: N818 - named for what was found
    """A sweep found rows that reading by stamp had missed: the table must be read whole."""


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
    last_version: int
    notes: tuple[str, ...]

    def result(self, *, source: str, stream: str, mode: str, delivery: Delivery) -> StreamResult:
        """As the extraction log has it."""
        return StreamResult(
            source=source,
            stream=stream,
            mode=mode,
            status="ok",
            rows_read=self.rows_read,
            rows_new=self.rows_new,
            rows_changed=self.rows_changed,
            rows_deleted=self.rows_deleted,
            rows_quarantined=self.rows_refused,
            missing_columns=self.columns.missing,
            extra_columns=(*self.columns.extra, *delivery.extra_columns),
            message="; ".join(self.notes) or None,
        )


class Merge:
    """The merge of one delivery of one table, to be run once.

    It leaves the refused rows in the temporary table `refused`, for quarantine; once they are there, `totals`
    measures the stages. `forget` drops what it left behind.
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
        self._open = open_refusals(source, contract.native)
        self._seen: str | None = None
        self._source_totals: Totals | None = None
        self._in_place_totals: Totals | None = None
        self._duplicates = NOTHING
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
        is_replay: bool = False,
        last_version: int,
    ) -> Merged:
        """Take the delivery in; versions are numbered on from `last_version` in the order of the row
        ids, else of `_row_id`.

        `identities` are all rows that the source holds now (a sweep), to see what vanished from it. Raises
        DeliveryError when the table cannot be taken, RowsMissed when a sweep, or a key that is known to stand
        for several rows, shows that it must be read whole.
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
        if delivery.is_whole:
            landed = measure(self._connection, f"{self._landed} and not _is_deleted", amount=self._amount)
            refused = measure(self._connection, "refused where not is_deleted", amount="amount")
            self._source_totals = landed + refused
            self._in_place_totals = landed if self._in_place else None
        else:
            self._leave_duplicates(is_replay=is_replay)
        watermark = self._watermark()
        self._order(are_all=delivery.is_whole)
        # what vanished is only seen when every row that came can be told apart
        is_certain = malformed == 0 and not self._exists("from refused where _row_id is null")
        if delivery.is_whole and not self._in_place and (not is_certain or self._holds_by_key):
            self._seen = "select _row_id from landed"
        if self._in_place:
            new, changed, deleted = self._count(f"from {self._landed}"), 0, 0
            self._number_in_place(last_version)
        else:
            self._plan(looks_for_gone=delivery.is_whole and is_certain)
            if identities is not None:
                is_certain = self._sweep(identities) and is_certain
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
            last_version=last_version + new + changed + deleted,
            notes=() if is_certain else ("deletions were not looked for: a refused row may be any row",),
        )

    def totals(self) -> StageTotals:
        """The control totals by stage (see control_totals), once quarantine holds what was refused."""
        live = (
            f"{self._raw} where _source = {literal(self._source)}"
            " and _superseded_at is null and not _is_deleted"
        )
        quarantine = measure(
            self._connection, f"{self._open} and not is_deleted", amount="amount", key="entity_key"
        )
        held = NOTHING
        if self._in_place_totals is not None:
            # every row that stands has just landed, one for one: its amounts and keys were summed already
            store = replace(self._in_place_totals, row_count=self._count(f"from {live}"))
        else:
            refused = f"select row_id from {self._open} and row_id is not null and not is_surplus"
            seen = "true" if self._seen is None else f"_row_id in ({self._seen})"
            confirmed = f"{seen} and _row_id not in ({refused})"
            store = measure(self._connection, f"{live} and {confirmed}", amount=self._amount)
            held = measure(self._connection, f"{live} and not ({confirmed})", amount=self._amount)
        return StageTotals(
            store,
            quarantine,
            source=self._source_totals,
            duplicate=self._duplicates if self._source_totals and self._duplicates.row_count else None,
            held=held if held.row_count else None,
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
                end as detail,
                _row_id as row_id, _key as entity_key, amount, is_deleted, is_surplus
            from refused"""

    def settled(self, *, is_whole: bool) -> str:
        """SQL condition of the quarantine entries of earlier runs that this delivery settles.

        Of a whole table that is all of them: they were good this time, or refused once more, or are gone. To
        be used before `forget`.
        """
        if is_whole:
            return "true"
        landed = f"from {self._landed}"
        if self._in_place:
            landed = f"from {self._raw} where _extraction_id = {literal(self._extraction_id)}"
        came = f"select _row_id {landed} union all select _row_id from refused where _row_id is not null"
        gone = f"row_id not in ({self._seen})" if self._seen else "false"
        return f"row_id in ({came}) or {gone}"

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
        self._release(delivery)
        delivery.confirm()

    def _release(self, delivery: Delivery) -> None:
        """Let go of Arrow data: batches hold a connection of the source as long as they are held."""
        if not isinstance(delivery.relation, str):
            self._connection.unregister(_DELIVERED)

    def _set_malformed_aside(self, delivery: Delivery) -> int:
        self._connection.execute(
            """create temp table refused (
                place varchar, _row_id varchar, _key varchar, amount decimal(38,2), is_deleted boolean,
                reason varchar, column_name varchar, value varchar, raw_text varchar,
                is_surplus boolean default false)"""
        )
        if delivery.rejects is None:
            return 0
        # a line may be wrong in several ways: it is refused once
        place = f"{literal(self._contract.native + ':line ')} || line"
        self._connection.execute(
            f"""insert into refused by name
                select {place} as place, '' as _key, false as is_deleted,
                    {literal(MALFORMED_LINE)} as reason, any_value(error_message) as value,
                    any_value(csv_line) as raw_text
                from temp.{quoted(delivery.rejects)} group by line"""
        )
        return self._count("from refused")

    def _set_refused_aside(self) -> None:
        """Rows that are wholly equal are as many refusals: each has a place of its own."""
        place = f"{literal(self._contract.native + ':')} || coalesce(_row_id, left(sha256(row), 16))"
        self._connection.execute(
            f"""insert into refused by name
                select {place} || case when nth > 1 then '#' || nth else '' end as place, _row_id, _key,
                    amount, is_deleted, reason, column_name, value, row as raw_text,
                    _row_id is not null and ordinal > 1 as is_surplus
                from (
                    select _row_id, _key, {self._amount} as amount, _is_deleted as is_deleted,
                        _extra ->> 'reason' as reason, _extra ->> 'column' as column_name,
                        _extra ->> 'value' as value, _extra ->> 'row' as row,
                        row_number() over (partition by _row_id, _extra ->> 'row') as nth,
                        row_number() over (partition by _row_id order by _extra ->> 'row') as ordinal
                    from {self._landed} and _row_hash is null
                )"""
        )
        self._connection.execute(f"delete from {self._landed} and _row_hash is null")

    def _leave_duplicates(self, *, is_replay: bool) -> None:
        """A key that stands for several rows cannot be told piecemeal: what came of it awaits the whole."""
        known = f"_row_id in (select row_id from {self._open} and is_surplus)"
        came = f"select _row_id from {self._landed} union all select _row_id from refused"
        if not self._exists(f"from ({came}) where {known}"):
            return
        if not is_replay:
            raise RowsMissed(f"rows of one key of {self._contract.native}")
        self._connection.execute(f"update refused set is_surplus = true where {known}")
        self._connection.execute(
            f"""insert into refused by name
                select {literal(self._contract.native + ":")} || _row_id as place, _row_id, _key,
                    {self._amount} as amount, _is_deleted as is_deleted, true as is_surplus,
                    {literal(DUPLICATE_KEY)} as reason,
                    cast({row_text(self._contract)} as varchar) as raw_text
                from {self._landed} and {known}"""
        )
        self._connection.execute(f"delete from {self._landed} and {known}")

    @property
    def _holds_by_key(self) -> bool:
        """Whether refused rows keep others of their key: they may be what those have become."""
        return self._contract.repeats and self._exists("from refused")

    def _has_live_rows(self) -> bool:
        return self._exists(
            f"from {self._raw} where _source = {literal(self._source)}"
            " and _superseded_at is null and not _is_deleted"
        )

    def _watermark(self) -> Watermark:
        ((changed_at, row_id),) = self._connection.execute(
            f"select max(_changed_at), max({self._row_id}) from {self._landed}"
        ).fetchall()
        return Watermark(as_of=self._as_of, changed_at=changed_at, row_id=row_id)

    def _order(self, *, are_all: bool) -> None:
        """Put what landed in the order of identity, after each identity stands for one row."""
        # the texts themselves stay where they are: they would take more memory than all else here;
        # a row id says as much at half the cost
        identity = "_row_id"
        if self._contract.row_id is not None and not self._exists(
            f"from {self._landed} and {self._row_id} is null"
        ):
            identity = self._row_id
        ordered = f"""
            create or replace temp table ordered as
            select rowid as r, row_number() over by_identity as n,
                coalesce({identity} = lag({identity}) over by_identity, false) as is_repeat
            from {self._landed}
            window by_identity as (order by {identity}, _row_hash)"""
        self._connection.execute(ordered)
        if self._exists("from ordered where is_repeat") or (self._contract.repeats and not are_all):
            table, _, condition = self._landed.partition(" where ")
            repeated = RepeatedRows(
                self._connection, self._contract, self._source, table, condition, not self._in_place
            )
            self._duplicates = repeated.tell_apart(are_all=are_all)
            self._in_place_totals = None
            self._connection.execute(ordered)
        if not self._contract.repeats and self._exists("from refused where _row_id is not null"):
            # a good row of the same identity came too: the refused one is one more, not its next version
            self._connection.execute(
                f"update refused set is_surplus = true where _row_id in (select _row_id from {self._landed})"
            )

    def _plan(self, *, looks_for_gone: bool) -> None:
        """Make `planned`: one row per version to write.

        `r` is the landed row (null: a tombstone), `former` the version that it takes the place of (null:
        none).
        """
        self._connection.execute(
            f"""create temp table standing as
                select _row_id, _row_hash, _version, _is_deleted, {self._row_id} as row_id,
                    {self._amount} as amount, {"_key" if self._contract.repeats else "null"} as key
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

    def _sweep(self, identities: Delivery) -> bool:
        """Compare all that the source holds with what stands, and bury what it no longer holds.

        Whether it could be told what that is. Raises RowsMissed when a row, or its amount, is not what it
        should be after the changed ones came.
        """
        columns = self._match(identities)
        select = identity_select(
            self._contract, source=self._source, relation=_scanned(identities), delivered=columns
        )
        self._connection.execute(f"create temp table swept as {select}")
        self._release(identities)
        self._source_totals = measure(self._connection, "swept where not _is_deleted", amount="amount")
        self._duplicates = last_duplicates(self._connection, self._source, self._contract.native)
        came = "select _row_id from landed union all select _row_id from refused where _row_id is not null"
        self._connection.execute(
            f"""create temp table refusals as
                select row_id, is_surplus, is_deleted from {self._open}
                    and (row_id is null or row_id not in ({came}))
                union all select _row_id, is_surplus, is_deleted from refused"""
        )
        missed = self._count(
            """from swept left join standing on standing._row_id = swept._row_id
                where swept._row_id is not null
                    and coalesce(standing._is_deleted <> swept._is_deleted
                        or (not swept._is_deleted and standing.amount is distinct from swept.amount), true)
                    and swept._row_id not in (select _row_id from landed)
                    and swept._row_id not in (select row_id from refusals where row_id is not null)"""
        )
        unknown = self._count("from swept where _row_id is null")
        missed += unknown != self._count("from refusals where row_id is null")
        repeated = self._count(
            """from (select row_number() over (partition by _row_id) as nth from swept
                where _row_id is not null and not _is_deleted) where nth > 1"""
        )
        known = self._count("from refusals where is_surplus and not is_deleted") + self._duplicates.row_count
        missed += repeated != known
        if missed:
            raise RowsMissed(f"{missed} rows of {self._contract.native}")
        self._seen = "select _row_id from swept where _row_id is not null"
        if unknown == 0:
            self._bury(f"_row_id not in ({self._seen})")
        return unknown == 0

    def _bury(self, condition: str) -> None:
        """Plan a tombstone for each live row under a condition, unless it came and was refused.

        Where rows of one key are told apart by their content, a refused one may have been any of them.
        """
        if self._holds_by_key:
            condition += " and key not in (select _key from refused)"
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

    def _exists(self, rows: str) -> bool:
        return bool(self._connection.execute(f"select 1 {rows} limit 1").fetchall())

    def _count(self, rows: str) -> int:
        ((count,),) = self._connection.execute(f"select count(*) {rows}").fetchall()
        return int(count)


def _scanned(delivery: Delivery) -> str:
    return delivery.relation if isinstance(delivery.relation, str) else _DELIVERED
