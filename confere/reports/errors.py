"""The errors of a report that somebody can act on.

Each says what is wrong and what to do. Nothing but error classes may be put here.
"""

from __future__ import annotations

from ingestion.errors import ConfereError


class ReportError(ConfereError):
    """The report cannot be made from what is published; an older file at its place is untouched."""


class ReportRequestError(ReportError):
    """The request is wrong: an unknown report, column, level of detail, format or filter value."""
