"""An account of Omnidesk in memory: its people, its cases, and what people do in it.

It behaves as the API's pages and the sample answers say; what those leave open can be chosen.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

OWN = 900
"""The staff ID of Baton's own login."""
LOGIN, API_KEY = "baton@example.com", "an-api-key-that-nobody-guesses"
KIM, IVAN, LENA, STRANGER = 330, 331, 332, 400
SUPPORT, BILLING = 200, 201
VIP, LATE, COLOUR = 101, 102, 199
ONLINE, OFFLINE, WITHOUT_CHATS, LUNCH = 1, 2, 3, 120273
START = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())


def written(at: int) -> str:
    """A time as Omnidesk writes it."""
    return format_datetime(datetime.fromtimestamp(at, UTC))


@dataclass
class Case:
    case_id: int
    user_id: int
    channel: str
    created_at: int
    subject: str = ""
    staff_id: int = 0
    group_id: int = SUPPORT
    status: str = "open"
    labels: list[int] = field(default_factory=list)
    deleted: bool = False
    spam: bool = False
    updated_at: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    changelog: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "case_id": self.case_id,
            "case_number": f"{self.case_id}-1",
            "subject": self.subject,
            "user_id": self.user_id,
            "staff_id": self.staff_id,
            "group_id": self.group_id,
            "status": self.status,
            "priority": "normal",
            "channel": self.channel,
            "deleted": self.deleted,
            "spam": self.spam,
            "created_at": written(self.created_at),
            "closed_at": "-",
            "updated_at": written(self.updated_at),
            "labels": self.labels,
        }


class Account:
    """What is in an account, and its clock, which stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = START
        self.cases: dict[int, Case] = {}
        self.staff: dict[int, dict[str, Any]] = {}
        for number in (OWN, KIM, IVAN, LENA, STRANGER):
            self.hire(number)
        self.groups = {SUPPORT: "Support", BILLING: "Billing"}
        self.labels = {VIP: "VIP", LATE: "Late", COLOUR: "Colour"}
        self.statuses = {ONLINE: "Онлайн", WITHOUT_CHATS: "Без чатов", OFFLINE: "Офлайн"}
        self.numbers = itertools.count(2000)

    def pass_time(self, seconds: int = 1) -> None:
        """Move the clock."""
        self.now += seconds

    def hire(self, number: int) -> None:
        """Let somebody have a login, and be online."""
        self.staff[number] = {
            "staff_email": f"{number}@example.com",
            "active": True,
            "status": "online",
            "status_id": ONLINE,
        }

    def staff_begins(self, user: int, channel: str) -> int:
        """The case that a person begins, still without a message."""
        case = Case(next(self.numbers), user, channel, self.now)
        self.cases[case.case_id] = case
        return case.case_id

    def customer_writes(
        self, text: str, *, to: int | None = None, channel: str = "telegram", user: int = 123
    ) -> int:
        """A customer writes. Returns the case: a new one if there is none, or if it is a closed one."""
        case = self.cases.get(to or 0)
        if case is None or case.status == "closed":
            case = Case(next(self.numbers), user, channel, self.now, subject=text[:20])
            self.cases[case.case_id] = case
        elif case.status != "open":
            self._log(case, "status", "omnidesk", case.status, "open")
            case.status = "open"
        self.message(case, user_id=case.user_id, content=text)
        return case.case_id

    def staff_writes(self, to: int, staff: int, text: str, *, sent_at: int | None = None, **more: Any) -> int:
        """A person answers; returns the message."""
        case = self.cases[to]
        return self.message(case, staff_id=staff, content=text, sent_at=sent_at, **more)

    def note(self, to: int, staff: int, text: str) -> int:
        """A person writes a note; returns it."""
        return self.message(self.cases[to], staff_id=staff, content=text, note=True)

    def message(
        self, case: Case, *, sent_at: int | None = None, created_at: int | None = None, **fields: Any
    ) -> int:
        """Add a message."""
        at = self.now if created_at is None else created_at
        message = {
            "message_id": next(self.numbers),
            "user_id": 0,
            "staff_id": 0,
            "content": "",
            "content_html": "",
            "attachments": [],
            "note": False,
            "sent_via_rule": False,
            "created_at": written(at),
            "sent_at": written(sent_at or at),
            **fields,
        }
        case.messages.append(message)
        case.updated_at = self.now
        return int(message["message_id"])

    def change(self, case_id: int, by: str, **fields: Any) -> None:
        """Change fields of a case, as the API does: only what differs is logged."""
        case = self.cases[case_id]
        for name, value in fields.items():
            if name in ("add_labels", "delete_labels"):
                continue
            if (before := getattr(case, name)) != value:
                setattr(case, name, value)
                event = {"staff_id": "staff", "group_id": "group"}.get(name, name)
                self._log(case, event, by, before, value)
        self._change_labels(case, by, fields.get("add_labels", []), fields.get("delete_labels", []))

    def _change_labels(self, case: Case, by: str, add: list[int], delete: list[int]) -> None:
        before = list(case.labels)
        case.labels = [
            *(one for one in before if one not in delete),
            *(one for one in add if one not in before),
        ]
        if case.labels != before:
            self._log(case, "labels", by, *(", ".join(map(str, labels)) for labels in (before, case.labels)))

    def logs(self, case_id: int, event: str, by: str, old_value: object = "", value: object = "") -> None:
        """An entry of the changelog that changes nothing that the API shows, such as of a pin."""
        self._log(self.cases[case_id], event, by, old_value, value)

    def _log(self, case: Case, event: str, by: str, old_value: object, value: object) -> None:
        entry = {"created_at": written(self.now), "event": event, "done_by": by}
        case.changelog.append(entry | {"old_value": str(old_value), "value": str(value)})
        case.updated_at = self.now
