"""Filters find the same whatever the server keeps its lists in, and no value breaks one.

CI runs this on the development server, which keeps them in SQLite. ``make cluster`` runs it on a cluster,
which keeps them in PostgreSQL: what is expected here has no exception for either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

from baton.cli.ops.filters import Filter, filters
from baton.contract import CHAT_WORKFLOW, MAX_WORKFLOW_ID_LENGTH, TICKET_WORKFLOW, Presence
from baton.temporal.executions import Execution, listed, runs_of
from baton.temporal.queries import can_be_asked_for, equals, moment, quoted
from baton.temporal.searchattributes import LONGEST_KEYWORD, key_of
from lab.rig import CHANNEL, Rig, becomes, eventually, fresh
from tests.lists import OF_THE_SERVER, PROVEN, forms_in

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Cases:
    """Workflows that do nothing, on a task queue that nobody polls."""

    client: Client
    queue: str = field(default_factory=lambda: fresh("lists"))
    ids: list[str] = field(default_factory=list)

    async def start(self, name: str, /, workflow: str = CHAT_WORKFLOW, **attributes: Any) -> str:
        workflow_id = f"{self.queue}:{name}"
        pairs = [SearchAttributePair(key_of(key), value) for key, value in attributes.items()]
        await self.client.start_workflow(
            workflow,
            id=workflow_id,
            task_queue=self.queue,
            search_attributes=TypedSearchAttributes(pairs),
        )
        self.ids.append(workflow_id)
        return workflow_id

    async def found(self, query: str = "") -> list[Execution]:
        own = f"TaskQueue = {quoted(self.queue)}"
        return [one async for one in listed(self.client, f"{own} AND ({query})" if query else own)]

    async def all_listed(self) -> None:
        async def there() -> bool:
            return {one.id for one in await self.found()} == set(self.ids)

        await eventually(there, f"not all are on the list: {len(await self.found())} of {len(self.ids)}")

    async def names(self, query: str) -> set[str]:
        return {one.id.removeprefix(f"{self.queue}:") for one in await self.found(query)}


WITH: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "ivan": {"Assignee": "ivan", "Line": "line-1"},
    "Ivan": {"Assignee": "Ivan"},
    "vip": {"Labels": ["vip", "it's urgent: now"]},
    "other": {"Labels": ["billing"]},
    "noon": {"DueAt": NOON},
    "later": {"DueAt": NOON + SECOND},
}
EVERY = {*WITH, "ticket"}
FORMS: Sequence[tuple[str, set[str]]] = (
    ("Assignee = 'ivan'", {"ivan"}),
    ("Assignee IN ('ivan', 'lena')", {"ivan"}),
    ("Assignee IS NULL", EVERY - {"ivan", "Ivan"}),
    ("Assignee IS NOT NULL", {"ivan", "Ivan"}),
    ("Assignee IS NULL AND (Line = 'line-1' OR Labels = 'billing')", {"other"}),
    ("Labels = 'vip'", {"vip"}),
    (r"Labels = 'it\'s urgent: now'", {"vip"}),
    ("(Labels != 'vip' OR Labels IS NULL)", EVERY - {"vip"}),
    ("(Assignee != 'ivan' OR Assignee IS NULL)", EVERY - {"ivan"}),
    ("Labels IS NULL", EVERY - {"vip", "other"}),
    ("Labels IS NOT NULL", {"vip", "other"}),
    ("TemporalWorkerDeploymentVersion = 'baton:1.4.0'", set()),
    ("TemporalReportedProblems IS NULL", EVERY),
    ("TemporalReportedProblems IS NOT NULL", set()),
    (f"DueAt < '{moment(NOON)}'", set()),
    (f"DueAt >= '{moment(NOON)}'", {"noon", "later"}),
    (f"DueAt < '{moment(NOON + SECOND)}'", {"noon"}),
    (f"DueAt >= '{moment(NOON + SECOND)}'", {"later"}),
    (f"DueAt >= '2026-11-27T15:00:00+03:00' AND DueAt < '{moment(NOON + SECOND)}'", {"noon"}),
    (f"WorkflowType = '{TICKET_WORKFLOW}'", {"ticket"}),
    (f"WorkflowType IN ('{CHAT_WORKFLOW}', '{TICKET_WORKFLOW}')", EVERY),
    (f"WorkflowType != '{CHAT_WORKFLOW}'", {"ticket"}),
    ("ExecutionStatus = 'Running'", EVERY),
    ("ExecutionStatus = 'Paused'", set()),
    ("ExecutionStatus != 'Running'", set()),
    ("CloseTime IS NULL", EVERY),
    ("CloseTime >= '2026-01-01T00:00:00Z'", set()),
    ("CloseTime < '2026-01-01T00:00:00Z'", set()),
    ("StartTime < '2026-01-01T00:00:00Z'", set()),
    ("StartTime >= '2026-01-01T00:00:00Z'", EVERY),
)


@pytest.fixture(scope="module")
async def cases(server: WorkflowEnvironment) -> Cases:
    """One workflow for each of ``WITH``."""
    made = Cases(server.client)
    for name, attributes in WITH.items():
        await made.start(name, **attributes)
    await made.start("ticket", TICKET_WORKFLOW)
    await made.all_listed()
    return made


@pytest.mark.parametrize(("query", "expected"), FORMS, ids=[query for query, _ in FORMS])
async def test_what_filters_are_made_of_finds_the_same_everywhere(
    cases: Cases, query: str, expected: set[str]
) -> None:
    assert await cases.names(query) == expected


def test_each_form_that_filters_may_have_is_tried_here() -> None:
    tried = {form for query, _ in FORMS for form in forms_in(query)}
    assert tried == PROVEN
    # WorkflowId and TaskQueue are in what every test here asks.
    assert OF_THE_SERVER.keys() <= {word for query, _ in FORMS for word in query.split()} | {
        "WorkflowId",
        "TaskQueue",
    }


async def test_the_longest_values_are_on_the_lists(server: WorkflowEnvironment) -> None:
    cases = Cases(server.client)
    longest = "ж" * LONGEST_KEYWORD
    await cases.start("x" * (MAX_WORKFLOW_ID_LENGTH - len(cases.queue) - 1), Assignee=longest)
    await cases.start("labels", Labels=[longest, "vip"])
    await cases.all_listed()
    assert len(await cases.found(equals("Assignee", longest))) == 1
    assert await cases.names(equals("Labels", longest)) == {"labels"}


VALUES = st.text(
    # No upper case, which is lower case to SQLite; and none that it turns into another letter.
    st.one_of(
        st.sampled_from("'\"\\?%_!♡;:$`*()|-😀"),
        st.characters(exclude_categories=("C", "Z", "Lu", "Lt"), max_codepoint=0x17E),
    ),
    min_size=1,
    max_size=8,
)
HARD = [
    "a♡b",
    'a"b',
    "a\\b",
    "'a",
    "a'",
    "it's",
    "a?b",
    "?",
    '"',
    "'",
    "\\",
    "''",
    "♡",
    "a%b_c!",
    "'a'?",
    '"fts" OR "x',
]


@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example starts workflows
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(values=HARD)
@given(values=st.lists(VALUES, min_size=4, max_size=10, unique=True))
async def test_a_filter_for_any_value_finds_what_has_it(
    server: WorkflowEnvironment, values: list[str]
) -> None:
    """Whatever signs are in it. Where Temporal can be asked for it, nothing else is found."""
    cases = Cases(server.client)
    for number, value in enumerate(values):
        await cases.start(f"{number}:{value}", Assignee=value, Labels=[value, "vip"])
    await cases.all_listed()
    for number, value in enumerate(values):
        name = f"{number}:{value}"
        for attribute in ("Assignee", "Labels"):
            found = await cases.names(equals(attribute, value))
            assert name in found, (attribute, value)
            assert len(found) == 1 or not can_be_asked_for(attribute, value), (attribute, value)
        case = f"{cases.queue}:{name}"
        assert [one.id async for one in runs_of(server.client, case)] == [case]


async def found_by(rig: Rig, one: Filter) -> set[str]:
    """What a filter finds, of this rig only."""
    query = f"({one.query}) AND TaskQueue = '{rig.settings.task_queue}'"
    return {found.id async for found in listed(rig.client.temporal, query)}


async def test_each_filter_finds_what_it_says(rig: Rig) -> None:
    chats = {
        name: fresh(f"filter-{name}") for name in ("new", "unanswered", "reserved", "queue", "mine", "failed")
    }
    tickets = {name: fresh(f"T-{name}") for name in ("triage", "collecting", "composing", "answered")}
    await rig.customer(chats["new"])
    await rig.customer(chats["unanswered"])
    await rig.by("ivan", chats["unanswered"], "chat_ended", status="open")
    await rig.staff(chats["reserved"], "lena")
    await rig.customer(chats["mine"])
    await rig.by("ivan", chats["mine"], "taken")
    for staff in ("ivan", "petra"):
        await rig.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
    await rig.customer(chats["queue"])
    await rig.by("lena", chats["queue"], "assigned", line="line-1")
    await rig.customer(chats["failed"])
    await rig.handle(chats["failed"]).terminate()
    await rig.on_ticket("customer", tickets["triage"], "customer_message", text="Hello?")
    await rig.asked(tickets["collecting"], "three-departments")
    for name in ("composing", "answered"):
        await rig.asked(tickets[name], "billing-and-delivery")
    for name in ("composing", "answered"):
        await rig.note("lena", tickets[name])
        await rig.note("maria", tickets[name])
    await rig.on_ticket("maria", tickets["answered"], "send_reply", text="Here you are.")

    held = (await rig.snapshot(chats["reserved"])).assignee
    assert held is not None
    expected = {
        "new": {chats["new"], chats["queue"]},
        "unanswered": {chats["unanswered"]},
        "reserved": {chats["reserved"]},
        "queue": {chats["queue"]},
        "mine": {chats["mine"]},
        "assigned": {chats["mine"], *([chats["reserved"]] if held == "ivan" else [])},
        **{name: {ticket} for name, ticket in tickets.items()},
        "department": {tickets["collecting"]},
        "overdue": set[str](),
        "stuck": set[str](),
        "paused": set[str](),
        "failed": {chats["failed"]},
        "long": set[str](),
    }

    def ids(names: set[str]) -> set[str]:
        return {f"ticket:{one}" if one.startswith("T-") else f"chat:{CHANNEL}:{one}" for one in names}

    about: dict[str, Any] = {"line": "line-1", "staff": "ivan", "label": "billing"}
    about["task_queue"] = rig.settings.task_queue
    now = {one.name: one for one in filters(datetime.now(UTC), **about)}
    assert now.keys() == expected.keys()
    for name, one in now.items():
        await becomes(partial(found_by, rig, one), ids(expected[name]), name)
    later = {one.name: one for one in filters(datetime.now(UTC) + timedelta(days=40), **about)}
    due = (await rig.ticket(tickets["collecting"])).departments[0].due_at
    assert due is not None
    assert await found_by(rig, later["overdue"]) == ids({tickets["collecting"]})
    living = {name for name in expected if name in chats or name in tickets} - {"failed"}
    assert await found_by(rig, later["long"]) == ids({(chats | tickets)[name] for name in living})
