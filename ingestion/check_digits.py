"""Check digits of Brazilian registers, letters included."""

import re
from typing import Final

_CNPJ: Final = re.compile(r"[A-Z0-9]{12}[0-9]{2}")


def modulo_11(body: str) -> int:
    """The check digit over `body`.

    Each character counts as its ASCII code minus 48, the weights run 2 to 9 from the right. 0 when
    the rest is 0 or 1, else 11 minus the rest; the rule that CNPJ and access keys share.
    """
    rest = sum((ord(char) - 48) * (2 + place % 8) for place, char in enumerate(reversed(body))) % 11
    return 0 if rest < 2 else 11 - rest


def is_cnpj(text: str) -> bool:
    """Whether `text` is a CNPJ, numeric or alphanumeric, without punctuation and with right check digits."""
    if not _CNPJ.fullmatch(text) or set(text) == {"0"}:
        return False
    return all(modulo_11(text[:length]) == int(text[length]) for length in (12, 13))
