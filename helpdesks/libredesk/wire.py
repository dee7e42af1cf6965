"""What Libredesk's API answers: conversations, messages and activities, agents."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether it is an ID of a conversation or a message."""
    return _UUID.fullmatch(text) is not None


def _text(value: Any) -> Any:
    return "" if value is None else str(value)


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Any:
    return () if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]


class _There(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Listed(_There):
    """A conversation as a list shows it."""

    uuid: str
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None = None
    inbox_name: Text = ""
    status: Text = ""


class ConversationThere(Listed):
    contact_id: int
    inbox_channel: Text = ""
    subject: Text = ""
    assigned_user_id: int | None = None
    assigned_team_id: int | None = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()
    custom_attributes: Object = {}
    contact: Object = {}


class AgentThere(_There):
    """Somebody who can have a conversation: a person, or an assistant of Libredesk's own."""

    id: int
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    enabled: bool = True
    availability_status: Text = ""

    @property
    def name(self) -> str:
        """As activities call them."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name


class MessageThere(_There):
    """A message, a private note or an activity: what somebody changed of the conversation, in English."""

    uuid: str
    type: Text = ""
    """``incoming``, ``outgoing`` or ``activity``."""
    status: Text = ""
    """``pending``, ``sent``, ``failed`` or ``received``."""
    created_at: datetime
    content: Text = ""
    text_content: Text = ""
    private: bool = False
    sender_id: int = 0
    sender_type: Text = ""
    meta: Object = {}
    attachments: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_list)] = ()
    author: AgentThere

    @property
    def activity(self) -> str:
        """Which kind of activity it is, such as ``status_change``; empty if it is none."""
        return str(self.meta.get("activity_type") or "") if self.type == "activity" else ""

    @property
    def is_message(self) -> bool:
        """Whether the customer wrote it, or was to get it."""
        return self.type == "incoming" or (self.type == "outgoing" and not self.private)

    @property
    def text(self) -> str:
        """What it says, without markup."""
        return (self.text_content or self.content).strip()
