"""A letter, how things stand with its subscriber, and what follows from an attempt that failed."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from baton.desk.outgoing import SubscriberState
from helpdesks.outgoing.subscribers import body_of


class LetterRow(NamedTuple):
    """One letter that is due."""

    id: int
    subscriber: str
    key: str
    type: str
    staff: str | None
    about: str
    body: str
    at: datetime
    attempts: int

    @staticmethod
    def of(row: Any) -> LetterRow:
        """The letter in a row."""
        return LetterRow(*(getattr(row, name) for name in LetterRow._fields))

    @property
    def webhook_id(self) -> str:
        """The same at each attempt, and no other letter's."""
        return webhook_id(self.subscriber, self.key)

    @property
    def written(self) -> str:
        """The body of a webhook."""
        return body_of(self.type, self.at, self.body)


class Look(NamedTuple):
    """How things stand with a subscriber."""

    state: SubscriberState
    failures: int
    probe_at: datetime | None
    any_due: bool

    def may_send(self, now: datetime) -> bool:
        """Whether there is something to be tried now."""
        if self.state is not SubscriberState.ACTIVE or not self.any_due:
            return False
        return self.probe_at is None or self.probe_at <= now


class Failure(NamedTuple):
    """An attempt that failed, and what follows from it."""

    why: str
    next_at: datetime | None
    """When the letter is tried again; None if it is dead."""
    probe_at: datetime | None = None
    """Set if the target is to blame and not this letter: until then nothing is sent."""
    failures: int = 0
    """Set with it: how many attempts have failed in a row, counting those side by side as one."""
    too_old: datetime | None = None
    """Set with it: whatever waits since before then is dead, too."""
    off: bool = False
    """Whether the target is gone for good."""


def webhook_id(subscriber: str, key: str) -> str:
    """The ID of what a subscriber is told, for whoever wants to hear it once."""
    named = "\0".join((subscriber, key))
    return f"msg_{sha256(named.encode()).hexdigest()[:32]}"
