"""How Baton knows what it wrote itself: Omnidesk has no field for it, so the text ends with a marker.

A visible marker is a last line such as ``[ref 5feceb66ff]``; an invisible one is signs without width.
"""

from __future__ import annotations

import re
from hashlib import sha256

_DIGITS = 10
_VISIBLE = re.compile(rf"\[ref ([0-9a-f]{{{_DIGITS}}})\]\Z")
_SIGNS = "\u200b\u200c\u200d\u2060"
"""Each stands for two bits. No space, so that nobody strips them as one."""
_INVISIBLE = re.compile(rf"([{_SIGNS}]{{{_DIGITS * 2}}})\Z")


def _token(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:_DIGITS]


def marked(text: str, key: str, *, visible: bool) -> str:
    """The text with the marker of ``key``."""
    token = _token(key)
    if visible:
        return f"{text.rstrip()}\n\n[ref {token}]"
    bits = int(token, 16)
    return text.rstrip() + "".join(_SIGNS[bits >> shift & 3] for shift in range(_DIGITS * 4 - 2, -1, -2))


def has_marker(text: str, key: str | None = None) -> bool:
    """Whether the text ends with a marker: that of ``key``, or any."""
    token = _marker_in(text.rstrip())
    return token is not None and (key is None or token == _token(key))


def _marker_in(text: str) -> str | None:
    *_, last = text.splitlines() or [""]
    if found := _VISIBLE.fullmatch(last.strip()):
        return found[1]
    if found := _INVISIBLE.search(text):
        bits = 0
        for sign in found[1]:
            bits = bits << 2 | _SIGNS.index(sign)
        return f"{bits:0{_DIGITS}x}"
    return None
