"""Loading the tables of an ERP: from a database or from exported files, into row versions.

Holds the policy: what is read again, what counts as an error, what is left alone. How to read lies in the
connectors, how to write in the store.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ingestion.connectors.sql_database import Means, SqlDatabase
from ingestion.connectors.table_files import TableFiles
from ingestion.context import LoadContext
from ingestion.contracts import TableContract, folded
from ingestion.delivery import Delivery, Found, Selection, TableConnector
from ingestion.errors import DeliveryError, SourceUnavailable
from ingestion.store import Quarantined, RowsMissed, StreamResult, StreamState
from ingestion.workspace import Source

STAMP_OVERLAP: Final = timedelta(minutes=5)
"""Read again before the newest stamp: a long transaction commits later than the stamps it gave."""

BUSINESS_OVERLAP: Final = timedelta(days=60)
"""Read again before the last as-of where there is no stamp; what changes further back waits for a sweep."""

RETRY_PAUSES: Final = (1.0, 5.0, 20.0)
"""Seconds before a table is tried again after its connection broke; what was read of a large one is kept."""

_LOG = logging.getLogger(__name__)


def load_tables(
    source: Source,
    contracts: Sequence[TableContract],
    *,
    full: bool,
    sweep: bool,
    context: LoadContext,
) -> tuple[StreamResult, ...]:
    """Bring every table of a source up to date, each for itself; an outage of the source is told of each."""
    _check_settings(source, contracts)
    results = []
    outage: SourceUnavailable | None = None
    with _connector(source, context) as connector:
        for contract in contracts:
            context.tell(source.name, contract.native, done=0)
            table = _Table(source, contract, connector, context)
            if outage is None:
                try:
                    result = table.load(full=full, sweep=sweep)
                except SourceUnavailable as error:
                    outage = error
            if outage is not None:
                result = table.fail(str(outage))
            context.tell_result(result)
            results.append(result)
    return tuple(results)


def replay_rows(
    entries: Sequence[Quarantined], contract: TableContract, *, context: LoadContext
) -> StreamResult:
    """Merge refused rows of one table once more, by today's contract."""
    rows = {entry.quarantine_id: json.loads(entry.raw_text or "{}") for entry in entries}
    names = sorted({name for row in rows.values() for name in row})
    relation = pa.table(
        {name: pa.array([row.get(name) for row in rows.values()], pa.string()) for name in names}
    )
    return context.store.merge(
        Delivery(relation, is_whole=False),
        contract=contract,
        source=entries[0].source,
        run=context.run,
        mode="replay",
        clock=context.clock,
        replayed=list(rows),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table is to be read: the mode for the log, which rows, and whether to look for vanished ones."""

    mode: str
    selection: Selection
    sweeps: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of one source on its way into the store."""

    source: Source
    contract: TableContract
    connector: TableConnector
    context: LoadContext

    def load(self, *, full: bool, sweep: bool) -> StreamResult:
        """Bring the table up to date; what is wrong with it ends as its result. Raises SourceUnavailable."""
        started_at = self.context.clock()
        pauses = iter(RETRY_PAUSES)
        while True:
            try:
                return self._take(started_at, full=full, sweep=sweep)
            except (SourceUnavailable, DeliveryError, duckdb.Error) as error:
                pause = next(pauses, None)
                if not self.connector.recover(error) or pause is None:
                    return self._failed(error, started_at)
                why = self.connector.scrub(str(error).splitlines()[0])
                _LOG.warning("%s: trying again in %g seconds: %s", self.contract.native, pause, why)
                self.context.pause(pause)

    def _failed(self, error: Exception, started_at: datetime) -> StreamResult:
        """The result of a table that could not be taken; an outage is the whole source's and comes out."""
        if isinstance(error, SourceUnavailable):
            raise error
        if isinstance(error, DeliveryError):
            return self.fail(str(error), started_at)
        return self.fail(f"cannot be read: {str(error).splitlines()[0]}", started_at)

    def _take(self, started_at: datetime, *, full: bool, sweep: bool) -> StreamResult:
        """Bring the table up to date, or raise what is wrong with it or its source."""
        state = self.context.store.stream_state(self.source.name, self.contract.native)
        found = self.connector.find(self.contract, known=None if state is None else state.content)
        if found is None:
            return self._absent(state, started_at)
        if not full and _is_unchanged(self.contract, found, state):
            return self._note("unchanged", started_at, found=found)
        try:
            plan = _plan(self.contract, found, state, full=full, sweep=sweep)
        except ValueError as error:
            raise DeliveryError(str(error)) from None
        try:
            return self._read(plan, found)
        except RowsMissed as missed:
            _LOG.info("%s: %s cannot be told piecemeal; reading all", self.source.name, missed)
            return self._read(_Plan("full", Selection()), found)

    def fail(self, message: str, started_at: datetime | None = None) -> StreamResult:
        """Log that the table could not be taken; what is stored of it stays as it is."""
        return self._note("error", started_at or self.context.clock(), message=self.connector.scrub(message))

    def _absent(self, state: StreamState | None, started_at: datetime) -> StreamResult:
        if state is not None and not self._may_be_empty:
            raise DeliveryError("was delivered before and is absent now; what it held was kept")
        if state is not None:
            nothing = pa.table({name: pa.array([], pa.string()) for name in self.contract.key})
            return self._merge(Delivery(nothing, is_whole=True), mode="full")
        if self.context.store.last_status(self.source.name, self.contract.native) == "absent":
            return StreamResult(self.source.name, self.contract.native, mode="full", status="absent")
        return self._note("absent", started_at, message="never delivered; counts as empty")

    def _read(self, plan: _Plan, found: Found) -> StreamResult:
        delivery = self.connector.read(self.contract, plan.selection)
        identities = None
        if plan.sweeps:
            identities = self.connector.read(self.contract, Selection(identity_only=True))
        return self._merge(delivery, mode=plan.mode, found=found, identities=identities)

    def _merge(
        self,
        delivery: Delivery,
        *,
        mode: str,
        found: Found | None = None,
        identities: Delivery | None = None,
    ) -> StreamResult:
        return self.context.store.merge(
            delivery,
            contract=self.contract,
            source=self.source.name,
            run=self.context.run,
            mode=mode,
            clock=self.context.clock,
            content=None if found is None else found.content,
            identities=identities,
            allow_empty=self._may_be_empty,
        )

    @property
    def _may_be_empty(self) -> bool:
        return folded(self.contract.native) in {folded(name) for name in self.source.allow_empty}

    def _note(
        self, status: str, started_at: datetime, *, message: str | None = None, found: Found | None = None
    ) -> StreamResult:
        """Log an extraction that brought no rows."""
        mode = "unchanged" if status == "unchanged" else "full"
        result = StreamResult(
            self.source.name, self.contract.native, mode=mode, status=status, message=message
        )
        self.context.store.note(
            result,
            run=self.context.run,
            started_at=started_at,
            finished_at=self.context.clock(),
            content=None if found is None else found.content,
        )
        return result


def _is_unchanged(contract: TableContract, found: Found, state: StreamState | None) -> bool:
    """Whether the very file was taken before, by the very contract."""
    return (
        state is not None
        and state.content is not None
        and found.content is not None
        and state.content.sha256 == found.content.sha256
        and state.contract_fingerprint == contract.fingerprint
    )


def _plan(
    contract: TableContract, found: Found, state: StreamState | None, *, full: bool, sweep: bool
) -> _Plan:
    """How to read a table: by what tells which rows are new or changed, else whole.

    A stamp that every change moves is enough. One that not every change moves, or none, is joined by the row
    id (new rows) and the posting date (changed ones); a sweep then reads the whole table, since nothing else
    tells what changed further back.
    """
    whole = _Plan("full", Selection())
    mark = None if state is None else state.watermark
    if full or state is None or mark is None or state.contract_fingerprint != contract.fingerprint:
        return whole
    columns = contract.delivered_names(found.columns)
    has_row_id = contract.row_id in columns
    if not _can_be_read_piecemeal(contract, has_row_id=has_row_id):
        return whole
    stamp = mark.changed_at if contract.changed_at in columns else None
    since = None if stamp is None else stamp - STAMP_OVERLAP
    if since is not None and contract.stamp_is_reliable:
        return _Plan("sweep" if sweep else "incremental", Selection(changed_since=since), sweeps=sweep)
    has_business_date = contract.business_date in columns
    if sweep or (since is None and not has_business_date):
        return whole
    selection = Selection(
        changed_since=since,
        row_id_above=(mark.row_id or 0) if has_row_id else None,
        business_since=(mark.as_of - BUSINESS_OVERLAP).date() if has_business_date else None,
    )
    return _Plan("incremental", selection)


def _can_be_read_piecemeal(contract: TableContract, *, has_row_id: bool) -> bool:
    """Whether a row that comes alone can be told from every other: by its row id, or by a key that is unique.

    Where rows are marked as deleted, a deleted row and its successor have one key.
    """
    return not contract.repeats and (has_row_id or contract.deleted_flag is None)


@contextmanager
def _connector(source: Source, context: LoadContext) -> Iterator[TableConnector]:
    if source.url is None:
        yield TableFiles(_folder(source), company=source.company)
        return

    def tell(stream: str, done: int, total: int | None) -> None:
        context.tell(source.name, stream, done=done, total=total)

    means = Means(context.store.spool_dir(source.name), context.clock, tell)
    with SqlDatabase(source.url, name=source.name, means=means, company=source.company) as database:
        yield database


def _folder(source: Source) -> Path:
    if source.folder is None:
        raise source.place.error("needs a url or a folder")
    return source.folder


def _check_settings(source: Source, contracts: Sequence[TableContract]) -> None:
    """What can only be checked with the contracts at hand. Raises ConfigurationError."""
    known = {folded(contract.native) for contract in contracts}
    for name in sorted(source.allow_empty):
        if folded(name) not in known:
            raise source.place.error(f"allow_empty names {name}, which is no table of {source.system}")
    if source.url is not None and source.company is None:
        for contract in contracts:
            if "{company}" in contract.physical_name:
                raise source.place.error(f"a {source.system} database needs company, its code in the ERP")
