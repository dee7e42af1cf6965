"""A new case is compared with nothing, whether or not the workflow still has the one before it."""

from __future__ import annotations

import pytest

from baton.contract import Activity, Status, TicketStage
from baton.model.chat import story as chat_story
from baton.model.chat.state import ChatState
from baton.model.settlement import before_in
from baton.model.ticket import story as ticket_story
from baton.model.ticket.state import TicketState

NOTHING = ChatState(channel="telegram", conversation="1", customer="c")
CLOSED = NOTHING.model_copy(
    update={
        "case_id": "earlier",
        "activity": Activity.ENDED,
        "status": Status.CLOSED,
        "assignee": "ivan",
        "line": "line-1",
        "labels": ("vip",),
    }
)
OPENED = NOTHING.model_copy(
    update={"case_id": "later", "activity": Activity.ACTIVE, "status": Status.OPEN, "assignee": "ivan"}
)
NO_TICKET = TicketState(ticket_id="t", customer="c")
CLOSED_TICKET = NO_TICKET.model_copy(
    update={
        "case_id": "earlier",
        "stage": TicketStage.CLOSED,
        "status": Status.CLOSED,
        "assignee": "lena",
        "composer": "lena",
        "labels": ("billing",),
        "round": 2,
        "prompts": 2,
        "replies": 2,
    }
)
OPENED_TICKET = NO_TICKET.model_copy(
    update={"case_id": "later", "stage": TicketStage.TRIAGE, "status": Status.OPEN, "assignee": "lena"}
)


@pytest.mark.parametrize("before", [NOTHING, CLOSED])
def test_nothing_was_before_a_new_chat(before: ChatState) -> None:
    assert before_in(OPENED, before) == NOTHING
    assert chat_story.what_happened(before_in(OPENED, before), OPENED) == (
        "new chat, active · open, assigned to ivan"
    )


@pytest.mark.parametrize("before", [NO_TICKET, CLOSED_TICKET])
def test_nothing_was_before_a_ticket_that_was_opened_again(before: TicketState) -> None:
    assert before_in(OPENED_TICKET, before) == NO_TICKET
    told = ticket_story.what_happened(before_in(OPENED_TICKET, before), OPENED_TICKET)
    assert told == ticket_story.what_happened(NO_TICKET, OPENED_TICKET)


@pytest.mark.parametrize("state", [NOTHING, CLOSED, OPENED])
def test_what_opens_nothing_has_its_own_case_before_it(state: ChatState) -> None:
    changed = state.model_copy(update={"labels": ("urgent",)})
    assert before_in(changed, state) is state
