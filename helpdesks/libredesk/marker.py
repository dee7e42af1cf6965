"""How Baton knows what it wrote itself, and how its texts become the HTML that Libredesk takes.

A message to a customer has an ``echo_id``, which comes back in the message's meta. Libredesk drops it for
private notes, so a note ends with a comment of HTML, which nobody is shown.

Whatever an agent writes is a template to Libredesk: what looks like one, as in what a customer wrote, must
not be filled in. So braces are written as HTML has them.
"""

from __future__ import annotations

import re
from hashlib import sha256
from html import escape

_MARK = re.compile(r"<!-- baton:([0-9a-f]{32}) -->")


def marker_of(key: str) -> str:
    """The marker of what is written with this key."""
    return sha256(key.encode()).hexdigest()[:32]


def echo_of(key: str) -> str:
    """The ``echo_id`` of a message with this key."""
    return f"baton:{marker_of(key)}"


def as_html(text: str) -> str:
    """A text as it is to be seen."""
    escaped = escape(text.strip(), quote=False).replace("{", "&#123;").replace("}", "&#125;")
    paragraphs = re.split(r"\n\s*\n", escaped)
    return "".join(f"<p>{paragraph.strip().replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)


def as_note(text: str, key: str) -> str:
    """A text for staff, with its marker."""
    return f"{as_html(text)}<!-- baton:{marker_of(key)} -->"


def has_marker(content: str, echo_id: str, key: str) -> bool:
    """Whether a message with this content and ``echo_id`` was written with the key."""
    return echo_id == echo_of(key) or marker_of(key) in _MARK.findall(content)
