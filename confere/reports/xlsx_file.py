"""A report as an Excel workbook: a sheet of rows, and one that says what the report is.

Rows go to disk as they come, so memory does not grow with them. Text is always written as text: nothing
that a supplier wrote into a document can become a formula, a link or a number. No query and no column may
be named here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from confere.reports.catalogue import Column, ColumnType
from confere.reports.facts import ReportFacts
from confere.reports.published import HashedRows

EXCEL_ROWS: Final = 1_048_576
EXCEL_TEXT: Final = 32_767
DATA_SHEET: Final = "Dados"
FACTS_SHEET: Final = "Informações"

# [$R$-416] is the Brazilian real; Excel shows its separators by the reader's own settings
_FORMATS: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "@",
    ColumnType.AMOUNT: "[$R$-416] #,##0.00;[Red]-[$R$-416] #,##0.00",
    ColumnType.QUANTITY: "#,##0.00########",
    ColumnType.INTEGER: "0",
    ColumnType.DATE: "dd/mm/yyyy",
    ColumnType.INSTANT: "dd/mm/yyyy hh:mm:ss",
}
_NUMERIC: Final = frozenset({ColumnType.AMOUNT, ColumnType.QUANTITY, ColumnType.INTEGER})


def write_xlsx(path: Path, *, rows: HashedRows, facts: ReportFacts, sheet_rows: int = EXCEL_ROWS) -> None:
    """Writes the workbook to `path`.

    `sheet_rows` is the size of a sheet, heading included; what goes beyond continues on the next one.
    """
    columns = facts.query.columns
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd/mm/yyyy",
    }
    with xlsxwriter.Workbook(str(path), options) as workbook:
        # the publication's clock and not the wall's: equal requests on one publication give equal files
        created = facts.run.as_of.astimezone(UTC).replace(tzinfo=None)
        workbook.set_properties({"title": facts.title_pt, "created": created})
        heading = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        formats = {kind: workbook.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        cell_formats = [formats[column.type] for column in columns]

        sheets = [_data_sheet(workbook, number=1, columns=columns, heading=heading)]
        line = 0
        for row in rows:
            line += 1
            if line == sheet_rows:
                sheets.append(_data_sheet(workbook, number=len(sheets) + 1, columns=columns, heading=heading))
                line = 1
            _write_row(sheets[-1], line, row, columns=columns, formats=cell_formats)
        _write_facts(workbook, facts.told(rows), heading=heading)


def _data_sheet(workbook: Any, *, number: int, columns: Sequence[Column], heading: Any) -> Any:
    sheet = workbook.add_worksheet(DATA_SHEET if number == 1 else f"{DATA_SHEET} {number}")
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.title_pt, heading)
    return sheet


def _write_row(
    sheet: Any, line: int, row: Sequence[Any], *, columns: Sequence[Column], formats: Sequence[Any]
) -> None:
    for index, (column, cell, format_) in enumerate(zip(columns, row, formats, strict=True)):
        if cell is None:
            continue
        if column.type in _NUMERIC:
            sheet.write_number(line, index, cell, format_)
        elif column.type is ColumnType.TEXT:
            sheet.write_string(line, index, cell[:EXCEL_TEXT], format_)
        else:
            sheet.write_datetime(line, index, cell, format_)


def _write_facts(workbook: Any, told: Sequence[tuple[str, str | int]], *, heading: Any) -> None:
    sheet = workbook.add_worksheet(FACTS_SHEET)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 90)
    for line, (label, value) in enumerate(told):
        sheet.write_string(line, 0, label, heading)
        if isinstance(value, int):
            sheet.write_number(line, 1, value)
        else:
            sheet.write_string(line, 1, value[:EXCEL_TEXT])
