"""The scanner: bytes of plain fiscal XML to spans of text, along a program, in machine code.

Holds the loops that Numba compiles. Nothing here refuses or repairs: a payload is either plain, and then the
scanner finds in it what parser, classifier and walk would find, or it is left to them. Plain is XML in UTF-8
without comments, sections, instructions, prefixes and the like, holding at most one unit of a kind.

Every text of a buffer ends at a `<` that is followed by a NUL, so that no loop looks at its bounds: a tag, a
name and a value cannot go past a NUL. Imported by reader.py when there is enough to read, since the import
costs as much as reading a thousand documents without it.
"""

from typing import Any

import numba
import numpy as np

from ingestion.fiscal import program as p
from ingestion.fiscal.extraction_map import MODEL, WRAPPER
from ingestion.fiscal.program import LENGTH_BITS, NULL

END = b"<\0"
"""What stands between two texts of a buffer."""

PLAIN, OTHER, FULL = 0, 1, 2
"""What became of a payload: read, left to the walk, or more than the arrays could take."""

MOST_BYTES = 1 << 20
"""The largest payload: a span's length has 21 bits."""

UNIT_PAYLOAD, UNIT_LAYOUT, UNIT_CELLS, UNIT_FRAMES, UNIT_FRAMES_END, UNIT_KEY = range(6)
"""Columns of the array of units: payload and layout by number, first cell, frames, span of the access key."""

FRAME_ANCHOR, FRAME_CELLS = range(2)
"""Columns of the array of frames: anchor by number, first cell."""

# the columns of what is kept of open elements and of attributes, and what `tops` counts
_NODE, _NAME, _NAME_LENGTH, _CELLS, _ANCHOR, _UNIT = range(6)
_GIVEN, _GIVEN_LENGTH, _GIVEN_NUMBER, _VALUE, _VALUE_LENGTH = range(5)
_TOP_CELL, _TOP_FRAME, _TOP_UNIT, _MOST_CELLS = range(4)

# far below what libxml2 allows, and far above what a fiscal document has
_MOST_NAME, _MOST_VALUE = 200, 2_000
_MOST_DEPTH = 64
_MOST_ATTRIBUTES = 8
_LEAST_CELLS = 4_096
_LENGTH = (1 << LENGTH_BITS) - 1
_BAD = -2

_LT, _GT, _AMP, _SLASH, _EQUALS, _HASH, _SEMICOLON, _COLON = b"<>&/=#;:"


_ORDINARY, _OPENS, _REFERS, _RETURNS, _HIGH, _STRANGE = range(6)


def _text_classes() -> Any:
    classes = np.full(256, _ORDINARY, np.uint8)
    classes[:32] = _STRANGE
    classes[[9, 10]] = _ORDINARY
    classes[13] = _RETURNS
    classes[0x80:] = _HIGH
    classes[_LT] = _OPENS
    classes[_AMP] = _REFERS
    # legal unless it ends "]]>"
    classes[_GT] = _STRANGE
    return classes


def _name_classes() -> Any:
    """1 may start a name, 2 may go on with it."""
    classes = np.zeros(256, np.uint8)
    for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_":
        classes[byte] = 1
    for byte in b"0123456789.-":
        classes[byte] = 2
    return classes


_TEXT = _text_classes()
_NAMED = _name_classes()

# Without counting references: these functions make no arrays and hand on those that they are given, at every
# tag, where the counting took three times as long as the scanning.
_compiled = numba.njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]

_making_arrays = numba.njit(cache=True, nogil=True)


@_compiled
def _at(code: Any, section: int, row: int, column: int) -> int:
    """A number of a program."""
    return code[code[3 * section] + row * code[3 * section + 1] + column]


@_compiled
def _first(code: Any, node: int, column: int) -> int:
    """Where a node's rows of another section begin, and those of the node before it end."""
    return _at(code, p.NODES, node, column)


@_compiled
def _rows(code: Any, section: int) -> int:
    return code[3 * section + 2]


@_compiled
def _is_blank(byte: int) -> bool:
    return byte == 32 or byte == 10 or byte == 13 or byte == 9


@_compiled
def _character(buffer: Any, at: int) -> int:
    """Bytes of the UTF-8 character at `at`, whose first byte is not ASCII; 0 when XML does not allow it."""
    first = buffer[at]
    second = buffer[at + 1]
    if second & 0xC0 != 0x80 or first < 0xC2:
        return 0
    if first < 0xE0:
        return 2
    third = buffer[at + 2]
    if third & 0xC0 != 0x80:
        return 0
    if first < 0xF0:
        if first == 0xE0 and second < 0xA0:
            return 0
        # surrogates, U+FFFE and U+FFFF
        if (first == 0xED and second > 0x9F) or (first == 0xEF and second == 0xBF and third > 0xBD):
            return 0
        return 3
    if buffer[at + 3] & 0xC0 != 0x80 or first > 0xF4:
        return 0
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return 0
    return 4


@_compiled
def _reference(buffer: Any, at: int) -> tuple[int, int]:
    """Length of the reference at `at` and the byte it stands for; length 0 for one that is not plain."""
    if buffer[at + 1] == _HASH:
        place, value, base = at + 2, 0, 10
        if buffer[place] == 120:
            place, base = place + 1, 16
        start = place
        while place - start < 5:
            byte = buffer[place]
            if 48 <= byte <= 57:
                digit = byte - 48
            elif base == 16 and 97 <= byte | 32 <= 102:
                digit = (byte | 32) - 87
            else:
                break
            value = value * base + digit
            place += 1
        plain = 32 <= value < 127 or value == 9 or value == 10 or value == 13
        if place == start or buffer[place] != _SEMICOLON or not plain:
            return 0, 0
        return place + 1 - at, value
    a, b, c, d = buffer[at + 1], buffer[at + 2], buffer[at + 3], buffer[at + 4]
    if b == 116 and c == _SEMICOLON:
        if a == 108:
            return 4, _LT
        if a == 103:
            return 4, _GT
    elif a == 97 and b == 109 and c == 112 and d == _SEMICOLON:
        return 5, _AMP
    elif a == 113 and b == 117 and c == 111 and d == 116 and buffer[at + 5] == _SEMICOLON:
        return 6, 34
    elif a == 97 and b == 112 and c == 111 and d == 115 and buffer[at + 5] == _SEMICOLON:
        return 6, 39
    return 0, 0


@_compiled
def _resolve(buffer: Any, start: int, end: int) -> int:
    """Replace the references of a text in its place; gives its new end."""
    to = start
    at = start
    while at < end:
        if buffer[at] == _AMP:
            length, value = _reference(buffer, at)
            buffer[to] = value
            at += length
        else:
            buffer[to] = buffer[at]
            at += 1
        to += 1
    return to


@_compiled
def _may_be_space(buffer: Any, at: int) -> bool:
    """Whether the character at `at` may be one of Unicode's spaces: U+0085, U+00A0, U+1680, U+2000 …"""
    first, second = buffer[at], buffer[at + 1]
    if first == 0xC2:
        return second == 0x85 or second == 0xA0
    if first == 0xE1:
        return second == 0x9A
    return (first == 0xE2 and second <= 0x81) or (first == 0xE3 and second == 0x80)


@_compiled
def _trimmed(buffer: Any, start: int, end: int) -> int:
    """The span of a text without the blanks around it; _BAD when Unicode's spaces may be there."""
    while start < end and _is_blank(buffer[start]):
        start += 1
    while end > start and _is_blank(buffer[end - 1]):
        end -= 1
    if end > start:
        if _may_be_space(buffer, start):
            return _BAD
        last = end - 1
        while buffer[last] & 0xC0 == 0x80:
            last -= 1
        if _may_be_space(buffer, last):
            return _BAD
    return start << LENGTH_BITS | (end - start)


@_compiled
def _equals(buffer: Any, span: int, start: int, length: int) -> bool:
    if span & _LENGTH != length:
        return False
    other = span >> LENGTH_BITS
    for index in range(length):
        if buffer[other + index] != buffer[start + index]:
            return False
    return True


@_compiled
def _starts(buffer: Any, span: int, start: int, length: int) -> bool:
    """Whether a text starts with that of a span."""
    return span & _LENGTH <= length and _equals(buffer, span, start, span & _LENGTH)


@_compiled
def _number(buffer: Any, code: Any, hashed: int, start: int, length: int) -> int:
    """The number of a name, 0 when no map knows it."""
    slot = hashed % _rows(code, p.SLOTS)
    while _at(code, p.SLOTS, slot, p.ONLY) != 0:
        number = _at(code, p.SLOTS, slot, p.ONLY)
        if _equals(buffer, _at(code, p.NAMES, number, p.ONLY), start, length):
            return number
        slot = (slot + 1) % _rows(code, p.SLOTS)
    return 0


@_compiled
def _name_end(buffer: Any, at: int) -> tuple[int, int]:
    """Where the name at `at` ends, and its hash; the same place when no plain one starts there."""
    if _NAMED[buffer[at]] != 1:
        return at, 0
    hashed = p.HASH_BASIS
    start = at
    while _NAMED[buffer[at]] != 0:
        hashed = (hashed ^ int(buffer[at])) * p.HASH_FACTOR & p.HASH_MASK
        at += 1
    return (at, hashed) if at - start <= _MOST_NAME else (start, 0)


@_compiled
def _is_plain_namespace(buffer: Any, code: Any, start: int, length: int) -> bool:
    for index in range(_rows(code, p.NAMESPACES)):
        span = _at(code, p.NAMESPACES, index, p.ONLY)
        if _starts(buffer, span, start, length):
            for place in range(start, start + length):
                byte = buffer[place]
                if _NAMED[byte] == 0 and byte != _SLASH and byte != _COLON and byte != _HASH:
                    return False
            return True
    return False


@_compiled
def _is_declaration(buffer: Any, start: int) -> bool:
    """Whether a name starts with `xmlns`; it ends before a NUL, so no bound is looked at."""
    return (
        buffer[start] == 120
        and buffer[start + 1] == 109
        and buffer[start + 2] == 108
        and buffer[start + 3] == 110
        and buffer[start + 4] == 115
    )


@_compiled
def _is_xsi(buffer: Any, start: int, length: int) -> bool:
    return length == 3 and buffer[start] == 120 and buffer[start + 1] == 115 and buffer[start + 2] == 105


@_compiled
def _attributes(buffer: Any, code: Any, at: int, found: Any) -> tuple[int, int]:
    """Read the attributes from `at` to the tag's end.

    Puts (name's start, name's length, number, value's start, value's length) into `found`; gives the place of
    `>` or `/`, and how many there are, _BAD when one is not plain. The one prefix that is plain is xsi, where
    the same tag declares it.
    """
    count = 0
    uses_xsi = has_xsi = False
    while True:
        spaced = _is_blank(buffer[at])
        while _is_blank(buffer[at]):
            at += 1
        if buffer[at] == _GT or buffer[at] == _SLASH:
            return at, count if has_xsi or not uses_xsi else _BAD
        if not spaced or count == _MOST_ATTRIBUTES:
            return at, _BAD
        start = at
        at, hashed = _name_end(buffer, at)
        declares = at - start >= 5 and _is_declaration(buffer, start)
        if at == start or (declares and at - start != 5):
            return at, _BAD
        named = not declares
        if buffer[at] == _COLON:
            local = at + 1
            if not declares and not _is_xsi(buffer, start, at - start):
                return at, _BAD
            at, _ = _name_end(buffer, local)
            if at == local or (declares and (buffer[local] | 32) == 120 and (buffer[local + 1] | 32) == 109):
                return at, _BAD
            uses_xsi = uses_xsi or not declares
            has_xsi = has_xsi or (declares and _is_xsi(buffer, local, at - local))
            named = False
        length = at - start
        while _is_blank(buffer[at]):
            at += 1
        if buffer[at] != _EQUALS:
            return at, _BAD
        at += 1
        while _is_blank(buffer[at]):
            at += 1
        quote = buffer[at]
        if quote != 34 and quote != 39:
            return at, _BAD
        at += 1
        value = at
        while buffer[at] != quote:
            kind = _TEXT[buffer[at]]
            if kind == _ORDINARY and buffer[at] >= 32:
                at += 1
            elif kind == _HIGH:
                size = _character(buffer, at)
                if size == 0:
                    return at, _BAD
                at += size
            else:
                return at, _BAD
        if at - value > _MOST_VALUE:
            return at, _BAD
        if declares and not _is_plain_namespace(buffer, code, value, at - value):
            return at, _BAD
        for other in range(count):
            if found[other, _GIVEN_LENGTH] == length and _equals(
                buffer, found[other, _GIVEN] << LENGTH_BITS | length, start, length
            ):
                return at, _BAD
        found[count, _GIVEN] = start
        found[count, _GIVEN_LENGTH] = length
        found[count, _GIVEN_NUMBER] = _number(buffer, code, hashed, start, length) if named else 0
        found[count, _VALUE] = value
        found[count, _VALUE_LENGTH] = at - value
        count += 1
        at += 1


@_compiled
def _text_end(buffer: Any, at: int) -> tuple[int, bool, bool]:
    """Where the text at `at` ends, and whether it has references and carriage returns; _BAD if not plain."""
    refers = False
    returns = False
    while True:
        kind = _TEXT[buffer[at]]
        while kind == _ORDINARY:
            at += 1
            kind = _TEXT[buffer[at]]
        if kind == _OPENS:
            return at, refers, returns
        if kind == _REFERS:
            size, _ = _reference(buffer, at)
            refers = True
        elif kind == _HIGH:
            size = _character(buffer, at)
        elif kind == _RETURNS:
            size = 1
            returns = True
        else:
            size = 0
        if size == 0:
            return _BAD, refers, returns
        at += size


@_compiled
def _version(buffer: Any, code: Any, node: int, at: int, found: Any, count: int, other: Any) -> int:
    """Which of a unit's layouts it has (an index of `versions`), told by the versao of what carries it.

    `at` is the end of the unit's start tag, `found` its attributes. _BAD when there is none.
    """
    first, last = _first(code, node, p.NODE_VERSIONS), _first(code, node + 1, p.NODE_VERSIONS)
    body = _at(code, p.VERSIONS, first, p.VERSION_BODY)
    if body != 0:
        # a document's version stands on the element that must come first in it
        while _is_blank(buffer[at]):
            at += 1
        if buffer[at] != _LT:
            return _BAD
        end, hashed = _name_end(buffer, at + 1)
        if _number(buffer, code, hashed, at + 1, end - at - 1) != body:
            return _BAD
        end, count = _attributes(buffer, code, end, other)
        found = other
    key = 0
    if _at(code, p.VERSIONS, first, p.VERSION_KEY) != 0:
        key = _first_key(buffer, code, at)
    start = length = -1
    for index in range(count):
        if found[index, _GIVEN_NUMBER] == _at(code, p.CONSTANTS, 0, p.ONLY):
            start, length = found[index, _VALUE], found[index, _VALUE_LENGTH]
    for index in range(first, last):
        if _at(code, p.VERSIONS, index, p.VERSION_BODY) != body:
            return _BAD
        span = _at(code, p.VERSIONS, index, p.VERSION_SPAN)
        if _at(code, p.VERSIONS, index, p.VERSION_KEY) == key and (
            span == NULL or (start >= 0 and _equals(buffer, span, start, length))
        ):
            return index
    return _BAD


@_compiled
def _first_key(buffer: Any, code: Any, at: int) -> int:
    """The name of the first element that is named as keys are (chNFe, chCTe, chMDFe); 0 for none known."""
    while True:
        while buffer[at] != _LT:
            at += 1
        at += 1
        if buffer[at] == 0:
            return 0
        if _is_of_keys(buffer, at):
            end, hashed = _name_end(buffer, at)
            return _number(buffer, code, hashed, at, end - at)


@_compiled
def _is_of_keys(buffer: Any, at: int) -> bool:
    """Whether the name at `at` starts with `ch`."""
    return buffer[at] == 99 and buffer[at + 1] == 104


@_compiled
def _take(code: Any, node: int, span: int, cells: Any, base: int) -> bool:
    """Put a leaf's text where its targets say; False when that is not plain."""
    for index in range(_first(code, node, p.NODE_TARGETS), _first(code, node + 1, p.NODE_TARGETS)):
        place = base + _at(code, p.TARGETS, index, p.TARGET_CELL)
        rank = _at(code, p.TARGETS, index, p.TARGET_RANK)
        if _at(code, p.TARGETS, index, p.TARGET_COLLECTS) == 1 and cells[place] != NULL:
            return False
        if rank >= 0:
            if rank >= cells[place + 1]:
                continue
            cells[place + 1] = rank
        constant = _at(code, p.TARGETS, index, p.TARGET_CONSTANT)
        cells[place] = span if constant == NULL else constant
    return True


@_compiled
def _put_attributes(buffer: Any, code: Any, node: int, found: Any, count: int, cells: Any, base: int) -> bool:
    """Put the attributes that a node asks for into their cells; False when one is not plain."""
    for index in range(_first(code, node, p.NODE_ATTRIBUTES), _first(code, node + 1, p.NODE_ATTRIBUTES)):
        for given in range(count):
            number, start = found[given, _GIVEN_NUMBER], found[given, _VALUE]
            if number != _at(code, p.ATTRIBUTES, index, p.ATTRIBUTE_NAME) or found[given, _VALUE_LENGTH] == 0:
                continue
            span = _trimmed(buffer, start, start + found[given, _VALUE_LENGTH])
            if span == _BAD:
                return False
            cells[base + _at(code, p.ATTRIBUTES, index, p.ATTRIBUTE_CELL)] = span
    return True


@_compiled
def _begin(code: Any, chosen: int, payload: int, root: int, cells: Any, units: Any, tops: Any) -> int:
    """A new unit, with its frame; _BAD when there is no room."""
    layout = _at(code, p.VERSIONS, chosen, p.VERSION_LAYOUT)
    unit = tops[_TOP_UNIT]
    base = _open(code, _at(code, p.LAYOUTS, layout, p.LAYOUT_ANCHOR), cells, tops)
    if base == _BAD or unit == units.shape[0]:
        return _BAD
    cells[base + WRAPPER] = root
    units[unit, UNIT_PAYLOAD] = payload
    units[unit, UNIT_LAYOUT] = layout
    units[unit, UNIT_CELLS] = base
    units[unit, UNIT_FRAMES] = tops[_TOP_FRAME]
    tops[_TOP_UNIT] = unit + 1
    return unit


@_compiled
def _start_tag(buffer: Any, code: Any, at: int, found: Any) -> tuple[int, int, int, int]:
    """Read the start tag whose name is at `at`.

    Gives the place of its `>` or `/`, the name's length and number, and how many attributes it has, _BAD for
    a tag that is not plain.
    """
    end, hashed = _name_end(buffer, at)
    if end == at:
        return at, 0, 0, _BAD
    number = _number(buffer, code, hashed, at, end - at)
    if buffer[end] == _GT:
        return end, end - at, number, 0
    last, count = _attributes(buffer, code, end, found)
    if count != _BAD and buffer[last] == _SLASH and buffer[last + 1] != _GT:
        count = _BAD
    return last, end - at, number, count


@_compiled
def _end_tag(buffer: Any, at: int, name: int, length: int) -> int:
    """Where the end tag at `at` ends; _BAD when it is not that of the element so named."""
    at += 2
    if not _equals(buffer, name << LENGTH_BITS | length, at, length):
        return _BAD
    at += length
    while _is_blank(buffer[at]):
        at += 1
    return at + 1 if buffer[at] == _GT else _BAD


@_compiled
def _take_text(
    buffer: Any, code: Any, start: int, end: int, refers: bool, node: int, cells: Any, base: int
) -> bool:
    """Put the text of a leaf into its cells; False when it is not plain."""
    if refers:
        end = _resolve(buffer, start, end)
    span = _trimmed(buffer, start, end)
    return span != _BAD and _take(code, node, span, cells, base)


@_compiled
def _leave(depth: int, code: Any, frames: Any, units: Any, tops: Any, stack: Any) -> bool:
    """End what the element at `depth` started, a frame or a unit; False when there is no room."""
    anchor, unit = stack[depth, _ANCHOR], stack[depth, _UNIT]
    if anchor >= 0 and not _close(anchor, stack[depth, _CELLS], frames, tops):
        return False
    return unit < 0 or _end(unit, code, frames, units, tops)


@_compiled
def _scan_one(
    buffer: Any,
    at: int,
    end: int,
    payload: int,
    code: Any,
    child: Any,
    cells: Any,
    frames: Any,
    units: Any,
    tops: Any,
    stack: Any,
    found: Any,
    other: Any,
) -> int:
    """Scan the payload between `at` and `end`; gives what became of it.

    `stack` keeps what is open, `found` and `other` are room for attributes.
    """
    depth = 0
    # where the text of the innermost element begins, if that has a place to go
    leaf = -1
    # the kinds of units met, of each at most one
    kinds = 0
    root = NULL
    # an event's unit until it ends, and what is to be watched for in it
    event = event_depth = key = answer = -1
    key_met = False
    while True:
        # a text, up to the next tag; most are short and ordinary
        start = at
        refers = returns = False
        while _TEXT[buffer[at]] == _ORDINARY:
            at += 1
        if buffer[at] != _LT:
            at, refers, returns = _text_end(buffer, at)
        if at == _BAD:
            return OTHER
        if depth == 0:
            for index in range(start, at):
                if not _is_blank(buffer[index]):
                    return OTHER
            if at == end:
                if event >= 0 and not _end(event, code, frames, units, tops):
                    return FULL
                return PLAIN if kinds else OTHER
        elif at == end:
            return OTHER
        if buffer[at + 1] == _SLASH:
            # the end of an element
            if depth == 0:
                return OTHER
            depth -= 1
            if leaf >= 0 and at > leaf:
                node, base = stack[depth, _NODE], stack[depth, _CELLS]
                if returns or not _take_text(buffer, code, leaf, at, refers, node, cells, base):
                    return OTHER
            leaf = -1
            at = _end_tag(buffer, at, stack[depth, _NAME], stack[depth, _NAME_LENGTH])
            if at == _BAD:
                return OTHER
        else:
            # the start of one
            if leaf >= 0 or depth == _MOST_DEPTH or (depth == 0 and root != NULL):
                return OTHER
            name = at + 1
            at, length, number, count = _start_tag(buffer, code, name, found)
            if count == _BAD:
                return OTHER
            empty = buffer[at] == _SLASH
            at += 2 if empty else 1
            if depth == 0:
                root = name << LENGTH_BITS | length
                node, base = child[1, number], -1
            else:
                node, base = child[stack[depth - 1, _NODE], number], stack[depth - 1, _CELLS]
            if node == p.UNTOLD:
                return OTHER
            role = _at(code, p.NODES, node, p.NODE_ROLE)
            unit = anchor = -1
            if event >= 0 and depth > event_depth:
                # within an event: no other event, and the one key that chose its layout
                if depth == event_depth + 1 and child[1, number] != p.UNTOLD:
                    return OTHER
                if depth == event_depth + 2 and _is_of_keys(buffer, name):
                    if number != key:
                        return OTHER
                    key_met = True
            elif role == p.ANSWER:
                if event < 0:
                    return OTHER
                unit, event = event, -1
                node, base = answer, units[unit, UNIT_CELLS]
            elif event >= 0:
                if not _end(event, code, frames, units, tops):
                    return FULL
                event = -1
            if role == p.UNIT:
                chosen = _BAD if empty else _version(buffer, code, node, at, found, count, other)
                if chosen == _BAD:
                    return OTHER
                kind = 1 << _at(code, p.VERSIONS, chosen, p.VERSION_KIND)
                if kinds & kind:
                    return OTHER
                kinds |= kind
                unit = _begin(code, chosen, payload, root, cells, units, tops)
                if unit == _BAD:
                    return FULL
                node, base = _at(code, p.VERSIONS, chosen, p.VERSION_NODE), units[unit, UNIT_CELLS]
                key = _at(code, p.VERSIONS, chosen, p.VERSION_KEY)
                if key != 0:
                    # it ends with its answer, or where that would stand
                    event, event_depth, unit, key_met = unit, depth, -1, False
                    answer = _at(code, p.VERSIONS, chosen, p.VERSION_ANSWER)
            if _at(code, p.NODES, node, p.NODE_ANCHOR) >= 0:
                anchor = _at(code, p.NODES, node, p.NODE_ANCHOR)
                base = _open(code, anchor, cells, tops)
                if base == _BAD:
                    return FULL
            if count > 0 and not _put_attributes(buffer, code, node, found, count, cells, base):
                return OTHER
            for index in range(_first(code, node, p.NODE_OWN), _first(code, node + 1, p.NODE_OWN)):
                cells[base + _at(code, p.OWN, index, p.ONLY)] = name << LENGTH_BITS | length
            stack[depth, _NODE] = node
            stack[depth, _NAME] = name
            stack[depth, _NAME_LENGTH] = length
            stack[depth, _CELLS] = base
            stack[depth, _ANCHOR] = anchor
            stack[depth, _UNIT] = unit
            if not empty:
                depth += 1
                if _first(code, node + 1, p.NODE_TARGETS) > _first(code, node, p.NODE_TARGETS):
                    leaf = at
                continue
        if not _leave(depth, code, frames, units, tops, stack):
            return FULL
        if event >= 0:
            if depth == event_depth and not key_met:
                return OTHER
            if depth < event_depth:
                if not _end(event, code, frames, units, tops):
                    return FULL
                event = -1


@_compiled
def _open(code: Any, anchor: int, cells: Any, tops: Any) -> int:
    """A new frame's first cell; _BAD when there is no room."""
    first, last = (
        _at(code, p.ANCHORS, anchor, p.ANCHOR_TEMPLATE),
        _at(code, p.ANCHORS, anchor + 1, p.ANCHOR_TEMPLATE),
    )
    base = tops[_TOP_CELL]
    if base + last - first > tops[_MOST_CELLS]:
        # no room would be enough
        tops[_MOST_CELLS] = _BAD
        return _BAD
    if base + last - first > cells.size:
        return _BAD
    for index in range(last - first):
        cells[base + index] = _at(code, p.TEMPLATE, first + index, p.ONLY)
    tops[_TOP_CELL] = base + last - first
    return base


@_compiled
def _end(unit: int, code: Any, frames: Any, units: Any, tops: Any) -> bool:
    """End a unit; False when there is no room for its frame."""
    is_closed = _close(
        _at(code, p.LAYOUTS, units[unit, UNIT_LAYOUT], p.LAYOUT_ANCHOR), units[unit, UNIT_CELLS], frames, tops
    )
    units[unit, UNIT_FRAMES_END] = tops[_TOP_FRAME]
    return is_closed


@_compiled
def _close(anchor: int, base: int, frames: Any, tops: Any) -> bool:
    if tops[_TOP_FRAME] == frames.shape[0]:
        return False
    frames[tops[_TOP_FRAME], FRAME_ANCHOR] = anchor
    frames[tops[_TOP_FRAME], FRAME_CELLS] = base
    tops[_TOP_FRAME] += 1
    return True


@_making_arrays
def scan(
    buffer: Any, bounds: Any, code: Any, child: Any, cells: Any, frames: Any, units: Any
) -> tuple[Any, int, bool]:
    """Scan the payloads of a buffer, each of the bytes between its `bounds`.

    Gives what became of each, the number of units, and whether the arrays were too small; then the buffer,
    in which references are replaced, must be made anew. `cells` takes the frames' cells, `frames` the anchor
    and the first cell of each frame in the order they ended, `units` what UNIT_PAYLOAD to UNIT_KEY name.
    """
    outcomes = np.full(bounds.shape[0], OTHER, np.uint8)
    stack = np.empty((_MOST_DEPTH, 6), np.int64)
    found = np.empty((_MOST_ATTRIBUTES, 5), np.int64)
    other = np.empty((_MOST_ATTRIBUTES, 5), np.int64)
    tops = np.zeros(4, np.int64)
    kept = np.zeros(4, np.int64)
    for payload in range(bounds.shape[0]):
        start, end = bounds[payload, 0], bounds[payload, 1]
        if start < 0:
            continue
        # a cell for each byte is eight times what notes have, and bounds those made of empty elements
        tops[_MOST_CELLS] = tops[_TOP_CELL] + _LEAST_CELLS + end - start
        outcome = _scan_one(
            buffer, start, end, payload, code, child, cells, frames, units, tops, stack, found, other
        )
        if outcome == FULL and tops[_MOST_CELLS] == _BAD:
            outcome = OTHER
        if outcome == PLAIN:
            for unit in range(kept[_TOP_UNIT], tops[_TOP_UNIT]):
                if not _identify(buffer, code, cells, units, unit):
                    outcome = OTHER
        outcomes[payload] = outcome
        if outcome == FULL:
            return outcomes, tops[_TOP_UNIT], True
        if outcome == PLAIN:
            kept[:] = tops
        else:
            tops[:] = kept
    return outcomes, tops[_TOP_UNIT], False


@_compiled
def _identify(buffer: Any, code: Any, cells: Any, units: Any, unit: int) -> bool:
    """Find a unit's access key and model; False unless both are what its layout asks for."""
    layout, base = units[unit, UNIT_LAYOUT], units[unit, UNIT_CELLS]
    key = cells[base + _at(code, p.LAYOUTS, layout, p.LAYOUT_KEY)]
    if key == NULL:
        return False
    start, length = key >> LENGTH_BITS, key & _LENGTH
    prefix = _at(code, p.LAYOUTS, layout, p.LAYOUT_PREFIX)
    if _starts(buffer, prefix, start, length):
        start += prefix & _LENGTH
        length -= prefix & _LENGTH
    if length != 44:
        return False
    for index in range(44):
        byte = buffer[start + index]
        if not (48 <= byte <= 57 or (6 <= index < 18 and 65 <= byte <= 90)):
            return False
    first, last = (
        _at(code, p.LAYOUTS, layout, p.LAYOUT_MODELS),
        _at(code, p.LAYOUTS, layout + 1, p.LAYOUT_MODELS),
    )
    known = first == last
    for index in range(first, last):
        known = known or _equals(buffer, _at(code, p.MODELS, index, p.ONLY), start + 20, 2)
    units[unit, UNIT_KEY] = start << LENGTH_BITS | 44
    cells[base + MODEL] = (start + 20) << LENGTH_BITS | 2
    return known


@_compiled
def _switch(buffer: Any, code: Any, anchor: int, cells: Any, base: int) -> None:
    for index in range(
        _at(code, p.ANCHORS, anchor, p.ANCHOR_SWITCHES), _at(code, p.ANCHORS, anchor + 1, p.ANCHOR_SWITCHES)
    ):
        told = cells[base + _at(code, p.SWITCHES, index, p.SWITCH_BY)]
        if told == NULL:
            continue
        for case in range(
            _at(code, p.SWITCHES, index, p.SWITCH_CASES), _at(code, p.SWITCHES, index, p.SWITCH_CASES_END)
        ):
            if _equals(buffer, _at(code, p.CASES, case, p.CASE_CODE), told >> LENGTH_BITS, told & _LENGTH):
                cells[base + _at(code, p.SWITCHES, index, p.SWITCH_CELL)] = cells[
                    base + _at(code, p.CASES, case, p.CASE_CELL)
                ]
                break


@_compiled
def _makes_row(buffer: Any, code: Any, emitter: int, cells: Any, base: int) -> bool:
    if cells[base + _at(code, p.EMITTERS, emitter, p.EMITTER_WHEN)] == NULL:
        return False
    for drop in range(
        _at(code, p.EMITTERS, emitter, p.EMITTER_DROPS), _at(code, p.EMITTERS, emitter, p.EMITTER_DROPS_END)
    ):
        span = max(cells[base + _at(code, p.DROPS, drop, p.DROP_CELL)], 0)
        start, length = span >> LENGTH_BITS, span & _LENGTH
        wanted = _at(code, p.DROPS, drop, p.DROP_LENGTH)
        dropped = wanted in (p.ANY_LENGTH, length)
        for index in range(start, start + length):
            dropped = dropped and buffer[index] == _at(code, p.DROPS, drop, p.DROP_CHARACTER)
        if dropped:
            return False
    return True


@_making_arrays
def emit(buffer: Any, code: Any, cells: Any, frames: Any, units: Any, wanted: Any) -> tuple[Any, Any, Any]:
    """Turn the frames of the `wanted` units into rows.

    Gives the number of rows by table, their spans (table by table, column by column), and for each row (table
    by table) the index of its unit.
    """
    tables = _rows(code, p.WIDTHS)
    counts = np.zeros(tables, np.int64)
    for unit in wanted:
        for frame in range(units[unit, UNIT_FRAMES], units[unit, UNIT_FRAMES_END]):
            anchor, base = frames[frame, FRAME_ANCHOR], frames[frame, FRAME_CELLS]
            _switch(buffer, code, anchor, cells, base)
            for emitter in range(
                _at(code, p.ANCHORS, anchor, p.ANCHOR_EMITTERS),
                _at(code, p.ANCHORS, anchor + 1, p.ANCHOR_EMITTERS),
            ):
                if _makes_row(buffer, code, emitter, cells, base):
                    counts[_at(code, p.EMITTERS, emitter, p.EMITTER_TABLE)] += 1
    first_row = np.zeros(tables + 1, np.int64)
    first_span = np.zeros(tables + 1, np.int64)
    for table in range(tables):
        first_row[table + 1] = first_row[table] + counts[table]
        first_span[table + 1] = first_span[table] + counts[table] * _at(code, p.WIDTHS, table, p.ONLY)
    spans = np.empty(first_span[tables], np.int64)
    owners = np.empty(first_row[tables], np.int32)
    rows = np.zeros(tables, np.int64)
    for place in range(wanted.size):
        unit = wanted[place]
        for frame in range(units[unit, UNIT_FRAMES], units[unit, UNIT_FRAMES_END]):
            anchor, base = frames[frame, FRAME_ANCHOR], frames[frame, FRAME_CELLS]
            for emitter in range(
                _at(code, p.ANCHORS, anchor, p.ANCHOR_EMITTERS),
                _at(code, p.ANCHORS, anchor + 1, p.ANCHOR_EMITTERS),
            ):
                if not _makes_row(buffer, code, emitter, cells, base):
                    continue
                table, first = (
                    _at(code, p.EMITTERS, emitter, p.EMITTER_TABLE),
                    _at(code, p.EMITTERS, emitter, p.EMITTER_PICKS),
                )
                row = rows[table]
                for column in range(_at(code, p.WIDTHS, table, p.ONLY)):
                    spans[first_span[table] + column * counts[table] + row] = cells[
                        base + _at(code, p.PICKS, first + column, p.ONLY)
                    ]
                owners[first_row[table] + row] = place
                rows[table] = row + 1
    return counts, spans, owners


@_making_arrays
def gather(buffer: Any, spans: Any) -> tuple[Any, Any, Any, int]:
    """The texts of spans as the buffers of an Arrow string array: validity, offsets, bytes; and the nulls.

    An empty text is null, since an XML says nothing by an empty element.
    """
    size = spans.size
    offsets = np.empty(size + 1, np.int32)
    total = 0
    nulls = 0
    for index in range(size):
        offsets[index] = total
        length = 0 if spans[index] == NULL else spans[index] & _LENGTH
        total += length
        nulls += length == 0
    offsets[size] = total
    validity = np.zeros((size + 7) // 8, np.uint8)
    data = np.empty(total, np.uint8)
    to = 0
    for index in range(size):
        span = spans[index]
        if span == NULL or span & _LENGTH == 0:
            continue
        validity[index >> 3] |= 1 << (index & 7)
        start = span >> LENGTH_BITS
        for place in range(start, start + (span & _LENGTH)):
            data[to] = buffer[place]
            to += 1
    return validity, offsets, data, nulls
