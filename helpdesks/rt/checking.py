"""Looks whether RT has all that Baton needs there, and says what to do if not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from baton.errors import BatonError
from helpdesks.outside.adapter import Finding
from helpdesks.outside.http import NoSuch, Refused
from helpdesks.rt.client import Json, RtClient
from helpdesks.rt.fields import TO_DO, Queue, Queues
from helpdesks.rt.mapping import RtMapping
from helpdesks.rt.transactions import quoted

_PEOPLE_AT_ONCE = 40
_ACTIONS = {"correspond": "ReplyToTicket", "comment": "CommentOnTicket"}
"""By what RT offers to do with a ticket: the right to do it."""


class Check:
    """One look at an RT."""

    def __init__(self, client: RtClient, mapping: RtMapping, queues: Queues, secret: str) -> None:
        self._client = client
        self._mapping = mapping
        self._queues = queues
        self._secret = secret

    async def __call__(self) -> Sequence[Finding]:
        """Everything that was looked at, in the order in which it should be put right."""
        try:
            version = str((await self._client.get("rt")).get("Version"))
        except BatonError as error:
            return [Finding(f"RT at {self._client.url}", str(error))]
        major = version.partition(".")[0]
        old = "" if major == "5" else f"Baton was tested with RT 5, and this is {version}"
        login = await self._login()
        found = [Finding(f"RT {version} at {self._client.url}", old), login]
        if login.wrong:
            return found  # whatever else is wrong may only follow from that
        for name in self._mapping.all_queues:
            found += await self._queue(name)
        return [*found, *await self._people(), *await self._statuses()]

    async def _login(self) -> Finding:
        login = self._mapping.login
        what = f"Baton's login {login}"
        try:
            row = await self._client.get(f"user/{quote(login, safe='')}")
        except (NoSuch, Refused) as error:
            return Finding(what, f"RT shows no such user: {error}")
        owner = self._secret.split("-")[1:2] if self._mapping.auth == "token" else []
        if owner and owner != [_number(row)]:
            return Finding(
                what, "the token belongs to another user of RT: write that one's login, or make one"
            )
        if not row.get("Privileged"):
            return Finding(
                what, "it is no privileged user: let it be granted rights, in RT's page of the user"
            )
        language = str(row.get("Lang") or "en")
        if not language.startswith("en"):
            return Finding(
                what, f"it speaks {language}: choose English, so that Baton understands what RT says"
            )
        return Finding(what)

    async def _queue(self, name: str) -> Sequence[Finding]:
        what = f"queue {name}"
        queue = await self._queues.read(name)
        if queue is None:
            return [Finding(what, f"RT shows Baton no such queue: look at its name; then {TO_DO}")]
        missing = [field for field, number in self._queues.fields_of(queue).items() if number is None]
        if missing:
            return [Finding(what, f"it has no custom field {' and no '.join(missing)}: {TO_DO}")]
        wrong = await self._labels_field(queue)
        return [Finding(what, wrong or await self._rights(name))]

    async def _labels_field(self, queue: Queue) -> str:
        name = self._mapping.labels_field
        try:
            field = await self._client.get(f"customfield/{queue.labels}")
        except Refused:
            return f"Baton's login has no right SeeCustomField on the custom field {name}: {TO_DO}"
        if str(field.get("MaxValues")) == "0":
            return ""
        return f"the custom field {name} takes one value only: let it be 'Enter multiple values'"

    async def _rights(self, name: str) -> str:
        found = await self._client.page("tickets", f"Queue = {quoted(name)}", "Status", per_page=1)
        if not found:
            return ""  # RT tells rights only of a ticket
        row = await self._client.get(f"ticket/{found[0]['id']}")
        offered = {link.get("ref") for link in row.get("_hyperlinks", ())}
        missing = [right for action, right in _ACTIONS.items() if action not in offered]
        return f"Baton's login has no right {' and no '.join(missing)} there: {TO_DO}" if missing else ""

    async def _people(self) -> Sequence[Finding]:
        logins = list(self._mapping.people.values())
        enabled = set()
        for first in range(0, len(logins), _PEOPLE_AT_ONCE):
            some = logins[first : first + _PEOPLE_AT_ONCE]
            wanted = json.dumps([{"field": "Name", "value": login} for login in some])
            rows = await self._client.page("users", wanted, "Name")
            enabled |= {str(row["Name"]).lower() for row in rows}
        found = []
        for person, login in self._mapping.people.items():
            wrong = "" if login.lower() in enabled else await self._what_is_wrong_with(login)
            found.append(Finding(f"{person} is {login} in RT", wrong))
        return found

    async def _what_is_wrong_with(self, login: str) -> str:
        try:
            await self._client.get(f"user/{quote(login, safe='')}")
        except (NoSuch, Refused):
            return "RT has no such user: write that person's login"
        return "this user is disabled in RT: enable it, or take it out of the mapping"

    async def _statuses(self) -> Sequence[Finding]:
        queues = " OR ".join(f"Queue = {quoted(name)}" for name in self._mapping.all_queues)
        others = " AND ".join(f"Status != {quoted(name)}" for name in self._mapping.statuses.all)
        found = await self._client.page("tickets", f"({queues}) AND {others}", "Status", per_page=1)
        if not found:
            return [Finding("statuses")]
        status = str(found[0]["Status"])
        return [
            Finding("statuses", f"tickets have the status {status!r}: write it under statuses in the mapping")
        ]


def _number(row: Json) -> str:
    links = row.get("_hyperlinks") or ()
    return next((str(link["id"]) for link in links if link.get("ref") == "self"), "")
