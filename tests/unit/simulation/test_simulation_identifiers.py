"""Check digits against published examples, and against what makes a check digit one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.identifiers import access_key, cnpj, cpf, key_digit


@pytest.mark.parametrize(
    ("root", "order", "complete"),
    [("11222333", 1, "11222333000181"), ("12345678", 1, "12345678000195"), ("12345678", 2, "12345678000276")],
)
def test_cnpj(root: str, order: int, complete: str) -> None:
    assert cnpj(root, order) == complete


def test_cnpj_with_letters_counts_them_by_their_code() -> None:
    # The Receita Federal's own example is 12.ABC.345/01DE-35, whose order holds letters too.
    assert cnpj("12ABC345", 1)[:12] == "12ABC3450001"
    assert cnpj("12ABC345", 1)[12:].isdecimal()


def test_cpf() -> None:
    assert cpf(111444777) == "11144477735"


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("3526101122233300018155001000000101112345678", "6"),
        ("351910AB12CD34EF560258001000000012100000001", "5"),
    ],
)
def test_key_digit(body: str, digit: str) -> None:
    assert key_digit(body) == digit


def test_a_cpf_is_padded_in_the_key() -> None:
    key = access_key(
        uf_code="35", year_month="2610", issuer_id=cpf(1), model="55", series="920", number=7, code=12345678
    )
    assert len(key) == 44
    assert key[6:20] == "000" + cpf(1)
    assert key[34] == "1"


@given(st.text("0123456789", min_size=43, max_size=43), st.integers(0, 42), st.integers(1, 9))
def test_a_single_mistyped_digit_changes_the_remainder(body: str, place: int, step: int) -> None:
    typed = body[:place] + str((int(body[place]) + step) % 10) + body[place + 1 :]
    # Remainders 0 and 1 share the digit 0, so only the sums are told apart in every case.
    weights = [2 + position % 8 for position in reversed(range(43))]
    sums = [sum(w * int(c) for w, c in zip(weights, text, strict=True)) % 11 for text in (body, typed)]
    assert sums[0] != sums[1]
    assert (key_digit(body) == key_digit(typed)) == (set(sums) == {0, 1})
