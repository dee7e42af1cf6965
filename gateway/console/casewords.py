"""What pages call people, lines, labels and states: functions for templates, in the reader's language."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from baton.contract import Status, Tab
from baton.documents.directory import Directory
from baton.phrases import listed, names, said, stories
from baton.phrases.waits import waits_for
from baton.texts import Texts


def chat_path(channel: str, conversation: str) -> str:
    """Where the page of a chat is."""
    return f"/chats/{quote(channel, safe='')}/{quote(conversation, safe='')}"


def ticket_path(ticket_id: str) -> str:
    """Where the page of a ticket is."""
    return f"/tickets/{quote(ticket_id, safe='')}"


def case_words(texts: Texts, directory: Directory) -> dict[str, Any]:
    """The functions, by the names that templates use."""

    def staff_name(staff: str) -> str:
        member = directory.staff.get(staff)
        return member.name or staff if member else staff

    def author_name(author: str) -> str:
        kind, _, name = author.partition(":")
        return staff_name(name) if kind == "staff" else names.author(author, texts)

    def label_name(label: str) -> str:
        named = (one.name for one in directory.departments.values() if one.label == label)
        return next(named, "") or label

    return {
        "chat_path": chat_path,
        "ticket_path": ticket_path,
        "staff_name": staff_name,
        "author_name": author_name,
        "label_name": label_name,
        "line_name": lambda line: directory.lines[line].name or line if line in directory.lines else line,
        "tab_name": lambda tab: texts.of(names.TABS[Tab(tab)]).capitalize(),
        "status_name": lambda status: texts.of(names.STATUSES[Status(status)]),
        "kind_name": lambda kind: names.kind(kind, texts),
        "waits_for": lambda english: waits_for(english, texts),
        "listed_holder": lambda row: listed.holder(row, texts),
        "listed_acting": lambda row: listed.acting(row, texts),
        "listed_stage": lambda row: listed.stage(row, texts),
        "about_said": lambda row: said.about(row, texts),
        "attachment_name": said.attachment,
        "what_happened": lambda entry: stories.entry(entry, texts),
        "cause": lambda entry: stories.cause(entry, texts),
        "unknown_move": lambda timeline: stories.unknown_move(timeline, texts),
        "progress": lambda department: stories.progress(department, texts),
    }
