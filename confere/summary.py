"""The summary of a publication, in Portuguese, for `confere run` and `confere status`.

Everything shown is counted in the published file; no figure is made here that is not a row, a count or a sum
there.
"""

from collections.abc import Iterator, Sequence, Set
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from confere.brazilian import amount, count, instant
from confere.publication import holds, open_publication

PLAIN_WIDTH: Final = 110
"""Columns where there is no terminal to ask."""

_SYNC_BY_MODEL: Final = """
    select
        model,
        count(*) filter (sync_status = 'Sincronizado'),
        count(*) filter (sync_status <> 'Sincronizado'),
        count(*)
    from marts.sync_status
    group by model
    order by model
"""
_OPEN_MISMATCHES: Final = """
    select
        coalesce(causes.label_pt, mismatches.cause),
        mismatches.cause,
        count(*),
        sum(abs(mismatches.amount)),
        count(*) filter (mismatches.is_waived)
    from marts.mismatches
    left join reference.causes on causes.cause = mismatches.cause
    where mismatches.resolved_at is null
    group by all
    order by 4 desc nulls last, 2
"""
_REFUSED: Final = """
    select source, reason, count(*), min(place)
    from quality.quarantine
    where resolved_at is null
    group by all
    order by all
"""
_SOURCES: Final = """
    select
        source,
        max(finished_at) filter (where status in ('ok', 'unchanged')),
        count(distinct stream) filter (where status in ('ok', 'unchanged'))
    from quality.extractions
    where coalesce(mode, '') not in ('check', 'replay', 'reread')
    group by source
    order by source
"""
_COMPLETENESS: Final = """
    select
        count(*),
        count(*) filter (where is_broken),
        count(*) filter (where not is_evaluable),
        (select count(*) from quality.quarantine where resolved_at is null)
    from quality.completeness_verdicts
"""
_LOST: Final = """
    select source, stream, lost_at, lost_rows, lost_amount
    from quality.completeness_verdicts
    where is_broken
    order by source, stream
"""
_STAGES: Final = {"store": "armazém", "staged": "entidades", "mart": "marts"}
_FAILED_STREAMS: Final = """
    select source, stream, message
    from quality.extractions
    where run_id = ? and status = 'error'
    order by all
"""
_NOT_PASSED: Final = """
    select check_name, status, failures
    from quality.check_results
    where run_id = ? and status not in ('passed', 'skipped')
    order by all
"""
_MODELS: Final = {"55": "55 NF-e", "57": "57 CT-e", "65": "65 NFC-e", "67": "67 CT-e OS"}
_MAX_LISTED: Final = 20


def print_summary(published: Path, *, workspace_argument: str, console: Console) -> None:
    """Prints what the publication says; the examples name `workspace_argument`. Raises NothingPublished."""
    with open_publication(published) as connection:
        sections = [_head(connection, published), *_sections(connection)]
    for section in sections:
        console.print(section)
    # whole lines, however narrow the terminal, so that they can be copied
    console.print(_examples(workspace_argument), soft_wrap=True)


def summary_console(**options: Any) -> Console:
    """A console that is as wide as the terminal, or wide enough for the tables where there is none."""
    console = Console(highlight=False, **options)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH, **options)


def _head(connection: duckdb.DuckDBPyConnection, published: Path) -> RenderableType:
    run_id, as_of = _last_run(connection)
    return Text(
        f"Publicação: {published}\nPosição em {instant(as_of)} (horário de Brasília), execução {run_id}\n"
    )


def _last_run(connection: duckdb.DuckDBPyConnection) -> tuple[str, Any]:
    rows = connection.execute(
        "select run_id, as_of from quality.runs order by started_at desc, run_id desc limit 1"
    ).fetchall()
    return rows[0][0], rows[0][1]


def _sections(connection: duckdb.DuckDBPyConnection) -> Iterator[RenderableType]:
    run_id, _ = _last_run(connection)
    if holds(connection, "marts.sync_status"):
        yield _sync(connection)
    if holds(connection, "marts.mismatches") and holds(connection, "reference.causes"):
        yield _mismatches(connection)
    yield _sources(connection)
    if holds(connection, "quality.completeness_verdicts"):
        yield _completeness(connection)
    refused = connection.execute(_REFUSED).fetchall()
    if refused:
        yield _table(
            "Entradas recusadas (quarentena)",
            ("Fonte", "Motivo", "Quantidade", "Por exemplo"),
            [(source, reason, count(rows), place) for source, reason, rows, place in refused],
            right={2},
        )
    failed = connection.execute(_FAILED_STREAMS, [run_id]).fetchall()
    if failed:
        yield _table("Fontes com erro nesta execução", ("Fonte", "Tabela ou pasta", "Erro"), failed)
    not_passed = connection.execute(_NOT_PASSED, [run_id]).fetchall()
    if not_passed:
        yield _table(
            "Verificações que não passaram",
            ("Verificação", "Resultado", "Linhas"),
            [(name, status, count(failures)) for name, status, failures in not_passed],
            right={2},
        )


def _sources(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    return _table(
        "Fontes",
        ("Fonte", "Última leitura sem erro", "Tabelas ou pastas lidas"),
        [
            (source, "nunca" if read_at is None else instant(read_at), count(streams))
            for source, read_at, streams in connection.execute(_SOURCES).fetchall()
        ],
        right={2},
    )


def _completeness(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    ((streams, lost, not_told, refused),) = connection.execute(_COMPLETENESS).fetchall()
    if not lost:
        without = f", {count(not_told)} sem total da fonte na última leitura" if not_told else ""
        return Text(
            f"Completude: nada se perdeu no caminho ({count(streams)} fluxos conferidos{without});"
            f" em quarentena: {count(refused)}\n"
        )
    return _table(
        "Perdido no caminho",
        ("Fonte", "Tabela ou pasta", "Perdido em", "Linhas", "Valor"),
        [
            (source, stream, _STAGES.get(lost_at, lost_at), count(rows), amount(lost_amount))
            for source, stream, lost_at, rows, lost_amount in connection.execute(_LOST).fetchall()
        ],
        right={3, 4},
    )


def _sync(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    rows = connection.execute(_SYNC_BY_MODEL).fetchall()
    lines: list[tuple[str, ...]] = [
        (_MODELS.get(model, model), count(synced), count(not_synced), count(total))
        for model, synced, not_synced, total in rows
    ]
    if len(rows) > 1:
        lines.append(("Total", *(count(sum(row[column] for row in rows)) for column in (1, 2, 3))))
    return _table(
        "Documentos por modelo (documento × filial × papel)",
        ("Modelo", "Sincronizado", "Não sincronizado", "Total"),
        lines,
        right={1, 2, 3},
    )


def _mismatches(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    rows = connection.execute(_OPEN_MISMATCHES).fetchall()
    if not rows:
        return Text("Divergências em aberto: nenhuma\n")
    lines = [
        (label, cause, count(found), amount(total), count(waived) if waived else "")
        for label, cause, found, total, waived in rows
    ]
    if len(rows) > 1:
        lines.append(
            (
                "Total",
                "",
                count(sum(row[2] for row in rows)),
                amount(sum((row[3] for row in rows if row[3] is not None), start=Decimal(0))),
                count(sum(row[4] for row in rows)) if any(row[4] for row in rows) else "",
            )
        )
    return _table(
        "Divergências em aberto",
        ("Causa", "Código", "Quantidade", "Valor", "Dispensadas"),
        lines,
        right={2, 3, 4},
    )


def _examples(workspace_argument: str) -> RenderableType:
    command = f"  confere sql {workspace_argument}".rstrip()
    return Text(
        "Para consultar:\n"
        f'{command} "select cause, entity_key, amount from marts.mismatches where resolved_at is null"\n'
        f"{command} \"select * from marts.sync_status where sync_status = 'Não sincronizado'\" --csv"
    )


def _table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Set[int] = frozenset()
) -> RenderableType:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number in right else "left", overflow="fold")
    for row in rows[:_MAX_LISTED]:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if len(rows) > _MAX_LISTED:
        table.add_row(Text(f"… e mais {len(rows) - _MAX_LISTED}"))
    return table
