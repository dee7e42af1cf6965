"""Metrics: a worker serves what happened, and nothing that tells one case or one person from another."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.documents.calendars import Calendar
from baton.errors import HelpDeskUnavailable, IllegalTransition, UnknownStaff
from baton.settings import Settings
from baton.temporal.metrics import METRICS
from baton.temporal.plugin import BatonPlugin
from baton.temporal.telemetry import runtime_for
from lab.departments import ANSWERS, QUIET
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from lab.scraping import Scraped, free_port, scrape
from tests.conftest import RigOpener
from tests.e2e.test_worker import settings_in, until_ready, worker_process
from tests.waiting import refused


class Measured:
    """A rig whose worker serves its metrics."""

    def __init__(self, rig: Rig, address: str) -> None:
        self.rig = rig
        self.address = address

    async def metrics(self) -> Scraped:
        return await scrape(self.address)

    async def shows(self, name: str, at_least: float = 1, **labels: str) -> None:
        async def there() -> bool:
            return (await self.metrics()).sum(name, **labels) >= at_least

        await eventually(there, f"{name} {labels} did not reach {at_least}")


@asynccontextmanager
async def measured(opener: RigOpener, **settings: Any) -> AsyncIterator[Measured]:
    address = f"127.0.0.1:{free_port()}"
    async with opener(working=False, **settings) as rig:
        client = await Client.connect(
            rig.client.temporal.service_client.config.target_host,
            plugins=[BatonPlugin()],
            runtime=runtime_for(Settings(metrics_address=address)),
        )
        rig.client = BatonClient(client, task_queue=rig.settings.task_queue)
        await rig.start_worker()
        yield Measured(rig, address)


async def test_a_chat_is_counted_and_timed(open_a_rig: RigOpener) -> None:
    async with measured(open_a_rig) as at:
        chat = fresh("counted")
        await at.rig.customer(chat, "Hello, I am Ada Lovelace.")
        await at.rig.staff(chat, "lena")
        await at.rig.settled(chat)
        await at.shows("baton_effects_done_total", result="carried_out", effect="reassign")

        now = await at.metrics()
        assert now.sum("baton_events_total", workflow_type="Chat") == 2
        assert now.sum("baton_events_total", kind="agent_message") == 1
        assert now.sum("baton_handoffs_total") == 1
        (rule,) = {found["rule"] for found, value in now["baton_handoffs_total"] if value}
        assert now.sum("baton_rules_fired_total", rule=rule) == 1
        assert now.sum("baton_decision_seconds_count", case="chat", result="decided") == 2
        assert now.sum("baton_help_desk_seconds_count", operation="intake") == 2
        assert now.sum("baton_help_desk_errors_total") == 0
        decided, done = now.sum("baton_effects_decided_total"), now.sum("baton_effects_done_total")
        assert decided == done == now.sum("baton_effect_delay_seconds_count")
        for name, series in now.items():
            for labels, _ in series if name.startswith("baton_") else []:
                assert not {chat, "customer", "lena", "ivan"} & set(labels.values()), name


async def test_refusals_are_counted_by_kind_and_reason_wherever_they_are_found(
    open_a_rig: RigOpener,
) -> None:
    async with measured(open_a_rig) as at:
        chat = fresh("refused")
        await at.rig.customer(chat)
        handle = at.rig.handle(chat)
        await refused(UnknownStaff, at.rig.by("nobody-here", chat, "taken"))  # by decide
        await at.shows("baton_refused_events_total", kind="taken", reason="UnknownStaff")
        await handle.signal("submit", {"kind": "made-up-kind", "id": fresh()})  # by the queue
        await at.shows("baton_refused_events_total", kind="unknown", reason="InvalidEvent")
        await at.rig.by("ivan", chat, "chat_ended", status="pending")
        await refused(IllegalTransition, at.rig.by("ivan", chat, "taken"))  # by the validator
        await at.shows("baton_refused_events_total", kind="taken", reason="IllegalTransition")
        assert (await at.metrics()).sum("baton_refused_events_total") == 3


async def test_a_late_duplicate_is_counted(open_a_rig: RigOpener) -> None:
    async with measured(open_a_rig) as at:
        chat, first = fresh("late"), event("customer_message", "customer")
        await at.rig.send(chat, first)
        await at.rig.by("ivan", chat, "status_set", status="closed")
        await at.rig.by("ivan", chat, "chat_ended")
        await at.rig.handle(chat).result()
        await at.rig.client.chat(CHANNEL, chat).submit(first)
        await at.shows("baton_late_duplicates_total", kind="customer_message")
        assert (await at.metrics()).sum("baton_events_total", kind="customer_message") == 1


async def test_what_the_help_desk_does_not_answer_is_counted_each_time(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with measured(open_a_rig) as at:
        notify, left = at.rig.desk.notify, 2

        async def away_at_first(notice: Any) -> tuple[str, ...]:
            nonlocal left
            left -= 1
            if left >= 0:
                raise HelpDeskUnavailable("the help desk is away")
            return await notify(notice)

        monkeypatch.setattr(at.rig.desk, "notify", away_at_first)
        await at.rig.customer(fresh("away"))
        await at.shows("baton_effects_done_total", effect="notify")
        now = await at.metrics()
        assert now.sum("baton_help_desk_errors_total", operation="notify") == 2
        assert now.sum("baton_help_desk_seconds_count", operation="notify") == 3
        assert now.sum("baton_effects_done_total", effect="notify", result="carried_out") == 1
        assert now.sum("baton_effect_delay_seconds_sum", effect="notify") >= 1, "the pauses count"


async def test_a_ticket_tells_how_long_departments_took(open_separate: RigOpener) -> None:
    async with measured(open_separate) as at:
        ticket = fresh("T")
        await at.rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await at.rig.note(who, ticket)
        await at.rig.on_ticket("cem", ticket, "send_reply", text="All about it.")
        await at.shows("baton_effects_done_total", effect="send_reply")
        now = await at.metrics()
        for label in ANSWERS:
            assert now.sum("baton_department_waiting_seconds_count", department=label) == 1
        waited = now.sum("baton_department_waiting_seconds_sum")
        assert 0 < waited < 60
        assert now.sum("baton_prompts_total") == now.sum("baton_replies_total") == 1


async def test_what_has_not_happened_yet_is_told_as_zero(open_separate: RigOpener) -> None:
    """Prometheus takes the first value that it sees as the starting point: what begins at 1 has not grown."""
    async with measured(open_separate) as at:
        before = await at.metrics()
        ticket = fresh("T")
        await at.rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await at.rig.note(who, ticket)
        await refused(UnknownStaff, at.rig.on_ticket("nobody-here", ticket, "taken"))
        await at.rig.on_ticket("cem", ticket, "send_reply", text="All about it.")
        await at.shows("baton_effects_done_total", effect="send_reply")
        after = await at.metrics()
    counted_by_workflows = {
        metric.exported
        for metric in METRICS.values()
        if (metric.kind, metric.where) == ("counter", "workflow")
    } - {"baton_handoffs_total"}  # no rule of this rig hands cases on
    for name in counted_by_workflows:
        assert {value for _, value in before[name]} == {0}, name
        # No series is new, and none is there twice.
        labels = [sorted(found.items()) for found, _ in before[name]]
        assert sorted(labels) == sorted(sorted(found.items()) for found, _ in after[name]), name
    grown = {name for name in counted_by_workflows if after.sum(name)}
    assert grown == counted_by_workflows - {"baton_late_duplicates_total", "baton_revived_total"}


async def test_a_replay_counts_nothing_twice(open_a_rig: RigOpener) -> None:
    async with measured(open_a_rig, max_cached_workflows=0) as at:
        chat = fresh("replayed")
        for _ in range(4):
            await at.rig.customer(chat)
        await at.rig.settled(chat)
        await at.shows("baton_events_total", 4)
        assert (await at.metrics()).sum("baton_events_total") == 4


async def test_lost_cases_are_told_until_they_go_on(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.looking.LOOK_EVERY", 0.1)
    async with measured(open_a_rig) as at:
        chat = fresh("lost")
        labels = {"namespace": "default", "task_queue": at.rig.settings.task_queue}

        async def lost(number: int) -> bool:
            shown = (await at.metrics()).get("baton_lost_cases")
            return shown == [(labels, number)]

        await eventually(lambda: lost(0), "no lost case is told as 0")
        await at.rig.customer(chat)
        await at.rig.settled(chat)
        await at.rig.handle(chat).terminate()
        await eventually(lambda: lost(1), "the lost chat is not counted")
        await at.rig.customer(chat)
        await at.shows("baton_revived_total", workflow_type="Chat")
        await eventually(lambda: lost(0), "the chat that goes on is still counted")


async def test_a_worker_counts_its_looks(open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.looking.LOOK_EVERY", 0.1)
    async with measured(open_a_rig) as at:
        for what in ("documents", "lost_cases", "calendars"):
            await at.shows("baton_looks_total", of=what)


async def test_what_ends_although_it_should_go_on_is_logged(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def ends(*_: object, **__: object) -> None:
        raise RuntimeError("words that could quote something")

    monkeypatch.setattr("worker.Rulebook.follow", ends)
    async with open_a_rig() as rig:
        await rig.customer(fresh("goes-on"))
    assert "following the rules and templates ended, restart this worker: RuntimeError" in caplog.messages
    assert "could quote" not in caplog.text


async def test_how_far_the_holidays_of_each_calendar_are_known_is_told(
    open_separate: RigOpener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("activities.looking.LOOK_EVERY", 0.1)
    caplog.set_level(logging.INFO, "baton.worker")
    colombo = {"timezone": "Asia/Colombo", "weekly": {"mon": ["09:00-18:00"]}, "holidays": "LK"}
    berlin = {"timezone": "Europe/Berlin", "holidays": "DE"}
    async with measured(open_separate) as at:
        desk = at.rig.desk

        async def change(**calendars: Any) -> None:
            present = await desk.directory()
            read = {key: Calendar.model_validate(fields) for key, fields in calendars.items()}
            changed = present.directory.model_copy(update={"calendars": read})
            await desk.change_directory(changed, based_on=present.version)

        async def known(**until: str | None) -> bool:
            shown = (await at.metrics()).get("baton_calendar_known_until", [])
            return {labels["calendar"]: value for labels, value in shown} == {
                key: datetime.fromisoformat(end).timestamp() if end else 0 for key, end in until.items()
            }

        await change(colombo=colombo, berlin=berlin)
        first = {"colombo": "2027-01-01T00:00+05:30", "berlin": "2101-01-01T00:00+01:00"}
        await eventually(lambda: known(**first), "what is known of the holidays is not told")
        await change(colombo={**colombo, "known_until": 2090})
        later = {"colombo": "2091-01-01T00:00+05:30", "berlin": None}
        await eventually(lambda: known(**later), "the change is not told")
    assert [(one.levelname, one.message) for one in caplog.records if "calendar " in one.message] == [
        (
            "WARNING",
            "calendar colombo: the holidays of LK are known until the end of 2026; update the package "
            "holidays; or write what is free or worked in 2027 into days_off and days, then known_until: "
            "2027",
        ),
        ("INFO", "calendar berlin: the holidays of DE are known until the end of 2100"),
        ("INFO", "calendar colombo: the holidays of LK are known until the end of 2090"),
    ]


async def test_series_have_the_labels_of_the_table(open_separate: RigOpener) -> None:
    async with measured(open_separate) as at:
        ticket = fresh("T")
        await at.rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await at.rig.note(who, ticket)
        await at.rig.on_ticket("cem", ticket, "send_reply", text="All about it.")
        await at.shows("baton_effects_done_total", effect="send_reply")
        now = await at.metrics()
        known = {series: metric for metric in METRICS.values() for series in metric.series}
        seen = {name for name in now if name.startswith("baton_")}
        assert seen <= known.keys()
        assert {"baton_replies_total", "baton_effect_delay_seconds_bucket"} <= seen
        for name in seen:
            wanted = known[name].all_labels - (set() if name.endswith("_bucket") else {"le"})
            assert now.labels(name) == wanted, name


async def test_each_of_several_worker_processes_serves_its_own(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    queue, port = fresh("queue"), free_port()
    settings = settings_in(
        tmp_path, queue, BATON_WORKER_PROCESSES="2", BATON_METRICS_ADDRESS=f"127.0.0.1:{port}"
    )
    async with worker_process(server, settings) as child:
        await until_ready(child)
        for number in range(2):
            seen = await scrape(f"127.0.0.1:{port + number}")
            assert seen.sum("temporal_worker_start_total", task_queue=queue) == 1
