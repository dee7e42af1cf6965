"""Who is who among RT's users: by number, as transactions name them, and by login."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import quote

from baton.contract import Author, AuthorType
from helpdesks.outside.http import NoSuch, Refused
from helpdesks.rt.client import RtClient
from helpdesks.rt.mapping import ITSELF, NOBODY, RtMapping

_REMEMBERED = 5000


class RtUser(NamedTuple):
    """A user of RT."""

    id: str
    """The number, under which Baton knows whoever is not in the directory: a login may be an address."""
    login: str
    privileged: bool
    """Staff, as RT sees it; the others are customers."""


class Users:
    """RT's users, each asked for once. Raises what the client raises."""

    def __init__(self, client: RtClient) -> None:
        self._client = client
        self._known: OrderedDict[str, RtUser | None] = OrderedDict()

    async def get(self, name: str) -> RtUser | None:
        """The user with this number or login; None if there is none, or Baton must not see them."""
        if name not in self._known:
            self._known[name] = await self._read(name)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return self._known[name]

    async def _read(self, name: str) -> RtUser | None:
        try:
            row = await self._client.get(f"user/{quote(name, safe='')}")
        except (NoSuch, Refused):
            return None
        number = next((link["id"] for link in row.get("_hyperlinks", ()) if link.get("ref") == "self"), None)
        if number is None:
            return None
        return RtUser(str(number), str(row.get("Name") or name), bool(row.get("Privileged")))


def person_of(login: str, mapping: RtMapping) -> str | None:
    """Who of the directory has this login; None if nobody."""
    return mapping.people_by_login.get(login.lower())


def is_nobody(login: str) -> bool:
    """Whether this is the owner of what nobody owns."""
    return login.lower() == NOBODY.lower()


def acting(login: str, number: str, mapping: RtMapping) -> Author:
    """Whoever did something that no customer does: a person of the directory, or else just a program."""
    person = person_of(login, mapping)
    if person is not None:
        return Author(type=AuthorType.STAFF, id=person)
    return Author(type=AuthorType.SYSTEM, id="rt" if login == ITSELF else opaque(number))


def customer(number: str) -> Author:
    """The customer who is this user of RT."""
    return Author(type=AuthorType.CUSTOMER, id=opaque(number))


def opaque(number: str) -> str:
    """What Baton calls a user of RT who is not in the directory."""
    return f"rt-user-{number}"
