"""Extraction maps: the YAML files of layouts/ compiled to dispatch tables that one walk can follow.

Holds compiling only: what the map notation means lives here, what a layout says lives in its YAML (read by
map_definitions.py), the walk itself in extract.py.

A compiled map works on *frames*. A frame is a list of cells for one repeating element (or for the unit as a
whole): the walk puts the text of each mapped element into its cell, and when the element ends, *emitters*
pick cells into rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ingestion.fiscal.access_key import is_access_key
from ingestion.fiscal.map_definitions import LAYOUTS_DIR, read_definitions
from ingestion.fiscal.tables import TableShape

Frame: TypeAlias = list[Any]

NOTHING, ALWAYS, WRAPPER, MODEL = 0, 1, 2, 3
"""Cells that every frame has: always null, never null, the wrapper's name, the model in the access key."""

IGNORED = 0
"""The step at an element that no path goes through.

A step above it is the cell of a leaf, one below it an index of `Steps.special`.
"""

_WORST_RANK = 1_000
_MOST_TAGS = 2_000
_COLLECT = "[]"
_NAME = "name()"
_OWN_TEXT = "."


class ExtractionMapError(Exception):
    """A layout's YAML cannot be compiled: a mistake of whoever wrote it, never of a document."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the text of a leaf goes that is more than one plain cell.

    `constant` goes there instead of the text; `collect` joins all texts. A `rank` lets preferred elements win
    wherever they stand: the lowest found stays, and what a cell holds has its rank in the cell after it.
    """

    cell: int
    constant: str | None = None
    rank: int | None = None
    collect: bool = False

    def take(self, frame: Frame, text: str) -> None:
        """Put `text` into the frame."""
        if self.collect:
            held = frame[self.cell]
            frame[self.cell] = text if held is None else f"{held} | {text}"
            return
        if self.rank is not None:
            if self.rank >= frame[self.cell + 1]:
                return
            frame[self.cell + 1] = self.rank
        frame[self.cell] = self.constant or text


class Emitter(NamedTuple):
    """Makes a row of table number `table` out of a frame; `pick` takes `cells` in the table's column order.

    There is no row when cell `when` is null, or when a cell of `drop` holds nothing but what the pattern
    says.
    """

    when: int
    drop: tuple[tuple[int, re.Pattern[str]], ...]
    table: int
    cells: tuple[int, ...]
    pick: Callable[[Frame], tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Switch:
    """Fills cell `target` from the cell that the code in cell `by` names."""

    by: int
    cases: Mapping[str, int]
    target: int


@dataclass(slots=True)
class Anchor:
    """What starts a frame of its own: a repeating element, or the unit."""

    template: Frame
    switches: tuple[Switch, ...] = ()
    emitters: tuple[Emitter, ...] = ()


class Steps(dict[str, int]):
    """What to do at each child element, by tag as lxml gives it (`{namespace}local`).

    Maps name elements by local name alone, since documents come without namespace, with prefixes and with
    foreign ones; each tag met is looked up once and remembered, until a hostile document brings too many.
    `special` holds, under negative numbers, the Steps or the Group of an element with mapped elements below
    it, or the Targets of a leaf that is more than one plain cell.
    """

    __slots__ = ("any_name", "by_name", "special")

    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[str, int] = {}
        self.any_name = IGNORED
        self.special: list[Any] = []

    def __missing__(self, tag: str) -> int:
        step = self.by_name.get(tag.rpartition("}")[2], self.any_name)
        if len(self) >= _MOST_TAGS:
            self.clear()
        self[tag] = step
        return step

    def below(self, name: str) -> "Steps | Group":
        """What to do below a named element; KeyError when the map does not go there."""
        found: Steps | Group = self.special[self.by_name[name]]
        return found


@dataclass(slots=True)
class Group:
    """An element that means something besides the elements below it.

    `attributes` are (attribute, cell), `names` are (cell, name or None for the element's own), `anchor` is
    set when it starts a frame, `text` says where the element's own text goes.
    """

    steps: Steps
    attributes: tuple[tuple[str, int], ...]
    names: tuple[tuple[int, str | None], ...]
    anchor: Anchor | None
    text: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled extraction map. `kind` is document, protocol, event, summary or voided.

    `element` is the element that carries the layout, `versions` and `models` what it may say (None:
    anything); an event is told apart by `key_element`. `steps` are those of a unit's own elements, `anchor`
    its frame. `key` and `environment` are cells, NOTHING where the unit has none; `required` are (column,
    cell, pattern). `tables` are the numbers of the tables it fills, `map_name` is its file's. Before the key
    stands the first of `key_prefixes`, in documents of some software another.
    """

    name: str
    kind: str
    element: str
    key_element: str | None
    versions: frozenset[str] | None
    models: frozenset[str] | None
    optional: bool
    steps: Steps
    anchor: Anchor
    key: int
    key_prefixes: tuple[str, ...]
    environment: int
    required: tuple[tuple[str, int, re.Pattern[str]], ...]
    tables: tuple[int, ...]
    map_name: str

    def key_in(self, text: str | None) -> str:
        """The access key of an Id: what follows a prefix that leads to a key, else what follows the first."""
        whole = (text or "").strip()
        rests = [whole.removeprefix(prefix) for prefix in self.key_prefixes] or [whole]
        return next(filter(is_access_key, rests), rests[0])


def read_layouts(tables: Sequence[TableShape], *, directory: Path = LAYOUTS_DIR) -> tuple[Layout, ...]:
    """Every map of `directory`, compiled for these tables, in the order of the file names."""
    return tuple(
        compile_layout(definition, tables, map_name=name)
        for name, definition in read_definitions(directory).items()
    )


def compile_layout(definition: Mapping[str, Any], tables: Sequence[TableShape], *, map_name: str) -> Layout:
    """Compile one map; ExtractionMapError names the layout, the table and what cannot be made sense of."""
    return _Compiler(definition, tables).layout(map_name)


# compiling

_Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """One of the paths of a column, below the row's element; `rank` is set where their order matters."""

    path: str
    constant: str | None = None
    rank: int | None = None


@dataclass(slots=True)
class _Node:
    """An element that some path of the map goes through."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    text: list[Target] = field(default_factory=list)
    names: list[tuple[int, str | None]] = field(default_factory=list)
    attributes: list[tuple[str, int]] = field(default_factory=list)
    frame: "_FrameBuilder | None" = None

    def child(self, name: str) -> "_Node":
        return self.children.setdefault(name, _Node())

    def descend(self, path: Iterable[str]) -> "_Node":
        node = self
        for name in path:
            node = node.child(name)
        return node

    def absorb(self, other: "_Node") -> None:
        """Take over what another node asks for: how `*` reaches the elements that are also named."""
        self.text += other.text
        self.names += other.names
        self.attributes += other.attributes
        for name, child in other.children.items():
            self.child(name).absorb(child)


class _FrameBuilder:
    """The cells, switches and emitters of one anchor, while the map is read."""

    def __init__(self, node: _Node) -> None:
        self.switches: list[Switch] = []
        self.emitters: list[Emitter] = []
        self._node = node
        self._template: Frame = [None, True, None, None]
        self._cells: dict[Any, int] = {}

    def constant(self, value: str) -> int:
        return self._cell(value, [value])

    def choice(self, options: tuple[_Option, ...]) -> int:
        if options not in self._cells:
            cell = self._cell(options, [None] if options[0].rank is None else [None, _WORST_RANK])
            for option in options:
                self._ask(option, cell)
        return self._cells[options]

    def switched(self, key: Any, *, by: int, cases: Mapping[str, int]) -> int:
        if key not in self._cells:
            self.switches.append(Switch(by, cases, self._cell(key, [None])))
        return self._cells[key]

    def anchor(self) -> Anchor:
        return Anchor(self._template, tuple(self.switches), tuple(self.emitters))

    def _cell(self, key: Any, initial: list[Any]) -> int:
        if key not in self._cells:
            self._cells[key] = len(self._template)
            self._template += initial
        return self._cells[key]

    def _ask(self, option: _Option, cell: int) -> None:
        *way, last = option.path.split("/")
        if (last.startswith("@") or last == _NAME) and (
            option.rank is not None or option.constant is not None
        ):
            raise ExtractionMapError(f"{option.path} cannot be preferred or stand for a constant")
        if last == _OWN_TEXT:
            self._node.text.append(Target(cell, option.constant, option.rank))
        elif last.startswith("@"):
            self._reach(way).attributes.append((last[1:], cell))
        elif last == _NAME:
            # the name of a named element is known beforehand
            self._reach(way).names.append((cell, None if way[-1] == "*" else way[-1]))
        else:
            target = Target(cell, option.constant, option.rank, last.endswith(_COLLECT))
            self._reach([*way, last.removesuffix(_COLLECT)]).text.append(target)

    def _reach(self, way: Sequence[str]) -> _Node:
        node = self._node
        for name in way:
            node = node.child(name)
            if node.frame is not None:
                raise ExtractionMapError(f"{'/'.join(way)} enters an element that repeats")
        return node


class _Compiler:
    """Reads one definition into nodes and frames, then turns the nodes into steps."""

    def __init__(self, definition: Mapping[str, Any], tables: Sequence[TableShape]) -> None:
        self._definition = definition
        self._tables = tables
        self._numbers = {table.name: number for number, table in enumerate(tables)}
        self._start: _Path = tuple(definition["start"].split("/"))
        self._root = _Node()
        self._unit = self._frame(())
        self._unit_columns: dict[str, int] = {}
        self._drop = {
            tuple(place.split(".")): re.compile(pattern)
            for place, pattern in definition.get("drop_where", {}).items()
        }

    def layout(self, map_name: str) -> Layout:
        definition = self._definition
        # elements that repeat first, so that no path can pass through one unnoticed
        for row in definition["rows"]:
            self._frame(self._each(row))
        identity = definition["identity"]
        key = self._column((), identity["access_key"]) if "access_key" in identity else NOTHING
        environment = self._column((), identity["environment"]) if "environment" in identity else NOTHING
        for row in definition["rows"]:
            try:
                self._add(row)
            except (ExtractionMapError, KeyError) as error:
                raise ExtractionMapError(f"{definition['name']}, table {row['table']}: {error}") from error
        prefixes = identity.get("access_key_prefix", ())
        cells = {**self._unit_columns, "environment": environment}
        return Layout(
            name=definition["name"],
            kind=definition["kind"],
            element=definition["element"],
            key_element=definition.get("key_element"),
            versions=None if definition["versions"] == "any" else frozenset(definition["versions"]),
            models=frozenset(definition["models"]) if "models" in definition else None,
            optional=definition.get("optional", False),
            steps=_steps_of(self._root),
            anchor=self._unit.anchor(),
            key=key,
            key_prefixes=(prefixes,) if isinstance(prefixes, str) else tuple(prefixes),
            environment=environment,
            required=tuple(
                (column, cells[column], re.compile(pattern))
                for column, pattern in definition.get("required", {}).items()
            ),
            tables=tuple(sorted({self._numbers[row["table"]] for row in definition["rows"]})),
            map_name=map_name,
        )

    def _each(self, row: Mapping[str, Any]) -> _Path:
        return (*self._start, *row["each"].split("/")) if "each" in row else ()

    def _frame(self, path: _Path) -> _FrameBuilder:
        node = self._root.descend(path)
        if node.frame is None:
            node.frame = _FrameBuilder(node)
        return node.frame

    def _add(self, row: Mapping[str, Any]) -> None:
        each = self._each(row)
        frame = self._frame(each)
        number = self._numbers[row["table"]]
        cells = {column: frame.constant(value) for column, value in row.get("constants", {}).items()}
        cells |= {column: self._column(each, spec) for column, spec in row["columns"].items()}
        own = self._tables[number].own
        if unknown := cells.keys() - set(own):
            raise ExtractionMapError(f"the table has no column {', '.join(sorted(unknown))}")
        if not each:
            self._unit_columns |= cells
        picked = tuple(cells.get(column, NOTHING) for column in own)
        frame.emitters.append(
            Emitter(
                table=number,
                cells=picked,
                pick=_picker(picked),
                when=cells[row["when"]] if "when" in row else ALWAYS,
                drop=tuple(
                    (cells[column], pattern)
                    for (table, column), pattern in self._drop.items()
                    if table == row["table"]
                ),
            )
        )

    def _column(self, each: _Path, spec: Any) -> int:
        """The cell of a column: `$name`, a path, a list of paths, `prefer`, or constants with paths."""
        match spec:
            case "$wrapper":
                return WRAPPER
            case "$model":
                return MODEL
            case str():
                return self._choice(each, (_Option(spec),))
            case list():
                return self._choice(each, tuple(_Option(path) for path in spec))
            case {"prefer": paths}:
                return self._choice(each, tuple(_Option(path, rank=rank) for rank, path in enumerate(paths)))
            case dict():
                return self._choice(
                    each,
                    tuple(
                        _Option(path, constant)
                        for constant, paths in spec.items()
                        for path in ([paths] if isinstance(paths, str) else paths)
                    ),
                )
            case _:
                raise ExtractionMapError(f"{spec!r} is no path")

    def _choice(self, each: _Path, options: tuple[_Option, ...]) -> int:
        switches = self._definition.get("switches", {})
        names = {option.path.partition(":")[0] for option in options} & switches.keys()
        if not names:
            return self._frame(each).choice(
                tuple(
                    _Option(self._below(each, option.path), option.constant, option.rank)
                    for option in options
                )
            )
        if each or len(names) > 1:
            raise ExtractionMapError(f"{options} mixes a switch with something else")
        (name,) = names
        switch = switches[name]
        inner = tuple(_Option(option.path.partition(":")[2], option.constant) for option in options)
        if inner == (_Option(_NAME),):
            cases = {code: self._unit.constant(text) for code, text in switch["names"].items()}
        else:
            cases = {
                code: self._choice(
                    (), tuple(_Option(f"{group}/{option.path}", option.constant) for option in inner)
                )
                for code, group in switch["cases"].items()
            }
        return self._unit.switched((name, inner), by=self._column((), switch["by"]), cases=cases)

    def _below(self, each: _Path, path: str) -> str:
        """A path of the map as one that starts at the row's own element."""
        if path.startswith("/"):
            if each:
                raise ExtractionMapError(f"{path} lies outside the element that repeats")
            return path[1:]
        return path if each else "/".join((*self._start, path))


def _picker(cells: tuple[int, ...]) -> Callable[[Frame], tuple[str | None, ...]]:
    if len(cells) == 1:
        # itemgetter would give the bare text
        return lambda frame: (frame[cells[0]],)
    return itemgetter(*cells)


def _steps_of(node: _Node) -> Steps:
    steps = Steps()
    anything = node.children.get("*")
    for name, child in node.children.items():
        # what repeats has cells of its own, in which others must not write
        if anything is not None and child is not anything and child.frame is None:
            child_is_leaf, any_is_leaf = not child.children, not anything.children
            if child_is_leaf == any_is_leaf:
                child.absorb(anything)
        step = _step_of(child)
        if not isinstance(step, int):
            steps.special.append(step)
            step = -1
        steps.by_name[name] = step
    # the special steps count from the end of their list
    numbers = iter(range(-len(steps.special), 0))
    steps.by_name = {name: next(numbers) if step < 0 else step for name, step in steps.by_name.items()}
    steps.any_name = steps.by_name.pop("*", IGNORED)
    return steps


def _step_of(node: _Node) -> int | tuple[Target, ...] | Steps | Group:
    if node.names or node.attributes or node.frame:
        anchor = None if node.frame is None else node.frame.anchor()
        return Group(_steps_of(node), tuple(node.attributes), tuple(node.names), anchor, tuple(node.text))
    if node.children:
        return _steps_of(node)
    if node.text == [Target(node.text[0].cell)]:
        return node.text[0].cell
    return tuple(node.text)
