"""A report as CSV for Excel in Brazil: UTF-8 with a mark, semicolons, decimal commas, dd/mm/yyyy.

Without the mark Excel reads UTF-8 as Windows-1252, and with commas it puts a Brazilian file into one
column. Excel would show a 44-character key in scientific notation; keys are written plain all the same, for
programs; whoever opens the file in Excel takes .xlsx. No query and no column may be named here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from confere.reports.catalogue import Column, ColumnType
from confere.reports.facts import ReportFacts
from confere.reports.published import HashedRows

ENCODING: Final = "utf-8-sig"
DELIMITER: Final = ";"

# what a spreadsheet takes for the start of a formula, unless the whole cell is a number
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")


def write_csv(path: Path, *, rows: HashedRows, facts: ReportFacts) -> None:
    """Writes the rows under their Portuguese titles to `path`."""
    columns = facts.query.columns
    write_table(
        path,
        header=[column.title_pt for column in columns],
        lines=([_told(cell, column) for cell, column in zip(row, columns, strict=True)] for row in rows),
    )


def write_table(path: Path, *, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Writes text cells in this module's dialect; nothing in them can become a formula."""
    with path.open("w", encoding=ENCODING, newline="") as handle:
        writer = csv.writer(handle, delimiter=DELIMITER, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([neutralised(cell) for cell in line] for line in lines)


def neutralised(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _told(cell: Any, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        plain = f"{cell:f}"
        if column.type is ColumnType.QUANTITY:
            plain = plain.rstrip("0").rstrip(".")
        return plain.replace(".", ",")
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return str(cell)
