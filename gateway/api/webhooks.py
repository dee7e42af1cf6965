"""Webhooks out: who is told what happens. A secret is in one answer only, and a URL in none."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Body, Query, Response

from baton.desk.apikeys import Scope
from baton.desk.outgoing import (
    MAIL,
    DeadLetter,
    Replayed,
    Subscriber,
    SubscriberState,
    Way,
)
from baton.errors import BatonError, InvalidEvent
from baton.temporal.logs import words_of
from gateway.api.webhookbodies import (
    EXAMPLE,
    MadeWebhook,
    NewSecret,
    NewWebhook,
    ReplayBody,
    Rotation,
    Waits,
    WebhookChange,
)
from gateway.backend import Backend
from gateway.problems import NO_SUCH_WEBHOOK, NOT_ALLOWED, ProblemError, invalid
from gateway.routing import BackendOf, api_router, needs, sent, sent_list
from helpdesks.outgoing.addresses import NotAllowedThere, Unresolved, check_url, resolve

router = api_router()
_log = logging.getLogger("baton.gateway")

_PLACE = "/webhooks/{webhook_id}"
_SUBSCRIBER = needs(Scope.ADMIN, NO_SUCH_WEBHOOK)


@router.post(
    "/webhooks",
    response_model=MadeWebhook,
    status_code=201,
    summary="Make a webhook",
    tags=["webhooks"],
    **needs(Scope.ADMIN),
)
async def make_webhook(
    body: Annotated[NewWebhook, Body(openapi_examples={"shop": {"value": EXAMPLE}})], backend: BackendOf
) -> Response:
    """From now on it is told what happens. Keep the `secret`: no other answer has it."""
    await check_target(body.url, backend)
    made, secret = await (await backend.ledger()).subscribers.make(
        Way(body.way),
        body.name,
        body.url,
        [one.value for one in body.types],
        with_text=body.with_text,
        capacity=body.capacity,
    )
    await begin_to_deliver(made.id, backend)
    return sent(MadeWebhook(**made.model_dump(), secret=secret), 201, Location=f"/v1/webhooks/{made.id}")


@router.get(
    "/webhooks",
    response_model=list[Subscriber],
    summary="List webhooks",
    tags=["webhooks"],
    **needs(Scope.ADMIN),
)
async def webhooks(backend: BackendOf) -> Response:
    """All subscribers, the oldest first, with what waits for each, and its last error."""
    return sent_list(await (await backend.ledger()).subscribers.all(), Subscriber)


@router.get(_PLACE, response_model=Subscriber, summary="One webhook", tags=["webhooks"], **_SUBSCRIBER)
async def webhook(webhook_id: str, backend: BackendOf) -> Response:
    """How it is, what waits for it, and its last error."""
    with _there(webhook_id):
        return sent(await (await backend.ledger()).subscribers.one(webhook_id))


@router.patch(
    _PLACE,
    response_model=Subscriber,
    summary="Change a webhook",
    tags=["webhooks"],
    **needs(Scope.ADMIN, NO_SUCH_WEBHOOK, NOT_ALLOWED),
)
async def change_webhook(webhook_id: str, body: WebhookChange, backend: BackendOf) -> Response:
    """Pause it, let it go on, or change where it goes and what it is told."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if webhook_id == MAIL and changes.keys() - {"state", "capacity"}:
        raise ProblemError(NOT_ALLOWED, "of the e-mail of people, only state and capacity can be changed")
    if body.url is not None:
        await check_target(body.url, backend)
    if body.state is not None:
        changes["state"] = SubscriberState(body.state)
    with _there(webhook_id):
        return sent(await (await backend.ledger()).subscribers.change(webhook_id, changes))


@router.delete(
    _PLACE,
    status_code=204,
    summary="Remove a webhook",
    tags=["webhooks"],
    **needs(Scope.ADMIN, NO_SUCH_WEBHOOK, NOT_ALLOWED),
)
async def remove_webhook(webhook_id: str, backend: BackendOf) -> Response:
    """It is told nothing any more, and its letters are gone, dead ones included."""
    if webhook_id == MAIL:
        raise ProblemError(NOT_ALLOWED, "the e-mail of people stays as long as workers have a mail server")
    with _there(webhook_id):
        await (await backend.ledger()).subscribers.remove(webhook_id)
    return Response(status_code=204)


@router.post(
    f"{_PLACE}/rotate",
    response_model=NewSecret,
    summary="Replace the secret of a webhook",
    tags=["webhooks"],
    **_SUBSCRIBER,
)
async def rotate_secret(webhook_id: str, body: Rotation, backend: BackendOf) -> Response:
    """For a while what it gets is signed with both, so that no receiver has to change in one moment."""
    ledger = await backend.ledger()
    with _there(webhook_id):
        await ledger.subscribers.one(webhook_id)
    return sent(
        NewSecret(secret=await ledger.subscribers.rotate(webhook_id, timedelta(hours=body.keep_hours)))
    )


@router.post(
    f"{_PLACE}/test",
    response_model=Waits,
    status_code=202,
    summary="Send a webhook about nothing",
    tags=["webhooks"],
    **_SUBSCRIBER,
)
async def test_webhook(webhook_id: str, backend: BackendOf) -> Response:
    """A letter of the type `baton.test` waits. Whether it arrives is seen there, or in the last error."""
    ledger = await backend.ledger()
    with _there(webhook_id):
        await ledger.subscribers.one(webhook_id)
    return sent(Waits(webhook_id=await ledger.letters.post_test(webhook_id)), 202)


@router.get(
    f"{_PLACE}/dead",
    response_model=list[DeadLetter],
    summary="What a webhook did not get",
    tags=["webhooks"],
    **_SUBSCRIBER,
)
async def dead_letters(
    webhook_id: str, backend: BackendOf, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> Response:
    """Letters that are not tried any more, the latest first, each with its reason."""
    ledger = await backend.ledger()
    with _there(webhook_id):
        await ledger.subscribers.one(webhook_id)
    return sent_list(await ledger.letters.dead(webhook_id, limit), DeadLetter)


@router.post(
    f"{_PLACE}/replay",
    response_model=Replayed,
    summary="Try dead letters again",
    tags=["webhooks"],
    **_SUBSCRIBER,
)
async def replay(webhook_id: str, body: ReplayBody, backend: BackendOf) -> Response:
    """They wait again, under the same `webhook-id`, as if they had just been written."""
    ledger = await backend.ledger()
    with _there(webhook_id):
        await ledger.subscribers.one(webhook_id)
    return sent(Replayed(letters=await ledger.letters.replay(webhook_id, body.ids, body.since)))


@contextmanager
def _there(webhook_id: str) -> Iterator[None]:
    """Say that there is no such subscriber where nobody is."""
    try:
        yield
    except InvalidEvent:
        raise ProblemError(NO_SUCH_WEBHOOK, f"there is no webhook {webhook_id}") from None


async def check_target(url: str, backend: Backend) -> None:
    """Raise ``ProblemError`` if nothing may be sent there. What it says does not quote the URL."""
    try:
        parts = check_url(url, private=backend.private_targets)
        await resolve(parts, private=backend.private_targets)
    except (NotAllowedThere, Unresolved) as error:
        raise invalid([{"field": "url", "message": str(error)}]) from None


async def begin_to_deliver(subscriber: str, backend: Backend) -> None:
    """Have a worker begin to deliver to a subscriber that was just made."""
    try:
        await (await backend.outgoing()).tend(subscriber)
    except BatonError as error:  # workers look by themselves, too
        _log.warning("the deliveries to %s begin within a minute: %s", subscriber, words_of(error))
