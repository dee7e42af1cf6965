"""The rules of a new company: the shipped ones, about its own line for chats."""

from __future__ import annotations

import re

from baton.documents.yamlwriting import inline
from baton.settings import CHECKOUT
from local.init.asked import Asked, Group

SHIPPED = CHECKOUT / "deploy/rules/support-lines.yaml"

HEAD = """\
# The rules: what happens by itself. Begun with those that come with Baton: four for chats, one for tickets.
#
# Some people do not work with chats, but now and then they write to a customer there: experts, who answer at
# length, or people on the phones, who leave a message. If the customer answers, somebody who works with chats
# should be there: in this file, {name}. The rules ask about a writer who is not in that line, so they
# cover every other line, those that you add later, too.
#
"""
HEAD_WITHOUT_LINES = """\
# The rules: what happens by itself. Begun with the rule for tickets that comes with Baton.
#
"""
_AFTER_THE_HEAD = "# How to read a rule:"
_OF_CHATS = "incoming:\n"
_OF_TICKETS = "  # --- Tickets ---\n"


def rules_text(asked: Asked) -> str:
    """The text of ``rules.yaml``. Without lines, only the rule for tickets is in it."""
    _, _, rest = SHIPPED.read_text(encoding="utf-8").partition(_AFTER_THE_HEAD)
    reading, _, lists = rest.partition(_OF_CHATS)
    chats = asked.chats
    if chats is None:
        tickets, _, _ = lists.partition(_OF_TICKETS)[2].partition("\n\n")
        return f"{HEAD_WITHOUT_LINES}{_AFTER_THE_HEAD}{reading}changed:\n{_OF_TICKETS}{tickets}\n"
    head = HEAD.format(name=_called(chats))
    return head + _about(chats, f"{_AFTER_THE_HEAD}{reading}{_OF_CHATS}{lists}")


def _about(line: Group, text: str) -> str:
    """Rules about line 1, made rules about this line."""
    name = _called(line)
    instead = {
        "line-2": "other-line",
        "line-1": inline(line.key),
        "line 1's": f"{name}'" if name.endswith("s") else f"{name}'s",
        "line 1": name,
    }
    return re.sub(r"\bline-2\b|\bline-1\b|\bline 1(?:'s)?", lambda found: instead[found[0]], text)


def _called(line: Group) -> str:
    """The line in the middle of a sentence, where a name with a # or a colon would end it."""
    return f"line {line.name}" if re.fullmatch(r"\w(?:[\w .-]*\w)?", line.name) else "the line for chats"
