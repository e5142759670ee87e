"""The command line `confere`: arguments in, exit status out.

Exit status 0: done. 1: the run, or what was asked for, failed. 2: the command or the configuration is wrong.
What goes wrong is one message on standard error, never a traceback. Everything but the handling of arguments
lives elsewhere and is imported by the command that needs it, so that the help appears at once.
"""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dagster_project.environment import WORKSPACE_VARIABLE

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.run import RunOutcome
    from ingestion.workspace import Workspace
    from simulation import Faults

_INTERRUPTED: Final = 130

app = typer.Typer(
    name="confere",
    help="Do tax documents, ERP, financier and ledger agree, and if not, why? DIR is a workspace; without it"
    f" ${WORKSPACE_VARIABLE} names it, else it is the current folder.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Dir = Annotated[Path | None, typer.Argument(metavar="DIR", show_default=False, help="The workspace.")]
NewDir = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the new workspace.")]
Words = list[str]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    from ingestion.errors import ConfereError, ConfigurationError

    try:
        app(args=argv, prog_name="confere")
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            typer.echo("confere: interrupted; what is published stands", err=True)
            # threads of dbt may still be inside DuckDB; at the interpreter's regular end that aborts
            os._exit(_INTERRUPTED)
        return ended.code if isinstance(ended.code, int) else 1
    except ConfereError as error:
        _complain(error)
        return 2 if isinstance(error, ConfigurationError) else 1
    except BrokenPipeError:
        # whoever read (head, less) has seen enough; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


@app.command()
def init(directory: NewDir) -> None:
    """Make an empty workspace: a commented confere.yml and the folders."""
    from dagster_project.dagster_home import prepare_dagster_home
    from ingestion.workspace import init_workspace

    settings = init_workspace(directory)
    prepare_dagster_home(settings.parent)
    typer.echo(f"{settings} is made; name your companies and sources in it, then `confere run {directory}`")


@app.command()
def sample(
    directory: NewDir,
    documents: Annotated[int, typer.Option(help="Fiscal documents.")] = 2000,
    months: Annotated[int, typer.Option(help="Months that they spread over.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed makes the same workspace.")] = 1,
    faults: Annotated[
        str,
        typer.Option(
            metavar="all|none|FILE.csv", help="Faults to plant; a file has the columns cause,count."
        ),
    ] = "all",
    erp: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An ERP (repeatable; all by default); they share the branches."),
    ] = None,
) -> None:
    """Make a simulated workspace, as the systems of a group of companies would hand it over."""
    from confere.progress import shown_progress
    from dagster_project.dagster_home import prepare_dagster_home
    from simulation import DEFAULT_ERPS, SimulationError, generate

    with shown_progress(_error_console()) as progress:
        progress.stage("simulate")
        try:
            report = generate(
                directory,
                documents=documents,
                months=months,
                seed=seed,
                faults=_faults(faults),
                erps=tuple(erp or DEFAULT_ERPS),
                progress=lambda done, total: progress.step("documents", done=done, total=total),
            )
        except SimulationError as error:
            raise typer.BadParameter(str(error)) from error
    prepare_dagster_home(directory)
    planted = sum(report.faults.values())
    typer.echo(
        f"{directory}: {report.documents} documents in {report.inbox_files} files, {planted} planted faults;"
        f" `confere run {directory}` takes them in"
    )


@app.command()
def run(
    directory: Dir = None,
    full: Annotated[bool, typer.Option("--full", help="Read and build everything again.")] = False,
    select: Annotated[
        str | None, typer.Option(metavar="SELECTION", help="Build a part, in dbt's syntax: +sync_status")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="The run's clock: 2026-11-30T23:59:59Z, or a date.")
    ] = None,
) -> None:
    """The main job: extract, load, transform, check, publish; a summary at the end."""
    from confere.progress import shown_progress
    from dagster_project.errors import NothingSelected
    from dagster_project.run import run_workspace

    clock = None if as_of is None else _instant(as_of, option="--as-of")
    workspace = _workspace(directory)
    with shown_progress(_error_console()) as progress:
        try:
            outcome = run_workspace(workspace, progress=progress, full=full, select=select, as_of=clock)
        except NothingSelected as error:
            raise typer.BadParameter(str(error), param_hint="--select") from error
    _tell(outcome, directory)


@app.command()
def status(directory: Dir = None) -> None:
    """The summary of the last publication."""
    _summarize(_workspace(directory), directory)


@app.command()
def score(
    directory: Dir = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Precision and recall of the open mismatches, by cause (simulated workspaces)."""
    import json

    from confere import score as scoring

    workspace = _workspace(directory)
    scores = scoring.score(workspace.published_path, truth=workspace.root / "truth" / "faults.parquet")
    if as_json:
        typer.echo(json.dumps(scoring.as_json(scores), indent=2))
    else:
        scoring.print_score(scores, console=_console())


@app.command()
def sql(
    words: Annotated[Words, typer.Argument(metavar='[DIR] "select …"', show_default=False)],
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Into a Parquet file.")
    ] = None,
) -> None:
    """Ask the published database."""
    from confere import query

    directory, (text,) = _split(words, names=("query",))
    if sum((as_csv, as_json, parquet is not None)) > 1:
        raise typer.BadParameter("choose one of --csv, --json and --parquet")
    published = _workspace(directory).published_path
    try:
        if as_csv:
            query.write_csv(published, sql=text, to=sys.stdout)
        elif as_json:
            query.write_json(published, sql=text, to=sys.stdout)
        elif parquet is not None:
            rows = query.write_parquet(published, sql=text, to=parquet)
            typer.echo(f"{parquet}: {rows} rows", err=True)
        else:
            query.print_rows(published, sql=text, console=_console())
    except query.QueryError as error:
        raise typer.BadParameter(str(error), param_hint="query") from error


@app.command()
def export(
    words: Annotated[Words, typer.Argument(metavar="[DIR] REPORT", show_default=False)],
    to: Annotated[Path, typer.Option(metavar="FILE", help="The suffix is the format: .xlsx, .csv, .zip")],
    detail: Annotated[str, typer.Option(help="document, item or tax")] = "document",
    column: Annotated[
        list[str] | None, typer.Option(help="A visible column (repeatable, in order); all by default.")
    ] = None,
    company: Annotated[
        list[str] | None, typer.Option(help="CNPJ of a branch, or its first 8 places.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="issuer, recipient, taker …")] = None,
    status_: Annotated[
        list[str] | None, typer.Option("--status", help="Sincronizado or Não sincronizado")
    ] = None,
    cause: Annotated[list[str] | None, typer.Option(help="A cause.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="55, 57 …")] = None,
    uf: Annotated[list[str] | None, typer.Option(help="State of the issuer.")] = None,
    issued_from: Annotated[str | None, typer.Option(metavar="DATE", help="First issue date.")] = None,
    issued_to: Annotated[str | None, typer.Option(metavar="DATE", help="Last issue date.")] = None,
    access_key: Annotated[list[str] | None, typer.Option(help="An access key.")] = None,
    text: Annotated[str | None, typer.Option(help="Found anywhere in a row.")] = None,
) -> None:
    """Write a report (sync: Relatório avançado) to a file."""
    from confere.reports import ReportFilters, ReportRequestError, export_report

    directory, (report,) = _split(words, names=("report",))
    filters = ReportFilters(
        companies=tuple(company or ()),
        roles=tuple(role or ()),
        statuses=tuple(status_ or ()),
        causes=tuple(cause or ()),
        models=tuple(model or ()),
        issued_from=_day(issued_from, option="--issued-from") if issued_from else None,
        issued_to=_day(issued_to, option="--issued-to") if issued_to else None,
        ufs=tuple(uf or ()),
        access_keys=tuple(access_key or ()),
        text=text,
    )
    workspace = _workspace(directory)
    try:
        outcome = export_report(
            workspace, report, filters=filters, columns=column or None, detail=detail, to=to
        )
    except ReportRequestError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"{outcome.path}: {outcome.rows} rows, sha256 {outcome.rows_sha256}")


@app.command()
def replay(
    directory: Dir = None,
    source: Annotated[str | None, typer.Option(help="Only what this source delivered.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only what was refused for this reason.")] = None,
) -> None:
    """Take quarantined input again, then build and publish what came of it."""
    from confere.progress import shown_progress
    from dagster_project.run import replay_workspace

    workspace = _workspace(directory)
    if source is not None and source not in {known.name for known in workspace.sources}:
        raise typer.BadParameter(f"confere.yml has no source {source!r}", param_hint="--source")
    with shown_progress(_error_console()) as progress:
        outcome = replay_workspace(workspace, progress=progress, source=source, reason=reason)
    if outcome.replayed is not None:
        from confere.replayed import told

        typer.echo(told(outcome.replayed))
    _tell(outcome, directory)


@app.command()
def xml(
    words: Annotated[Words, typer.Argument(metavar="[DIR] ACCESS_KEY", show_default=False)],
) -> None:
    """Write the stored bytes of a document to standard output."""
    from confere.documents import stored_document

    directory, (access_key,) = _split(words, names=("access key",))
    sys.stdout.buffer.write(stored_document(_workspace(directory), access_key=access_key))


@app.command()
def waive(
    words: Annotated[Words, typer.Argument(metavar="[DIR] MISMATCH_ID", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why it is accepted.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day on which it is.")],
) -> None:
    """Accept a mismatch until a day; it keeps its amount and is marked as waived from the next run on."""
    from confere.decisions import waive_mismatch

    directory, (mismatch_id,) = _split(words, names=("mismatch id",))
    day = _day(until, option="--until")
    waive_mismatch(
        _workspace(directory), mismatch_id=mismatch_id, reason=reason, until=day, at=datetime.now(UTC)
    )
    typer.echo(f"{mismatch_id} is waived until {day}; the next run marks it")


@app.command()
def signoff(
    words: Annotated[Words, typer.Argument(metavar="[DIR] RULE DATE", show_default=False)],
    comment: Annotated[str, typer.Option(help="What was looked at.")],
) -> None:
    """Sign off a balance rule on a closing day."""
    from confere.decisions import rules_of, sign_off

    directory, (rule, day) = _split(words, names=("rule", "date"))
    workspace = _workspace(directory)
    if rule not in (known := rules_of(workspace)):
        raise typer.BadParameter(
            f"confere.yml names no account of rule {rule}; there are: {', '.join(known) or 'none'}"
        )
    as_of_date = _day(day, option="DATE")
    sign_off(workspace, rule=rule, as_of_date=as_of_date, comment=comment, at=datetime.now(UTC))
    typer.echo(f"{rule} is signed off on {as_of_date}")


@app.command()
def dashboard(
    directory: Dir = None,  # noqa: ARG001 - the command line is the same in the version that has one
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8050,  # noqa: ARG001
) -> None:
    """The web application on loopback (not part of this version)."""
    typer.echo(
        "confere: the dashboard is not part of this version; `confere status`, `confere sql` and"
        " `confere export` read the same publication",
        err=True,
    )
    raise typer.Exit(1)


def _workspace(directory: Path | None) -> "Workspace":
    from ingestion.workspace import read_workspace

    return read_workspace(directory or Path(os.environ.get(WORKSPACE_VARIABLE) or "."), environ=os.environ)


def _split(words: Words, *, names: Sequence[str]) -> tuple[Path | None, Words]:
    """The optional DIR in front, and what must follow it."""
    if len(words) == len(names):
        return None, words
    if len(words) == len(names) + 1:
        return Path(words[0]), words[1:]
    raise typer.BadParameter(f"expected {' and '.join(names)}, with the workspace in front or without it")


def _faults(choice: str) -> "Faults":
    from simulation import read_faults

    if choice == "all":
        return "all"
    if choice == "none":
        return "none"
    try:
        return read_faults(Path(choice))
    except OSError as error:
        raise typer.BadParameter(
            f"neither all nor none nor a file that can be read: {choice}", param_hint="--faults"
        ) from error


def _instant(text: str, *, option: str) -> datetime:
    from ingestion.workspace import parse_as_of

    try:
        return parse_as_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _day(text: str, *, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date (2026-11-30)", param_hint=option) from error


def _tell(outcome: "RunOutcome", directory: Path | None) -> None:
    seconds = ", ".join(f"{stage} {taken:.1f} s" for stage, taken in outcome.seconds.items())
    if outcome.status == "unchanged":
        typer.echo(f"nothing new: the publication stands ({seconds})", err=True)
    else:
        typer.echo(f"published ({seconds})", err=True)
    _summarize(_workspace(directory), directory)


def _summarize(workspace: "Workspace", directory: Path | None) -> None:
    from confere.summary import print_summary

    print_summary(
        workspace.published_path, workspace_argument=str(directory) if directory else "", console=_console()
    )


def _console() -> "Console":
    from confere.summary import summary_console

    return summary_console()


def _error_console() -> "Console":
    from confere.summary import summary_console

    return summary_console(stderr=True)


def _complain(error: Exception) -> None:
    """What, and where it is known where, and what to do."""
    typer.echo(f"confere: {getattr(error, 'what', error)}", err=True)
    for label, attribute in (("where", "where"), ("what to do", "what_to_do")):
        if hasattr(error, attribute):
            typer.echo(f"  {label}: {getattr(error, attribute)}", err=True)


if __name__ == "__main__":
    sys.exit(main())
