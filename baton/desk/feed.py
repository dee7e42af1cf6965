"""The feed of a desk that stands beside the ledger: what its workflow is started with, asks and answers."""

from __future__ import annotations

from baton.contract import Instant, Payload

DESK_FEED_WORKFLOW = "DeskFeed"
READ_DESK = "read_desk"
"""Activity: read what is new at the desk, and hand it to the cases."""
LOOK = "look"
"""Signal, without an argument: something may be new. For hooks."""
FEED_STATUS = "status"
"""Query: how far the feed has read."""


def desk_feed_workflow_id(desk: str, task_queue: str) -> str:
    """The workflow ID of the feed of a desk."""
    return f"desk-feed:{desk}:{task_queue}"


class FeedStatus(Payload):
    """How far a feed has read. What has happened before it began is no part of it: that is imported."""

    cursor: str | None = None
    """Where it goes on, in the desk's own words; None before the first look."""
    looked_at: Instant | None = None
    """When it last looked and found nothing more."""
    latest_at: Instant | None = None
    """When the last thing happened that it has read, by the desk's clock."""
    lag: float = 0.0
    """Seconds between the last thing that it has read and the moment at which its case had it."""
    looks: int = 0
    heard: int = 0
    """What people did at the desk, and Baton itself."""
    told: int = 0
    """Events that cases got."""
    refused: int = 0
    """Of these, events that were refused: the desk was put back, and says why."""
    passed_over: int = 0
    """What was about no case that Baton has."""
    silent: tuple[str, ...] = ()
    """Cases, by the desk's own ID, that gave no answer when they were last told something. They get their
    events all the same, and nobody waits for what they say."""


class FeedStart(Payload):
    """The start argument of the workflow."""

    desk: str
    status: FeedStatus = FeedStatus()


class Look(Payload):
    """One look at the desk."""

    desk: str
    cursor: str | None = None
    silent: tuple[str, ...] = ()


class Looked(Payload):
    """What one look has found."""

    cursor: str
    more: bool = False
    """Whether there is more to be read at once."""
    at: Instant
    """When the look began."""
    every: float
    """Seconds until the next look, as the mapping says now."""
    latest_at: Instant | None = None
    lag: float = 0.0
    heard: int = 0
    told: int = 0
    refused: int = 0
    passed_over: int = 0
    silent: tuple[str, ...] = ()
