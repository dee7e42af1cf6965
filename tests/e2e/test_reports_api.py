"""Reports by the HTTP API, and by the command's client, of what really happened."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any

import httpx
import pytest

from baton.desk.apikeys import Scope
from baton.desk.client import DeskClient
from baton.desk.reports import ReportName, ReportQuery
from baton.errors import UnknownStaff
from lab.gateways import gateway_of, key_for
from lab.rig import Rig, fresh
from tests.conftest import RigOpener


@pytest.fixture
async def rig(open_a_rig: RigOpener) -> AsyncIterator[Rig]:
    """Lena, who is not in line 1, answers a new chat, so that a rule hands it on; then Ivan answers."""
    async with open_a_rig() as opened:
        chat = fresh("chat")
        await opened.customer(chat, "Where is my order?")
        await opened.staff(chat, "lena", "It left today.")
        await opened.customer(chat, "Thank you!")
        await opened.staff(chat, "ivan", "You are welcome.")
        await opened.settled(chat)
        yield opened


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {await key_for(rig.desk, Scope.READ)}"}
    async with (
        gateway_of(rig) as url,
        httpx.AsyncClient(base_url=f"{url}/v1/reports", headers=headers, timeout=None) as client,
    ):
        yield client


async def test_the_api_and_the_client_say_the_same(rig: Rig, api: httpx.AsyncClient) -> None:
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    for name in ReportName:
        by_client = await desk.report(ReportQuery(name=name))
        answer = await api.get(f"/{name}")
        assert answer.status_code == 200, answer.text
        if name is not ReportName.LATE:
            assert answer.json()["tables"] == by_client.model_dump(mode="json")["tables"]
    with pytest.raises(UnknownStaff, match="no line 'frist'"):
        await desk.report(ReportQuery(name=ReportName.WAITING, line="frist"))


async def test_a_handoff_by_a_shipped_rule_is_there(api: httpx.AsyncClient) -> None:
    tables = {one["name"]: one["rows"] for one in (await api.get("/handoffs")).json()["tables"]}
    by_rule = [row for row in tables["people"] if row[0] == "rule"]
    assert [(row[2], row[3], row[4], row[6]) for row in by_rule] == [("line-2", "lena", "line-1", 1)]


async def test_waits_and_hours_are_those_of_the_messages(api: httpx.AsyncClient) -> None:
    waiting: dict[str, Any] = (await api.get("/waiting")).json()
    (table,) = waiting["tables"]
    names = [column["name"] for column in table["columns"]]
    counts = {(row[0], row[1]): row[names.index("count")] for row in table["rows"]}
    assert counts == {("first answer", "line-2"): 1, ("answer", "line-1"): 1, ("answer", "line-2"): 1}
    (hours,) = (await api.get("/hours", params={"zone": "Europe/Berlin"})).json()["tables"]
    assert [sum(column) for column in list(zip(*hours["rows"], strict=True))[2:]] == [2, 2]


WANTED = [
    ("text/csv", {}, True),
    ("text/csv, application/json;q=0.5", {}, True),
    ("application/json, text/csv;q=0.5", {}, False),
    ("*/*", {}, False),
    ("*/*", {"format": "csv"}, True),
    ("text/csv", {"format": "json"}, False),
]
"""``Accept``, parameters, and whether CSV comes."""


async def test_csv_is_there_for_who_wants_it(api: httpx.AsyncClient) -> None:
    for accept, params, is_csv in WANTED:
        asked = {"headers": {"accept": accept}, "params": {**params, "table": "people"}}
        answer = await api.get("/handoffs", **asked)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        wanted = "text/csv; charset=utf-8" if is_csv else "application/json"
        assert (accept, params, answer.headers["content-type"]) == (accept, params, wanted)
    answer = await api.get("/handoffs?format=csv&table=people")
    heading, *rows = csv.reader(StringIO(answer.text))
    assert heading[:2] == ["how", "rule"]
    assert len(rows) >= 2
    assert answer.headers["content-disposition"] == 'attachment; filename="handoffs-people.csv"'


WRONG = {
    "/wating": "name",
    "/waiting?line=frist": "line",
    "/waiting?from=2026-03-01": "from",
    "/waiting?from=2030-01-01T00:00:00Z&to=2029-01-01T00:00:00Z": "from",
    "/waiting?from=2999-01-01T00:00:00Z": "from",
    "/waiting?to=yesterday": "to",
    "/hours?zone=Berlin": "zone",
    "/late?table=waitings": "table",
    "/late?format=xml": "format",
}
"""By what is asked: the field that cannot be used."""


async def test_a_wrong_question_names_the_field(api: httpx.AsyncClient) -> None:
    answers = {path: await api.get(path) for path in WRONG}
    assert {answer.status_code for answer in answers.values()} == {422}
    named = {path: answer.json()["errors"][0]["field"] for path, answer in answers.items()}
    assert named == WRONG
