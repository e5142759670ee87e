"""Reports of the published database as files: `export_report` and what it takes and gives.

What a report holds is data (reports.yml); how it becomes a file stands in one module per format. Nothing of
a report may be decided in the command line or the dashboard: both call this.
"""

from __future__ import annotations

from confere.reports.errors import ReportError, ReportRequestError
from confere.reports.export import FORMATS, ExportOutcome, export_report
from confere.reports.query import ReportFilters

__all__ = ["FORMATS", "ExportOutcome", "ReportError", "ReportFilters", "ReportRequestError", "export_report"]
