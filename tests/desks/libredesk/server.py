"""A local server that behaves like Libredesk's API, faults included."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import socket
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from helpdesks.libredesk.checking import RIGHTS
from helpdesks.libredesk.hooks import SIGNATURE
from helpdesks.outside.hooks import Delivery
from tests.desks.libredesk.account import Account, Agent, Conversation, Unknown
from tests.desks.libredesk.company import LABELS, LINES, OWN, PEOPLE, STRANGER, There

HOOK_SECRET = "a-shared-secret"
WEBSITE = "8f0bc2a8-6a1e-4e0e-9a53-0a7a31c1d6c2"
_LAST_NAMES = {"ivan": "Bauer", "petra": "Keller", "lena": "Maier", "maria": "Sommer", "oleg": "Petrov"}


_PAGES = (("page", "1"), ("page_size", "30"))


@dataclass
class Call:
    """A request that came in."""

    method: str
    path: str
    """Without ``/api/v1/``."""
    query: dict[str, list[str]]
    body: Any
    who: str
    """The address of the agent; empty for a customer."""


@dataclass
class Fault:
    """What goes wrong with the next call that fits."""

    on: str
    status: int = 0
    page: str = ""
    """Something that is no JSON."""
    lies: bool = False
    """It says that all is well, and does nothing."""
    applies: bool = False
    """It is done, and the answer is a failure."""
    meanwhile: Callable[[], None] | None = None
    """What somebody else does just before."""
    times: int = 1


@dataclass
class LibredeskServer:
    """The API over an account."""

    url: str = ""
    account: Account = field(default_factory=Account)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    there: There = field(init=False)

    def begin(self) -> There:
        """Begin with a new account in which the demo company works; returns how everybody gets in."""
        self.account, self.calls, self.faults = Account(), [], []
        account = self.account
        for name, email in PEOPLE.items():
            account.hire(name.capitalize(), _LAST_NAMES[name], email)
        account.hire("Nora", "Fremd", STRANGER)
        account.hire("Baton", "Orchestrator", OWN, *RIGHTS)
        account.hire("Ada", "Admin", "ada@example.com", "status:manage", "tags:manage")
        account.teams = dict(enumerate(LINES.values(), 1))
        account.tags = [*LABELS.values(), "colour"]
        account.statuses["Waiting"] = "waiting"
        account.inboxes = [
            {"id": 1, "uuid": "", "name": "Mail", "channel": "email", "enabled": True},
            {"id": 2, "uuid": WEBSITE, "name": "Website", "channel": "livechat", "enabled": True},
        ]
        keys = {agent.email: f"key-{agent.id}:secret" for agent in account.agents.values()}
        self.there = There(self.url, keys, keys["ada@example.com"], WEBSITE, 1)
        return self.there

    def called(self, on: str) -> list[Call]:
        """Baton's calls so far that fit a pattern of ``METHOD path``."""
        own = [call for call in self.calls if call.who == OWN]
        return [call for call in own if re.search(on, f"{call.method} {call.path}")]

    def fail(self, on: str, **how: Any) -> None:
        """Let the next call that fits fail."""
        self.faults.append(Fault(on, **how))

    def hooks(self) -> list[Delivery]:
        """What webhooks say of all that has happened, in order."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = []
        for event, payload in self.account.hooks:
            body = json.dumps({"event": event, "payload": payload, "timestamp": now}).encode()
            signed = hmac.new(HOOK_SECRET.encode(), body, sha256).hexdigest()
            headers = {"content-type": "application/json", SIGNATURE: f"sha256={signed}"}
            found.append(Delivery(body, headers))
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            response = await self._respond(request)
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        body = await request.json() if await request.body() else None
        path = request.url.path.removeprefix("/api/v1/")
        agent = self._agent(request.headers.get("authorization", ""))
        query = parse_qs(request.url.query, keep_blank_values=True)
        call = Call(request.method, path, query, body, agent.email if agent else "")
        self.calls.append(call)
        if path.startswith("widget/"):
            return _enveloped(*self._widget(call, request.headers))
        if agent is None:
            return _enveloped(401, "Invalid credential")
        fault = self._fault_for(call)
        if fault and fault.lies:
            return _enveloped(200, True)
        if fault and fault.meanwhile:
            fault.meanwhile()
        elif fault and not fault.applies:
            return (
                Response(fault.page, fault.status or 200) if fault.page else _enveloped(fault.status, "Down")
            )
        try:
            status, data = self._carry_out(call, agent)
        except (Unknown, StopIteration):
            status, data = 500, "Something went wrong"
        return _enveloped(fault.status, "Down") if fault and fault.applies else _enveloped(status, data)

    def _agent(self, authorization: str) -> Agent | None:
        scheme, _, written_there = authorization.partition(" ")
        key = b64decode(written_there).decode(errors="replace") if scheme == "Basic" else ""
        number = key.partition(":")[0].removeprefix("key-") if key.endswith(":secret") else ""
        return self.account.agents.get(int(number)) if number.isdecimal() else None

    def _fault_for(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.times and call.who == OWN and re.search(fault.on, f"{call.method} {call.path}"):
                fault.times -= 1
                return fault
        return None

    def _widget(self, call: Call, headers: Mapping[str, str]) -> tuple[int, Any]:
        if headers.get("x-libredesk-inbox-id") != WEBSITE:
            return 400, "Inbox not found"
        match call.path.split("/"):
            case ["widget", "chat", "conversations", "init"]:
                contact = self._contact("Visitor", None, "visitor")
                uuid = self.account.begins(self.account.inboxes[1], contact, call.body["message"])
                return 200, {"conversation": {"uuid": uuid}, "session_token": f"visitor-of-{uuid}"}
            case ["widget", "chat", "conversations", uuid, "message"]:
                if headers.get("authorization") != f"Bearer visitor-of-{uuid}":
                    return 401, "Unauthorized"
                there = self.account.conversations[uuid]
                return 200, {"uuid": self.account.customer_writes(there, call.body["message"]).uuid}
        return 404, "Not found"

    def _contact(self, name: str, email: str | None, kind: str) -> dict[str, Any]:
        number = 1000 + next(self.account.numbers)
        return {"id": number, "first_name": name, "last_name": "", "email": email, "type": kind}

    def _carry_out(self, call: Call, agent: Agent) -> tuple[int, Any]:
        account = self.account
        match call.method, call.path.split("/"):
            case "GET", ["agents", "me"]:
                return 200, {**account.shown_agent(agent), "permissions": list(agent.permissions)}
            case "GET", ["agents", "compact"]:
                agents = [one for one in account.agents.values() if one.email != "System"]
                return 200, [account.shown_agent(one) for one in agents]
            case "GET", ["teams", "compact"]:
                return 200, [{"id": number, "name": name} for number, name in account.teams.items()]
            case "GET", ["inboxes"]:
                return 200, account.inboxes
            case "GET", ["statuses"]:
                return 200, [{"name": name, "category": kind} for name, kind in account.statuses.items()]
            case "GET", ["tags"]:
                return 200, [{"name": tag} for tag in account.tags]
            case "POST", ["statuses" | "tags" as what]:
                return self._makes(what, call.body, agent)
            case "GET", ["conversations", "all"]:
                return 200, self._paged(self._list(call), call)
            case "POST", ["conversations"]:
                contact = self._contact(call.body["first_name"], call.body["contact_email"], "contact")
                inbox = next(one for one in account.inboxes if one["id"] == call.body["inbox_id"])
                uuid = account.begins(inbox, contact, call.body["content"], call.body["subject"])
                return 200, account.shown(account.conversations[uuid])
            case method, ["conversations", uuid, *rest]:
                there = account.conversations.get(uuid)
                if there is None:
                    return 404, "Conversation not found"
                return self._of_conversation(method, there, rest, call, agent)
        return 404, "Not found"

    def _makes(self, what: str, body: dict[str, Any], agent: Agent) -> tuple[int, Any]:
        right = "tags:manage" if what == "tags" else "status:manage"
        if right not in agent.permissions:
            return 403, "Permission denied"
        if what == "tags":
            self.account.tags.append(body["name"])
        else:
            self.account.statuses[body["name"]] = body["category"]
        return 200, body

    def _of_conversation(
        self, method: str, there: Conversation, rest: list[str], call: Call, agent: Agent
    ) -> tuple[int, Any]:
        account, body = self.account, call.body
        match method, rest:
            case "GET", []:
                return 200, account.shown(there)
            case "GET", ["messages"]:
                kinds = call.query.get("type")
                entries = [one for one in reversed(there.entries) if kinds is None or one.type in kinds]
                return 200, self._paged([account.shown_entry(there, one) for one in entries], call)
            case "POST", ["messages"]:
                return self._says(there, body, agent)
            case "PUT", ["assignee", "user"]:
                account.assigns(there, agent.id, body["assignee_id"])
            case "PUT", ["assignee", "user", "remove"]:
                account.takes_off(there, agent.id)
            case "PUT", ["assignee", "team"]:
                if body["assignee_id"] not in account.teams:
                    return 400, "Team not found"
                account.moves(there, agent.id, body["assignee_id"])
            case "PUT", ["assignee", "team", "remove"]:
                there.team, there.updated_at = None, account.tick()
            case "PUT", ["status"]:
                account.sets(there, agent.id, body["status"])
            case "PUT", ["custom-attributes"]:
                there.attributes, there.updated_at = body, account.tick()
            case "POST", ["tags"]:
                account.labels(there, agent.id, body["action"], body["tags"])
            case _:
                return 404, "Not found"
        return 200, True

    def _says(self, there: Conversation, body: dict[str, Any], agent: Agent) -> tuple[int, Any]:
        if body["sender_type"] != "agent":
            return 403, "Permission denied"
        content = body["message"].replace("{{ .Contact.FirstName }}", there.contact["first_name"])
        if body.get("private"):
            entry = self.account.notes(there, agent.id, content)
        elif there.inbox["channel"] == "email" and not body.get("to"):
            return 500, "`to` empty"
        else:
            meta = {name: body[name] for name in ("to", "echo_id") if body.get(name)}
            entry = self.account.replies(there, agent.id, content, **meta)
        return 200, self.account.shown_entry(there, entry)

    def _list(self, call: Call) -> list[dict[str, Any]]:
        model, _, by = call.query.get("order_by", ["conversations.last_message_at"])[0].partition(".")
        if model != "conversations" or by not in ("last_message_at", "created_at"):
            raise Unknown
        rules = json.loads(call.query.get("filters", ["[]"])[0])
        found = [
            one for one in self.account.conversations.values() if all(_fits(one, rule) for rule in rules)
        ]
        found.sort(key=lambda one: getattr(one, by), reverse=call.query.get("order", ["desc"])[0] == "desc")
        return [self.account.listed(one) for one in found]

    def _paged(self, rows: list[dict[str, Any]], call: Call) -> dict[str, Any]:
        page, size = (int(call.query.get(name, [default])[0]) for name, default in _PAGES)
        assert page >= 1
        assert size <= 500
        return {"results": rows[(page - 1) * size : page * size], "total": len(rows), "page": page}


def _fits(there: Conversation, rule: dict[str, str]) -> bool:
    match rule:
        case {"field": "assigned_user_id", "operator": "not set"}:
            return there.agent is None
        case {"model": "conversation_statuses", "field": "name", "operator": "in", "value": value}:
            return there.status in json.loads(value)
        case {"field": "last_message_at" | "created_at" as name, "operator": "greater than", "value": value}:
            at: datetime | None = getattr(there, name)
            return at is not None and at > datetime.fromisoformat(value)
    raise Unknown


def _enveloped(status: int, data: Any) -> Response:
    if status < 300:
        return JSONResponse({"status": "success", "data": data}, status)
    kinds = {401: "GeneralException", 403: "PermissionException", 404: "NotFoundException"}
    kind = kinds.get(status, "InputException" if status < 500 else "GeneralException")
    return JSONResponse({"status": "error", "message": data, "data": None, "error_type": kind}, status)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The address at which an app is served, on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
