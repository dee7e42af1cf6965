"""Presence: what everybody is doing, and what they are doing from now on. And whom nobody wants to hear."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from baton.contract import Presence
from baton.desk.api import CustomerBlock, PresenceQuery, PresenceRow, PresencesSet
from baton.desk.apikeys import Scope
from gateway.api.envelopes import Envelope
from gateway.problems import UNANSWERED, UNKNOWN_LABEL, UNKNOWN_STAFF
from gateway.routing import BackendOf, api_router, needs, sent, sent_list
from helpdesks import answers

router = api_router()


class PresenceAsked(BaseModel):
    """Whom to list: everybody who passes every given filter."""

    model_config = ConfigDict(extra="forbid")

    staff: list[str] = []
    line: str | None = None
    department: str | None = Field(default=None, description="The key of a department.")
    role: str | None = None
    presence: Presence | None = None


class PresenceBody(Envelope):
    """What somebody is doing from now on."""

    presence: Presence


class PresencesBody(Envelope):
    """What several people are doing from now on: those named, those of these lines, or everybody."""

    presence: Presence
    staff: list[str] = []
    lines: list[str] = []
    everyone: bool = False


@router.get(
    "/presence",
    response_model=list[PresenceRow],
    summary="What everybody is doing",
    tags=["presence"],
    **needs(Scope.READ, UNKNOWN_STAFF, UNKNOWN_LABEL),
)
async def presence(asked: Annotated[PresenceAsked, Query()], backend: BackendOf) -> Response:
    """And whether they would get one more case. In the order of the directory."""
    query = PresenceQuery.model_validate(asked.model_dump())
    grace = timedelta(seconds=backend.settings.offline_grace_seconds)
    return sent_list(await answers.presence(await backend.ledger(), query, grace), PresenceRow)


@router.put(
    "/presence/{staff}",
    response_model=PresenceRow,
    summary="Say what somebody is doing",
    tags=["presence"],
    **needs(Scope.DESK, UNKNOWN_STAFF, UNANSWERED),
)
async def set_presence(staff: str, body: PresenceBody, backend: BackendOf) -> Response:
    """The cases that it concerns are told; offline counts after a grace."""
    return sent(await (await backend.desk()).set_presence(staff, body.presence))


@router.put(
    "/presence",
    response_model=PresencesSet,
    summary="Say what several people are doing",
    tags=["presence"],
    **needs(Scope.DESK, UNKNOWN_STAFF, UNANSWERED),
)
async def set_presences(body: PresencesBody, backend: BackendOf) -> Response:
    """All of them, or none if one of them is unknown."""
    desk = await backend.desk()
    return sent(
        await desk.set_presences(body.presence, staff=body.staff, lines=body.lines, everyone=body.everyone)
    )


@router.put(
    "/customers/{customer}/block",
    response_model=CustomerBlock,
    summary="Block a customer",
    tags=["customers"],
    **needs(Scope.DESK, UNANSWERED),
)
async def block(customer: str, backend: BackendOf) -> Response:
    """Their messages are recorded, but open no chat and notify nobody."""
    await (await backend.desk()).block_customer(customer)
    return sent(CustomerBlock(customer=customer, blocked=True))


@router.delete(
    "/customers/{customer}/block",
    response_model=CustomerBlock,
    summary="Unblock a customer",
    tags=["customers"],
    **needs(Scope.DESK, UNANSWERED),
)
async def unblock(customer: str, backend: BackendOf) -> Response:
    """Their messages open chats again."""
    await (await backend.desk()).block_customer(customer, blocked=False)
    return sent(CustomerBlock(customer=customer, blocked=False))
