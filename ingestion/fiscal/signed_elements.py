"""The elements of fiscal XML that their authors sign, and what each is about.

Holds the catalogue signed_elements.csv, the search for them in a parsed payload, and their identity as the
XML says it. Nothing of signatures themselves.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ingestion.fiscal.parser import local_name

SIGNED_ELEMENTS_CSV: Final = Path(__file__).with_name("signed_elements.csv")

_SAID: Final = {"environment": "tpAmb", "event_type": "tpEvento", "sequence": "nSeqEvento"}


@dataclass(frozen=True, slots=True)
class SignedElement:
    """An element that ought to be signed, by its local name.

    `marker` is the child that tells it from references and answers of the same name; `keys` are the children
    that may hold the access key, or `@Id`, whose `prefix` is cut off.
    """

    element: str
    marker: str
    subject: str
    keys: tuple[str, ...]
    prefix: str


@cache
def signed_elements() -> Mapping[str, SignedElement]:
    """The elements that ought to be signed, by local name."""
    with SIGNED_ELEMENTS_CSV.open(encoding="utf-8", newline="") as file:
        return {
            row["element"]: SignedElement(
                row["element"], row["marker"], row["subject"], tuple(row["keys"].split()), row["prefix"]
            )
            for row in csv.DictReader(file)
        }


def find_signed(root: Any) -> Iterator[tuple[Any, SignedElement]]:
    """The elements that ought to be signed at or below `root`, in document order."""
    kinds = signed_elements()
    taken: set[Any] = set()
    for element in root.iter(*_names()):
        kind = kinds[local_name(element)]
        if element.find(f"{{*}}{kind.marker}") is None:
            continue
        # one within another is part of what the other's signature covers, and none in a genuine document
        if taken and not taken.isdisjoint(element.iterancestors()):
            continue
        taken.add(element)
        yield element, kind


def identity_of(element: Any, kind: SignedElement) -> dict[str, str | None]:
    """access_key, environment, event_type and sequence, null where the element does not say them."""
    head = element.find("{*}ide")
    told = {column: text_at(element if head is None else head, name) for column, name in _SAID.items()}
    keys = (
        (element.get("Id") or "").strip().removeprefix(kind.prefix) if key == "@Id" else text_at(element, key)
        for key in kind.keys
    )
    found = {"access_key": next(filter(None, keys), ""), **told}
    return {column: value or None for column, value in found.items()}


def text_at(parent: Any, *path: str) -> str:
    """The text at a path of local names, without any blanks; '' where there is none."""
    element = parent.find("/".join(f"{{*}}{name}" for name in path))
    return "" if element is None else "".join((element.text or "").split())


@cache
def _names() -> tuple[str, ...]:
    return tuple(f"{{*}}{name}" for name in signed_elements())
