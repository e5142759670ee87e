"""Check digits of CNPJs, numeric and alphanumeric."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.check_digits import is_cnpj, modulo_11


@pytest.mark.parametrize("text", ["12345678000195", "12345678000276", "12ABC34501DE35"])
def test_right_ones(text: str) -> None:
    assert is_cnpj(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567800019",
        "12345678000194",
        "12345678000185",
        "12abc34501de35",
        "12.345.678/0001-95",
        "00000000000000",
        "12ABC34501DE3A",
        "\uff112345678000195",
    ],
)
def test_wrong_ones(text: str) -> None:
    assert not is_cnpj(text)


@given(body=st.text(alphabet=string.ascii_uppercase + string.digits, min_size=12, max_size=12))
def test_one_pair_of_digits_fits_a_body(body: str) -> None:
    first = modulo_11(body)
    second = modulo_11(f"{body}{first}")
    assert is_cnpj(f"{body}{first}{second}") == (set(body) != {"0"})
    assert not is_cnpj(f"{body}{(first + 1) % 10}{second}")
