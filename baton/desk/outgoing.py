"""What is told elsewhere: the workflow and the activity that deliver, and the calls about subscribers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from baton.contract import Instant, Payload

SUBSCRIBER_WORKFLOW = "Subscriber"
DELIVER = "deliver"
"""Activity: deliver what waits for a subscriber, and what comes in meanwhile."""
SUBSCRIBERS = "subscribers"
DEAD_LETTERS = "dead_letters"
REPLAY_LETTERS = "replay_letters"
SET_SUBSCRIBER = "set_subscriber"
TEND_SUBSCRIBER = "tend_subscriber"

LARGEST_QUEUE = 10_000
"""Undelivered letters that a subscriber may have, unless said otherwise."""
MAIL = "email"
"""The ID of the subscriber that is all people's e-mail."""


def subscriber_workflow_id(subscriber: str, task_queue: str) -> str:
    """The workflow ID of the deliveries to a subscriber."""
    return f"subscriber:{subscriber}:{task_queue}"


class Way(StrEnum):
    """How a subscriber is told."""

    STANDARD = "standard"
    """A webhook by the Standard Webhooks specification, signed."""
    CHAT = "chat"
    """``{"text": …}``, which chat tools take as an incoming webhook. Not signed: its URL is the secret."""
    EMAIL = "email"


class SubscriberState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    """Letters wait."""
    OFF = "off"
    """Its target said that it is gone for good (410). Nothing is written for it any more."""


class SubscriberStart(Payload):
    """The start argument of the workflow, with what it has done in the runs before."""

    subscriber: str
    delivered: int = 0
    failed: int = 0
    dead: int = 0


class Deliver(Payload):
    """Deliver what waits for this subscriber."""

    subscriber: str


class Delivered(Payload):
    """What one delivery has done."""

    delivered: int = 0
    failed: int = 0
    """Attempts that failed."""
    dead: int = 0
    """Letters that are not tried any more."""
    waiting: int = 0
    """How many wait now."""
    next_try_at: Instant | None = None
    """Set while the target fails: when it is tried again."""
    last_error: str | None = None
    gone: bool = False
    """Whether there is no such subscriber any more."""


class Subscriber(Payload):
    """A subscriber, without its secrets."""

    id: str
    way: Way
    name: str
    staff: str | None = None
    """Whose own it is: then it gets this person's notices only."""
    place: str | None = None
    """Where its target is, without path and query, which may be secret."""
    types: tuple[str, ...] = ()
    """What it is told; everything if empty."""
    with_text: bool = False
    state: SubscriberState
    capacity: int
    waiting: int = 0
    dead: int = 0
    failures: int = 0
    """Attempts in a row that failed."""
    next_try_at: Instant | None = None
    last_error: str | None = None
    last_error_at: Instant | None = None
    last_delivered_at: Instant | None = None
    made_at: Instant


class DeadQuery(Payload):
    """Which dead letters to list, the latest first."""

    subscriber: str
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class DeadLetter(Payload):
    """A letter that was not delivered and is not tried any more."""

    id: int
    webhook_id: str
    type: str
    about: str
    """The workflow of its case."""
    staff: str | None = None
    at: Instant
    """When what it tells of happened."""
    died_at: Instant | None = None
    attempts: int
    why: str


class Replay(Payload):
    """Try dead letters again: these, those that died since a moment, or all of them."""

    subscriber: str
    ids: Annotated[tuple[int, ...], Field(max_length=1000)] = ()
    since: Instant | None = None


class Replayed(Payload):
    """How many letters wait again."""

    letters: int


class SubscriberQuery(Payload):
    """Which subscriber is meant."""

    subscriber: str


class SubscriberChange(Payload):
    """Pause a subscriber, or let it go on."""

    subscriber: str
    state: SubscriberState
