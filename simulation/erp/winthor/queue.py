"""PCW2C_QUEUE: what the Winthor queues for the platform, and when it is sent.

Orders, invoices and bank movements go within minutes; titles, payables, entries and credits with the schedule
of every second hour. What is not due before the as-of is still waiting.
"""

from datetime import datetime, timedelta
from typing import Literal

from simulation.clock import AS_OF
from simulation.erp.notes import TableSet
from simulation.stories import Replication

_SCHEDULE_HOURS = 2
_REFUSAL = "HTTP 422: cliente sem cadastro na plataforma"
_PENDING, _SENT, _FAILED = "P", "S", "F"


class Queue:
    """Writes the queue."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables

    def online(
        self, table: str, key: object, at: datetime, *, replication: Replication = Replication.SENT
    ) -> None:
        """Queue a new record that is sent within minutes, unless it is stuck or refused."""
        sent_at = at + timedelta(minutes=1 + at.second % 9)
        if replication is Replication.SENT:
            self._add(table, key, "I", at, sent_at)
        else:
            error = (
                "HTTP 422: cliente sem cadastro na plataforma" if replication is Replication.FAILED else ""
            )
            self._add(table, key, "I", at, None, error)

    def scheduled(self, table: str, key: object, operation: Literal["I", "U", "D"], at: datetime) -> None:
        """Queue a change that waits for the next round of the schedule."""
        hours = _SCHEDULE_HOURS - at.hour % _SCHEDULE_HOURS
        self._add(table, key, operation, at, at.replace(minute=0, second=0) + timedelta(hours=hours))

    def _add(
        self, table: str, key: object, operation: str, at: datetime, sent_at: datetime | None, error: str = ""
    ) -> None:
        if at > AS_OF:
            return
        if sent_at and sent_at > AS_OF:
            sent_at = None
        self._tables.add("PCW2C_QUEUE", {
            "TABELA": table,
            "CHAVE": str(key),
            "OPERACAO": operation,
            "DTINCLUSAO": at,
            "DTENVIO": sent_at,
            "STATUS": _FAILED if error else (_SENT if sent_at else _PENDING),
            "ERRO": error,
        })  # fmt: skip
