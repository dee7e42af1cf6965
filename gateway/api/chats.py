"""Chats: events go in, and what a chat is now, and what happened to it, comes out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response

from baton.contract import ChatSnapshot, Outcome, TimelineEntry
from baton.desk.apikeys import Scope
from gateway.api.envelopes import REFUSALS, WAIT, ChatEventBody, Submitted, of_case
from gateway.problems import NO_SUCH_CASE
from gateway.routing import BackendOf, api_router, needs, sent, sent_list

router = api_router()

_PLACE = "/chats/{channel}/{conversation}"
_EXAMPLE = {
    "event": {
        "kind": "customer_message",
        "id": "telegram-1-20394",
        "author": {"type": "customer", "id": "c-7"},
        "text": "Where is my parcel?",
    }
}


@router.post(
    f"{_PLACE}/events",
    response_model=Outcome,
    summary="Send an event to a chat",
    tags=["chats"],
    **needs(Scope.EVENTS, *REFUSALS, accepted=Submitted),
)
async def send_to_chat(
    channel: str,
    conversation: str,
    body: Annotated[ChatEventBody, Body(openapi_examples={"message": {"value": _EXAMPLE}})],
    backend: BackendOf,
    wait: WAIT = True,
) -> Response:
    """A customer's first message opens the chat. The answer comes when the decision is durable; with
    `wait=false` it comes as soon as the event cannot get lost."""
    chat = (await backend.baton()).chat(channel, conversation)
    if not wait:
        await chat.submit(body.event, customer=body.customer)
        return sent(Submitted(event_id=body.event["id"]), 202)
    return sent(await chat.send(body.event, customer=body.customer, timeout=backend.patience))


@router.get(
    _PLACE,
    response_model=ChatSnapshot,
    summary="A chat as it is now",
    tags=["chats"],
    **needs(Scope.READ, NO_SUCH_CASE),
)
async def chat(channel: str, conversation: str, backend: BackendOf) -> Response:
    """The latest chat of a conversation, also after it is closed, for as long as Temporal keeps it."""
    return sent(await of_case((await backend.baton()).chat(channel, conversation).snapshot()))


@router.get(
    f"{_PLACE}/timeline",
    response_model=list[TimelineEntry],
    summary="What happened to a chat",
    tags=["chats"],
    **needs(Scope.READ, NO_SUCH_CASE),
)
async def chat_timeline(channel: str, conversation: str, backend: BackendOf) -> Response:
    """The latest events, refused ones included, the oldest first."""
    found = await of_case((await backend.baton()).chat(channel, conversation).timeline())
    return sent_list(found, TimelineEntry)
