"""The access key of an electronic tax document: its shape, its parts, its check digit.

Holds what the 44 characters say by themselves. Whether a wrong check digit matters is not decided here.
"""

import re

from ingestion.check_digits import modulo_11

_SHAPE = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}")


def is_access_key(text: str | None) -> bool:
    """Whether `text` has the shape of a key: 44 characters, letters only in the root of the issuer's CNPJ.

    The shape is that of TChNFe in the schema package of NF-e since alphanumeric CNPJ (NT Conjunta 2025.001).
    The check digit is not looked at.
    """
    return text is not None and _SHAPE.fullmatch(text) is not None


def model_of(key: str) -> str:
    """The document's model, two digits: 55 NF-e, 65 NFC-e, 57 CT-e."""
    return key[20:22]


def has_valid_check_digit(key: str) -> bool:
    """Whether a key also carries the right check digit (MOC CT-e 7.3, NT Conjunta 2025.001)."""
    return is_access_key(key) and str(modulo_11(key[:43])) == key[43]
