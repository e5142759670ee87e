"""Money and rates as whole numbers, and their text.

Amounts are centavos, rates hundredths of a percent: sums are exact and cost no Decimal, which matters at a
million documents. Only arithmetic and text; what is taxed and how stands in documents.py.
"""


def reais(cents: int) -> str:
    """Write centavos, or hundredths of a percent, with two decimals: 1234 becomes ``12.34``."""
    return f"{cents // 100}.{cents % 100:02d}"


def share(amount: int, rate: int) -> int:
    """Return a rate (hundredths of a percent) of an amount in centavos, rounded half up."""
    return (amount * rate + 5_000) // 10_000


def parts(amount: int, count: int) -> tuple[int, ...]:
    """Split centavos into ``count`` parts that add up to it; the last one takes what is left over."""
    part = amount // count
    return (*(part for _ in range(count - 1)), amount - part * (count - 1))
