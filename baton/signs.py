"""Signs that are invisible or control the display: which they are, and how to show a text without them.

A text that people wrote is kept as it is. On its way to a terminal, a log, JSON or Markdown it goes through
one of the functions here: ``visible``, ``one_line``, ``escaped`` and ``markdown``. ``hidden_in`` finds the
signs that are refused in an ID or a name.

**Hidden** are control characters (Cc), format characters (Cf: zero width, byte order mark, soft hyphen, and
those that turn the direction of a text), halves of a surrogate pair (Cs), the separators of lines and
paragraphs (Zl, Zp), and a few letters that Unicode shows as nothing. Two kinds of them can belong to
words, and are allowed there in names and texts:

* The **joiners** U+200C and U+200D. In Persian and in the scripts of India they change a word or a letter; in
  emoji they join several pictures into one. They stay between letters or marks of a script that joins, and
  between the parts of an emoji; elsewhere, as between Latin letters, they only hide.
* **Variation selectors**, which choose the picture of the sign before them.

An ID is compared, copied and typed rather than read, so it may have neither.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

INSTEAD = "\ufffd"
"""What is shown in place of a hidden sign."""

_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that are shown as nothing."""
_JOINERS = frozenset("\u200c\u200d")
_SELECTORS = frozenset(
    [chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x180E), 0x180F)]
)
_JOINING = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0xFB50, 0xFEFC))
"""Ranges of scripts whose letters join: Arabic and its relatives; those of India; Tibetan to Mongolian."""
_MAYBE = re.compile(r"[^ -~¡-¬®-ʯΑ-ωА-яЁё–—‘’“”…]")
"""Finds signs that need a closer look: nearly every text has none."""


def hidden_in(text: str, *, word: bool = False) -> str:
    """The code points of the signs in a text that must not be there, such as ``U+001B, U+202E``, each once.

    Args:
        word: whether it is an ID, which may not have joiners or variation selectors either.
    """
    found = dict.fromkeys(text[position] for position in _hidden(text, word=word))
    return ", ".join(f"U+{ord(sign):04X}" for sign in found)


def visible(text: str) -> str:
    """The text with � for each hidden sign. Lines stay lines, and tabs tabs."""
    if _MAYBE.search(text) is None:
        return text
    signs = list(text)
    for position in _hidden(text, word=False):
        if signs[position] not in "\n\t":
            signs[position] = INSTEAD
    return "".join(signs)


def one_line(text: str) -> str:
    """As `visible`, on one line: a space for each sign of white space."""
    return visible("".join(" " if sign.isspace() else sign for sign in text))


def escaped(document: str, *, astral: str = "") -> str:
    """JSON, or YAML in double quotes, with ``\\u001b`` for each hidden sign. It says the same.

    Args:
        astral: how a sign beyond U+FFFF is escaped, such as ``\\U{:08x}``; in JSON, by a surrogate pair.
    """
    if _MAYBE.search(document) is None:
        return document
    signs = list(document)
    for position in _hidden(document, word=False):
        sign = signs[position]
        if sign not in "\n\t":
            beyond = astral and ord(sign) > 0xFFFF
            signs[position] = astral.format(ord(sign)) if beyond else json.dumps(sign)[1:-1]
            if signs[position] == sign:  # DEL, which JSON leaves as it is
                signs[position] = f"\\u{ord(sign):04x}"
    return "".join(signs)


def _hidden(text: str, *, word: bool) -> Iterator[int]:
    """Where hidden signs are."""
    for found in _MAYBE.finditer(text):
        position = found.start()
        sign = found[0]
        if sign in _JOINERS:
            if word or not _joins(text, position):
                yield position
        elif sign in _SELECTORS:
            if word or not _selects(text, position):
                yield position
        elif sign in _BLANK or unicodedata.category(sign) in _CATEGORIES:
            yield position


def _joins(text: str, position: int) -> bool:
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    if _of_joining_script(before):
        # A letter of India may end a word in its joined form: after a virama (class 9) nothing need follow.
        return _of_joining_script(after) or unicodedata.combining(before) == 9
    return (
        text[position] == "\u200d"
        and bool(before and after)
        and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk"))
        and unicodedata.category(after) == "So"
    )


def _of_joining_script(sign: str) -> bool:
    return (
        bool(sign)
        and any(first <= ord(sign) <= last for first, last in _JOINING)
        and unicodedata.category(sign)[0] in "LM"
    )


def _selects(text: str, position: int) -> bool:
    before = text[position - 1 : position]
    return before not in ("", *_SELECTORS, *_JOINERS, *_BLANK) and unicodedata.category(before)[0] not in "CZ"


# --- Markdown -----------------------------------------------------------------------------------

_MARKS = r"\\`*~\[\]<>|&@"
# An underscore within a word marks nothing, and names of rules and kinds of events are full of them. Text
# that begins like an address becomes a link.
_MARKED = re.compile(rf"[{_MARKS}]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/)|(?<=[wW]{{3}})\.")
_UNMARKED = re.compile(rf"\*\*|\\([{_MARKS}_/.])")


def markdown(text: str) -> str:
    """Text from outside for Markdown: on one line, without hidden signs, and with its marks escaped."""
    return _MARKED.sub(r"\\\g<0>", " ".join(one_line(text).split()))


def unmarked(sentence: str) -> str:
    """A sentence written for the Temporal UI, with `markdown` in it, as plain text."""
    return _UNMARKED.sub(lambda found: found[1] or "", sentence)


# --- Temporal's limits ------------------------------------------------------------------------------

_SUMMARY_BYTES = 400
"""Temporal's limit for a summary, including everything that its payload has besides the text."""
_WRAPPING = 230
"""The bytes besides the text if it is encrypted: with the longest name of a key, but without its place."""
_USUALLY = 180
"""Bytes of a summary that fit besides the key and the place of an ordinary case."""
_SHORTEST = 16
DETAILS_BYTES = 20_000 - _WRAPPING - 1000
"""Temporal's limit for the details of a workflow, less what its payload has besides the text."""


def summary(text: str, place: int | None = None) -> str | None:
    """A text from outside as a summary for the Temporal UI: `markdown` that is short enough.

    Args:
        place: bytes of namespace and ID of a standalone activity, which are stored with the text if it
            is encrypted. The server refuses a standalone activity, and nothing else, for a longer summary.

    Returns:
        None if there is no room for a word.
    """
    room = _USUALLY if place is None else min(_USUALLY, _SUMMARY_BYTES - _WRAPPING - place)
    return within(text, room) if room >= _SHORTEST else None


def details(lines: Iterable[str]) -> str:
    """Lines of Markdown as the details of a workflow: as many as fit, from the first."""
    kept: list[str] = []
    room = DETAILS_BYTES - len("\\n…")
    for line in lines:
        room -= _size(line) + len("\\n")
        if room < 0:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)


def within(text: str, room: int) -> str:
    """A text from outside as `markdown` of at most so many bytes, counted as JSON."""
    # A sign is at least one byte, so no more than these can fit.
    said = text[:room]
    whole = markdown(said)
    if said == text and _size(whole) <= room:
        return whole
    sizes = range(len(said) + 1)
    length = bisect_right(sizes, room, key=lambda end: _size(markdown(said[:end]) + "…")) - 1
    return markdown(said[: max(length, 0)]) + "…"


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2
