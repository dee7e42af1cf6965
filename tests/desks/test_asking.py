"""Commands in notes: what each note is for Baton, at every desk alike."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Author, AuthorType, ChatStart, LabelsChanged, NoteAdded, TicketStart
from helpdesks.omnidesk.mapping import OmnideskMapping
from helpdesks.outside.asking import NO_DEPARTMENTS, noted
from helpdesks.outside.mapping import DeskMapping

TICKET = TicketStart(ticket_id="7", customer="carol")
CHAT = ChatStart(channel="web", conversation="7", customer="carol")
SAID: dict[str, Any] = {"id": "e1", "author": Author(type=AuthorType.STAFF, id="petra")}


def mapping(**fields: Any) -> DeskMapping:
    return DeskMapping(desk="paper", url="https://paper.example", **fields)


@pytest.mark.parametrize(
    ("text", "labels", "rest"),
    [
        ("/ask billing delivery", ("billing", "delivery"), None),
        ("  /ASK billing\n\nPlease look.\n", ("billing",), "Please look."),
        ("/ask billing, several departments", ("billing", "several departments"), None),
        ("/ask 'several departments' vip vip", ("several departments", "vip"), None),
        ("/ask it's", ("it's",), None),
        ("/ask Geld", ("billing",), None),
        ("/ask\nWhat now?", (), "What now?"),
        ("/ask", (), None),
    ],
)
def test_a_command_asks_departments_and_tells_them_the_rest(
    text: str, labels: tuple[str, ...], rest: str | None
) -> None:
    found = [one.event for one in noted(text, TICKET, mapping(labels={"billing": "Geld"}), SAID, "e1:text")]
    asked = [one for one in found if isinstance(one, LabelsChanged)]
    told = [one for one in found if isinstance(one, NoteAdded)]
    assert [one.add for one in asked] == ([labels] if labels else [])
    assert [(one.id, one.text, one.instruction) for one in told] == (
        [("e1:text", rest, True)] if rest else []
    )


@pytest.mark.parametrize("text", ["ask billing", "/asking billing", "Let us /ask billing.", "/ask"])
def test_what_is_no_command_is_a_note(text: str) -> None:
    off = mapping(commands={"ask": None})
    (found,) = noted(text, TICKET, off if text == "/ask" else mapping(), SAID, "e1:text")
    assert isinstance(found.event, NoteAdded)
    assert (found.event.text, found.event.instruction, found.answer) == (text, False, "")


def test_a_command_of_the_companys_own() -> None:
    (found,) = noted("!frage billing", TICKET, mapping(commands={"ask": "!frage"}), SAID, "e1:text")
    assert isinstance(found.event, LabelsChanged)


def test_in_a_chat_it_is_a_note_and_an_answer_says_why() -> None:
    (found,) = noted("/ask billing", CHAT, mapping(), SAID, "e1:text")
    assert isinstance(found.event, NoteAdded)
    assert (found.event.text, found.answer) == ("/ask billing", NO_DEPARTMENTS)


@pytest.mark.parametrize("start", [TICKET, CHAT])
def test_an_empty_note_is_nothing(start: ChatStart | TicketStart) -> None:
    assert noted(" \n", start, mapping(), SAID, "e1:text") == []


def test_where_labels_have_numbers_people_write_names() -> None:
    fields = {"desk": "omnidesk", "url": "https://example.omnidesk.ru", "login": "b", "own_staff": 900}
    numbered = OmnideskMapping.model_validate({**fields, "labels": {"billing": 110}})
    assert [numbered.label_of(word) for word in ("billing", "110")] == ["billing", "billing"]
