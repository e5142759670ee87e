"""DuckDB as Great Expectations can read it through SQLAlchemy.

Great Expectations 1.24 leaves its connection block before it fetches, and the rollback that SQLAlchemy issues
there drops the result DuckDB still holds: every expectation that reads rows ends in "list index out of
range". Holding the transaction calls back keeps the result; the dialect is for reading only. Its name is
PostgreSQL's because Great Expectations refuses regular expressions for a dialect that it does not know.
"""

from typing import Any

import duckdb_engine


class LandingDialect(duckdb_engine.Dialect):
    """Registered as `duckdb.landing`: the URL is `duckdb+landing:///<absolute path>`."""

    name = "postgresql"
    supports_statement_cache = False

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing to begin: reading only."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to commit: reading only."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Not rolled back, so that the pending result survives until it is fetched."""
