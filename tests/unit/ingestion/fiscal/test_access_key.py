"""The access key: shape, check digit, model."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.fiscal.access_key import has_valid_check_digit, is_access_key, model_of

DIGITS = string.digits
bodies = st.builds(
    "".join,
    st.tuples(
        st.text(DIGITS, min_size=6, max_size=6),
        st.text(DIGITS + string.ascii_uppercase, min_size=12, max_size=12),
        st.text(DIGITS, min_size=25, max_size=25),
    ),
)


@pytest.mark.parametrize(
    "key",
    [
        "35261111222333000181550010000001011100000011",
        "35261112ABC34501DE35550010000001021100000028",
    ],
)
def test_numeric_and_alphanumeric_keys(key: str) -> None:
    assert is_access_key(key)
    assert has_valid_check_digit(key)


def test_a_wrong_check_digit_keeps_its_shape() -> None:
    assert is_access_key("35261111222333000181550010000001011100000012")
    assert not has_valid_check_digit("35261111222333000181550010000001011100000012")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "3526111122233300018155001000000101110000001",
        "352611112223330001815500100000010111000000111",
        "35261112abc34501de35550010000001021100000028",
        "3526111122233300018A550010000001011100000011",
        " 5261111222333000181550010000001011100000011",
        "３５２６１１１１２２２３３３０００１８１５５００１０００００１０１１１０００００１１",
    ],
)
def test_other_shapes(text: str | None) -> None:
    assert not is_access_key(text)


@given(bodies)
def test_exactly_one_check_digit_is_right(body: str) -> None:
    assert sum(has_valid_check_digit(body + digit) for digit in DIGITS) == 1


@given(bodies, st.integers(0, 42), st.sampled_from(DIGITS))
def test_one_wrong_digit_is_noticed(body: str, place: int, digit: str) -> None:
    """Modulo 11 notices every wrong digit, but for the rests 0 and 1, which share the check digit 0."""
    key = next(body + check for check in DIGITS if has_valid_check_digit(body + check))
    wrong = key[:place] + digit + key[place + 1 :]
    if wrong != key and key[43] != "0" and not key[place].isalpha():
        assert not has_valid_check_digit(wrong)


def test_the_model() -> None:
    assert model_of("35261111222333000181550010000001011100000011") == "55"
