"""Lists of Libredesk, read whole: conversations in the order of a time, and what happened in one."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from baton.errors import HelpDeskUnavailable
from helpdesks.libredesk.client import MOST_PAGES, PAGE, LibredeskClient
from helpdesks.libredesk.wire import ConversationThere, Listed, MessageThere
from helpdesks.outside.answers import read_as

_EPOCH = datetime.fromtimestamp(0, UTC)
_STEP = timedelta(microseconds=1)
EVERYTHING = "conversations/all"


def micros(at: datetime | None) -> int:
    """A time in microseconds since 1970; 0 for none. Libredesk's times are that exact."""
    return 0 if at is None else (at - _EPOCH) // _STEP


def instant(number: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return _EPOCH + number * _STEP


async def conversation_there(client: LibredeskClient, uuid: str) -> ConversationThere:
    """A conversation as it is now."""
    return read_as(ConversationThere, await client.get(f"conversations/{uuid}"), "a conversation")


async def latest_there(client: LibredeskClient) -> datetime | None:
    """When something was last written in any conversation."""
    rows, _ = await client.rows(EVERYTHING, order_by="conversations.last_message_at", order="desc")
    return next((_listed(row).last_message_at for row in rows), None)


async def by_time(
    client: LibredeskClient, field: str, since: int, *filters: dict[str, str]
) -> AsyncGenerator[tuple[list[Listed], int], None]:
    """Pages of conversations by ``created_at`` or ``last_message_at``, since a time, and how many follow it.

    A conversation in which something is written meanwhile moves to the end, and all behind it forward by one
    place. So the next page begins with the time at which the last one ended, and its first conversations may
    come a second time.
    """
    page = 1
    for _ in range(MOST_PAGES):
        later = _rule("conversations", field, "greater than", instant(since - 1).isoformat())
        rows, total = await client.rows(
            EVERYTHING,
            page,
            order_by=f"conversations.{field}",
            order="asc",
            filters=json.dumps([later, *filters]),
        )
        found = [_listed(row) for row in rows]
        yield found, total
        if len(found) < PAGE:
            return
        last = micros(getattr(found[-1], field))
        since, page = (last, 1) if last > since else (since, page + 1)
    raise HelpDeskUnavailable(f"Libredesk shows more than {MOST_PAGES * PAGE} conversations")


async def of_nobody(client: LibredeskClient, statuses: Sequence[str]) -> list[Listed]:
    """The conversations with one of these statuses that no agent has."""
    filters = [_rule("conversations", "assigned_user_id", "not set", ""), among_statuses(statuses)]
    found: list[Listed] = []
    for page in range(1, MOST_PAGES + 1):
        rows, _ = await client.rows(EVERYTHING, page, filters=json.dumps(filters))
        found += [_listed(row) for row in rows]
        if len(rows) < PAGE:
            break
    return found


def among_statuses(statuses: Sequence[str]) -> dict[str, str]:
    """The filter for conversations with one of these statuses."""
    return _rule("conversation_statuses", "name", "in", json.dumps(list(statuses)))


async def messages_there(
    client: LibredeskClient, uuid: str, since: datetime | None = None, **query: str
) -> tuple[list[MessageThere], bool]:
    """What was written and changed in a conversation, the oldest first, and whether that is all.

    At least what there is since that time, and the newest page. ``query`` can be a ``type``.
    """
    found: dict[str, MessageThere] = {}
    for page in range(1, MOST_PAGES + 1):
        rows, _ = await client.rows(f"conversations/{uuid}/messages", page, **query)
        read = [read_as(MessageThere, row, "a message") for row in rows]
        found.update((one.uuid, one) for one in read)
        if len(rows) < PAGE:
            return sorted(found.values(), key=lambda one: one.created_at), True
        if since is not None and read[-1].created_at < since:
            break
    return sorted(found.values(), key=lambda one: one.created_at), False


def _listed(row: Any) -> Listed:
    return read_as(Listed, row, "a conversation")


def _rule(model: str, field: str, operator: str, value: str) -> dict[str, str]:
    return {"model": model, "field": field, "operator": operator, "value": value}
