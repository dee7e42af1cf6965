"""The rules of a new company: the shipped ones, about its own line for chats."""

from __future__ import annotations

import re

from baton.documents.yamlwriting import inline
from local.init.asked import Asked, Group
from local.init.samples import RulesComments

_OF_CHATS = "incoming:\n"
_CHANGED = "changed:\n"


def rules_text(asked: Asked, comments: RulesComments) -> str:
    """The text of ``rules.yaml``. Without lines, only the rule for tickets is in it."""
    _, _, rest = comments.shipped.read_text(encoding="utf-8").partition(comments.reading)
    reading, _, lists = rest.partition(_OF_CHATS)
    chats = asked.chats
    if chats is None:
        tickets, _, _ = lists.partition(comments.tickets)[2].partition("\n\n")
        before = f"{comments.head_without_lines}{comments.reading}{reading}"
        return f"{before}{_CHANGED}{comments.tickets}{tickets}\n"
    name = _name(chats)
    head = comments.head.format(name=comments.line(name))
    shipped = f"{comments.reading}{reading}{_OF_CHATS}{lists}"
    return head + _with_ids(comments.about(shipped, name), chats)


def _with_ids(text: str, line: Group) -> str:
    """Rules with the ID of line 1, made rules with the ID of this line."""
    instead = {"line-2": "other-line", "line-1": inline(line.key)}
    return re.sub(r"\bline-2\b|\bline-1\b", lambda found: instead[found[0]], text)


def _name(line: Group) -> str:
    """The name of a line for the middle of a sentence; empty where a # or a colon in it would end that."""
    return line.name if re.fullmatch(r"\w(?:[\w .-]*\w)?", line.name) else ""
