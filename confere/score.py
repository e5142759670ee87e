"""Precision and recall of the open mismatches against the faults that a simulation planted.

A planted fault is found when an open row has its cause and its entity key; any other open row is a false
alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from confere.brazilian import count, percent
from confere.publication import NothingPublished, holds, open_publication
from ingestion.errors import ConfereError

TOTAL: Final = "total"

_BY_CAUSE: Final = """
    with truth as (
        select cause, entity_key, count(*) as planted
        from read_parquet(?)
        group by all
    ),

    alarms as (
        select cause, entity_key, count(*) as opened
        from marts.mismatches
        where resolved_at is null
        group by all
    )

    select
        coalesce(truth.cause, alarms.cause) as cause,
        coalesce(sum(truth.planted), 0)::bigint as planted,
        coalesce(sum(truth.planted) filter (alarms.opened is not null), 0)::bigint as found,
        coalesce(sum(alarms.opened), 0)::bigint as opened,
        coalesce(sum(alarms.opened) filter (truth.planted is null), 0)::bigint as false_alarms
    from truth
    full join alarms on truth.cause = alarms.cause and truth.entity_key = alarms.entity_key
    group by 1
    order by 1
"""


class NoTruth(ConfereError):  # noqa: N818
    """The workspace is not a simulated one."""


@dataclass(frozen=True, slots=True)
class CauseScore:
    """How one cause did: faults planted and found, open rows and those that nothing was planted for."""

    cause: str
    planted: int
    found: int
    opened: int
    false_alarms: int

    @property
    def precision(self) -> Decimal | None:
        """Share of the open rows that are right, None without open rows."""
        return Decimal(self.opened - self.false_alarms) / self.opened if self.opened else None

    @property
    def recall(self) -> Decimal | None:
        """Share of the planted faults that were found, None without planted ones."""
        return Decimal(self.found) / self.planted if self.planted else None


def score(published: Path, *, truth: Path) -> tuple[CauseScore, ...]:
    """The score of each cause that was planted or found, then the total. Raises NoTruth, NothingPublished."""
    if not truth.is_file():
        raise NoTruth(
            f"there is no {truth}: only a workspace made by `confere sample` knows what was planted in it"
        )
    with open_publication(published) as connection:
        if not holds(connection, "marts.mismatches"):
            raise NothingPublished(
                f"{published} holds no marts.mismatches yet; `confere run` without --select builds it"
            )
        rows = connection.execute(_BY_CAUSE, [str(truth)]).fetchall()
    causes = [CauseScore(*row) for row in rows]
    return (*causes, _total(causes))


def print_score(scores: Sequence[CauseScore], *, console: Console) -> None:
    """A line for each cause and the totals."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Causa", no_wrap=True)
    for head in ("Plantadas", "Encontradas", "Em aberto", "Falsas", "Precisão", "Cobertura"):
        table.add_column(head, justify="right")
    for line in scores:
        table.add_row(
            line.cause,
            count(line.planted),
            count(line.found),
            count(line.opened),
            count(line.false_alarms),
            percent(line.precision),
            percent(line.recall),
            end_section=line is scores[-2] if len(scores) > 1 else False,
        )
    console.print(table)


def as_json(scores: Sequence[CauseScore]) -> list[dict[str, Any]]:
    """The same for programs; shares as numbers between 0 and 1, null where there is nothing to divide by."""
    return [
        {
            "cause": line.cause,
            "planted": line.planted,
            "found": line.found,
            "open": line.opened,
            "false_alarms": line.false_alarms,
            "precision": None if line.precision is None else float(line.precision),
            "recall": None if line.recall is None else float(line.recall),
        }
        for line in scores
    ]


def _total(causes: Sequence[CauseScore]) -> CauseScore:
    return CauseScore(
        TOTAL,
        sum(line.planted for line in causes),
        sum(line.found for line in causes),
        sum(line.opened for line in causes),
        sum(line.false_alarms for line in causes),
    )
