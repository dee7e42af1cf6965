"""Calls about deliveries of hooks that could not be used."""

from __future__ import annotations

from baton.contract import Instant, Payload
from baton.desk.api import Limit

LIST_HOOKS = "list_hooks"
SHOW_HOOK = "show_hook"
REPLAY_HOOKS = "replay_hooks"


class HooksQuery(Payload):
    """The latest that are kept."""

    limit: Limit = 50


class HookQuery(Payload):
    """One of them."""

    id: int


class HookReplay(Payload):
    """Read these again, or one: those that can be used now are forgotten."""

    id: int | None = None
    """Which one; all, if left out."""
    after: int = 0
    """Of all: only those behind this one. A call reads a portion."""


class KeptHook(Payload):
    """A delivery that could not be used."""

    id: int
    desk: str
    reason: str
    at: Instant
    content_type: str = ""
    size: int = 0
    """Bytes of the body."""
    body: str = ""
    """The beginning of the body; empty in a list."""


class HooksReplayed(Payload):
    """What became of a portion."""

    usable: int = 0
    """Those that can be used now, and are kept no longer."""
    left: int = 0
    after: int | None = None
    """Where the next portion begins; none after the last."""
    desks: tuple[str, ...] = ()
    """The desks whose feeds are to look."""
