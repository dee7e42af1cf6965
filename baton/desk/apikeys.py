"""Calls about the gateway's API keys: the names of the activities, their arguments and their rows.

A key itself never crosses Temporal: whoever makes one keeps it, and sends its digest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from baton.contract import Instant, Payload
from baton.desk.tokens import Digest, new_token

ADD_API_KEY = "add_api_key"
LIST_API_KEYS = "list_api_keys"
ROTATE_API_KEY = "rotate_api_key"
REVOKE_API_KEY = "revoke_api_key"

PREFIX = "baton_"
"""How every key begins, so that people and scanners know one when they see it."""


class Scope(StrEnum):
    """What a key allows. None includes another."""

    EVENTS = "events"
    """Send events to chats and tickets."""
    READ = "read"
    """Read cases, lists, templates, the directory, presence, notices."""
    DESK = "desk"
    """Change presence, and block customers."""
    ADMIN = "admin"
    """Change the directory."""


KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class NewApiKey(Payload):
    """A key to keep, under a name that no living key has."""

    name: KeyName
    digest: Digest
    scopes: tuple[Scope, ...] = Field(min_length=1)


class ApiKeyRotation(Payload):
    """A key in place of those that live under this name, which end after ``grace`` seconds."""

    name: KeyName
    digest: Digest
    grace: float = Field(default=0, ge=0, le=31_622_400, allow_inf_nan=False)


class ApiKeyRevocation(Payload):
    """Which keys to end at once: all of this name."""

    name: KeyName


class ApiKeyRow(Payload):
    """One key, without anything that would let somebody use it."""

    name: str
    scopes: tuple[str, ...] = ()
    made_at: Instant
    ends_at: Instant | None = None
    """When it ends, or has ended; null for one that was neither rotated nor revoked."""


def new_key() -> str:
    """A key that nobody can guess."""
    return new_token(PREFIX)
