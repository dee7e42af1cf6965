"""YAML documents that people write: read, checked against a model, with mistakes reported by file and line.

The only module that knows the YAML library. A document is YAML 1.2, so that ``no`` is a word and ``09:00`` is
a time of day and not 540. The scalars are those of JSON (dates stay text until a model asks for one), keys
are always text, and the line of every node is kept. Whatever is wrong – syntax, a key that is given twice, a
field that the model does not know – becomes a `Problem`; all are collected, and none is silently skipped.

A document may come from an attacker: its size, its depth and its number of nodes, which aliases multiply, are
bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from baton.errors import DocumentError, Problem
from baton.wording import explain

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 200_000
"""Counted after aliases are expanded, when a few lines can become billions of nodes."""
MAX_DEPTH = 50

KeyPath = tuple[str | int, ...]
"""Where a node is: keys and list positions from the root."""

Model = TypeVar("Model", bound=BaseModel)

_TAG = "tag:yaml.org,2002:"
_BLOCK = re.compile(r":\s+\|[-+1-9]*\s*(#.*)?$")
"""The end of a line after which a literal text follows as a block."""


@dataclass
class Document:
    """A document as plain data, with the line of each node and the mistakes found while reading it."""

    file: str
    text: str
    data: object
    lines: Mapping[KeyPath, int]
    problems: list[Problem] = field(default_factory=list)
    context: object = None
    """The context for its validation, such as ``baton.contract.words.STORED``."""

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the node at ``path``, or of its nearest ancestor."""
        return self.lines.get(self.written(path), 1)

    def line_in_text(self, path: Sequence[str | int], line: int) -> int:
        """The line of the file that contains line ``line`` (from 1) of the text at ``path``.

        Exact for a block (``|``). A text in another style counts as one line, that of its key.
        """
        start = self.line_of(path)
        opening = self.text.splitlines()[start - 1 : start]
        return start + line if opening and _BLOCK.search(opening[0]) else start

    def written(self, path: Sequence[str | int]) -> KeyPath:
        """``path`` without parts that are not in the document, such as the names of alternatives."""
        found: KeyPath = ()
        for part in path:
            if (*found, part) in self.lines:
                found = (*found, part)
        return found

    def problem(self, path: Sequence[str | int], what: str, hint: str = "") -> Problem:
        """A mistake at ``path``, with the place in words in front."""
        return Problem(self.file, self.line_of(path), said(self.written(path), what), hint)

    def doubled(self, named: Iterable[tuple[KeyPath, object]], hint: str) -> Iterator[Problem]:
        """A mistake for each ID that is given again; ``named`` has each ID with its place."""
        first: dict[str, int] = {}
        for path, name in named:
            if not isinstance(name, str):
                continue
            if name in first:
                what = f"the ID {name!r} is given twice, first in line {first[name]}"
                yield self.problem(path, what, hint)
            else:
                first[name] = self.line_of(path)

    def check(
        self, model: type[Model], data: object = None, at: KeyPath = ()
    ) -> tuple[Model | None, list[Problem]]:
        """The document, or its part ``data`` at the path ``at``, as a model; and the mistakes, if any."""
        try:
            return model.model_validate(data if at else self.data, context=self.context), []
        except ValidationError as error:
            found = error.errors(include_url=False)
            return None, [
                problem
                for item in found
                if not _follows(item)
                for problem in self._problems_of(model, at, item)
            ]

    def _problems_of(self, model: type[BaseModel], at: KeyPath, item: ErrorDetails) -> Iterator[Problem]:
        path = at + item["loc"]
        mistakes = item.get("ctx", {}).get("mistakes")
        if mistakes is not None:  # the model found several mistakes itself, each with its path
            yield from (self.problem(path + below, what, hint) for below, what, hint in mistakes)
            return
        # The message names what is unknown; the place would only repeat it.
        place = path[:-1] if item["type"] == "extra_forbidden" else path
        mistake = explain(model, item)
        yield Problem(self.file, self.line_of(path), said(self.written(place), mistake.what), mistake.hint)

    def load(self, model: type[Model]) -> Model:
        """The document as a model. Raises ``DocumentError`` with every mistake, in the order of the lines."""
        checked, problems = self.check(model)
        refuse(self.problems + problems)
        assert checked is not None
        return checked


def _follows(item: ErrorDetails) -> bool:
    """Whether it only follows from other mistakes: a list without its wrong items is "too short", too."""
    return item["type"] == "too_short" and bool(item["input"])


def said(path: KeyPath, what: str) -> str:
    """``changed > #2 > when: …``; list positions count from 1, as people do."""
    place = " > ".join(f"#{part + 1}" if isinstance(part, int) else part for part in path)
    return f"{place}: {what}" if place else what


def refuse(problems: Sequence[Problem]) -> None:
    """Raise ``DocumentError`` if there are any problems."""
    if problems:
        raise DocumentError(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))


def read_yaml(path: Path) -> Document:
    """Read a file. Raises ``DocumentError`` if it cannot be read at all or is not YAML."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            [Problem(str(path), 1, f"cannot be read: {error.strerror}", "check the path and who may read it")]
        ) from None
    try:
        return parse_yaml(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            [Problem(str(path), line, "this is not UTF-8 text", "save the file as UTF-8")]
        ) from None


def parse_yaml(text: str, file: str) -> Document:
    """Read a text; ``file`` names it in messages. Raises ``DocumentError`` if it is not YAML."""
    if len(text.encode()) > MAX_BYTES:
        raise DocumentError(
            [Problem(file, 1, f"the document is larger than {MAX_BYTES // 1024} KiB", "split it")]
        )
    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.Composer = _Composer
    reader = _Reader(file)
    try:
        root = yaml.compose(text)
        data = reader.plain(root, (), 1) if root is not None else None
    except _TooMuch as error:
        raise DocumentError([error.problem]) from None
    except _TooDeep as error:
        raise DocumentError([Problem(file, error.line, "the document is nested too deeply", _DEEP)]) from None
    except MarkedYAMLError as error:
        raise DocumentError([_syntax(file, error)]) from None
    except (YAMLError, ValueError) as error:
        what = str(error).strip().splitlines()[0]
        raise DocumentError([Problem(file, 1, f"this is not YAML: {what}")]) from None
    if data is None:
        raise DocumentError([Problem(file, 1, "the document is empty", "see the examples in deploy/")])
    return Document(file, text, data, reader.lines, reader.problems)


_DEEP = f"at most {MAX_DEPTH} levels are read"


class _TooMuch(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.what)


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


class _Composer(Composer):
    """Stops at the first node that is nested too deeply; the library would go on until the stack is full."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeep(self.parser.peek_event().start_mark.line + 1)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


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
            raise _TooMuch(
                Problem(
                    self.file,
                    line,
                    f"the document has more than {MAX_NODES:,} nodes",
                    "do its aliases multiply?",
                )
            )
        if len(path) > MAX_DEPTH:  # an alias of a node inside itself ends here, too
            raise _TooMuch(Problem(self.file, line, "the document is nested too deeply", _DEEP))
        self.lines[path] = line
        match node:
            case MappingNode():
                return self._mapping(node, path)
            case SequenceNode():
                return [
                    self.plain(item, (*path, position), _line(item, node, line))
                    for position, item in enumerate(node.value)
                ]
            case ScalarNode():
                return self._scalar(node, line)
        raise AssertionError(f"a YAML node of an unknown sort: {node!r}")

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, object]:
        data: dict[str, object] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or str(key.tag).endswith(":merge"):
                shown = "a merge key (<<)" if isinstance(key, ScalarNode) else "a key that is not a word"
                self._add(line, f"{shown} is not understood", "write the fields out")
                continue
            if key.value in first:
                self._add(
                    line,
                    said(path, f"{key.value!r} is given twice, first in line {first[key.value]}"),
                    "remove one of them",
                )
                continue
            first[key.value] = line
            data[key.value] = self.plain(value, (*path, key.value), line)
        return data

    def _scalar(self, node: ScalarNode, line: int) -> object:
        kind = str(node.tag).removeprefix(_TAG)
        if kind in ("str", "timestamp"):
            # The library marks with \a where a text (">") was folded; authors cannot write it there.
            return node.value.replace("\a", "") if node.style == ">" else node.value
        try:
            return _SCALARS[kind](node.value)
        except KeyError:
            self._add(line, f"the tag {node.tag!r} is not understood", "write plain YAML, without tags")
        except ValueError:
            self._add(line, f"{node.value!r} cannot be read as {kind}", "put it in quotes if it is text")
        return node.value

    def _add(self, line: int, what: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, what, hint))


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 0 if text.lstrip("+-").lower().startswith(("0x", "0o", "0b")) else 10)


_SCALARS: Mapping[str, Callable[[str], object]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": lambda text: float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")),
}


def _line(item: Node, parent: Node, line: int) -> int:
    """The line of a list item; an alias gets the line of the list, not that of its anchor."""
    start = item.start_mark.line + 1
    return start if parent.start_mark.line <= start - 1 <= parent.end_mark.line else line


def _syntax(file: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(part for part in (error.context, error.problem) if part)
    hint = "check the indentation, and whether a text with ': ' or '#' needs quotes"
    return Problem(file, mark.line + 1 if mark else 1, f"this is not YAML: {what}", hint)
