"""Lists of Omnidesk, read whole: cases in the order of a time, messages, the changelog, staff."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from baton.errors import HelpDeskUnavailable
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.wire import CaseThere, EntryThere, MessageThere, StaffThere, listed, total
from helpdesks.outside.answers import read_as
from helpdesks.outside.http import Answer

PAGE = 100
"""The most items on a page."""
MOST_PAGES = 500


async def case_there(client: OmnideskClient, case_id: str) -> CaseThere:
    """A case as it is now."""
    answer = await client.get(f"cases/{case_id}.json")
    return read_as(CaseThere, _part(answer.data, "case"), "a case")


async def cases_by_time(
    client: OmnideskClient, field: str, since: int, **filters: Sequence[str]
) -> AsyncGenerator[tuple[list[CaseThere], Answer], None]:
    """Pages of cases, by ``created`` or ``updated``, since a time in seconds.

    A case that changes meanwhile moves to the end, and all behind it forward by one place, so the next page
    begins with the time at which the last one ended, and its first cases may come a second time.
    """
    from_time = "from_time" if field == "created" else "from_updated_time"
    query: dict[str, str | int | Sequence[str]] = {
        "sort": f"{field}_at_asc",
        "show_active_chats": "true",
        "limit": PAGE,
        **filters,
    }
    page = 1
    while page <= MOST_PAGES:
        # A second less: whether the time itself is included is not documented.
        answer = await client.get("cases.json", **{from_time: since - 1, "page": page}, **query)
        cases = [read_as(CaseThere, item, "a case") for item in listed(answer.data, "case")]
        yield cases, answer
        if len(cases) < PAGE:
            return
        last = seconds(cases[-1].updated_at if field == "updated" else cases[-1].created_at)
        since, page = (last, 1) if last > since else (since, page + 1)
    raise HelpDeskUnavailable(f"Omnidesk shows more than {MOST_PAGES * PAGE} cases of one moment")


async def messages_there(
    client: OmnideskClient, case_id: str, since: datetime | None = None
) -> list[MessageThere]:
    """The messages and notes of a case, the newest first, at least those that were written since then."""
    found: dict[int, MessageThere] = {}
    async for page in _pages(client, f"cases/{case_id}/messages.json", "message", order="desc"):
        read = [read_as(MessageThere, item, "a message") for item in page]
        found.update((one.message_id, one) for one in read)
        if since and any(one.created_at is not None and one.created_at < since for one in read):
            break
    return list(found.values())


async def entries_there(client: OmnideskClient, case_id: str) -> list[EntryThere]:
    """The changelog of a case. Whether it has pages is not documented: one that comes again is the last."""
    found: list[EntryThere] = []
    before: list[Any] = []
    for page in range(1, MOST_PAGES + 1):
        answer = await client.get(f"cases/{case_id}/changelog.json", page=page, limit=PAGE)
        items = _part(answer.data, "changelog")
        listing = list(items.values()) if isinstance(items, dict) else list(items or ())
        if listing == before:
            break
        found += [read_as(EntryThere, item, "an entry of a changelog") for item in listing]
        if len(listing) < PAGE:
            break
        before = listing
    return found


async def staff_there(client: OmnideskClient) -> list[StaffThere]:
    """Everybody who has a login."""
    pages = _pages(client, "staff.json", "staff")
    return [read_as(StaffThere, item, "a person") async for page in pages for item in page]


async def ids_there(client: OmnideskClient, path: str, key: str) -> dict[str, dict[str, Any]]:
    """What else has an ID, such as ``group`` and ``label``: by ID, as Omnidesk shows it."""
    pages = _pages(client, path, key)
    return {
        str(item.get(f"{key}_id")): item async for page in pages for item in page if isinstance(item, dict)
    }


async def _pages(client: OmnideskClient, path: str, key: str, **query: str) -> AsyncIterator[list[Any]]:
    read = 0
    for page in range(1, MOST_PAGES + 1):
        answer = await client.get(path, page=page, limit=PAGE, **query)
        items = list(listed(answer.data, key))
        yield items
        read += len(items)
        if len(items) < PAGE or read >= (total(answer.data) or read + 1):
            return


def seconds(at: datetime | None) -> int:
    """A time in seconds since 1970; 0 for none."""
    return 0 if at is None else int(at.timestamp())


def _part(data: Any, key: str) -> Any:
    if not isinstance(data, dict) or key not in data:
        raise HelpDeskUnavailable(f"Omnidesk's answer has no {key!r}")
    return data[key]
