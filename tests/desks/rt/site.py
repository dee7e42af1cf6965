"""The real Request Tracker of the tests, as people work in it."""

from __future__ import annotations

from email import message_from_string
from typing import Any
from urllib.parse import quote

import httpx

from baton.documents.directory import Directory
from baton.documents.yaml import read_yaml
from baton.settings import CHECKOUT
from helpdesks.rt.desk import RtDesk
from helpdesks.rt.mapping import NOBODY, RtMapping
from local.rt import ADMINISTRATOR, BATON, PrivateRt, password

_DEMO = read_yaml(CHECKOUT / "deploy/directory/demo.yaml").check(Directory)[0]
assert _DEMO is not None
PEOPLE = {person: f"{person}.rt" for person in _DEMO.staff}
"""By person of the demo company: the login in RT, which is another word."""
LOGINS = {PEOPLE[person]: member.name for person, member in _DEMO.staff.items()}
CUSTOMERS = ("carol@customer.example", "carl@customer.example")
LINES = {"line-1": "First line", "line-2": "Experts", "phones": "Phones"}
QUEUES = ("General", *LINES.values(), "Elsewhere")
"""The queues there are. Baton does not work in the last one."""


def mapping_of(url: str, **fields: Any) -> RtMapping:
    """The mapping of the demo company."""
    given = {
        "desk": "rt",
        "url": url,
        "login": BATON,
        "auth": "password",
        "queues": ["General"],
        "people": PEOPLE,
        "lines": LINES,
        **fields,
    }
    return RtMapping.model_validate(given)


class Site:
    """The RT, and each user's connection to it."""

    def __init__(self, rt: PrivateRt) -> None:
        self.rt = rt
        self.mapping = mapping_of(rt.url)
        self._people: dict[str, httpx.AsyncClient] = {}

    def mapping_of(self, **fields: Any) -> RtMapping:
        """The mapping of the demo company for this RT, with other fields."""
        return mapping_of(self.rt.url, **fields)

    def desk(self, **fields: Any) -> RtDesk:
        """Baton's way to it. Whoever asks for it closes it."""
        return RtDesk(mapping_of(self.rt.url, **fields), password(BATON))

    async def do(self, who: str, method: str, path: str, **body: Any) -> Any:
        """Let a person (by ID or login), a customer or the administrator do something."""
        login = PEOPLE.get(who, who)
        if login not in self._people:
            secret = ADMINISTRATOR[1] if login == ADMINISTRATOR[0] else password(login)
            url = f"{self.rt.url}/REST/2.0/"
            self._people[login] = httpx.AsyncClient(base_url=url, auth=(login, secret), timeout=None)
        answer = await self._people[login].request(method, path, json=body or None)
        assert answer.is_success, (who, method, path, answer.status_code, answer.text)
        return answer.json()

    async def ticket(
        self, text: str = "Where is my parcel?", /, by: str = CUSTOMERS[0], **fields: Any
    ) -> str:
        """The number of a new ticket."""
        given = {"Queue": "General", "Subject": "Parcel", "Requestor": CUSTOMERS[0], **fields}
        made = await self.do(by, "POST", "ticket", Content=text, ContentType="text/plain", **given)
        return str(made["id"])

    async def write(self, who: str, ticket: str, text: str, way: str = "correspond", **more: Any) -> None:
        """Let somebody write into a ticket."""
        given = {"Content": text, "ContentType": "text/plain", **more}
        await self.do(who, "POST", f"ticket/{ticket}/{way}", **given)

    async def change(self, who: str, ticket: str, **fields: Any) -> list[str]:
        """Let somebody change a ticket; what RT says to it."""
        said: list[str] = await self.do(who, "PUT", f"ticket/{ticket}", **fields)
        return said

    async def gives(self, who: str, ticket: str, to: str | None) -> None:
        """Let somebody make a person the owner, or nobody."""
        await self.change(who, ticket, Owner=NOBODY if to is None else PEOPLE[to])

    async def labels(self, who: str, ticket: str, *add: str) -> None:
        """Let somebody add labels."""
        there: set[str] = (await self.shows(ticket))["labels"]
        await self.change(who, ticket, CustomFields={"Labels": sorted({*there, *add})})

    async def killed(self) -> None:
        """Kill the RT in the middle of what it does, and start it again."""
        await self.rt.kill()
        await self.aclose()
        await self.rt.start()

    async def shows(self, ticket: str) -> dict[str, Any]:
        """The ticket as RT shows it to its administrator: status, owner and labels."""
        row = await self.do("root", "GET", f"ticket/{ticket}?fields[Owner]=Name")
        labels = next(field["values"] for field in row["CustomFields"] if field["name"] == "Labels")
        return {"status": row["Status"], "owner": row["Owner"]["Name"], "labels": set(labels)}

    async def record(self, ticket: str) -> list[dict[str, Any]]:
        """Everything that was ever done to a ticket, as RT keeps it, in order."""
        fields = "Type,Field,OldValue,NewValue,Creator,Created"
        query = quote(f"ObjectType = 'RT::Ticket' AND ObjectId = {ticket}")
        found: list[dict[str, Any]] = []
        while True:
            page = await self.do(
                "root",
                "GET",
                f"transactions?query={query}&fields={fields}&fields[Creator]=Name&orderby=id&order=ASC"
                f"&per_page=100&page={len(found) // 100 + 1}",
            )
            found += page["items"]
            if len(page["items"]) < 100:
                return found

    async def said(self, ticket: str, kind: str, by: str = BATON) -> list[str]:
        """The texts of a ticket's messages (``Correspond``) or notes (``Comment``) by somebody, in order."""
        login = PEOPLE.get(by, by)
        rows = [row for row in await self.record(ticket) if row["Type"] == kind]
        return [await self._text(row["id"]) for row in rows if row["Creator"]["Name"] == login]

    def mailed(self, ticket: str, address: str, text: str) -> int:
        """How many mails about a ticket with this text, in one line, went to an address."""
        wanted = (f"baton #{ticket}", address)
        headers = [message_from_string(mail) for mail in self.rt.mails if text in mail]
        return sum((one["X-RT-Ticket"], one["To"]) == wanted for one in headers)

    async def _text(self, transaction: str) -> str:
        parts = await self.do("root", "GET", f"transaction/{transaction}/attachments?fields=Content")
        return "".join(part.get("Content") or "" for part in parts["items"])

    async def aclose(self) -> None:
        for client in self._people.values():
            await client.aclose()
        self._people.clear()
