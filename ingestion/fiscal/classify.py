"""Classification: what a parsed fiscal XML holds, by its elements and keys alone.

Holds the search for units (documents, protocols, events, summaries, voided ranges) below whatever wraps them,
and the choice of their layouts. The lists of names are kinds.yml and the layouts; reading a unit's content is
extract.py's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.fiscal.access_key import is_access_key, model_of
from ingestion.fiscal.extract import Part
from ingestion.fiscal.extraction_map import Layout, Steps
from ingestion.fiscal.parser import local_name
from ingestion.fiscal.refusals import Refused
from ingestion.plain_yaml import read_yaml

KINDS_YML = Path(__file__).with_name("kinds.yml")

# Envelope, Body, operation, result: no web service of SEFAZ wraps deeper.
_ENVELOPE_DEPTH = 6


@dataclass(slots=True)
class Unit:
    """A document, protocol, event, summary or voided range found in a payload.

    `place` names it within the payload, XPath-like (`NFe[2]`). Either `refused` is set or `layout` and
    `parts` are. `companions` are the protocols that came with a document in one wrapper: when it is refused,
    so are they.
    """

    place: str
    wrapper: str
    kind: str | None = None
    layout: Layout | None = None
    parts: tuple[Part, ...] = ()
    refused: Refused | None = None
    companions: list["Unit"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The lists of kinds.yml: element names by what they mean.

    `sent` and `answered` are the two sides of what a company asks and SEFAZ answers, each with the name that
    the maps know it by.
    """

    wrappers: frozenset[str]
    envelopes: frozenset[str]
    distributions: frozenset[str]
    sent: Mapping[str, str]
    answered: Mapping[str, str]
    refused: Mapping[str, str]


def read_kinds(path: Path = KINDS_YML) -> Kinds:
    """Read the catalogue of kinds."""
    lists = read_yaml(path)
    return Kinds(
        wrappers=frozenset(lists["wrappers"]),
        envelopes=frozenset(lists["envelopes"]),
        distributions=frozenset(lists["distributions"]),
        sent={name: pair for pair, sides in lists["pairs"].items() for name in sides["sent"]},
        answered={name: pair for pair, sides in lists["pairs"].items() for name in sides["answered"]},
        refused=lists["refused"],
    )


class Classifier:
    """Finds the units of a payload. One per process; it keeps nothing between payloads."""

    def __init__(self, layouts: Sequence[Layout], kinds: Kinds) -> None:
        self._kinds = kinds
        self._layouts: dict[tuple[str, str | None], list[Layout]] = {}
        # a document's own element holds the one that carries the layout: NFe holds infNFe
        self._bodies: dict[str, str] = {}
        for layout in layouts:
            name = layout.element
            if layout.kind == "document":
                (name,) = layout.steps.by_name
                self._bodies[name] = layout.element
            self._layouts.setdefault((name, layout.key_element), []).append(layout)
        # one body may have several owners: CTe, CTeOS, CTeSimp and GTVe hold an infCte
        self._owners: dict[str, list[str]] = {}
        for owner, body in self._bodies.items():
            self._owners.setdefault(body, []).append(owner)
        self._singles = {layout.element for layout in layouts if layout.kind in ("protocol", "summary")}
        self._answers = {layout.element for layout in layouts if layout.optional}
        self._event_keys = {layout.key_element for layout in layouts if layout.key_element is not None}
        self._pairs = {layout.element: layout.kind for layout in layouts}
        self._holders = kinds.wrappers | kinds.distributions | self._answers

    def units(self, root: Any) -> list[Unit]:
        """The units of a payload in document order.

        Raises Refused for a payload without any: unsupported_kind, no_documents, not_xml.
        """
        found = list(self._below([root], wrapper=None, free=0, counts={}))
        if found:
            return found
        raise self.nothing(root)

    # the search

    def _below(
        self, elements: Iterable[Any], *, wrapper: str | None, free: int, counts: dict[str, int]
    ) -> Iterator[Unit]:
        """Units at or below these siblings; `free` more levels of unknown elements may be entered."""
        document: Unit | None = None
        sent: Any = None
        sides = self._kinds.sent, self._kinds.answered
        for element in elements:
            name = local_name(element)
            if sent is not None:
                asked = local_name(sent)
                answer = element if sides[1].get(name) == sides[0][asked] else None
                yield self._pair(sent, answer, wrapper or asked, counts)
                sent = None
                if answer is not None:
                    continue
            within = wrapper or name
            if name in sides[0]:
                if any(local_name(child) in sides[0] for child in element):
                    # some services wrap the events of NF-e in the name of CT-e's
                    yield from self._below(element, wrapper=within, free=0, counts=counts)
                else:
                    sent = element
            elif name in sides[1]:
                yield self._pair(None, element, within, counts)
            elif name in self._bodies or name in self._owners:
                document = self._document(element, name, within, counts)
                if document is not None:
                    yield document
            elif name in self._singles:
                unit = self._single(element, name, within, counts)
                if document is not None and unit.kind == "protocol":
                    document.companions.append(unit)
                else:
                    yield unit
                if name in self._answers:
                    yield from self._below(element, wrapper=within, free=0, counts=counts)
            elif name in self._kinds.refused:
                yield _refused(name, within, counts, f"{name} ({self._kinds.refused[name]})")
            elif name in self._kinds.wrappers:
                yield from self._below(element, wrapper=within, free=0, counts=counts)
            elif name in self._kinds.envelopes:
                yield from self._below(element, wrapper=None, free=_ENVELOPE_DEPTH, counts=counts)
            elif _is_unit_like(element):
                yield _refused(name, within, counts, name)
            elif free:
                yield from self._below(element, wrapper=wrapper, free=free - 1, counts=counts)
        if sent is not None:
            yield self._pair(sent, None, wrapper or local_name(sent), counts)

    def _document(self, element: Any, name: str, wrapper: str, counts: dict[str, int]) -> Unit | None:
        """A document; None for a reference, since a CT-e names its notes infNFe too."""
        body_name = self._bodies.get(name, name)
        body = element if name == body_name else _child(element, body_name)
        if body is None or _child(body, "ide") is None:
            if name == body_name:
                return None
            return _refused(name, wrapper, counts, f"{name} without {body_name}")
        unit = Unit(_place(name, counts), wrapper, "document")
        owner = self._owner(body, body_name) if name == body_name else name
        layout = self._choose(unit, owner, None, body.get("versao"))
        if layout is None:
            return unit
        key = layout.key_in(body.get("Id"))
        if layout.models is not None and is_access_key(key) and model_of(key) not in layout.models:
            unit.refused = _wrong_model(layout, model_of(key), body)
            return unit
        reader = layout.steps.below(owner)
        if name == body_name:
            reader = (reader if isinstance(reader, Steps) else reader.steps).below(body_name)
        unit.layout, unit.parts = layout, ((reader, element),)
        return unit

    def _owner(self, body: Any, body_name: str) -> str:
        """Whose body this is that came without its own element: the model in the key tells."""
        owners = self._owners[body_name]
        for owner in owners:
            for layout in self._layouts[owner, None]:
                key = layout.key_in(body.get("Id"))
                if layout.models is not None and is_access_key(key) and model_of(key) in layout.models:
                    return owner
        return owners[0]

    def _single(self, element: Any, name: str, wrapper: str, counts: dict[str, int]) -> Unit:
        unit = Unit(_place(name, counts), wrapper)
        layout = self._choose(unit, name, None, element.get("versao"))
        if layout is not None:
            unit.layout, unit.parts = layout, ((layout.steps.below(name), element),)
        return unit

    def _pair(self, sent: Any, answer: Any, wrapper: str, counts: dict[str, int]) -> Unit:
        """What was asked, what was answered, or both; an event is of the family whose key it names."""
        element = answer if sent is None else sent
        name = local_name(element)
        pair = self._kinds.answered[name] if sent is None else self._kinds.sent[name]
        unit = Unit(_place(name, counts), wrapper, self._pairs[pair])
        key_element = None
        if (pair, None) not in self._layouts:
            keys = {local_name(child) for body in element for child in body if local_name(child)[:2] == "ch"}
            known = keys & self._event_keys
            if not known:
                if keys:
                    unit.refused = Refused("unsupported_kind", f"{name} with {', '.join(sorted(keys))}")
                else:
                    unit.refused = Refused("invalid_access_key", f"{name}: none")
                return unit
            key_element = min(known)
        layout = self._choose(unit, pair, key_element, element.get("versao"))
        if layout is not None:
            sides = ((pair, sent), (answer_to(pair), answer))
            unit.layout = layout
            unit.parts = tuple((layout.steps.below(side), part) for side, part in sides if part is not None)
        return unit

    def _choose(
        self, unit: Unit, element: str, key_element: str | None, version: str | None
    ) -> Layout | None:
        """The layout of a unit; sets `unit.refused` when there is no map for its version."""
        layouts = self._layouts[element, key_element]
        unit.kind = layouts[0].kind
        for layout in layouts:
            if layout.versions is None or version in layout.versions:
                return layout
        unit.refused = Refused("unsupported_layout", f"{layouts[0].name} {version or 'without version'}")
        return None

    def nothing(self, root: Any) -> Refused:
        """Why a payload without units is refused, told by what it is."""
        element = root
        if local_name(root) in self._kinds.envelopes:
            # what the service was asked or answered is the innermost element that has others
            while len(element) and len(element[-1]) and local_name(element) not in self._holders:
                element = element[-1]
        name = local_name(element)
        if name in self._holders:
            status = _child(element, "cStat")
            return Refused("no_documents", name if status is None else f"{name} cStat {status.text}")
        if name.lower() == "html":
            return Refused("not_xml", "HTML page")
        return Refused("unsupported_kind", name)


def answer_to(pair: str) -> str:
    """What the maps call the answered side of a pair."""
    return f"ret{pair.capitalize()}"


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if local_name(child) == name), None)


def _is_unit_like(element: Any) -> bool:
    """Whether an element that no list knows may be a document or an answer about one.

    All of SEFAZ's have an inf… of their own (infNFe, infProt, infEvento), which has an Id or holds a key.
    """
    for child in element:
        if local_name(child).startswith("inf"):
            return child.get("Id") is not None or any(local_name(each).startswith("ch") for each in child)
    return False


def _wrong_model(layout: Layout, model: str, body: Any) -> Refused:
    told = _child(_child(body, "ide"), "mod")
    if told is not None and layout.models is not None and (told.text or "").strip() in layout.models:
        return Refused(
            "invalid_access_key", f"{layout.name}: the key is of model {model}, ide/mod is {told.text}"
        )
    return Refused("unsupported_layout", f"{layout.name} {body.get('versao')} model {model}")


def _place(name: str, counts: dict[str, int]) -> str:
    counts[name] = counts.get(name, 0) + 1
    return f"{name}[{counts[name]}]"


def _refused(name: str, wrapper: str, counts: dict[str, int], detail: str) -> Unit:
    return Unit(_place(name, counts), wrapper, refused=Refused("unsupported_kind", detail))
