"""The one way to make a report: check the request, read the publication, write the file, put it in place.

The file appears under its name only when it is complete; until then an older one stays. How a format is
written stands in the module of that format, what a report holds in reports.yml.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from confere.reports.catalogue import Detail, Report, XmlFiles, find_report
from confere.reports.csv_file import write_csv
from confere.reports.errors import ReportRequestError
from confere.reports.facts import ReportFacts
from confere.reports.published import HashedRows, PublishedFile, PublishedRun, open_published
from confere.reports.query import ReportFilters, ReportQuery, build_query
from confere.reports.xlsx_file import write_xlsx
from confere.reports.xml_zip import write_zip

FORMATS: Final = (".xlsx", ".csv", ".zip")
MANIFEST_SUFFIX: Final = ".manifest.json"

Progress = Callable[[int, int], None]
"""Called now and then with the rows written so far and all there are."""


class ReportWorkspace(Protocol):
    """What a report needs of a workspace."""

    @property
    def published_path(self) -> Path: ...

    @property
    def archive_dir(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """What was written. `files` counts the XML files of a .zip; `manifest` is the file beside a .csv."""

    path: Path
    report: str
    detail: str
    rows: int
    rows_sha256: str
    run: PublishedRun
    files: int = 0
    manifest: Path | None = None


def export_report(
    workspace: ReportWorkspace,
    report: str,
    *,
    filters: ReportFilters | None = None,
    columns: Sequence[str] | None = None,
    detail: str = "document",
    to: Path,
    progress: Progress | None = None,
) -> ExportOutcome:
    """Writes a report of the published database to `to`, in the format that its suffix names.

    `columns` are the visible columns in their visible order, None for the report's own; `detail` is
    document, item or tax. A .zip holds the XML files of the documents and is always by document. Raises
    ReportRequestError for a request that cannot work, NothingPublished, and ReportError when the publication
    or the archive cannot give the report; `to` is then what it was before.
    """
    chosen = find_report(report)
    suffix = _checked_target(to)
    level = chosen.detail(detail)
    xml_files = _xml_files(chosen, detail=level) if suffix == ".zip" else None
    wanted = tuple(columns) if columns is not None else xml_files.manifest if xml_files else None
    query = build_query(
        chosen,
        filters=filters or ReportFilters(),
        columns=chosen.columns_of(level, wanted=wanted),
        detail=level,
        further=xml_files.expressions if xml_files else (),
    )

    with open_published(workspace.published_path) as published:
        published.require(["quality.runs", *chosen.tables, *level.tables], report=report)
        if filters is not None and filters.causes:
            published.require_causes(filters.causes)
        facts = ReportFacts(
            report=report,
            title_pt=chosen.title_pt,
            detail=level.name,
            detail_title_pt=level.title_pt,
            query=query,
            run=published.run(),
            software_version=version("confere"),
        )
        rows = HashedRows(_batches(published, query, progress=progress), width=len(query.columns))
        files = 0
        manifest: Path | None = None
        with ExitStack() as stack:
            # left in reverse: a manifest is in place before the file it speaks of
            target = stack.enter_context(_replacing(to))
            if xml_files:
                files = _write_zip(
                    target, rows=rows, facts=facts, xml_files=xml_files, archive_dir=workspace.archive_dir
                )
            elif suffix == ".xlsx":
                write_xlsx(target, rows=rows, facts=facts)
            else:
                write_csv(target, rows=rows, facts=facts)
                manifest = to.with_name(to.name + MANIFEST_SUFFIX)
                beside = stack.enter_context(_replacing(manifest))
                text = json.dumps(facts.as_json(rows), ensure_ascii=False, indent=2)
                beside.write_text(text + "\n", encoding="utf-8")
    return ExportOutcome(
        path=to,
        report=report,
        detail=detail,
        rows=rows.count,
        rows_sha256=rows.sha256,
        run=facts.run,
        files=files,
        manifest=manifest,
    )


def _checked_target(to: Path) -> str:
    suffix = to.suffix.lower()
    if suffix not in FORMATS:
        raise ReportRequestError(
            f"{to.name} names no format that reports have; there are {', '.join(FORMATS)}"
        )
    if not to.parent.is_dir():
        raise ReportRequestError(f"the folder {to.parent} does not exist")
    if to.is_dir():
        raise ReportRequestError(f"{to} is a folder")
    return suffix


def _xml_files(report: Report, *, detail: Detail) -> XmlFiles:
    if report.xml_files is None:
        raise ReportRequestError(f"report {report.name} has no XML files to put into a .zip")
    if detail.name != "document":
        raise ReportRequestError("a .zip holds one file per document: ask for it at detail document")
    return report.xml_files


def _write_zip(
    target: Path, *, rows: HashedRows, facts: ReportFacts, xml_files: XmlFiles, archive_dir: Path
) -> int:
    # only a .zip needs the archive, and with it the import of pyarrow
    from ingestion import archive

    return write_zip(
        target,
        rows=rows,
        facts=facts,
        kind_by_model=xml_files.kind_by_model,
        read_contents=lambda digests: archive.read_many(archive_dir, digests),
    )


def _batches(
    published: PublishedFile, query: ReportQuery, *, progress: Progress | None
) -> Iterator[Sequence[tuple[object, ...]]]:
    total = published.count(query.sql, query.parameters) if progress else 0
    done = 0
    for batch in published.batches(query.sql, query.parameters):
        yield batch
        done += len(batch)
        if progress:
            progress(done, total)


@contextmanager
def _replacing(to: Path) -> Iterator[Path]:
    """A path to write to that becomes `to` when everything went well, and nothing otherwise."""
    candidate = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        yield candidate
        candidate.replace(to)
    finally:
        candidate.unlink(missing_ok=True)
