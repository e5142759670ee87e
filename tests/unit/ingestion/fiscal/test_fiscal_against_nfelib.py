"""Our rows against an independent reading of the samples that come with nfelib."""

from collections.abc import Callable
from pathlib import Path

import pytest
from independent_reading import compare
from map_reading import read_again, rows_of

from ingestion.fiscal.reader import Reading

nfelib = pytest.importorskip("nfelib", reason="the samples come with nfelib")

SAMPLES = sorted(
    path
    for kind in ("nfe", "cte", "mdfe", "nfe_evento_cancel", "nfe_evento_cce", "nfe_evento_mde")
    for path in Path(nfelib.__file__).parent.glob(f"{kind}/samples/**/*")
    if path.suffix.lower() == ".xml"
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_of_nfelib(path: Path, read: Callable[..., Reading]) -> None:
    content = path.read_bytes()
    reading = read(content)
    assert reading.units_found > 0
    compare(content, reading)
    if not reading.refused:
        assert rows_of(reading) == read_again(content)


def test_the_samples_were_worth_it(read: Callable[..., Reading]) -> None:
    assert len(SAMPLES) > 10
    assert sum(compare(path.read_bytes(), read(path.read_bytes())) for path in SAMPLES) > 10
