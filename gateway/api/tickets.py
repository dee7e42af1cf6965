"""Tickets: events go in, and what a ticket is now, what happened to it, and its draft, comes out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response

from baton.contract import Draft, TicketOutcome, TicketSnapshot, TimelineEntry
from baton.desk.apikeys import Scope
from gateway.api.envelopes import REFUSALS, WAIT, Submitted, TicketEventBody, of_case
from gateway.problems import NO_SUCH_CASE
from gateway.routing import BackendOf, api_router, needs, sent, sent_list

router = api_router()

_PLACE = "/tickets/{ticket_id}"
_EXAMPLE = {
    "event": {
        "kind": "customer_message",
        "id": "mail-20394",
        "author": {"type": "customer", "id": "c-7"},
        "text": "My parcel is broken, and I was charged twice.",
    },
    "subject": "Parcel 4711",
}


@router.post(
    f"{_PLACE}/events",
    response_model=TicketOutcome,
    summary="Send an event to a ticket",
    tags=["tickets"],
    **needs(Scope.EVENTS, *REFUSALS, accepted=Submitted),
)
async def send_to_ticket(
    ticket_id: str,
    body: Annotated[TicketEventBody, Body(openapi_examples={"message": {"value": _EXAMPLE}})],
    backend: BackendOf,
    wait: WAIT = True,
) -> Response:
    """The first event opens the ticket. The answer comes when the decision is durable; with `wait=false` it
    comes as soon as the event cannot get lost."""
    ticket = (await backend.baton()).ticket(ticket_id)
    beside = body.model_dump(exclude={"event"})
    if not wait:
        await ticket.submit(body.event, **beside)
        return sent(Submitted(event_id=body.event["id"]), 202)
    return sent(await ticket.send(body.event, **beside, timeout=backend.patience))


@router.get(
    _PLACE,
    response_model=TicketSnapshot,
    summary="A ticket as it is now",
    tags=["tickets"],
    **needs(Scope.READ, NO_SUCH_CASE),
)
async def ticket(ticket_id: str, backend: BackendOf) -> Response:
    """The ticket with its departments and their notes, also after it is closed, for as long as Temporal keeps
    it."""
    return sent(await of_case((await backend.baton()).ticket(ticket_id).snapshot()))


@router.get(
    f"{_PLACE}/timeline",
    response_model=list[TimelineEntry],
    summary="What happened to a ticket",
    tags=["tickets"],
    **needs(Scope.READ, NO_SUCH_CASE),
)
async def ticket_timeline(ticket_id: str, backend: BackendOf) -> Response:
    """The latest events, refused ones included, the oldest first."""
    found = await of_case((await backend.baton()).ticket(ticket_id).timeline())
    return sent_list(found, TimelineEntry)


@router.get(
    f"{_PLACE}/draft",
    response_model=Draft,
    summary="The draft of a ticket's reply",
    tags=["tickets"],
    **needs(Scope.READ, NO_SUCH_CASE),
)
async def ticket_draft(ticket_id: str, backend: BackendOf) -> Response:
    """The consolidated reply, as drafted from the departments' notes."""
    return sent(await of_case((await backend.baton()).ticket(ticket_id).draft()))
