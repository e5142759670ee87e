"""Reading a YAML settings file key by key, so that every error names its file, line and key.

Holds no setting: what a file may say stands with whoever reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import yaml

from ingestion.errors import ConfigurationError

T = TypeVar("T")

_TAG: Final = "tag:yaml.org,2002:"
_TEXT_TAGS: Final = frozenset({f"{_TAG}str", f"{_TAG}timestamp"})
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NUMBER_TAGS: Final = frozenset({f"{_TAG}int", f"{_TAG}float"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a settings file, kept for the errors that are only seen at use."""

    file: Path
    line: int
    key: str

    def error(self, message: str) -> ConfigurationError:
        """An error that names the place."""
        return ConfigurationError(message, file=self.file, line=self.line, key=self.key)


class MarkedMapping:
    """A mapping of the file. Keys are asked for one by one; `finish` refuses those that nobody asked for.

    A parser gets the scalar as it is written and raises ValueError for one that it does not accept; every
    wrong thing ends as a ConfigurationError.
    """

    def __init__(self, node: yaml.Node, *, file: Path, key: str) -> None:
        self._file = file
        self._key = key
        self._line = node.start_mark.line + 1
        self._nodes: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        self._asked: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            raise Place(file, self._line, key).error("must be a mapping (key: value)")
        for key_node, value_node in node.value:
            name = str(key_node.value)
            if name in self._nodes:
                raise self._at(key_node, name).error("stands twice")
            self._nodes[name] = (key_node, value_node)

    def __iter__(self) -> Iterator[str]:
        """The keys that the file has, in its order."""
        return iter(self._nodes)

    def place(self, name: str) -> Place:
        """Where a key stands; the mapping itself when it is absent."""
        if name in self._nodes:
            return self._at(self._nodes[name][0], name)
        return Place(self._file, self._line, self._path(name))

    def text(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A text, or a date, through `parse`; None when the key is absent. A bare number is refused."""
        node = self._take(name)
        return None if node is None else self._scalar(node, name, parse, bare_numbers=False)

    def number(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A number, quoted or not, through `parse`; None when the key is absent."""
        node = self._take(name)
        return None if node is None else self._scalar(node, name, parse, bare_numbers=True)

    def required(self, name: str, parse: Callable[[str], T]) -> T:
        """A text that must be there."""
        value = self.text(name, parse)
        if value is None:
            raise self.place(name).error("is missing")
        return value

    def flag(self, name: str) -> bool:
        """true or false; false when the key is absent."""
        node = self._take(name)
        if node is None:
            return False
        if not isinstance(node, yaml.ScalarNode) or node.tag != f"{_TAG}bool":
            raise self._at(node, name).error("must be true or false")
        return _FLAGS[node.value.lower()]

    def texts(self, name: str) -> Sequence[str]:
        """A list of texts; empty when the key is absent."""
        return [
            self._scalar(node, f"{name}[{index}]", str, bare_numbers=False)
            for index, node in self._items(name)
        ]

    def each(
        self, name: str, build: Callable[["MarkedMapping"], T], *, required: bool = False
    ) -> Sequence[T]:
        """A list of mappings, each through `build`; empty when the key is absent and not required."""
        if required and name not in self._nodes:
            raise self.place(name).error("is missing")
        return [
            build(MarkedMapping(node, file=self._file, key=self._path(f"{name}[{index}]")))
            for index, node in self._items(name)
        ]

    def nested(self, name: str, build: Callable[["MarkedMapping"], T]) -> T | None:
        """A mapping below this one through `build`; None when the key is absent."""
        node = self._take(name)
        return None if node is None else build(MarkedMapping(node, file=self._file, key=self._path(name)))

    def overlay(self, name: str, defaults: Mapping[str, T], parse: Callable[[str], T]) -> Mapping[str, T]:
        """The default numbers, with what the file says instead; a name without a default is unknown."""

        def said(inner: "MarkedMapping") -> Mapping[str, T]:
            values = {key: inner.number(key, parse) for key in defaults}
            inner.finish()
            return {key: value for key, value in values.items() if value is not None}

        return MappingProxyType({**defaults, **(self.nested(name, said) or {})})

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        for name in self:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.place(name).error(f"unknown key; known here are {known}")

    def _take(self, name: str) -> yaml.Node | None:
        self._asked.add(name)
        return self._nodes[name][1] if name in self._nodes else None

    def _items(self, name: str) -> Iterable[tuple[int, yaml.Node]]:
        node = self._take(name)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._at(node, name).error("must be a list")
        return enumerate(node.value)

    def _scalar(self, node: yaml.Node, name: str, parse: Callable[[str], T], *, bare_numbers: bool) -> T:
        place = self._at(node, name)
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _TEXT_TAGS | _NUMBER_TAGS:
            raise place.error("must be a single value")
        if node.tag in _NUMBER_TAGS and not bare_numbers:
            # a bare 01 or 1.10 is a number to every reader of YAML, and loses its zeros
            raise place.error("is text: write it between quotes")
        if not node.value.strip():
            raise place.error("is empty")
        try:
            return parse(node.value)
        except ValueError as error:
            raise place.error(str(error)) from None

    def _at(self, node: yaml.Node, name: str) -> Place:
        return Place(self._file, node.start_mark.line + 1, self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._key}.{name}" if self._key else name


def read_marked(path: Path) -> MarkedMapping:
    """The file's top mapping. ConfigurationError when it is absent, not UTF-8, not YAML or not a mapping."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise ConfigurationError("there is no such file", file=path) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"is not UTF-8: {error.reason} at byte {error.start}", file=path) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise ConfigurationError(f"is not YAML: {error.problem}", file=path, line=line) from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"is not YAML: {error}", file=path) from None
    if node is None:
        raise ConfigurationError("is empty", file=path, line=1)
    return MarkedMapping(node, file=path, key="")
