"""The real Request Tracker of the tests, as people work in it."""

from __future__ import annotations

from typing import Any

import httpx

from baton.documents.directory import Directory
from baton.documents.yaml import read_yaml
from baton.settings import CHECKOUT
from helpdesks.rt.desk import RtDesk
from helpdesks.rt.mapping import RtMapping
from local.rt import ADMINISTRATOR, BATON, PrivateRt, password

_DEMO = read_yaml(CHECKOUT / "deploy/directory/demo.yaml").check(Directory)[0]
assert _DEMO is not None
PEOPLE = {person: f"{person}.rt" for person in _DEMO.staff}
"""By person of the demo company: the login in RT, which is another word."""
LOGINS = {PEOPLE[person]: member.name for person, member in _DEMO.staff.items()}
CUSTOMERS = ("carol@customer.example", "carl@customer.example")
LINES = {"line-1": "First line", "line-2": "Experts"}
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

    def desk(self, **fields: Any) -> RtDesk:
        """Baton's way to it. Whoever asks for it closes it."""
        return RtDesk(mapping_of(self.rt.url, **fields), password(BATON))

    async def do(self, who: str, method: str, path: str, **body: Any) -> Any:
        """Let a person (by ID or login), a customer or the administrator do something."""
        login = PEOPLE.get(who, who)
        if login not in self._people:
            secret = ADMINISTRATOR[1] if login == ADMINISTRATOR[0] else password(login)
            url = f"{self.rt.url}/REST/2.0/"
            self._people[login] = httpx.AsyncClient(base_url=url, auth=(login, secret), timeout=60)
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

    async def aclose(self) -> None:
        for client in self._people.values():
            await client.aclose()
