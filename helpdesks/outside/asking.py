"""Commands that people write in notes of their help desk, for what the desk has no button for.

    /ask billing delivery
    Please look at the charge of 2 March.

asks the departments of these labels, and tells them the rest. It is read where notes come in, at every desk
alike. Chats have no departments: there it is a note like any other, and an answer says so.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from baton.contract import ChatStart, LabelsChanged, NoteAdded, TicketStart
from helpdesks.outside.mapping import DeskMapping

NO_DEPARTMENTS = "departments are asked in tickets, and this is a chat: open a ticket from it, and ask there"


@dataclass(frozen=True)
class Noted:
    """What a note is for Baton: at most two events."""

    event: LabelsChanged | NoteAdded
    answer: str = ""
    """Why what was asked for in it is not done."""


def noted(
    text: str, start: ChatStart | TicketStart, mapping: DeskMapping, said: dict[str, Any], part: str
) -> list[Noted]:
    """The events of a note.

    Args:
        said: the ``id``, ``at`` and ``author`` of what was written.
        part: the ID of what a note says besides a command.
    """
    command = _command(text, mapping)
    if command is None or isinstance(start, ChatStart):
        answer = "" if command is None else NO_DEPARTMENTS
        return [Noted(NoteAdded(text=text, **said), answer)] if text.strip() else []
    labels, rest = command
    found = [Noted(LabelsChanged(add=labels, **said))] if labels else []
    if rest:
        found.append(Noted(NoteAdded(text=rest, instruction=True, **{**said, "id": part})))
    return found


def _command(text: str, mapping: DeskMapping) -> tuple[tuple[str, ...], str] | None:
    """The labels after the command at the beginning of a note, and the text below; None without one."""
    line, _, rest = text.strip().partition("\n")
    command, _, labels = line.strip().partition(" ")
    if mapping.commands.ask is None or command.lower() != mapping.commands.ask.lower():
        return None
    if "," in labels:
        words = [word.strip().strip("\"'") for word in labels.split(",")]
    else:
        try:
            words = shlex.split(labels)
        except ValueError:  # a quote that is not closed
            words = labels.split()
    return tuple(dict.fromkeys(mapping.label_of(word) for word in words if word)), rest.strip()
