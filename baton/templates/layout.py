"""Which spaces and line ends of a text are there for its reader, and which only for its author.

A line that holds only ``{% … %}`` and ``{# … #}`` leaves nothing behind. Any other line keeps its end, also
if it ends with ``{% endif %}``: Jinja2's ``trim_blocks`` would glue the next line to it. Spaces before a tag
that begins a line are its author's, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from jinja2 import Environment, TemplateSyntaxError

_LEXER = Environment(keep_trailing_newline=True).lexer
_ENDS = {"block_end", "variable_end", "comment_end"}
_ALONE = {"raw_begin", "raw_end"}
"""Tags that the lexer finds in one piece."""


class _Piece(NamedTuple):
    sort: Literal["text", "tag", "value"]
    text: str


def laid_out(source: str) -> str:
    """The text without what is its author's only. Every other sign stays, in the line in which it was.

    So that lines can still be counted, a line end that does not count goes into the tag before it.
    """
    source = re.sub(r"\r\n|\r", "\n", source)
    try:
        pieces = list(_pieces(source))
    except TemplateSyntaxError:
        return source  # whoever reads it next says what is wrong
    return "".join(_laid_out(line) for line in _lines(pieces))


def _pieces(source: str) -> Iterator[_Piece]:
    """The text taken apart; together, the pieces are the text."""
    at = start = 0
    inside = False
    for _, token, found in _LEXER.tokeniter(source, None):
        # The lexer leaves out spaces in front of "{%-"; those behind "-%}" it counts to the tag.
        begin = source.index(found, at)
        if not inside and begin > at:
            yield _Piece("text", source[at:begin])
        at = begin + len(found)
        if token in _ENDS or token in _ALONE:
            at = begin + len(found.rstrip())
            yield _Piece(
                "value" if token == "variable_end" else "tag", source[start if inside else begin : at]
            )
            inside = False
        elif inside:
            continue
        elif token == "data":
            yield _Piece("text", found)
        else:
            start, inside = begin, True
    yield _Piece("text", source[start if inside else at :])


def _lines(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """The pieces of each line, the last of which is its end. What is inside of a tag ends no line."""
    line: list[_Piece] = []
    for piece in pieces:
        if piece.sort != "text":
            line.append(piece)
            continue
        *whole, rest = piece.text.split("\n")
        for text in whole:
            yield [*line, _Piece("text", text), _Piece("text", "\n")]
            line = []
        line.append(_Piece("text", rest))
    yield [*line, _Piece("text", "")]


def _laid_out(line: list[_Piece]) -> str:
    spoken = [piece for piece in line if piece.sort != "text" or piece.text.strip()]
    if not spoken or spoken[0].sort != "tag":
        return "".join(piece.text for piece in line)
    if not spoken[0].text.startswith("+", 2):  # "{%+": the author wants the spaces
        line = line[line.index(spoken[0]) :]
    last = spoken[-1].text
    if any(piece.sort != "tag" for piece in spoken) or last.endswith("+", 0, -2):
        return "".join(piece.text for piece in line)
    closing = 3 if last.endswith("-", 0, -2) else 2
    tags = "".join(piece.text for piece in line if piece.sort == "tag")
    return tags[:-closing] + line[-1].text + tags[-closing:]
