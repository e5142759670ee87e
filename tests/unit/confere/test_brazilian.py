"""Figures as they are written in Brazil."""

from datetime import UTC, datetime
from decimal import Decimal

from confere.brazilian import amount, count, instant, percent


def test_amounts() -> None:
    assert amount(Decimal("1234567.8")) == "R$ 1.234.567,80"
    assert amount(Decimal("-0.05")) == "R$ -0,05"
    assert amount(None) == ""


def test_counts_and_shares() -> None:
    assert count(1234567) == "1.234.567"
    assert percent(Decimal("0.975")) == "97,5%"
    assert percent(None) == "–"


def test_instants_are_told_in_brasilia() -> None:
    assert instant(datetime(2026, 12, 1, 1, 30, tzinfo=UTC)) == "30/11/2026 22:30"
