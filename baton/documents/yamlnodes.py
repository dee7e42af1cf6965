"""Puts a YAML text together as nodes, each with its line, its tag as it is written, and no meaning yet.

The only module that knows the library that reads YAML, and it uses the library's parser alone: what the
library takes a scalar for depends on a directive, and its nodes have lost the tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.parser import Parser
from ruamel.yaml.tokens import DirectiveToken

MAX_DEPTH = 50


class Refused(Exception):
    """The document cannot be read any further: mistakes, each with its line (from 1) and a hint."""

    def __init__(self, *mistakes: tuple[int, str, str]) -> None:
        self.mistakes = mistakes
        super().__init__(mistakes)


def too_deep(line: int) -> Refused:
    return Refused((line, "the document is nested too deeply", f"at most {MAX_DEPTH} levels are read"))


@dataclass(slots=True)
class Scalar:
    line: int
    tag: str
    """As it is written, such as ``!!str``; empty if there is none."""
    text: str
    quoted: bool


@dataclass(slots=True)
class Sequence:
    line: int
    tag: str
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    line: int
    tag: str
    pairs: list[tuple[Node, Node]] = field(default_factory=list)


@dataclass(slots=True)
class Alias:
    line: int
    node: Node


Node = Scalar | Sequence | Mapping | Alias

_CORE = "tag:yaml.org,2002:"
_SYNTAX = "check the indentation, and whether a text with ': ' or '#' needs quotes"
_TABS = "put spaces in place of the tab"


class _Parser(Parser):
    """Refuses directives, which would change what everything behind them means."""

    def process_directives(self) -> Any:
        found: list[tuple[int, str]] = []
        while self.scanner.check_token(DirectiveToken):
            token = self.scanner.get_token()
            value = token.value or ()
            written = ".".join(map(str, value)) if token.name == "YAML" else " ".join(map(str, value))
            found.append((token.start_mark.line + 1, f"%{token.name} {written}".rstrip()))
        if found[:1] and found[0][1] == "%YAML 1.2":
            del found[0]
        if found:
            what = "the directive {!r} is not understood"
            hint = "remove it: this is read as YAML 1.2, in which 'yes' and 'no' are words, and true is true"
            raise Refused(*((line, what.format(name), hint) for line, name in found))
        self.tag_handles = dict(self.DEFAULT_TAGS)
        return None, None


def composed(text: str) -> Node | None:
    """The root of the only document in the text; none if it is empty. Raises `Refused`."""
    return _Composer(text).document()


class _Composer:
    """Puts nodes together from what the library's parser finds."""

    def __init__(self, text: str) -> None:
        yaml = YAML(typ="safe", pure=True)
        yaml.version = (1, 2)
        yaml.Parser = _Parser
        self._events = _found(yaml, text)
        self._anchors: dict[str, Node] = {}
        self._depth = 0

    def document(self) -> Node | None:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), StreamEndEvent):
            return None
        root = self._node(next(self._events))
        next(self._events)  # the end of the document
        if not isinstance(event := next(self._events), StreamEndEvent):
            what = "this is not YAML: expected a single document in the stream but found another document"
            raise Refused((_line(event), what, "put it into a file of its own"))
        return root

    def _node(self, event: Any) -> Node:
        line = _line(event)
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise Refused((line, f"this is not YAML: found undefined alias {event.anchor!r}", ""))
            return Alias(line, self._anchors[event.anchor])
        if self._depth == MAX_DEPTH:
            raise too_deep(line)
        self._depth += 1
        node = self._begun(event, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        match node:
            case Sequence():
                while not isinstance(below := next(self._events), SequenceEndEvent):
                    node.items.append(self._node(below))
            case Mapping():
                while not isinstance(below := next(self._events), MappingEndEvent):
                    node.pairs.append((self._node(below), self._node(next(self._events))))
        self._depth -= 1
        return node

    @staticmethod
    def _begun(event: Any, line: int) -> Scalar | Sequence | Mapping:
        tag = "" if event.ctag is None else str(event.ctag).replace(_CORE, "!!", 1)
        if isinstance(event, ScalarEvent):
            return Scalar(line, tag, event.value, quoted=event.style is not None)
        return (Sequence if isinstance(event, SequenceStartEvent) else Mapping)(line, tag)


def _found(yaml: YAML, text: str) -> Iterator[Any]:
    """What the library finds in the text, one after the other. Raises `Refused`, and nothing else."""
    try:
        yield from yaml.parse(text)
    except Refused:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        hint = _TABS if "'\\t'" in what else _SYNTAX
        raise Refused((mark.line + 1 if mark else 1, f"this is not YAML: {what}", hint)) from None
    except Exception as error:  # whatever a text causes in the library, the text is wrong
        what = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Refused((1, f"this is not YAML: {what}", "")) from error


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
