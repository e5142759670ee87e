"""Verdicts of the optional checks: which payloads lack one, and the rows of those that came.

Works on the connection that the store hands over, inside its transaction. What is judged, and how, is not
known here.
"""

from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.documents import FISCAL_SCHEMA, Documents, envelope_of
from ingestion.sql import quoted


class Verdicts:
    """The raw tables of the checks, each with the verdicts of every version of its check."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: Documents) -> None:
        self._connection = connection
        self._documents = documents

    def count_due(self, table: str, *, source: str, version: str) -> int:
        """How many payloads of a source have no verdict of this version."""
        ((due,),) = self._connection.execute(
            f"select count(*) {_without_verdict(table)}", [source, version]
        ).fetchall()
        return int(due)

    def due(self, table: str, *, source: str, version: str, after: str, limit: int) -> list[str]:
        """The digests of such payloads, in their order: the next `limit` of them after a digest."""
        rows = self._connection.execute(
            f"select _content_sha256 {_without_verdict(table)} and _content_sha256 > ? order by all limit ?",
            [source, version, after, limit],
        ).fetchall()
        return [digest for (digest,) in rows]

    def append(self, table: str, rows: pa.Table, *, source: str, extraction_id: str, as_of: datetime) -> None:
        """Add verdicts to the table of their check."""
        self._documents.insert(
            table, rows, envelope_of(source=source, extraction_id=extraction_id, as_of=as_of)
        )


def _without_verdict(table: str) -> str:
    """The end of a query for payloads, with the parameters source and version."""
    return (
        f"from {FISCAL_SCHEMA}.payloads as payloads where _source = ? and not exists ("
        f"select 1 from {FISCAL_SCHEMA}.{quoted(table)} as verdicts where check_version = ?"
        " and verdicts._content_sha256 = payloads._content_sha256)"
    )
