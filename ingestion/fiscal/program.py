"""Programs: compiled extraction maps as flat arrays, the form in which the scanner follows them.

Holds the translation only. What a map means is extraction_map.py's, how bytes are read is scanner.py's. What
the scanner would not do exactly as the walk does is left out here, and such payloads end with the walk.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ingestion.fiscal.classify import Kinds, answer_to
from ingestion.fiscal.extraction_map import IGNORED, NOTHING, Anchor, Group, Layout, Steps, Target
from ingestion.fiscal.tables import TableShape

Int64s: TypeAlias = npt.NDArray[np.int64]

LENGTH_BITS = 21
"""A span is `start << LENGTH_BITS | length`, in bytes of the scanned buffer; NULL stands for no text."""

NULL = -1

UNTOLD = -1
"""The node of an element that only the classifier can judge: a payload with one is not for the scanner."""

INNER, UNIT, ANSWER = 0, 1, 2
"""What an element is: a step of a map, the one that starts a unit, or the answer that may end it."""

ANY_LENGTH = -1

_NOWHERE, _ROOT, _WRAPPER = 0, 1, 2
_SLOTS = 1 << 14
# FNV-1a, 32 bits
HASH_BASIS, HASH_FACTOR, HASH_MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
_VERSION = "versao"

# The one form of drop_where that the scanner knows: a character, any number of times or so many times.
_RUN = re.compile(r"([0-9A-Za-z])(?:\*|\{(\d+)\})")

# The namespaces whose declaration is plain. Of others some are legal, and libxml2 knows which.
_NAMESPACES = (
    "http://www.portalfiscal.inf.br/",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/XMLSchema",
)


# The sections of a program's code, one table each, and their columns. A column that is named after another
# section tells where a row's own rows of that section begin; the next row tells where they end, so such
# sections have a row more than there are things. Spans lie in the pool.

(
    NODES,
    ANCHORS,
    LAYOUTS,
    TARGETS,
    ATTRIBUTES,
    OWN,
    VERSIONS,
    TEMPLATE,
    SWITCHES,
    CASES,
    EMITTERS,
    DROPS,
    PICKS,
    WIDTHS,
    MODELS,
    SLOTS,
    NAMES,
    NAMESPACES,
    CONSTANTS,
) = range(19)

NODE_ROLE, NODE_ANCHOR, NODE_TARGETS, NODE_ATTRIBUTES, NODE_OWN, NODE_VERSIONS = range(6)
"""An element on some path. Its anchor is -1 where it starts no frame."""

ANCHOR_TEMPLATE, ANCHOR_SWITCHES, ANCHOR_EMITTERS = range(3)

LAYOUT_ANCHOR, LAYOUT_KEY, LAYOUT_PREFIX, LAYOUT_MODELS = range(4)
"""The unit's frame, the cell of its key, the span of the prefix that the key may have."""

TARGET_CELL, TARGET_CONSTANT, TARGET_RANK, TARGET_COLLECTS = range(4)
"""Where a text goes. The constant is a span or NULL, the rank -1 for none."""

ATTRIBUTE_NAME, ATTRIBUTE_CELL = range(2)

VERSION_SPAN, VERSION_LAYOUT, VERSION_NODE, VERSION_BODY, VERSION_KIND, VERSION_KEY, VERSION_ANSWER = range(7)
"""How a UNIT may be read. The span is NULL for any version; the body (the element that must come first), the
key (the one whose presence decides) and the answer (a node) are 0 for none."""

SWITCH_BY, SWITCH_CELL, SWITCH_CASES, SWITCH_CASES_END = range(4)

CASE_CODE, CASE_CELL = range(2)

EMITTER_WHEN, EMITTER_TABLE, EMITTER_DROPS, EMITTER_DROPS_END, EMITTER_PICKS = range(5)

DROP_CELL, DROP_CHARACTER, DROP_LENGTH = range(3)
"""A row is dropped when a cell holds nothing but a character, so many times or ANY_LENGTH."""

ONLY = 0
"""The column of the other sections: OWN a cell that takes the element's name, TEMPLATE a cell of a new frame,
PICKS the cell for a column, WIDTHS the columns of a table, MODELS a span, SLOTS a name by its hash, NAMES a
name's span, NAMESPACES the span of a start, CONSTANTS the name `versao`."""


class Program(NamedTuple):
    """What the scanner needs of all layouts.

    Names of elements and attributes are numbers from 1; 0 is any other name. `code` has three numbers for
    each section (where it starts, its columns, its rows) and then the sections. `child[node, name]` is the
    node below. `pool` are the texts of the maps, with which each scanned buffer starts, so that a constant is
    a span like any other.

    Few arrays and not one for each section, because the scanner's functions hand them on at every tag.
    """

    pool: bytes
    code: Int64s
    child: npt.NDArray[np.int16]


@dataclass(slots=True)
class _Node:
    """A node while a program is put together."""

    children: dict[str, int] = field(default_factory=dict)
    otherwise: int = _NOWHERE
    role: int = INNER
    anchor: int = -1
    targets: list[tuple[int, int, int, int]] = field(default_factory=list)
    attributes: list[tuple[int, int]] = field(default_factory=list)
    own: list[tuple[int]] = field(default_factory=list)
    versions: list[tuple[int, ...]] = field(default_factory=list)


class Assembly:
    """A program, and the layouts it holds by their numbers."""

    def __init__(self, layouts: Sequence[Layout], kinds: Kinds, tables: Sequence[TableShape]) -> None:
        self._pool = bytearray()
        self._spans: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._nodes = [_Node(), _Node(otherwise=UNTOLD), _Node(otherwise=UNTOLD)]
        self._anchors: list[Anchor] = []
        self._kinds: dict[str, int] = {}
        self.layouts = [layout for layout in layouts if _is_plain(layout)]
        self._layout_rows = [self._place(number, layout, kinds) for number, layout in enumerate(self.layouts)]
        self._nodes[_ROOT].children = self._nodes[_WRAPPER].children | dict.fromkeys(kinds.wrappers, _WRAPPER)
        self.program = self._assembled(tables)

    def _place(self, number: int, layout: Layout, kinds: Kinds) -> tuple[int, int, int]:
        """Put the units of a layout where they may stand: below a wrapper, or as the root itself."""
        body = self._name(layout.element) if layout.kind == "document" else 0
        kind = self._kinds.setdefault(layout.kind, len(self._kinds))
        versions = [NULL] if layout.versions is None else map(self._span, sorted(layout.versions))
        if layout.key_element is None:
            (name,) = layout.steps.by_name
            starts, key, answer = [name], 0, 0
            node = self._grow(layout.steps.below(name))
        else:
            starts = [name for name, pair in kinds.sent.items() if pair == layout.element]
            key = self._name(layout.key_element)
            node = self._grow(layout.steps.below(layout.element))
            answer = self._grow(layout.steps.below(answer_to(layout.element)))
            for name, pair in kinds.answered.items():
                if pair == layout.element:
                    self._unit(name, ANSWER)
        rows = [(span, number, node, body, kind, key, answer) for span in versions]
        for name in starts:
            self._unit(name, UNIT).versions += rows
        return self._anchor(layout.anchor), layout.key, self._span(next(iter(layout.key_prefixes), ""))

    def _unit(self, name: str, role: int) -> _Node:
        """The node of an element that starts or ends a unit."""
        units = self._nodes[_WRAPPER].children
        if name not in units:
            units[name] = self._add(_Node(role=role))
        return self._nodes[units[name]]

    def _grow(self, step: Any) -> int:
        """The node of a step, and those below it."""
        node = _Node()
        if isinstance(step, int):
            node.targets.append((step, NULL, -1, 0))
        elif isinstance(step, tuple):
            node.targets += map(self._target, step)
        else:
            if isinstance(step, Group):
                node.attributes += [(self._name(name), cell) for name, cell in step.attributes]
                node.own += [(cell,) for cell, _ in step.names]
                node.targets += map(self._target, step.text)
                node.anchor = -1 if step.anchor is None else self._anchor(step.anchor)
                step = step.steps
            self._grow_children(node, step)
        return self._add(node)

    def _grow_children(self, node: _Node, steps: Steps) -> None:
        def below(step: int) -> int:
            return self._grow(step if step > IGNORED else steps.special[step])

        node.children = {name: below(step) for name, step in steps.by_name.items() if step}
        node.otherwise = below(steps.any_name) if steps.any_name else _NOWHERE

    def _add(self, node: _Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _anchor(self, anchor: Anchor) -> int:
        self._anchors.append(anchor)
        return len(self._anchors) - 1

    def _target(self, target: Target) -> tuple[int, int, int, int]:
        constant = NULL if target.constant is None else self._span(target.constant)
        return target.cell, constant, -1 if target.rank is None else target.rank, int(target.collect)

    def _name(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names) + 1)

    def _span(self, text: str) -> int:
        if text not in self._spans:
            content = text.encode()
            self._spans[text] = len(self._pool) << LENGTH_BITS | len(content)
            self._pool += content
        return self._spans[text]

    def _cell(self, initial: Any) -> int:
        """A template's cell: nothing, always, a constant, or the rank below which every rank lies."""
        if initial is None:
            return NULL
        if initial is True:
            return 0
        return self._span(initial) if isinstance(initial, str) else int(initial)

    # the arrays

    def _assembled(self, tables: Sequence[TableShape]) -> Program:
        nodes, anchors, layouts = self._nodes, self._anchors, self.layouts
        for name in chain.from_iterable(node.children for node in nodes):
            self._name(name)
        versao = self._name(_VERSION)
        templates = [[(self._cell(cell),) for cell in anchor.template] for anchor in anchors]
        models = [[(self._span(model),) for model in sorted(layout.models or ())] for layout in layouts]
        switches, cases = self._switches()
        emitters, drops, picks = self._emitters()
        sections: dict[int, Sequence[Sequence[int]]] = {
            NODES: _with_firsts(
                [(node.role, node.anchor) for node in nodes],
                [node.targets for node in nodes],
                [node.attributes for node in nodes],
                [node.own for node in nodes],
                [node.versions for node in nodes],
            ),
            ANCHORS: _with_firsts([() for _ in anchors], templates, switches, emitters),
            LAYOUTS: _with_firsts(self._layout_rows, models),
            TARGETS: _joined(node.targets for node in nodes),
            ATTRIBUTES: _joined(node.attributes for node in nodes),
            OWN: _joined(node.own for node in nodes),
            VERSIONS: _joined(node.versions for node in nodes),
            TEMPLATE: _joined(templates),
            SWITCHES: _joined(switches),
            CASES: cases,
            EMITTERS: _joined(emitters),
            DROPS: drops,
            PICKS: picks,
            WIDTHS: [(len(table.own),) for table in tables],
            MODELS: _joined(models),
            SLOTS: self._slots(),
            NAMES: [(NULL,), *((self._span(name),) for name in self._names)],
            NAMESPACES: [(self._span(start),) for start in _NAMESPACES],
            CONSTANTS: [(versao,)],
        }
        return Program(bytes(self._pool), _code(sections), self._transitions())

    def _transitions(self) -> npt.NDArray[np.int16]:
        child = np.empty((len(self._nodes), len(self._names) + 1), np.int16)
        for number, node in enumerate(self._nodes):
            child[number, :] = node.otherwise
            for name, below in node.children.items():
                child[number, self._names[name]] = below
        return child

    def _slots(self) -> list[tuple[int]]:
        slots = [0] * _SLOTS
        for name, number in self._names.items():
            slot = name_hash(name.encode()) % _SLOTS
            while slots[slot]:
                slot = (slot + 1) % _SLOTS
            slots[slot] = number
        return [(number,) for number in slots]

    def _switches(self) -> tuple[list[list[tuple[int, ...]]], list[tuple[int, int]]]:
        switches: list[list[tuple[int, ...]]] = []
        cases: list[tuple[int, int]] = []
        for anchor in self._anchors:
            switches.append([])
            for switch in anchor.switches:
                first = len(cases)
                cases += [(self._span(code), cell) for code, cell in switch.cases.items()]
                switches[-1].append((switch.by, switch.target, first, len(cases)))
        return switches, cases

    def _emitters(self) -> tuple[list[list[tuple[int, ...]]], list[tuple[int, int, int]], list[tuple[int]]]:
        emitters: list[list[tuple[int, ...]]] = []
        drops: list[tuple[int, int, int]] = []
        picks: list[tuple[int]] = []
        for anchor in self._anchors:
            emitters.append([])
            for emitter in anchor.emitters:
                first = len(drops)
                drops += [(cell, *_run(pattern)) for cell, pattern in emitter.drop]
                emitters[-1].append((emitter.when, emitter.table, first, len(drops), len(picks)))
                picks += [(cell,) for cell in emitter.cells]
        return emitters, drops, picks


def name_hash(name: bytes) -> int:
    """The hash of an element's or attribute's name (FNV-1a, 32 bits), as the scanner computes it."""
    value = HASH_BASIS
    for byte in name:
        value = (value ^ byte) * HASH_FACTOR & HASH_MASK
    return value


def _is_plain(layout: Layout) -> bool:
    """Whether the scanner can read a layout's units: those that one element starts and that have a key."""
    drops = (
        pattern
        for anchor in _anchors_of(layout)
        for emitter in anchor.emitters
        for _, pattern in emitter.drop
    )
    return (
        (layout.kind in {"document", "protocol", "summary"} or layout.key_element is not None)
        and not layout.optional
        and layout.key != NOTHING
        and all(_RUN.fullmatch(pattern.pattern) for pattern in drops)
    )


def _anchors_of(layout: Layout) -> Iterable[Anchor]:
    yield layout.anchor
    pending: list[Any] = [layout.steps]
    while pending:
        step = pending.pop()
        if isinstance(step, Group):
            if step.anchor is not None:
                yield step.anchor
            step = step.steps
        if isinstance(step, Steps):
            pending += step.special


def _run(pattern: re.Pattern[str]) -> tuple[int, int]:
    run = _RUN.fullmatch(pattern.pattern)
    if run is None:
        raise ValueError(f"{pattern.pattern} is no run of one character")
    return ord(run[1]), ANY_LENGTH if run[2] is None else int(run[2])


def _joined(lists: Iterable[Sequence[Sequence[int]]]) -> list[Sequence[int]]:
    return list(chain.from_iterable(lists))


def _with_firsts(
    rows: Sequence[Sequence[int]], *lists: Sequence[Sequence[Sequence[int]]]
) -> list[Sequence[int]]:
    """Rows, each followed by where its own rows of other sections begin, and a last one that says where the
    last ones end."""
    firsts = zip(*(accumulate(map(len, each), initial=0) for each in lists), strict=True)
    width = len(rows[0]) if rows else 0
    return [(*row, *first) for row, first in zip([*rows, (0,) * width], firsts, strict=True)]


def _code(sections: Mapping[int, Sequence[Sequence[int]]]) -> Int64s:
    header: list[int] = []
    body: list[int] = []
    for section in sorted(sections):
        rows = sections[section]
        header += (3 * len(sections) + len(body), len(rows[0]) if rows else 1, len(rows))
        body += chain.from_iterable(rows)
    return np.array(header + body, np.int64)
