"""DuckDB extensions from their Python wheels: loaded by path, so that nothing is installed or fetched."""

import importlib.resources

import duckdb


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension whose wheel `duckdb-extension-<name>` is installed for this DuckDB version."""
    folder = importlib.resources.files(f"duckdb_extension_{name}")
    path = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    connection.execute(f"load '{path}'")
