"""What was said in a chat or a ticket, and about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from baton.contract import chat_workflow_id, ticket_workflow_id
from baton.desk.apikeys import Scope
from baton.desk.said import MessageRow
from baton.model.effects import CaseRef
from gateway.api.listing import Listed, MostRows, sent_page
from gateway.backend import Backend
from gateway.problems import NO_SUCH_CASE, ProblemError
from gateway.routing import BackendOf, api_router, needs

router = api_router()


class MessagesAsked(BaseModel):
    """Which messages to list."""

    model_config = ConfigDict(extra="forbid")

    limit: MostRows = 50
    before: str | None = Field(
        default=None, description="`next` of the page before, for an earlier one; the latest without it."
    )


_SAYS = {
    "response_model": Listed[MessageRow],
    "tags": ["lists"],
    **needs(Scope.READ, NO_SUCH_CASE),
}


@router.get("/chats/{channel}/{conversation}/messages", summary="What was said in a conversation", **_SAYS)
async def chat_messages(
    channel: str, conversation: str, asked: Annotated[MessagesAsked, Query()], backend: BackendOf
) -> Response:
    """In all its chats, with the notes about them: the latest, the oldest first. `next` leads to earlier
    ones."""
    return await _messages(chat_workflow_id(channel, conversation), asked, backend)


@router.get("/tickets/{ticket_id}/messages", summary="What was said in a ticket", **_SAYS)
async def ticket_messages(
    ticket_id: str, asked: Annotated[MessagesAsked, Query()], backend: BackendOf
) -> Response:
    """With notes and drafts: the latest, the oldest first. `next` leads to earlier ones."""
    return await _messages(ticket_workflow_id(ticket_id), asked, backend)


async def _messages(workflow_id: str, asked: MessagesAsked, backend: Backend) -> Response:
    ledger, case = await backend.ledger(), CaseRef.at(workflow_id)
    page = await ledger.pages.messages(case, asked.limit, asked.before)
    if not page.rows and asked.before is None and await ledger.kept(case) is None:
        raise ProblemError(NO_SUCH_CASE, f"nothing was ever said in {workflow_id}")
    return sent_page(page, MessageRow)
