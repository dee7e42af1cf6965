"""Where the feed goes on: a line of at most 2,000 characters, opaque to everybody else.

It must not lose anything and may repeat: what there is no room for is read, or told, a second time, under the
same ID.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from baton.errors import DeskRefused

_LENGTH = 6
"""Characters for one thing that is remembered: 36 bits."""
MOST_READ = 80
MOST_TOLD = 120
MOST_LATER = 12
"""How many of each are remembered."""
LONGEST_PRESENCES = 200

Marks = Annotated[str, StringConstraints(pattern=rf"^(.{{{_LENGTH}}})*$")]


def mark(text: str) -> str:
    """A short fingerprint."""
    return urlsafe_b64encode(sha256(text.encode()).digest())[:_LENGTH].decode()


def marks(joined: str) -> list[str]:
    """The fingerprints in a text, in order."""
    return [joined[at : at + _LENGTH] for at in range(0, len(joined), _LENGTH)]


class Cursor(BaseModel):
    """Where the feed goes on. Times are seconds since 1970, by Omnidesk's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: int
    """What happened before has been told. Stays where it is while there is more to be read at once."""
    since: int
    """Cases that were changed before have been read."""
    read: Marks = ""
    """Cases that have been read as they are now."""
    told: Marks = ""
    """What has been told of what happened since ``floor``."""
    later: tuple[tuple[str, int], ...] = ()
    """Cases with a message that is sent later, and when."""
    presences: str = ""
    """The first letter of each person's presence when it was told last, by the order of their IDs."""
    presences_at: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor in a text. Raises ``DeskRefused`` if it is none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise DeskRefused("this is no place in the changes of Omnidesk") from None

    def __str__(self) -> str:
        return self.model_dump_json(exclude_defaults=True)


def newest(known: Iterable[str], most: int) -> str:
    """The last ``most`` fingerprints, once each."""
    return "".join([*dict.fromkeys(known)][-most:])
