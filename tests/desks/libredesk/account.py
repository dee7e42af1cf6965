"""A Libredesk in memory: its agents, its conversations, and what happens to them, as at a real one.

Every message, note and activity is one entry. What a real Libredesk records nowhere, it does not record
either: that an agent was taken off, and that a snoozed conversation woke up.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

CATEGORIES = {"Open": "open", "Snoozed": "waiting", "Resolved": "resolved", "Closed": "resolved"}
SYSTEM = 1
_NEVER = datetime.fromtimestamp(0, UTC)


def written(at: datetime | None) -> str | None:
    """A time as Libredesk writes it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


@dataclass
class Agent:
    id: int
    first_name: str
    last_name: str
    email: str
    permissions: tuple[str, ...] = ()
    enabled: bool = True
    availability_status: str = "online"

    @property
    def name(self) -> str:
        """As activities call them. The system's own has nothing behind a space."""
        return f"{self.first_name} {self.last_name}"


@dataclass
class Entry:
    """A message, a private note or an activity."""

    uuid: str
    type: str
    at: datetime
    content: str
    text: str
    author: dict[str, Any]
    private: bool = False
    status: str = "sent"
    meta: dict[str, Any] = field(default_factory=dict)
    content_type: str = "html"
    attachments: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Conversation:
    uuid: str
    id: int
    inbox: dict[str, Any]
    contact: dict[str, Any]
    created_at: datetime
    subject: str = ""
    status: str = "Open"
    agent: int | None = None
    team: int | None = None
    tags: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    updated_at: datetime = _NEVER
    last_message_at: datetime | None = None
    entries: list[Entry] = field(default_factory=list)


class Unknown(Exception):
    """What Libredesk answers with 500, as if it were broken."""


class Account:
    """What is in it, and its clock, which goes on by a step with everything that happens."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(hours=1)
        self.agents: dict[int, Agent] = {}
        self.teams: dict[int, str] = {}
        self.tags: list[str] = []
        self.statuses = dict(CATEGORIES)
        self.inboxes: list[dict[str, Any]] = []
        self.conversations: dict[str, Conversation] = {}
        self.hooks: list[tuple[str, dict[str, Any]]] = []
        """What webhooks were to say: event and payload, in order."""
        self.numbers = itertools.count(1)
        self.mail_fails = True
        self.hire("System", "", "System", number=SYSTEM)

    def tick(self, seconds: float = 0.001) -> datetime:
        """Let time pass; returns the time."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def hire(self, first: str, last: str, email: str, *permissions: str, number: int = 0) -> int:
        """Let somebody be an agent."""
        number = number or len(self.agents) + 1
        self.agents[number] = Agent(number, first, last, email, permissions)
        return number

    # --- What happens -------------------------------------------------------------------------------

    def begins(self, inbox: dict[str, Any], contact: dict[str, Any], text: str, subject: str = "") -> str:
        """A customer begins a conversation."""
        uuid = str(uuid4())
        there = Conversation(uuid, next(self.numbers), inbox, contact, self.tick(), subject)
        self.conversations[uuid] = there
        html = inbox["channel"] == "email"
        self._adds(there, "incoming", text, contact, status="received", html=html)
        self._calls("conversation.created", there, self.shown(there))
        return uuid

    def customer_writes(self, there: Conversation, text: str) -> Entry:
        """The customer writes again, which opens the conversation."""
        entry = self._adds(there, "incoming", text, there.contact, status="received", html=False)
        if there.status != "Open":
            there.status = "Open"
            self._records(there, SYSTEM, "status_change", "marked the conversation as Open")
        return entry

    def replies(self, there: Conversation, agent: int, content: str, **meta: Any) -> Entry:
        """An agent writes to the customer. Mail goes nowhere here, unless it is said to."""
        entry = self._adds(there, "outgoing", content, self.author(agent), status="pending", meta=meta)
        failed = there.inbox["channel"] == "email" and self.mail_fails
        entry.status = "failed" if failed else "sent"
        if not failed:
            there.updated_at = self.tick()
        self._calls("message.updated", there, self.shown_entry(there, entry))
        return entry

    def notes(self, there: Conversation, agent: int, content: str) -> Entry:
        """An agent writes a private note, of which Libredesk keeps no ``echo_id``."""
        return self._adds(there, "outgoing", content, self.author(agent), private=True)

    def assigns(self, there: Conversation, by: int, to: int) -> None:
        """An agent gives it to somebody. Nothing happens if they have it already."""
        if there.agent == to:
            return
        if to not in self.agents:
            raise Unknown
        there.agent = to
        self._calls("conversation.assigned", there, {"actor_id": by, "assigned_to": to, **self._about(there)})
        if by == to:
            self._records(there, by, "self_assign", "self-assigned this conversation")
            return
        said = f"Assigned to {self.agents[to].name} by {self.agents[by].name}"
        self._records(there, by, "assigned_user_change", said, whole=True)

    def moves(self, there: Conversation, by: int, team: int) -> None:
        """An agent puts it into a team, which takes it from the agent who has it."""
        if there.team == team:
            return
        there.team = team
        said = f"Assigned to {self.teams[team]} team by {self.agents[by].name}"
        self._records(there, by, "assigned_team_change", said, whole=True)
        self.takes_off(there, by)

    def takes_off(self, there: Conversation, by: int) -> None:
        """An agent takes it from whoever has it, which is recorded nowhere."""
        there.agent = None
        there.updated_at = self.tick()
        self._calls("conversation.unassigned", there, {"actor_id": by, **self._about(there)})

    def sets(self, there: Conversation, by: int, status: str) -> None:
        """An agent sets a status."""
        if status not in self.statuses:
            raise Unknown
        before, there.status = there.status, status
        if before == status and status != "Snoozed":
            return
        changed = {"previous_status": before, "new_status": status, "snooze_until": "", "actor_id": by}
        self._calls("conversation.status_changed", there, {**changed, **self._about(there)})
        self._records(there, by, "status_change", f"marked the conversation as {status}")

    def labels(self, there: Conversation, by: int, action: str, tags: list[str]) -> None:
        """An agent adds or removes tags. One that does not exist is passed over without a word."""
        before, known = list(there.tags), [tag for tag in tags if tag in self.tags]
        if action == "add_tags":
            there.tags = list(dict.fromkeys([*before, *known]))
        elif action == "remove_tags":
            there.tags = [tag for tag in before if tag not in known]
        else:
            there.tags = known
        changed = {"previous_tags": before, "new_tags": there.tags, "actor_id": by}
        self._calls("conversation.tags_changed", there, {**changed, **self._about(there)})
        for tag in before:
            if tag not in there.tags:
                self._records(there, by, "tag_removed", f"removed tag {tag}")
        for tag in there.tags:
            if tag not in before:
                self._records(there, by, "tag_added", f"added tag {tag}")

    def wakes(self, there: Conversation) -> None:
        """A snoozed conversation is open again. That is recorded nowhere, its time of change included."""
        there.status = "Open"

    def _records(
        self, there: Conversation, by: int, activity: str, what: str, *, whole: bool = False
    ) -> None:
        content = what if whole else f"{self.agents[by].name} {what}"
        meta = {"activity_type": activity}
        self._adds(there, "activity", content, self.author(by), private=True, meta=meta, html=False)

    def _adds(
        self,
        there: Conversation,
        kind: str,
        content: str,
        author: dict[str, Any],
        *,
        private: bool = False,
        status: str = "sent",
        meta: dict[str, Any] | None = None,
        html: bool = True,
    ) -> Entry:
        at = self.tick()
        text = _plain(content) if html else content
        content_type = "html" if html else "text"
        entry = Entry(
            str(uuid4()), kind, at, content, text, author, private, status, meta or {}, content_type
        )
        there.entries.append(entry)
        there.last_message_at, there.updated_at = at, self.tick()
        self._calls("message.created", there, self.shown_entry(there, entry))
        return entry

    def _about(self, there: Conversation) -> dict[str, Any]:
        return {"conversation": self.shown(there), "conversation_uuid": there.uuid}

    def _calls(self, event: str, there: Conversation, payload: dict[str, Any]) -> None:
        self.hooks.append((event, payload))

    # --- How it is shown ----------------------------------------------------------------------------

    def author(self, agent: int) -> dict[str, Any]:
        """An agent as the author of an entry."""
        one = self.agents[agent]
        names = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
        return {
            "id": one.id,
            **names,
            "avatar_url": None,
            "availability_status": one.availability_status,
            "type": "agent",
            "last_active_at": None,
        }

    def shown_agent(self, one: Agent) -> dict[str, Any]:
        """An agent in a list."""
        names = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
        status = {"enabled": one.enabled, "availability_status": one.availability_status}
        return {"id": one.id, "type": "agent", **names, **status}

    def shown(self, there: Conversation) -> dict[str, Any]:
        """A conversation, as far as anybody looks at it."""
        return {
            "id": there.id,
            "uuid": there.uuid,
            "created_at": written(there.created_at),
            "updated_at": written(there.updated_at),
            "contact_id": there.contact["id"],
            "inbox_id": there.inbox["id"],
            "inbox_name": there.inbox["name"],
            "inbox_channel": there.inbox["channel"],
            "status": there.status,
            "status_category": self.statuses[there.status],
            "subject": there.subject,
            "assigned_user_id": there.agent,
            "assigned_team_id": there.team,
            "tags": list(there.tags),
            "meta": {},
            "custom_attributes": dict(there.attributes),
            "last_message_at": written(there.last_message_at),
            "contact": there.contact,
        }

    def listed(self, there: Conversation) -> dict[str, Any]:
        """A conversation in a list, which says less of it."""
        more = ("contact_id", "inbox_id", "status_category", "tags", "meta", "custom_attributes")
        shown = {name: value for name, value in self.shown(there).items() if name not in more}
        names = ("first_name", "last_name", "email")
        return {**shown, "contact": {name: there.contact[name] for name in names}}

    def shown_entry(self, there: Conversation, entry: Entry) -> dict[str, Any]:
        """A message, a note or an activity."""
        at = written(entry.at)
        return {
            "uuid": entry.uuid,
            "created_at": at,
            "updated_at": at,
            "type": entry.type,
            "status": entry.status,
            "conversation_uuid": there.uuid,
            "content": entry.content,
            "text_content": entry.text,
            "content_type": entry.content_type,
            "private": entry.private,
            "sender_id": entry.author["id"],
            "sender_type": "contact" if entry.type == "incoming" else "agent",
            "meta": entry.meta,
            "attachments": entry.attachments,
            "author": entry.author,
        }


def _plain(html: str) -> str:
    text = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    text = re.sub(r"</p>\s*<p>", "\n\n", text).replace("<br>", "\n")
    return unescape(re.sub(r"<[^>]+>", "", text)).strip()
