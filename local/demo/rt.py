"""Tickets of ``baton demo`` that are played in a private Request Tracker, beside which Baton works.

The customer writes there, the departments comment there, and the composer sends the reply from there. Petra
applies her template with Baton, for which RT has no word. After each step RT has to show what the case is.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from baton.client import BatonClient
from baton.contract import NOTE_ADDED, Status, TicketSnapshot, ticket_workflow_id
from baton.desk.besideclient import BesideClient
from baton.desk.client import DeskClient
from baton.documents.yamlwriting import write_yaml
from baton.errors import IllegalTransition
from baton.model.effects import SEND_REPLY
from baton.settings import CHECKOUT
from local.demo.case import until
from local.demo.table import CUSTOMER, NAMES
from local.demo.ticketplay import PlayedTicket, TicketSeen
from local.demo.tickettable import TicketStep
from local.machine import environment_without
from local.rt import ADMINISTRATOR, BATON, PrivateRt, RtFailed, company, password

ADDRESS = "carol@customer.example"
PEOPLE = {key: key for key in NAMES if key != CUSTOMER}
"""By person of the demo company: the login in RT."""
STATUSES = {Status.OPEN: ("new", "open"), Status.PENDING: ("stalled",), Status.CLOSED: ("resolved",)}
_SECONDS = 60.0


@dataclass(frozen=True)
class RtQueue:
    """The queue of one company of the demo in RT."""

    rt: DemoRt
    name: str
    files: Mapping[str, Path]
    """By setting: the file with the mapping, and that with the secret."""


class DemoRt:
    """A private RT with people and a customer in it. Made by `open_rt`."""

    def __init__(self, private: PrivateRt, http: httpx.AsyncClient) -> None:
        self.url = private.url
        self._private = private
        self._http = http

    async def queue(self, name: str, folder: Path) -> RtQueue:
        """A queue that was made for a company, set up for Baton; its files in ``folder``."""
        mapping: Any = {
            "desk": "rt",
            "url": self.url,
            "login": BATON,
            "auth": "password",
            "every": 1,
            "queues": [name],
            "people": PEOPLE,
        }
        files = {"desk_file": folder / "desk.yaml", "desk_secret_file": folder / "desk.secret"}
        files["desk_file"].write_text(write_yaml(mapping), encoding="utf-8")
        files["desk_secret_file"].write_text(password(BATON), encoding="utf-8")
        await self._private.insert(await _datafile(files["desk_file"]))
        return RtQueue(self, name, files)

    async def do(self, login: str, method: str, path: str, **body: object) -> Any:
        """Let somebody do something. Raises `RtFailed`."""
        secret = ADMINISTRATOR[1] if login == ADMINISTRATOR[0] else password(login)
        try:
            answer = await self._http.request(method, path, json=body or None, auth=(login, secret))
        except httpx.HTTPError as error:
            raise RtFailed(f"Request Tracker did not answer {method} {path}: {error!r}") from None
        if not answer.is_success:
            raise RtFailed(f"Request Tracker did not let {login} {method} {path}: {answer.text}")
        return answer.json()

    async def transactions(self, ticket: str, kind: str) -> list[dict[str, Any]]:
        """What of this kind was done to a ticket, in order."""
        query = quote(f"ObjectType = 'RT::Ticket' AND ObjectId = {ticket} AND Type = '{kind}'")
        path = f"transactions?query={query}&fields=Creator&fields[Creator]=Name&orderby=id&per_page=100"
        return list((await self.do(ADMINISTRATOR[0], "GET", path))["items"])


@asynccontextmanager
async def open_rt(folder: Path, queues: Iterable[str]) -> AsyncIterator[DemoRt]:
    """A private RT with such queues, for the duration of the block. Raises `RtFailed`."""
    private = PrivateRt(folder)
    try:
        await private.start()
        staff = {login: NAMES[key] for key, login in PEOPLE.items()}
        await private.insert(company(tuple(queues), staff, (ADDRESS,)))
        url = f"{private.url}/REST/2.0/"
        async with httpx.AsyncClient(base_url=url, timeout=_SECONDS, trust_env=False) as http:
            yield DemoRt(private, http)
    finally:
        await private.stop()


async def _datafile(mapping: Path) -> str:
    """What Baton needs in RT for a mapping, as a data file."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpdesks.rt.setup", str(mapping)),
        cwd=CHECKOUT,
        env=environment_without("BATON_"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise RtFailed(errors.decode(errors="replace").strip())
    return output.decode()


async def listens(desk: BesideClient) -> None:
    """Wait until Baton hears of what happens in RT from now on. Raises ``Unanswered``."""

    async def has_looked() -> bool:
        try:
            return (await desk.feed("rt")).status.looked_at is not None
        except IllegalTransition:
            return False

    await until(has_looked, "Baton does not listen to Request Tracker")


class TicketInRt(PlayedTicket):
    """One ticket whose people work in RT."""

    def __init__(
        self, name: str, client: BatonClient, desk: DeskClient, queue: RtQueue, *, skips_time: bool
    ) -> None:
        super().__init__(name, client, desk, skips_time=skips_time)
        self._queue = queue

    async def see(self, step: TicketStep) -> TicketSeen:
        """The same; and RT shows what the case is then."""
        seen = await super().see(step)
        await until(
            lambda: self._shows(seen.ticket), f"Request Tracker did not show {self.workflow_id} as it is"
        )
        return seen

    async def do(self, step: TicketStep, **fields: object) -> str:
        """Do it in RT, if that has a word for it."""
        # RT's clock has seconds, and who was told is known by the moment: each step has one of its own.
        await asyncio.sleep(1 - time.time() % 1)
        match step.kind:
            case "customer_message":
                return await self._opens(step.text)
            case kind if kind == NOTE_ADDED:
                return await self._writes(step, "comment", "Comment")
            case kind if kind == SEND_REPLY:
                return await self._writes(step, "correspond", "Correspond")
            case _:
                return await super().do(step, **fields)

    async def _opens(self, text: str) -> str:
        given = {"Queue": self._queue.name, "Subject": self.name, "Requestor": ADDRESS}
        content = {"Content": text, "ContentType": "text/plain"}
        made = await self._queue.rt.do(ADDRESS, "POST", "ticket", **given, **content)
        self.is_called(str(made["id"]), ticket_workflow_id(str(made["id"])))
        (created,) = await self._queue.rt.transactions(self.name, "Create")
        event_id = f"rt:{created['id']}"
        await until(self._has_begun, f"{self.workflow_id} did not begin")
        self.customer = (await self.client.ticket(self.name).snapshot()).customer
        return event_id

    async def _has_begun(self) -> bool:
        try:
            await self.client.ticket(self.name).snapshot()
        except IllegalTransition:
            return False
        return True

    async def _writes(self, step: TicketStep, way: str, kind: str) -> str:
        content = {"Content": step.text, "ContentType": "text/plain"}
        await self._queue.rt.do(PEOPLE[step.by], "POST", f"ticket/{self.name}/{way}", **content)
        found = await self._queue.rt.transactions(self.name, kind)
        mine = [one["id"] for one in found if one["Creator"]["Name"] == PEOPLE[step.by]]
        return f"rt:{mine[-1]}"

    async def _shows(self, ticket: TicketSnapshot) -> bool:
        path = f"ticket/{self.name}?fields[Owner]=Name"
        row = await self._queue.rt.do(ADMINISTRATOR[0], "GET", path)
        labels = next(field["values"] for field in row["CustomFields"] if field["name"] == "Labels")
        owner = PEOPLE[ticket.assignee] if ticket.assignee else "Nobody"
        assert ticket.status is not None
        is_so = row["Status"] in STATUSES[ticket.status] and row["Owner"]["Name"] == owner
        return is_so and set(labels) == set(ticket.labels)

    async def _sent(self) -> int:
        """How many replies RT has sent to the customer."""
        found = await self._queue.rt.transactions(self.name, "Correspond")
        return sum(one["Creator"]["Name"] != ADDRESS for one in found)
