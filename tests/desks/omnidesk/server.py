"""A local server that behaves like Omnidesk's API, faults included."""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.desks.omnidesk.account import API_KEY, LOGIN, OWN, Account, Case, written

_ALLOWED = "Basic " + b64encode(f"{LOGIN}:{API_KEY}".encode()).decode()


@dataclass
class Call:
    """A request that came in."""

    method: str
    path: str
    """Without ``/api/``."""
    query: dict[str, list[str]]
    body: Any


@dataclass
class Fault:
    """What goes wrong with the next call that fits."""

    on: str = r".*"
    """A pattern of ``METHOD path``."""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    page: str = ""
    """Something that is no JSON."""
    applies: bool = False
    """Whether the change is made all the same."""
    drops: bool = False
    """The connection is closed in the middle of the answer."""
    hangs: bool = False
    """No answer comes until the caller has gone."""
    meanwhile: Callable[[], None] | None = None
    """What somebody else does, just before the call is carried out as it should."""
    skips: int = 0
    """How many calls that fit go well before."""
    times: int = 1


class OmnideskServer:
    """The API over an account."""

    def __init__(self) -> None:
        self.url = ""
        self.begin()

    def begin(self) -> None:
        """Begin with a new account, without faults."""
        self.account = Account()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.per_minute = 1500
        self.left = 1500
        self.is_sending_date = True

    def called(self, on: str) -> list[Call]:
        """The calls so far that fit a pattern of ``METHOD path``."""
        return [call for call in self.calls if re.search(on, f"{call.method} {call.path}")]

    def fail(self, on: str, **how: Any) -> None:
        """Let the next call that fits fail."""
        self.faults.append(Fault(on, **how))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        call = await self._call_of(request)
        self.calls.append(call)
        self.left = max(0, self.left - 1)
        fault = self._fault_for(call)
        if fault and fault.hangs:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        response = self._answer(request, call, fault)
        if fault and fault.drops:
            length = [(b"content-length", b"100000"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
            return  # uvicorn closes the connection
        await response(scope, receive, send)

    async def _call_of(self, request: Request) -> Call:
        body = await request.json() if await request.body() else None
        path = request.url.path.removeprefix("/api/")
        return Call(request.method, path, parse_qs(request.url.query), body)

    def _fault_for(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.on, f"{call.method} {call.path}"):
                if fault.skips > 0:
                    fault.skips -= 1
                else:
                    fault.times -= 1
                    return fault
        return None

    def _answer(self, request: Request, call: Call, fault: Fault | None) -> Response:
        headers = {"api_calls_left": str(self.left), "rate_limit_per_minute": str(self.per_minute)}
        if self.is_sending_date:
            headers["date"] = written(self.account.now).replace("+0000", "GMT")
        if request.headers.get("authorization") != _ALLOWED:
            return JSONResponse({"error": "wrong_credentials"}, 401, headers)
        if fault and fault.meanwhile:
            fault.meanwhile()
        elif fault and not fault.applies:
            answer = Response if fault.page else JSONResponse
            return answer(fault.page or fault.body, fault.status or 200, headers | fault.headers)
        status, data = self._carry_out(call)
        if fault and fault.status:
            status, data = fault.status, fault.body
        return JSONResponse(data, status, headers | (fault.headers if fault else {}))

    def _carry_out(self, call: Call) -> tuple[int, Any]:
        what, account = call.path.removesuffix(".json").split("/"), self.account
        if call.path.count(".json") != 1:
            return 404, {"error": "not_found"}
        match call.method, what:
            case "GET", ["cases"]:
                return 200, self._paged("case", [case.shown() for case in self._cases(call)], call)
            case "GET", ["staff"]:
                staff = [{"staff_id": number, **one} for number, one in account.staff.items()]
                return 200, self._paged("staff", staff, call)
            case "GET", ["groups"]:
                groups = [
                    {"group_id": n, "group_title": t, "active": True} for n, t in account.groups.items()
                ]
                return 200, self._paged("group", groups, call)
            case "GET", ["labels"]:
                labels = [{"label_id": n, "label_title": t} for n, t in account.labels.items()]
                return 200, self._paged("label", labels, call)
            case "GET", ["staff_statuses"]:
                statuses = [
                    {"status_id": n, "status": t, "active": True} for n, t in account.statuses.items()
                ]
                return 200, _numbered("staff_statuses", statuses) | {"count": len(statuses)}
            case method, ["cases", number, *rest]:
                case = account.cases.get(int(number))
                return self._of_case(method, case, rest, call) if case else (404, {"error": "case_not_found"})
        return 404, {"error": "not_found"}

    def _of_case(self, method: str, case: Case, rest: list[str], call: Call) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, {"case": case.shown()}
            case "PUT", []:
                return self._put(case, call.body["case"])
            case "GET", ["messages"]:
                newest = call.query.get("order") == ["desc"]
                messages = sorted(case.messages, key=lambda one: one["message_id"], reverse=newest)
                return 200, self._paged("message", messages, call)
            case "GET", ["changelog"]:
                page, limit = _page(call)
                return 200, {"changelog": case.changelog[(page - 1) * limit : page * limit]}
            case "POST", ["messages"]:
                said = call.body["message"]
                author = (
                    {"staff_id": said["staff_id"]} if "staff_id" in said else {"user_id": said["user_id"]}
                )
                return self._post(case, said, author)
            case "POST", ["note"]:
                return self._post(case, call.body["note"], {"staff_id": OWN, "note": True})
        return 404, {"error": "not_found"}

    def _put(self, case: Case, fields: dict[str, Any]) -> tuple[int, Any]:
        staff = fields.get("staff_id", 0)
        if staff and not self.account.staff.get(staff, {}).get("active"):
            return 400, {"error": "staff_not_active"}
        self.account.change(case.case_id, f"staff_{OWN}", **fields)
        return 200, {"case": case.shown()}

    def _post(self, case: Case, said: dict[str, Any], author: dict[str, Any]) -> tuple[int, Any]:
        content = {name: said[name] for name in ("content", "content_html") if name in said}
        self.account.message(case, **content, **author)
        return 201, {"message": case.messages[-1]}

    def _cases(self, call: Call) -> list[Case]:
        found = [case for case in self.account.cases.values() if _is_wanted(case, call)]
        sort = call.query.get("sort", ["created_at_desc"])[0]
        field, _, direction = sort.rpartition("_")
        return sorted(found, key=lambda one: int(getattr(one, field)), reverse=direction == "desc")

    def _paged(self, key: str, items: list[Any], call: Call) -> dict[str, Any]:
        page, limit = _page(call)
        return _numbered(key, items[(page - 1) * limit : page * limit]) | {"total_count": len(items)}


def _is_wanted(case: Case, call: Call) -> bool:
    statuses = call.query.get("status[]") or call.query.get("status")
    if statuses and case.status not in statuses:
        return False
    if case.channel == "telegram" and call.query.get("show_active_chats") != ["true"]:
        return False
    since = {"from_time": case.created_at, "from_updated_time": case.updated_at}
    return all(int(call.query[name][0]) <= at for name, at in since.items() if name in call.query)


def _page(call: Call) -> tuple[int, int]:
    page, limit = (
        int(call.query.get(name, [default])[0]) for name, default in (("page", "1"), ("limit", "100"))
    )
    assert 1 <= page <= 500
    assert 1 <= limit <= 100
    return page, limit


def _numbered(key: str, items: list[Any]) -> dict[str, Any]:
    return {str(number): {key: item} for number, item in enumerate(items)}


@asynccontextmanager
async def serving() -> AsyncIterator[OmnideskServer]:
    """The server, on a port of its own."""
    there = OmnideskServer()
    listening = socket.create_server(("127.0.0.1", 0))
    there.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(there, log_config=None, log_level="critical", lifespan="off", date_header=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    try:
        yield there
    finally:
        server.should_exit = True
        await running
