"""Words that would hide something, or control what shows them; each with the code points to be named."""

from __future__ import annotations

import json

from baton.signs import escaped

HIDDEN: dict[str, str] = {
    "escape": "\x1b",
    "null": "\0",
    "delete": "\x7f",
    "C1 escape sequence": "\x9b",
    "next line": "\x85",
    "right to left override": "\u202e",
    "isolate": "\u2066",
    "right to left mark": "\u200f",
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "tag": "\U000e0041",
    "filler": "\u3164",
}
"""Signs that no ID and no name may have, and no terminal sees."""

RIGHTLY_JOINED = {
    "Persian": "می\u200cخواهم",
    "Hindi": "क्\u200dष",
    "Malayalam, at the end": "ന്\u200d",
    "Sinhala": "ශ්\u200dරී",
    "emoji": "👩🏽\u200d⚕\ufe0f",
    "heart": "❤\ufe0f",
}
"""Names with signs that make another word, letter or picture."""
WRONGLY_JOINED = {
    "between Latin letters": "vi\u200cp",
    "between Latin letters, the other": "vi\u200dp",
    "at the beginning": "\u200cمی",
    "at the end": "می\u200c",
    "twice": "می\u200c\u200cخواهم",
    "a selector alone": "\ufe0fx",
    "two selectors": "❤\ufe0f\ufe0f",
}


def as_yaml(document: object) -> str:
    """JSON is YAML, if characters beyond U+FFFF are escaped as in YAML."""
    return escaped(json.dumps(document, ensure_ascii=False), astral="\\U{:08x}")


def code_point(sign: str) -> str:
    return f"U+{ord(sign):04X}"
