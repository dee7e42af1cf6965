"""Cases of Omnidesk as they are now: one, and all that are open, for taking them over."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime

from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.events import happened, start_of
from helpdesks.omnidesk.mapping import STATUSES, OmnideskMapping
from helpdesks.omnidesk.reading import cases_by_time, messages_there, seconds
from helpdesks.omnidesk.wire import CaseThere, total
from helpdesks.outside.adapter import Change, OpenCase, OpenCases, Shown

PER_PAGE = 20
"""Open cases on a page: each takes at least one call."""
_OPEN = ("open", "waiting")


def shown(case: CaseThere, mapping: OmnideskMapping) -> Shown:
    """A case in Baton's words. What the mapping has no word for is ``foreign``, except labels."""
    staff, group = str(case.staff_id or ""), str(case.group_id or "")
    person, line = mapping.people_there.get(staff), mapping.lines_there.get(group)
    numbers = mapping.labels_there
    labels = frozenset(numbers[str(number)] for number in case.labels if str(number) in numbers)
    is_now = Change(assignee=person, line=line, labels=labels)
    foreign = {}
    if status := STATUSES.get(case.status):
        is_now["status"] = status
    else:
        foreign["status"] = case.status
    if staff and person is None:
        foreign["assignee"] = staff
    if group and line is None:
        foreign["line"] = group
    return Shown(is_now, foreign)


async def open_cases(client: OmnideskClient, mapping: OmnideskMapping, after: str | None) -> OpenCases:
    """See `helpdesks.outside.adapter.Adapter.open_cases`. The oldest first.

    If Omnidesk fails, or the limit is reached, after some were read, the page is shorter.
    """
    since, read = _position(after)
    found: list[OpenCase] = []
    count: int | None = None
    is_whole = False
    try:
        async with aclosing(cases_by_time(client, "created", since, status=_OPEN)) as pages:
            async for cases, answer in pages:
                count = total(answer.data) if after is None and count is None else count
                for case in cases:
                    at = seconds(case.created_at)
                    if case.id in read or at < since:
                        continue
                    if len(found) == PER_PAGE:
                        return OpenCases(found, _after(since, read), count)
                    if opened := await _opened(client, mapping, case, answer.at):
                        found.append(opened)
                    read = read | {case.id} if at == since else frozenset({case.id})
                    since = at
        is_whole = True
    except HelpDeskUnavailable:
        if not found:
            raise
    return OpenCases(found, None if is_whole else _after(since, read), count)


async def _opened(
    client: OmnideskClient, mapping: OmnideskMapping, case: CaseThere, now: datetime | None
) -> OpenCase | None:
    start = start_of(case, mapping)
    if start is None:
        return None
    try:
        messages = await messages_there(client, case.id)
    except DeskRefused:  # it was deleted meanwhile
        return None
    there = [one for one in messages if not one.is_for_later(now)]
    history = [one.heard.event for one in happened(case, there, [], mapping)]
    return OpenCase(start, case.id, shown(case, mapping), [event for event in history if event is not None])


def _position(after: str | None) -> tuple[int, frozenset[str]]:
    if after is None:
        return 1, frozenset()
    since, _, read = after.partition(":")
    if not since.isdecimal():
        raise DeskRefused("this is no place in the open cases of Omnidesk")
    return int(since), frozenset(read.split(","))


def _after(since: int, read: frozenset[str]) -> str:
    """Where the next page begins: a time in seconds, and the cases of that second that were read."""
    return f"{since}:{','.join(sorted(read))}"
