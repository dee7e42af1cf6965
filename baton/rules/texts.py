"""How texts are compared: as people read them, and not by the code points that they are made of.

These are the same: capital and small letters, letters with a mark in one code point or in several, wide and
narrow forms and ligatures, any white space and one blank. What cannot be seen is left out.

Source: the compatibility caseless match of the Unicode Standard (section 3.13, D146), and of its
``Default_Ignorable_Code_Point`` what has been assigned.
"""

from __future__ import annotations

import re
from unicodedata import normalize

_SPACES = re.compile(r"\s+")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_DOTTED = re.compile(r"i((?:[\u0316-\u0333]*))\u0307")
"""A small i with its dot once more. İ becomes this, but to a reader it is the capital of i."""


def as_read(text: str) -> str:
    """The text in a form that is equal for texts that read the same; blanks at its ends are kept."""
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        text = normalize("NFKD", normalize("NFD", text).casefold()).casefold()
        text = normalize("NFKC", _DOTTED.sub(r"i\1", normalize("NFKD", text)))
    else:
        text = text.lower()
    return _SPACES.sub(" ", text)
