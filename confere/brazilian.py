"""Numbers, amounts and instants as a Brazilian analyst reads them on a terminal."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

BRASILIA: Final = ZoneInfo("America/Sao_Paulo")
_SWAP: Final = str.maketrans(",.", ".,")


def amount(value: Decimal | None) -> str:
    """`1234.5` as `R$ 1.234,50`; empty for none."""
    return "" if value is None else f"R$ {value:,.2f}".translate(_SWAP)


def count(value: int) -> str:
    """`1234` as `1.234`."""
    return f"{value:,}".translate(_SWAP)


def percent(share: Decimal | None) -> str:
    """`0.975` as `97,5%`; a dash for none."""
    return "–" if share is None else f"{share * 100:.1f}%".translate(_SWAP)


def instant(value: datetime) -> str:
    """In Brasília's time, to the minute."""
    return f"{value.astimezone(BRASILIA):%d/%m/%Y %H:%M}"
