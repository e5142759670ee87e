"""What every report says about itself: what was asked, of which publication, how many rows, their hash.

The sheet in a workbook, the manifest beside a CSV and the one inside a ZIP are written from the same facts.
Nothing here reads the database or writes a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from confere.reports.published import HashedRows, PublishedRun
from confere.reports.query import LOCAL_ZONE, ReportQuery

NO_FILTER: Final = "Sem filtros"
HASH_RULE: Final = (
    "SHA-256 do texto UTF-8 das linhas na ordem do relatório: células separadas por U+001F, linhas terminadas"
    " por U+000A, vazio para nulo, ponto decimal, datas em ISO 8601"
)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The facts known before the first row; count and hash come from the rows once they have passed."""

    report: str
    title_pt: str
    detail: str
    detail_title_pt: str
    query: ReportQuery
    run: PublishedRun
    software_version: str

    def told(self, rows: HashedRows) -> list[tuple[str, str | int]]:
        """Label and value, in Portuguese and in the order in which they are shown."""
        return [
            ("Relatório", self.title_pt),
            ("Nível de detalhe", self.detail_title_pt),
            *(("Filtro: " + title, value) for title, value in self.query.told_filters or [(NO_FILTER, "")]),
            ("Posição em", _told_instant(self.run.as_of)),
            ("Execução", self.run.run_id),
            ("Linhas", rows.count),
            ("SHA-256 das linhas", rows.sha256),
            ("Como o SHA-256 é calculado", HASH_RULE),
            ("Colunas", ", ".join(column.title_pt for column in self.query.columns)),
            ("Horários", "horário de Brasília"),
            ("Gerado por", f"confere {self.software_version}"),
        ]

    def as_json(self, rows: HashedRows) -> dict[str, Any]:
        """The same for programs; instants in UTC."""
        return {
            "report": self.report,
            "detail": self.detail,
            "filters": [{"title": title, "value": value} for title, value in self.query.told_filters],
            "columns": [column.name for column in self.query.columns],
            "as_of": self.run.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "run_id": self.run.run_id,
            "rows": rows.count,
            "rows_sha256": rows.sha256,
            "rows_sha256_rule": HASH_RULE,
            "time_zone": LOCAL_ZONE,
            "software": f"confere {self.software_version}",
        }


def _told_instant(instant: datetime) -> str:
    local = instant.astimezone(ZoneInfo(LOCAL_ZONE))
    return f"{local:%d/%m/%Y %H:%M:%S} ({instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ})"
