"""What ``baton desk check`` looks at: the login, and whether everything that the mapping names is there.

Only reading: whether the login may write is seen at the first write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.mapping import OmnideskMapping
from helpdesks.omnidesk.reading import entries_there, ids_there, seconds, staff_there
from helpdesks.omnidesk.wire import CaseThere, StaffThere, listed
from helpdesks.outside.adapter import Finding
from helpdesks.outside.answers import read_as

_LATEST = 100
_CHANGELOGS = 5
"""Of how many of the latest cases the changelog is read: each is a call."""


async def findings(client: OmnideskClient, mapping: OmnideskMapping) -> AsyncIterator[Finding]:
    """Everything that was looked at, in order. Nothing follows a login that does not work."""
    try:
        staff = {str(one.staff_id): one for one in await staff_there(client)}
    except (HelpDeskUnavailable, DeskRefused) as error:
        yield Finding("login", str(error))
        return
    yield Finding("login")
    for finding in _people(mapping, staff):
        yield finding
    for part, names, path, key in (
        ("line", mapping.lines, "groups.json", "group"),
        ("label", mapping.labels, "labels.json", "label"),
    ):
        there = await ids_there(client, path, key) if names else {}
        for name, number in names.items():
            yield Finding(f"{part} {name}", _missing(number, there.get(number), key))
    yield Finding("staff statuses", _unknown_statuses(mapping, await _statuses(client)))
    for finding in await _latest(client, mapping):
        yield finding


def _people(mapping: OmnideskMapping, staff: Mapping[str, StaffThere]) -> Iterator[Finding]:
    own = staff.get(mapping.own_staff)
    wrong = "" if own else f"no staff has the ID {mapping.own_staff}: correct 'own_staff' in the mapping"
    yield Finding(
        "own login", wrong or ("" if own and own.active else "it is disabled: enable it at Omnidesk")
    )
    for person, number in mapping.people.items():
        there = staff.get(number)
        wrong = "" if there else f"no staff has the ID {number}: correct it in the mapping"
        if there and not there.active:
            wrong = "disabled at Omnidesk: enable it there, or take the person from the mapping"
        yield Finding(f"person {person}", wrong)
    if strangers := sorted(
        n for n, one in staff.items() if one.active and n not in {*mapping.people_there, mapping.own_staff}
    ):
        yield Finding(
            "people not in the mapping", f"staff {', '.join(strangers)} count as the system, not as people"
        )


def _missing(number: str, there: Mapping[str, Any] | None, key: str) -> str:
    if there is None:
        return f"no {key} has the ID {number}: correct it in the mapping"
    return f"the {key} {number} is disabled at Omnidesk" if there.get("active") is False else ""


async def _statuses(client: OmnideskClient) -> list[Any]:
    answer = await client.get("staff_statuses.json")
    return list(listed(answer.data, "staff_statuses"))


def _unknown_statuses(mapping: OmnideskMapping, statuses: list[Any]) -> str:
    unknown = [
        f"{one.get('status_id')} ({one.get('status')})"
        for one in statuses
        if one.get("active") and str(one.get("status_id")) not in mapping.presences
    ]
    said = ", ".join(unknown)
    return f"say under 'presences' whether these are online or offline: {said}" if unknown else ""


async def _latest(client: OmnideskClient, mapping: OmnideskMapping) -> list[Finding]:
    query = {"sort": "updated_at_desc", "show_active_chats": "true", "limit": str(_LATEST)}
    answer = await client.get("cases.json", **query)
    cases = [read_as(CaseThere, item, "a case") for item in listed(answer.data, "case")]
    known = {*mapping.chats_there, *mapping.tickets_there}
    channels = sorted({case.channel for case in cases} - known)
    ours = [case for case in cases if case.channel in known]
    return [
        Finding("order of cases", await _order(client, cases)),
        Finding(
            "channels",
            f"not heard, as they are neither under 'chats' nor 'tickets': {', '.join(channels)}"
            if channels
            else "",
        ),
        Finding("changelog", await _words(client, mapping, ours[:_CHANGELOGS])),
    ]


async def _order(client: OmnideskClient, cases: list[CaseThere]) -> str:
    """The feed stands on the list being filtered and sorted by the time of the last change."""
    times = [seconds(case.updated_at) for case in cases]
    if not all(times) or times != sorted(times, reverse=True):
        return "the list of cases has no 'updated_at', or is not sorted by it: nothing can be heard"
    if not times:
        return ""
    answer = await client.get(
        "cases.json", from_updated_time=times[0], show_active_chats="true", limit=_LATEST
    )
    since = [read_as(CaseThere, item, "a case") for item in listed(answer.data, "case")]
    ignored = any(seconds(case.updated_at) < times[0] - 1 for case in since)
    return "the filter 'from_updated_time' is ignored: all cases would be read each time" if ignored else ""


async def _words(client: OmnideskClient, mapping: OmnideskMapping, cases: list[CaseThere]) -> str:
    words = mapping.changelog
    entries = [entry for case in cases for entry in await entries_there(client, case.id)]
    unknown = sorted({entry.event for entry in entries} - {*words.words.values(), *words.ignored})
    said = (
        [f"say under 'changelog' what these are, or put them under 'ignored': {', '.join(unknown)}"]
        if unknown
        else []
    )
    labels = [entry for entry in entries if entry.event == words.labels]
    if any(not any(sign.isdigit() for sign in entry.old_value + entry.value) for entry in labels):
        said.append("changes of labels are not told by ID, and so cannot be heard")
    return "; ".join(said)
