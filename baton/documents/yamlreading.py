"""Reads YAML 1.2 core, and no other YAML, as plain data with the line of every node.

The only reader of YAML in Baton. ``no`` is a word and ``09:00`` a time of day; a scalar is nothing, true or
false, a number or a text (dates stay text until a model asks for one), and a key is always text. What other
versions of YAML would understand differently is refused by its name: directives, tags that are not those of
the core, and numbers such as ``1_000``.

A document may come from an attacker: its depth and its number of nodes, which aliases multiply, are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import NamedTuple

from baton.documents.yamlnodes import (
    MAX_DEPTH,
    Alias,
    Mapping,
    Node,
    Refused,
    Scalar,
    Sequence,
    composed,
    too_deep,
)
from baton.documents.yamlscalars import FOREIGN, KINDS, TEXT, kind_of, value_of
from baton.errors import DocumentError, Problem
from baton.wording import shortened

MAX_NODES = 200_000
"""Counted after aliases are expanded, when a few lines can become billions of nodes."""

KeyPath = tuple[str | int, ...]
"""Where a node is: keys and list positions from the root."""


class Plain(NamedTuple):
    """A document as plain data."""

    data: object
    """``None`` if the document is empty."""
    lines: Map[KeyPath, int]
    problems: list[Problem]
    """What is wrong with it, although all of it could be read."""


def read(text: str, file: str) -> Plain:
    """Read a text; ``file`` names it in messages. Raises ``DocumentError`` if not all of it can be read."""
    reader = _Reader(file)
    try:
        root = composed(text)
        data = reader.plain(root, (), 1) if root is not None else None
    except Refused as refused:
        said = [Problem(file, line, what, hint) for line, what, hint in refused.mistakes]
        raise DocumentError(said) from None
    return Plain(data, reader.lines, reader.problems)


def said(path: KeyPath, what: str) -> str:
    """``changed > #2 > when: …``; list positions count from 1, as people do."""
    place = " > ".join(f"#{part + 1}" if isinstance(part, int) else part for part in path)
    return f"{place}: {what}" if place else what


_TAGGED = {f"!!{kind}": kind for kind in KINDS}


def _kind(node: Scalar) -> str:
    """What the scalar is, or should be if it has a tag; a text if nobody knows the tag."""
    if node.tag:
        return _TAGGED.get(node.tag, TEXT)
    return TEXT if node.quoted else kind_of(node.text)


class _Reader:
    """Turns nodes into plain data."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._nodes = 0

    def plain(self, node: Node, path: KeyPath, line: int) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            what = f"the document has more than {MAX_NODES:,} nodes"
            raise Refused((line, what, "do its aliases multiply?"))
        if len(path) > MAX_DEPTH:  # an alias of a node inside itself ends here, too
            raise too_deep(line)
        self.lines[path] = line
        match _followed(node):
            case Mapping() as mapping:
                self._allow(mapping, "!!map")
                return self._mapping(mapping, path)
            case Sequence() as sequence:
                self._allow(sequence, "!!seq")
                return [
                    self.plain(item, (*path, position), item.line)
                    for position, item in enumerate(sequence.items)
                ]
            case scalar:
                return self._scalar(scalar)

    def _mapping(self, node: Mapping, path: KeyPath) -> dict[str, object]:
        data: dict[str, object] = {}
        first: dict[str, int] = {}
        for written, value in node.pairs:
            line = written.line
            key = _followed(written)
            merge = isinstance(key, Scalar) and key.text == "<<" and not (key.quoted or key.tag)
            if merge or not isinstance(key, Scalar):
                shown = "a merge key (<<)" if merge else "a key that is not a word"
                self._add(line, f"{shown} is not understood", "write the fields out")
                continue
            self._allow(key, "!!str")
            name = self._text(key)
            if name in first:
                what = f"{name!r} is given twice, first in line {first[name]}"
                self._add(line, said(path, what), "remove one of them")
                continue
            first[name] = line
            data[name] = self.plain(value, (*path, name), line)
        return data

    def _scalar(self, node: Scalar) -> object:
        kind = _kind(node)
        if kind == TEXT:
            self._allow(node, "!!str")
            return self._text(node)
        try:
            return value_of(kind, node.text)
        except ValueError:
            hint = "put it in quotes if it is text" + (", or write 1000" if kind == FOREIGN else "")
            self._add(node.line, f"{shortened(node.text)!r} cannot be read as {kind}", hint)
            return node.text

    def _text(self, node: Scalar) -> str:
        """The text. As in JSON, a sign beyond U+FFFF may be written as two escapes."""
        try:
            return node.text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._add(node.line, "half a sign is written here", r"write \U0001f600, or \ud83d\ude00, or 😀")
            return ascii(node.text)

    def _allow(self, node: Scalar | Sequence | Mapping, tag: str) -> None:
        if node.tag not in ("", tag):
            what = f"the tag {node.tag!r} is not understood"
            self._add(node.line, what, "write plain YAML, without tags")

    def _add(self, line: int, what: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, what, hint))


def _followed(node: Node) -> Scalar | Sequence | Mapping:
    """What an alias stands for."""
    while isinstance(node, Alias):
        node = node.node
    return node
