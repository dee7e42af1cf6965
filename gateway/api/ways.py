"""How people are told elsewhere: by e-mail, and by a chat tool. The URL of a chat tool is in no answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response
from pydantic import Field

from baton.desk.apikeys import Scope
from baton.desk.outgoing import MAIL, Way
from baton.desk.ways import USUAL, DigestMinutes, MailAddress, NoticeKind, PersonsWay, Wishes
from gateway.api.envelopes import Envelope
from gateway.api.webhookbodies import Url
from gateway.api.webhooks import begin_to_deliver, check_target
from gateway.problems import NOT_ALLOWED, UNKNOWN_STAFF
from gateway.routing import BackendOf, api_router, needs, sent_list

router = api_router()

_PLACE = "/staff/{staff}/ways"
_EXAMPLE = {"email": {"address": "ivan@company.example", "digest_minutes": 15, "quiet": True}}


class WishesBody(Envelope):
    """What somebody wants to be told."""

    kinds: list[NoticeKind] = Field(default=list(USUAL), max_length=20)
    digest_minutes: DigestMinutes = Field(
        default=0, description="For how long notices are gathered into one; 0 sends each at once."
    )
    quiet: bool = Field(
        default=False, description="Whether notices wait for duty, by the calendar of this person's line."
    )
    urgent: list[NoticeKind] = Field(
        default=[], max_length=20, description="Of these kinds, what waits neither for duty nor for others."
    )

    def wishes(self) -> Wishes:
        """As the ledger takes them."""
        return Wishes(
            kinds=tuple(self.kinds),
            digest_minutes=self.digest_minutes,
            quiet=self.quiet,
            urgent=tuple(self.urgent),
        )


class MailBody(WishesBody):
    """To be told by e-mail."""

    address: MailAddress


class ChatBody(WishesBody):
    """To be told by a chat tool."""

    url: Url


class WaysBody(Envelope):
    """All ways by which somebody is told; one that is left out ends."""

    email: MailBody | None = None
    chat: ChatBody | None = None


@router.get(
    _PLACE,
    response_model=list[PersonsWay],
    summary="How a person is told elsewhere",
    tags=["webhooks"],
    **needs(Scope.ADMIN, UNKNOWN_STAFF),
)
async def persons_ways(staff: str, backend: BackendOf) -> Response:
    """The ways, with the address of e-mail, and how the last attempt by each ended."""
    ledger = await backend.ledger()
    found = await ledger.ways.of(staff)
    if not found:
        (await ledger.directory()).directory.require_staff(staff)
    return sent_list(found, PersonsWay)


@router.put(
    _PLACE,
    response_model=list[PersonsWay],
    summary="Say how a person is told elsewhere",
    tags=["webhooks"],
    **needs(Scope.ADMIN, UNKNOWN_STAFF, NOT_ALLOWED),
)
async def set_ways(
    staff: str,
    body: Annotated[WaysBody, Body(openapi_examples={"mail": {"value": _EXAMPLE}})],
    backend: BackendOf,
) -> Response:
    """From now on these are all ways by which this person is told. None ends them all."""
    ledger = await backend.ledger()
    if body.email or body.chat:
        (await ledger.directory()).directory.require_staff(staff)
    if body.chat is not None:
        await check_target(body.chat.url, backend)
    if body.email is None:
        await ledger.ways.end(staff, Way.EMAIL)
    else:
        await ledger.ways.set(
            staff, Way.EMAIL, body.email.wishes(), subscriber=MAIL, address=body.email.address
        )
    await ledger.ways.end(staff, Way.CHAT)
    if body.chat is not None:
        made, _ = await ledger.subscribers.make(Way.CHAT, "somebody's chat", body.chat.url, staff=staff)
        await ledger.ways.set(staff, Way.CHAT, body.chat.wishes(), subscriber=made.id)
        await begin_to_deliver(made.id, backend)
    return sent_list(await ledger.ways.of(staff), PersonsWay)
