"""Tax ids and access keys with right check digits, for invented parties.

Only digits are computed here. Which party or document carries them is decided in companies.py and
documents.py; nothing is validated, since what the simulation writes is right by construction or wrong on
purpose.
"""

from operator import mul

# The key's weights are 2 to 9, cyclic, from the right over its first 43 characters (MOC CT-e 7.3).
_KEY_WEIGHTS = tuple(2 + position % 8 for position in reversed(range(43)))
_KEY_OFFSET = 48 * sum(_KEY_WEIGHTS)
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def cnpj(root: str, order: int = 1) -> str:
    """Complete a CNPJ of 14 characters from its root (8 characters, perhaps with letters) and order."""
    body = f"{root}{order:04d}"
    for _ in range(2):
        weights = _CNPJ_WEIGHTS[len(_CNPJ_WEIGHTS) - len(body) :]
        body += _digit(sum(weight * (ord(char) - 48) for weight, char in zip(weights, body, strict=True)))
    return body


def cpf(base: int) -> str:
    """Complete a CPF of 11 digits from its first nine."""
    body = f"{base:09d}"
    for _ in range(2):
        weights = range(len(body) + 1, 1, -1)
        body += _digit(sum(weight * int(char) for weight, char in zip(weights, body, strict=True)))
    return body


def access_key(
    *,
    uf_code: str,
    year_month: str,
    issuer_id: str,
    model: str,
    series: str,
    number: int,
    code: int,
    emission: str = "1",
) -> str:
    """Build the 44 characters of an access key, check digit included.

    ``year_month`` is AAMM, ``issuer_id`` a CNPJ or a CPF (padded with zeros), ``code`` the eight digits of
    cNF or cCT.
    """
    body = f"{uf_code}{year_month}{issuer_id:0>14}{model}{series:0>3}{number:09d}{emission}{code:08d}"
    return body + key_digit(body)


def key_digit(body: str) -> str:
    """Return the check digit of the first 43 characters of a key; a letter counts as its code minus 48."""
    return _digit(sum(map(mul, _KEY_WEIGHTS, body.encode())) - _KEY_OFFSET)


def _digit(total: int) -> str:
    rest = total % 11
    return "0" if rest < 2 else str(11 - rest)
