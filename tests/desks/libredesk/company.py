"""The demo company at Libredesk: its people there, and what they and their customers do, over HTTP.

Everybody works with an API key of their own, and customers write through the live chat or to an inbox for
mail. So what is here works at a real Libredesk, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from baton.model.effects import CaseRef
from helpdesks.libredesk.desk import LibredeskDesk
from helpdesks.libredesk.mapping import LibredeskMapping

PEOPLE = {
    "ivan": "ivan@example.com",
    "petra": "petra@example.com",
    "lena": "lena@example.com",
    "maria": "maria@example.com",
    "oleg": "oleg@example.com",
}
LINES = {"line-1": "First line", "line-2": "Experts", "phones": "Phones"}
LABELS = {name: name for name in ("billing", "delivery", "warranty", "several-departments", "vip")}
STRANGER = "nora@example.com"
OWN = "baton@example.com"


@dataclass(frozen=True)
class There:
    """A Libredesk, and how everybody gets in."""

    url: str
    keys: Mapping[str, str]
    """By e-mail address: the API key and its secret, with a colon between them."""
    admin: str
    """The same, of somebody who may do everything."""
    website: str
    """The ID of the inbox of the live chat."""
    mail: int
    """The number of the inbox for mail."""


def company_mapping(url: str, **more: object) -> LibredeskMapping:
    """What is whose there."""
    return LibredeskMapping.model_validate(
        {
            "desk": "libredesk",
            "url": url,
            "people": PEOPLE,
            "lines": LINES,
            "labels": LABELS,
            "chats": {"web": "Website"},
            "tickets": {"mail": "Mail"},
            **more,
        }
    )


class Company:
    """The place for the tests that all adapters pass, and for those of this one."""

    def __init__(self, there: There, **mapping: object) -> None:
        self.there = there
        self.mapping = company_mapping(there.url, **mapping)
        self.adapter = LibredeskDesk(self.mapping, there.keys[OWN])
        self._http = httpx.AsyncClient(base_url=f"{there.url}/api/v1/", timeout=30)
        self._visitors: dict[str, str] = {}
        """By conversation: the customer's session."""
        self._agents: dict[str, int] = {}
        self._teams: dict[str, int] = {}

    async def aclose(self) -> None:
        await self.adapter.aclose()
        await self._http.aclose()

    # --- What people do ----------------------------------------------------------------------------

    async def does(self, who: str, method: str, path: str, body: object = None, **query: Any) -> Any:
        """A person asks something of the API; returns the data of the answer."""
        answer = await self._ask(who, method, path, body, query)
        answer.raise_for_status()
        return answer.json()["data"]

    async def tries(self, who: str, method: str, path: str, body: object = None) -> tuple[int, str]:
        """The same, with whatever is answered: its status, and what it says."""
        answer = await self._ask(who, method, path, body, None)
        return answer.status_code, str(answer.json().get("message") or "")

    async def _ask(
        self, who: str, method: str, path: str, body: object, query: dict[str, Any] | None
    ) -> httpx.Response:
        key = self.there.admin if who == "admin" else self.there.keys[PEOPLE.get(who, who)]
        auth = httpx.BasicAuth(*key.split(":", 1))
        return await self._http.request(method, path, json=body, params=query or None, auth=auth)

    async def customer(self, text: str, to: str | None = None) -> str:
        """The customer writes in the live chat; returns the conversation."""
        headers = {"X-Libredesk-Inbox-ID": self.there.website}
        if to is None:
            path = "widget/chat/conversations/init"
        else:
            path = f"widget/chat/conversations/{to}/message"
            headers["Authorization"] = f"Bearer {self._visitors[to]}"
        answer = await self._http.post(path, json={"message": text}, headers=headers)
        answer.raise_for_status()
        data = answer.json()["data"]
        if to is None:
            to = str(data["conversation"]["uuid"])
            self._visitors[to] = str(data["session_token"])
        return to

    async def mails(self, text: str, subject: str = "Two invoices") -> str:
        """A mail comes in; returns the conversation."""
        body = {
            "inbox_id": self.there.mail,
            "contact_email": "dora@example.org",
            "first_name": "Dora",
            "subject": subject,
            "content": f"<p>{text}</p>",
            "initiator": "contact",
        }
        return str((await self.does("admin", "POST", "conversations", body))["uuid"])

    async def writes(self, who: str, case: str, text: str, *, note: bool = False) -> str:
        """A person writes to the customer, or a note; returns the message."""
        body: dict[str, object] = {"message": f"<p>{text}</p>", "sender_type": "agent", "private": note}
        there = await self.does(who, "GET", f"conversations/{case}")
        if there["inbox_channel"] == "email":
            body["to"] = ["dora@example.org"]
        return str((await self.does(who, "POST", f"conversations/{case}/messages", body))["uuid"])

    async def gives(self, who: str, case: str, to: str) -> None:
        """A person gives a conversation to somebody."""
        if not self._agents:
            rows = await self.does(who, "GET", "agents/compact")
            self._agents = {row["email"]: row["id"] for row in rows}
        number = self._agents[PEOPLE.get(to, to)]
        await self.does(who, "PUT", f"conversations/{case}/assignee/user", {"assignee_id": number})

    async def takes_off(self, who: str, case: str) -> None:
        """A person takes a conversation from whoever has it."""
        await self.does(who, "PUT", f"conversations/{case}/assignee/user/remove", {})

    async def moves(self, who: str, case: str, line: str) -> None:
        """A person puts a conversation into a line's team."""
        if not self._teams:
            rows = await self.does(who, "GET", "teams/compact")
            self._teams = {row["name"]: row["id"] for row in rows}
        number = self._teams[LINES.get(line, line)]
        await self.does(who, "PUT", f"conversations/{case}/assignee/team", {"assignee_id": number})

    async def sets(self, who: str, case: str, status: str, **more: str) -> None:
        """A person sets a status."""
        await self.does(who, "PUT", f"conversations/{case}/status", {"status": status, **more})

    async def tags(self, who: str, case: str, action: str, *tags: str) -> None:
        """A person adds or removes tags."""
        body = {"action": f"{action}_tags", "tags": list(tags)}
        await self.does(who, "POST", f"conversations/{case}/tags", body)

    async def there_now(self, case: str) -> dict[str, Any]:
        """A conversation as it is there."""
        return dict(await self.does("petra", "GET", f"conversations/{case}"))

    # --- What a place is ---------------------------------------------------------------------------

    async def opens(self) -> CaseRef:
        number = await self.mails("Which one do I pay?")
        return CaseRef(
            case_id=f"t-{number}", channel="mail", conversation="", customer="dora", ticket_id=number
        )

    async def opens_chat(self) -> CaseRef:
        number = await self.customer("Hello?")
        return CaseRef(case_id=f"c-{number}", channel="web", conversation=number, customer="carol")

    async def writes_in(self, case: CaseRef, who: str, text: str) -> None:
        await self.writes(who, self._number(case), text)

    async def assigns(self, case: CaseRef, to: str) -> None:
        await self.gives("petra", self._number(case), to)

    async def sets_label(self, case: CaseRef, label: str) -> None:
        await self.tags("petra", self._number(case), "add", LABELS[label])

    async def notes(self, case: CaseRef, text: str) -> None:
        await self.writes("lena", self._number(case), text, note=True)

    async def said_by_baton(self, case: CaseRef, *, to_customer: bool) -> Sequence[str]:
        path = f"conversations/{self._number(case)}/messages"
        rows = (await self.does("petra", "GET", path, type="outgoing"))["results"]
        own = [row for row in reversed(rows) if row["author"]["email"] == OWN]
        return [row["text_content"] for row in own if row["private"] is not to_customer]

    def _number(self, case: CaseRef) -> str:
        desk_id = self.adapter.desk_id(case)
        assert desk_id is not None
        return desk_id
