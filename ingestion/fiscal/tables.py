"""The raw tables that fiscal XML fills, read from the sources YAML of the dbt project, the one list of them.

Holds their shapes only. No column name of a raw table may be written in Python but those of the envelope and
identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.contracts import dbt_project_dir
from ingestion.plain_yaml import read_yaml

CONTENT, ORDINAL = "_content_sha256", "_ordinal"
"""Columns of the envelope: the payload's content, and the unit's number in it (from 0, per kind)."""

IDENTITY = ("access_key", "environment")
"""Columns that every table of a unit repeats."""

SOURCES_YML = Path("models", "staging", "fiscal_xml", "_fiscal_xml__sources.yml")


@dataclass(frozen=True, slots=True)
class TableShape:
    """A raw table: its columns in order, envelope apart, as (name, type), type `text` or `bigint`.

    `own` are the text columns that an extraction map may fill; `ordinal` is the bigint column that numbers a
    unit's rows from 1, None where there is none. Both mean something only for tables of documents, protocols,
    events and summaries.
    """

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def own(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.columns if kind == "text" and name not in IDENTITY)

    @property
    def ordinal(self) -> str | None:
        return next((name for name, kind in self.columns if kind == "bigint"), None)


def read_tables(sources_yml: Path | None = None) -> Mapping[str, TableShape]:
    """The tables that reading fills, by name, in the YAML's order (the installed project's by default)."""
    path = sources_yml or dbt_project_dir() / SOURCES_YML
    (source,) = read_yaml(path)["sources"]
    return {
        table["name"]: TableShape(
            table["name"], tuple((column["name"], column["data_type"]) for column in table["columns"])
        )
        for table in source["tables"]
        # what an optional check fills has types and rows of its own
        if "check" not in table.get("config", {}).get("meta", {})
    }
