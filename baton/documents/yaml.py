"""YAML documents that people write: read, checked against a model, with mistakes reported by file and line.

Every document is the same YAML: see ``yamlreading``. Whatever is wrong – syntax, a key that is given twice, a
field that the model does not know – becomes a `Problem`; all are collected, and none is silently skipped.

A document may come from an attacker: its size is bounded, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from baton.documents.yamlreading import KeyPath, read, said
from baton.errors import DocumentError, Problem
from baton.wording import explain

MAX_BYTES = 4 * 1024 * 1024
Model = TypeVar("Model", bound=BaseModel)

_LINE_END = re.compile(r"\r\n|\r|\n")
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
        opening = _LINE_END.split(self.text)[start - 1 : start]
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
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DocumentError(
            [Problem(file, 1, f"the document is larger than {MAX_BYTES // 1024} KiB", "split it")]
        )
    found = read(text, file)
    if found.data is None:
        raise DocumentError([Problem(file, 1, "the document is empty", "see the examples in deploy/")])
    return Document(file, text, *found)
