"""The store's own tables as SQL: raw tables of every contract, settings, and the quality schema.

Definitions and how a raw table follows its contract when that changes; rows are written elsewhere.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import duckdb

from ingestion.contracts import Column, Contracts, DocumentTable, TableContract
from ingestion.conversion import convert
from ingestion.errors import ContractError
from ingestion.landing import ENVELOPE, content_hash, content_text, row_identity
from ingestion.sql import literal, quoted

DOCUMENT_ENVELOPE: Final[Mapping[str, str]] = {
    "_source": "varchar",
    "_content_sha256": "varchar",
    "_ordinal": "integer",
    "_recorded_at": "timestamptz",
    "_extraction_id": "varchar",
}
"""The columns before those of a table that a parser fills."""

_SETTINGS: Final[Mapping[str, str]] = {
    "companies": "company varchar, sync_activated_on date",
    "branches": "company varchar, company_cnpj varchar, uf varchar",
    "branch_codes": "source varchar, branch_code varchar, company_cnpj varchar",
    "sources": "source varchar, system varchar, company_code varchar, inflow varchar",
    "deadlines": "name varchar, value integer",
    "tolerances": "name varchar, value decimal(18,2)",
    "clock": "as_of timestamptz, run_id varchar",
    "waivers": "mismatch_id varchar, reason varchar, waived_until date, waived_at timestamptz",
}
SETTINGS_TABLES: Final = tuple(_SETTINGS)

_QUALITY: Final[Mapping[str, str]] = {
    "runs": """
        run_id varchar primary key, command varchar, as_of timestamptz, started_at timestamptz,
        finished_at timestamptz, status varchar, message varchar, software_version varchar,
        fingerprint varchar, next_change_at timestamptz""",
    "extractions": """
        extraction_id varchar primary key, run_id varchar, source varchar, stream varchar, mode varchar,
        status varchar, started_at timestamptz, finished_at timestamptz, rows_read bigint, rows_new bigint,
        rows_changed bigint, rows_deleted bigint, rows_quarantined bigint, watermark_from varchar,
        watermark_to varchar, amount_total decimal(38,2), key_hash varchar, missing_columns varchar,
        extra_columns varchar, message varchar, row_total bigint""",
    "quarantine": """
        quarantine_id varchar primary key, run_id varchar, extraction_id varchar, source varchar,
        stream varchar, place varchar, reason varchar, detail varchar, content_sha256 varchar,
        archive_ref varchar, raw_text varchar, first_seen_at timestamptz, last_seen_at timestamptz,
        resolved_at timestamptz, attempts integer, row_id varchar, entity_key varchar,
        amount decimal(38,2), is_deleted boolean, is_surplus boolean""",
    "completeness": """
        run_id varchar, source varchar, stream varchar, stage varchar, row_count bigint,
        amount_total decimal(38,2), key_hash varchar, primary key (run_id, source, stream, stage)""",
    "checks": """
        check_name varchar primary key, tool varchar, subject varchar, severity varchar,
        description varchar""",
    "check_results": """
        run_id varchar, check_name varchar, status varchar, failures bigint, checked_at timestamptz,
        message varchar, primary key (run_id, check_name)""",
    "check_failures": "run_id varchar, check_name varchar, failing_key varchar, detail json",
    # how each stream was last taken, for the next run
    "stream_state": """
        source varchar, stream varchar, contract_fingerprint varchar, size bigint, mtime_ns bigint,
        ctime_ns bigint, sha256 varchar, watermark varchar, primary key (source, stream)""",
    # one row: the last version given, and the contracts that the raw tables follow
    "store_state": "last_version bigint, contracts varchar",
}

_ADDED: Final = (
    "extractions add column if not exists row_total bigint",
    *(
        f"quarantine add column if not exists {column}"
        for column in (
            "row_id varchar",
            "entity_key varchar",
            "amount decimal(38,2)",
            "is_deleted boolean",
            "is_surplus boolean",
        )
    ),
)
"""What an older store's tables lack of the above."""

_LAYOUT: Final = 2
"""Raised when the tables above change shape."""


def raw_table(contract: TableContract) -> str:
    """The qualified, quoted name of a contract's table."""
    return f"{quoted(contract.schema)}.{quoted(contract.name)}"


def raw_columns(contract: TableContract) -> Mapping[str, str]:
    """The columns of a contract's table and their types, envelope first."""
    return {**ENVELOPE, **{column.name: column.sql_type for column in contract.stored_columns}}


def bring_into_shape(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create what is absent and let every raw table follow its contract.

    Does nothing but compare one digest when contracts and DuckDB are those of last time. Raises ContractError
    when a declared type cannot hold what is stored.
    """
    digest = hashlib.sha256(
        repr((_LAYOUT, duckdb.__version__, contracts, ENVELOPE, DOCUMENT_ENVELOPE)).encode()
    ).hexdigest()
    if _stored_digest(connection) == digest:
        return
    for name in SETTINGS_TABLES:
        # every run writes its settings anew, so their tables may be made anew as well
        connection.execute(f"drop table if exists raw_settings.{name}")
    for statement in _definitions():
        connection.execute(statement)
    if connection.execute("select count(*) from quality.store_state").fetchall() == [(0,)]:
        connection.execute("insert into quality.store_state values (0, null)")
    for contract in contracts.tables:
        _follow(connection, contract)
    for table in contracts.document_tables:
        _follow_documents(connection, table)
    # last, so that a crash on the way makes the next opening begin again: every step above may be repeated
    connection.execute("update quality.store_state set contracts = ?", [digest])


def _definitions() -> Iterator[str]:
    for schema, tables in (("raw_settings", _SETTINGS), ("quality", _QUALITY)):
        yield f"create schema if not exists {schema}"
        for name, columns in tables.items():
            yield f"create table if not exists {schema}.{name} ({columns})"
    for addition in _ADDED:
        yield f"alter table quality.{addition}"


def _stored_digest(connection: duckdb.DuckDBPyConnection) -> str | None:
    try:
        row = connection.execute("select contracts from quality.store_state").fetchone()
    except duckdb.CatalogException:
        return None
    return None if row is None else row[0]


def _follow(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    stored = _columns(connection, contract.schema, contract.name)
    if not stored:
        _create(connection, contract.schema, contract.name, raw_columns(contract))
        return
    table = raw_table(contract)
    for column in contract.stored_columns:
        if column.name not in stored:
            connection.execute(f"alter table {table} add column {quoted(column.name)} {column.sql_type}")
            _take_from_extra(connection, table, column)
        elif stored[column.name] != _type_name(connection, column.sql_type):
            try:
                connection.execute(f"alter table {table} alter {quoted(column.name)} type {column.sql_type}")
            except duckdb.Error as error:
                raise ContractError(
                    f"{contract.system}.{contract.native}: what is stored of {column.name} does not fit "
                    f"{column.sql_type}: {error}"
                ) from error
    columns = [quoted(column.name) for column in contract.stored_columns]
    # a hash over other columns, or by another DuckDB, would make every row look changed
    hashed = content_hash(columns, is_deleted="_is_deleted", extra="_extra")
    connection.execute(f"update {table} set _row_hash = {hashed} where _row_hash <> {hashed}")
    if contract.repeats:
        _renew_identities(connection, contract)


def _renew_identities(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Rows that are told apart by their content keep their histories when other columns are declared."""
    values = {column.name: quoted(column.name) for column in contract.stored_columns}
    row_id = None if contract.row_id is None else quoted(contract.row_id)
    content = content_text(contract, values)
    root = row_identity("_key", row_id=row_id, is_deleted="_is_deleted", content=content)
    connection.execute(
        f"""update {raw_table(contract)} as stored set _row_id = renewed.identity
            from (
                select r, root || case when nth > 1 then '~' || nth else '' end as identity
                from (
                    select rowid as r, {root} as root,
                        dense_rank() over (
                            partition by _source, {root} order by length(_row_id), _row_id) as nth
                    from {raw_table(contract)}
                )
            ) as renewed
            where stored.rowid = renewed.r and stored._row_id <> renewed.identity"""
    )


def _take_from_extra(connection: duckdb.DuckDBPyConnection, table: str, column: Column) -> None:
    """Fill a column that was undeclared so far with what rows brought of it, as far as it fits."""
    spelled = [name.upper() for name in column.spellings]
    names = dict.fromkeys(
        form for name in spelled for form in (name, name.replace("-", "_"), name.replace("_", "-"))
    )
    brought = ", ".join(f"_extra ->> {literal(name)}" for name in names)
    kept = convert(column, delivered="VARCHAR", value=f"coalesce({brought})").value
    without = ", ".join(f"{literal(name)}, null" for name in names)
    connection.execute(
        f"update {table} set {quoted(column.name)} = {kept},"
        f" _extra = nullif(json_merge_patch(_extra, json_object({without})), '{{}}')"
        f" where coalesce({brought}) is not null"
    )


def _follow_documents(connection: duckdb.DuckDBPyConnection, table: DocumentTable) -> None:
    stored = _columns(connection, table.schema, table.name)
    columns = {**DOCUMENT_ENVELOPE, **dict(table.columns)}
    if not stored:
        _create(connection, table.schema, table.name, columns)
    for name, sql_type in columns.items():
        if stored and name not in stored:
            connection.execute(
                f"alter table {quoted(table.schema)}.{quoted(table.name)}"
                f" add column {quoted(name)} {sql_type}"
            )


def _create(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, columns: Mapping[str, str]
) -> None:
    listed = ", ".join(f"{quoted(column)} {sql_type}" for column, sql_type in columns.items())
    connection.execute(f"create schema if not exists {quoted(schema)}")
    connection.execute(f"create table {quoted(schema)}.{quoted(name)} ({listed})")


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> Mapping[str, str]:
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
        " and database_name = current_database()",
        [schema, name],
    ).fetchall()
    return dict(rows)


def _type_name(connection: duckdb.DuckDBPyConnection, sql_type: str) -> str:
    """DuckDB's own name of a type."""
    ((name,),) = connection.execute(f"select typeof(cast(null as {sql_type}))").fetchall()
    return str(name)
