"""Puts the steps of a chat, and their results, into words."""

from __future__ import annotations

from rich.text import Text

from baton.contract import ChatSnapshot, Status, Tab
from local.demo.play import Seen
from local.demo.table import NAMES, Step
from local.demo.words import name_of, people


def row_of(seen: Seen) -> tuple[str, str, Text]:
    return NAMES.get(seen.step.by, seen.step.by), did(seen.step), came_of(seen)


def did(step: Step) -> str:
    match step:
        case Step(kind="idle"):
            return "Nobody writes for a while."
        case Step(kind="chat_ended", status=Status.CLOSED):
            return "closes the chat"
        case Step(kind="chat_ended"):
            return "ends the chat"
        case _:
            return f"“{step.text}”"


def came_of(seen: Seen) -> Text:
    """The rules that fired, the state of the chat, and who was notified."""
    lines = [Text(f"rule {rule}", "cyan") for rule in seen.fired]
    lines.append(Text(_standing(seen.chat)))
    if seen.told:
        lines.append(Text(f"{people(seen.told)} {'is' if len(seen.told) == 1 else 'are'} notified"))
    return Text("\n").join(lines)


def _standing(chat: ChatSnapshot) -> str:
    """In which tab a chat is, who has it, and whose turn it is."""
    match chat.tab:
        case Tab.MINE | Tab.RESERVED | Tab.NEW:
            return f"{tab_of(chat)}, {chat.status}"
        case _ if chat.status is Status.CLOSED:
            return "closed"
        case _ if chat.reserved_for:
            return f"ended, {chat.status}; reserved for {name_of(chat.reserved_for)}"
        case _:
            return f"ended, {chat.status}; assignee {name_of(chat.assignee)}"


def tab_of(chat: ChatSnapshot) -> str:
    match chat.tab:
        case Tab.MINE:
            return f"{name_of(chat.pinned_to)}'s Mine"
        case Tab.RESERVED:
            return f"Reserved for {name_of(chat.reserved_for)}"
        case _:
            return str(chat.tab).capitalize()
