"""Omnidesk as a desk that people work in: what is written there, and how a case is shown.

A chat cannot be ended or pinned by the API, so these are no capabilities. The name of a merged case is not in
its answers either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baton.contract import AuthorType
from baton.errors import DeskRefused
from baton.model.effects import CaseRef
from helpdesks.omnidesk.checking import findings
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.events import NAME
from helpdesks.omnidesk.inbound import Feed
from helpdesks.omnidesk.mapping import STATUSES_THERE, OmnideskMapping
from helpdesks.omnidesk.marker import has_marker, marked
from helpdesks.omnidesk.reading import case_there, messages_there
from helpdesks.omnidesk.showing import open_cases, shown
from helpdesks.outside.adapter import Capability, Change, Changes, Finding, OpenCases, Saying, Shown

_ALWAYS = frozenset(
    {
        Capability.ENDS,
        Capability.LINES,
        Capability.LABELS,
        Capability.NOTES,
        Capability.PRESENCE,
        Capability.AUTHOR,
    }
)
_NOBODY = 0


MAPPING = OmnideskMapping
"""The model of its ``desk.yaml``."""


def open_desk(mapping: OmnideskMapping, secret: str) -> OmnideskDesk:
    """The account of a mapping; ``secret`` is the API key. Nothing is asked of it yet."""
    return OmnideskDesk(mapping, secret)


class OmnideskDesk:
    """An account of Omnidesk. See `helpdesks.outside.adapter.Adapter` for what each method means.

    Args:
        mapping: whose number there is whose.
        api_key: the key of the login in the mapping.
    """

    def __init__(self, mapping: OmnideskMapping, api_key: str) -> None:
        self._mapping = mapping
        self._client = OmnideskClient(
            mapping.url, mapping.login, api_key, ca_file=mapping.ca_file, spare=mapping.spare_calls
        )
        self._feed = Feed(self._client, mapping)

    @property
    def name(self) -> str:
        """What it is called."""
        return NAME

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can express."""
        return _ALWAYS | ({Capability.UNASSIGN} if self._mapping.empties_assignee else frozenset())

    @property
    def calls_left(self) -> int | None:
        """Calls that are left in this minute, as Omnidesk last said it."""
        return self._client.limit.left

    def desk_id(self, case: CaseRef) -> str | None:
        """The ID of its case there: that of the ticket, or of the chat's conversation."""
        if case.ticket_id is not None:
            is_ours = not case.channel or case.channel in self._mapping.tickets
            return case.ticket_id if is_ours and case.ticket_id.isdecimal() else None
        is_ours = case.channel in self._mapping.chats
        return case.conversation if is_ours and case.conversation.isdecimal() else None

    async def show(self, desk_id: str) -> Shown:
        """The case as Omnidesk shows it now."""
        return shown(await case_there(self._client, desk_id), self._mapping)

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        """Change a case, in one call. There is no place for ``key`` in it."""
        fields = await self._fields(desk_id, change)
        if fields:
            await self._client.put(f"cases/{desk_id}.json", {"case": fields})

    async def _fields(self, desk_id: str, change: Change) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if (status := change.get("status")) is not None:
            fields["status"] = STATUSES_THERE[status]
        if "assignee" in change:
            fields["staff_id"] = self._staff_id(change["assignee"])
        if (line := change.get("line")) is not None:
            fields["group_id"] = int(_known(self._mapping.lines, line, "lines"))
        if (labels := change.get("labels")) is not None:
            wanted = {int(_known(self._mapping.labels, label, "labels")) for label in labels}
            there = {*(await case_there(self._client, desk_id)).labels}
            ours = {int(number) for number in self._mapping.labels.values()}
            fields |= {"add_labels": sorted(wanted - there), "delete_labels": sorted(there & ours - wanted)}
        return {name: value for name, value in fields.items() if value != []}

    def _staff_id(self, person: str | None) -> int:
        if person is not None:
            return int(_known(self._mapping.people, person, "people"))
        if not self._mapping.empties_assignee:
            raise DeskRefused("Omnidesk cannot take a case from its assignee, says the mapping")
        return _NOBODY

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        """Write a message or a note, with the marker of ``key`` at its end."""
        visible = not saying.to_customer or self._mapping.marker == "visible"
        text = marked(saying.text, key, visible=visible)
        if not saying.to_customer:
            await self._client.post(f"cases/{desk_id}/note.json", {"note": {"content": text}})
            return
        message: dict[str, Any] = {"content": text, "staff_id": int(self._mapping.own_staff)}
        if saying.author is not None and saying.author.type is AuthorType.STAFF:
            message["staff_id"] = int(self._mapping.people.get(saying.author.id, self._mapping.own_staff))
        await self._client.post(f"cases/{desk_id}/messages.json", {"message": message})

    async def has_said(self, desk_id: str, key: str) -> bool:
        """Whether a message or note with the marker of ``key`` is there, written by staff."""
        messages = await messages_there(self._client, desk_id)
        return any(one.staff_id != _NOBODY and has_marker(one.text, key) for one in messages)

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """What happened since a cursor."""
        return await self._feed.changes(cursor, most)

    async def open_cases(self, after: str | None) -> OpenCases:
        """A page of the cases that are open or pending."""
        return await open_cases(self._client, self._mapping, after)

    async def check(self) -> Sequence[Finding]:
        """Whether the login works, and everything that the mapping names is there."""
        return [finding async for finding in findings(self._client, self._mapping)]

    async def set_up(self, *, dry_run: bool) -> Sequence[str]:
        """Nothing: what Baton needs are staff, groups and labels, and the mapping says which."""
        return ()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _known(numbers: Mapping[str, str], name: str, part: str) -> str:
    if name not in numbers:
        raise DeskRefused(f"{name!r} has no number of Omnidesk: add it under {part!r} in the desk's mapping")
    return numbers[name]
