"""What the feed of a desk remembers between two looks, where the desk has only a list of what has changed.

A cursor is a line of at most 2,000 characters, opaque to everybody but its adapter. It must not lose anything
and may repeat: what there is no room for is read, or told, a second time, under the same ID.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from baton.contract import Presence
from baton.errors import DeskRefused

_LENGTH = 6
"""Characters for one thing that is remembered: 36 bits."""
LONGEST_PRESENCES = 200
_LETTERS = {Presence.ONLINE: "o", Presence.WITHOUT_CHATS: "w", Presence.OFFLINE: "f", None: "-"}

Marks = Annotated[str, StringConstraints(pattern=rf"^(.{{{_LENGTH}}})*$")]


def mark(text: str) -> str:
    """A short fingerprint."""
    return urlsafe_b64encode(sha256(text.encode()).digest())[:_LENGTH].decode()


def marks(joined: str) -> list[str]:
    """The fingerprints in a text, in order."""
    return [joined[at : at + _LENGTH] for at in range(0, len(joined), _LENGTH)]


def newest(known: Iterable[str], most: int) -> str:
    """The last ``most`` fingerprints, once each."""
    return "".join([*dict.fromkeys(known)][-most:])


class Remembered(BaseModel):
    """A cursor. Its times are numbers since 1970, by the desk's clock, in a unit that the adapter chooses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: int
    """What happened before has been told. Stays where it is while there is more to be read at once."""
    since: int
    """Cases that were changed before have been read."""
    read: Marks = ""
    """Cases that have been read as they are now."""
    told: Marks = ""
    """What has been told of what happened since ``floor``."""
    presences: str = ""
    """The first letter of each person's presence when it was told last, by the order of their IDs."""
    presences_at: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor in a text. Raises ``DeskRefused`` if it is none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise DeskRefused("this is no place in the changes of this desk") from None

    def __str__(self) -> str:
        return self.model_dump_json(exclude_defaults=True)


def changed_presences(now: Mapping[str, Presence | None], letters: str) -> tuple[Mapping[str, Presence], str]:
    """Whose presence is another than that which was told last, and the letters to remember.

    Args:
        now: by person; None is one that means nothing, which is never told.
        letters: what was remembered. If it is about another number of people, everybody's is told.
    """
    people = sorted(now)
    written = "".join(_LETTERS[now[person]] for person in people)
    before = letters if len(letters) == len(written) else " " * len(written)
    changed = {
        person: presence
        for person, letter, was in zip(people, written, before, strict=True)
        if (presence := now[person]) and letter != was
    }
    return changed, written if len(written) <= LONGEST_PRESENCES else ""
