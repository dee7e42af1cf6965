"""Libredesk as a desk that people work in: what is written there, and how a conversation is shown.

It has one call for each field, and answers what it does not know with 500, as if it were broken. So names are
looked up before. A conversation that comes into another team loses its agent; one whose agent is taken off
says so nowhere: both are minded here.
"""

from __future__ import annotations

from collections.abc import Sequence

from baton.errors import DeskRefused
from baton.model.effects import CaseRef
from helpdesks.libredesk.agents import Names
from helpdesks.libredesk.checking import findings, set_up
from helpdesks.libredesk.client import LibredeskClient
from helpdesks.libredesk.events import RELEASED
from helpdesks.libredesk.inbound import Feed
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.marker import as_html, as_note, echo_of, has_marker
from helpdesks.libredesk.naming import NAME
from helpdesks.libredesk.reading import conversation_there, instant, messages_there
from helpdesks.libredesk.showing import Opened, shown
from helpdesks.libredesk.wire import ConversationThere, is_uuid
from helpdesks.outside.adapter import Capability, Change, Changes, Finding, OpenCases, Saying, Shown

_ALWAYS = frozenset({Capability.UNASSIGN, Capability.LABELS, Capability.NOTES, Capability.PRESENCE})

MAPPING = LibredeskMapping
"""The model of its ``desk.yaml``."""


def open_desk(mapping: LibredeskMapping, secret: str) -> LibredeskDesk:
    """The Libredesk of a mapping; ``secret`` is the API key and its secret, with a colon between them.

    Nothing is asked of it yet. Raises ``SettingsError`` if the secret or ``ca_file`` cannot be used.
    """
    return LibredeskDesk(mapping, secret)


class LibredeskDesk:
    """One Libredesk. See `helpdesks.outside.adapter.Adapter` for what each method means."""

    name = NAME
    calls_left = None
    """Libredesk limits only who is not logged in."""

    def __init__(self, mapping: LibredeskMapping, secret: str) -> None:
        self._mapping = mapping
        self._client = LibredeskClient(mapping.url, secret, ca_file=mapping.ca_file)
        self._names = Names(self._client, mapping)
        self._feed = Feed(self._client, self._names, mapping)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can express: lines only if the mapping gives them teams."""
        return _ALWAYS | ({Capability.LINES} if self._mapping.lines else frozenset())

    def desk_id(self, case: CaseRef) -> str | None:
        """The ID of its conversation: that of the ticket, or of the chat."""
        if case.ticket_id is not None:
            is_ours = not case.channel or case.channel in self._mapping.tickets
            return case.ticket_id if is_ours and is_uuid(case.ticket_id) else None
        is_ours = case.channel in self._mapping.chats
        return case.conversation if is_ours and is_uuid(case.conversation) else None

    async def show(self, desk_id: str) -> Shown:
        """The conversation as Libredesk shows it now."""
        there = await conversation_there(self._client, desk_id)
        return await shown(there, self._names, self._mapping)

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        """Change a conversation, one field after the other. There is no place for ``key`` in it."""
        path, there = f"conversations/{desk_id}", await conversation_there(self._client, desk_id)
        wanted = await self._wanted(change, there)
        if "team" in wanted:
            await self._set(f"{path}/assignee/team", wanted["team"])
        if "agent" in wanted and wanted["agent"] is None:
            await self._take_off(there)
        elif "agent" in wanted:
            await self._set(f"{path}/assignee/user", wanted["agent"])
        if (labels := change.get("labels")) is not None:
            await self._label(there, labels)
        if (status := change.get("status")) is not None:
            name = self._mapping.statuses.to_set(status)
            await self._names.check_status(name)
            await self._client.put(f"{path}/status", {"status": name})

    async def _wanted(self, change: Change, there: ConversationThere) -> dict[str, int | None]:
        """The numbers of the team and the agent, where they are to be set."""
        wanted: dict[str, int | None] = {}
        if "line" in change and self._mapping.lines:
            line = change["line"]
            wanted["team"] = None if line is None else await self._names.team_of(line)
            wanted["agent"] = there.assigned_user_id  # whom the conversation loses with its team
        if "assignee" in change:
            person = change["assignee"]
            wanted["agent"] = None if person is None else await self._names.agent_of(person)
        return wanted

    async def _set(self, path: str, number: int | None) -> None:
        if number is None:
            await self._client.put(f"{path}/remove", {})
        else:
            await self._client.put(path, {"assignee_id": number})

    async def _take_off(self, there: ConversationThere) -> None:
        """Take its agent off, and say before since when, so that nobody takes it for somebody's doing."""
        activities, _ = await messages_there(self._client, there.uuid, there.updated_at, type="activity")
        assigned = [one.uuid for one in activities if one.activity in ("assigned_user_change", "self_assign")]
        if assigned:
            attributes = {**there.custom_attributes, RELEASED: assigned[-1]}
            await self._client.put(f"conversations/{there.uuid}/custom-attributes", attributes)
        await self._set(f"conversations/{there.uuid}/assignee/user", None)

    async def _label(self, there: ConversationThere, labels: frozenset[str]) -> None:
        unknown = sorted(labels - set(self._mapping.labels))
        if unknown:
            raise DeskRefused(f"{unknown[0]!r} has no tag in Libredesk: add it under 'labels' in the mapping")
        wanted = {self._mapping.labels[label] for label in labels}
        ours = set(there.tags) & set(self._mapping.labels.values())
        for action, tags in (("add_tags", wanted - ours), ("remove_tags", ours - wanted)):
            if tags:
                body = {"action": action, "tags": sorted(tags)}
                await self._client.post(f"conversations/{there.uuid}/tags", body)

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        """Write a message or a note, with the marker of ``key``. Whose it is, Libredesk cannot say."""
        body: dict[str, object] = {"sender_type": "agent", "private": not saying.to_customer}
        if not saying.to_customer:
            body["message"] = as_note(saying.text, key)
        else:
            body |= {"message": as_html(saying.text), "echo_id": echo_of(key)}
            there = await conversation_there(self._client, desk_id)
            if there.inbox_channel == "email":
                body["to"] = [str(there.contact.get("email") or "")]
        await self._client.post(f"conversations/{desk_id}/messages", body)

    async def has_said(self, desk_id: str, key: str) -> bool:
        """Whether a message or note with the marker of ``key`` is there, written by Baton."""
        own = (await self._names.agents()).own
        messages, _ = await messages_there(self._client, desk_id, instant(0), type="outgoing")
        return any(
            one.author.id == own and has_marker(one.content, str(one.meta.get("echo_id") or ""), key)
            for one in messages
        )

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """What happened since a cursor; see `Feed`."""
        return await self._feed.changes(cursor, most)

    async def open_cases(self, after: str | None) -> OpenCases:
        """A page of the conversations that are open or pending."""
        return await Opened(self._client, self._names, self._mapping).page(after)

    async def check(self) -> Sequence[Finding]:
        """Whether Libredesk has all that the mapping names, and lets Baton's agent do what it must."""
        return [one async for one in findings(self._client, self._names, self._mapping)]

    async def set_up(self, *, dry_run: bool) -> Sequence[str]:
        """Make the statuses and tags that are missing."""
        return await set_up(self._client, self._names, self._mapping, dry_run=dry_run)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
