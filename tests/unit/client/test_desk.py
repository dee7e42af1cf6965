"""A call to the desk that does not succeed says why, in one of Baton's own errors."""

from __future__ import annotations

from typing import Any, cast

import pytest
from temporalio.client import ActivityFailureError, Client
from temporalio.exceptions import ApplicationError, CancelledError, TimeoutError, TimeoutType  # noqa: A004

from baton.contract import Tab, TicketStage
from baton.desk.api import InboxQuery, TicketQuery
from baton.desk.client import DeskClient, DirectoryRefused
from baton.desk.said import MessageQuery, Messages
from baton.errors import (
    BatonError,
    HelpDeskUnavailable,
    NotAllowed,
    Unanswered,
    UnknownStaff,
)


class FakeTemporal:
    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def execute_activity(self, activity: str, **options: Any) -> Any:
        self.calls.append((activity, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def desk_over(answer: Any) -> tuple[DeskClient, FakeTemporal]:
    fake = FakeTemporal(answer)
    return DeskClient(cast(Client, fake), task_queue="line"), fake


def timed_out(kind: TimeoutType) -> TimeoutError:
    return TimeoutError("timed out", type=kind, last_heartbeat_details=[])


async def test_each_call_is_an_activity_with_an_id_of_its_own() -> None:
    desk, temporal = desk_over([])

    await desk.inbox(Tab.NEW, staff="ivan", limit=3)
    await desk.inbox()

    (name, first), (_, second) = temporal.calls
    assert name == "inbox"
    assert first["args"] == [InboxQuery(tab=Tab.NEW, staff="ivan", limit=3)]
    assert first["task_queue"] == "line"
    assert first["id"] != second["id"]


async def test_a_conversation_is_asked_for_by_its_workflow() -> None:
    desk, temporal = desk_over(Messages())

    await desk.messages("chat:telegram:42", limit=3)

    ((name, options),) = temporal.calls
    assert (name, options["args"]) == ("messages", [MessageQuery(workflow_id="chat:telegram:42", limit=3)])
    assert options["result_type"] is Messages


async def test_tickets_are_asked_for_by_every_filter() -> None:
    desk, temporal = desk_over([])

    await desk.tickets(department="billing", stage=TicketStage.COLLECTING, limit=3)

    ((name, call),) = temporal.calls
    assert name == "tickets"
    assert call["args"] == [TicketQuery(department="billing", stage=TicketStage.COLLECTING, limit=3)]


@pytest.mark.parametrize(
    ("cause", "error", "said"),
    [
        (
            timed_out(TimeoutType.SCHEDULE_TO_START),
            Unanswered,
            "Is a worker listening on the task queue 'line'",
        ),
        (timed_out(TimeoutType.START_TO_CLOSE), Unanswered, "may have been carried out"),
        (timed_out(TimeoutType.SCHEDULE_TO_CLOSE), Unanswered, "may have been carried out"),
        (ApplicationError("nobody 'x'", type="UnknownStaff"), UnknownStaff, "^nobody 'x'$"),
        (ApplicationError("version 3 by now", type="NotAllowed"), NotAllowed, "^version 3 by now$"),
        (ApplicationError("staff.x: no", type="DocumentError"), DirectoryRefused, "^staff.x: no$"),
        (ApplicationError("not registered", type="NotFoundError"), Unanswered, "does not know the call"),
        (
            ApplicationError("disk full", type="HelpDeskUnavailable"),
            HelpDeskUnavailable,
            "disk full.*trying again",
        ),
        (ApplicationError("oh", type="ValueError"), HelpDeskUnavailable, "oh"),
        (CancelledError("stopped"), Unanswered, "stopped in Temporal"),
    ],
)
async def test_a_failure_of_the_activity(cause: BaseException, error: type[BatonError], said: str) -> None:
    desk, _ = desk_over(ActivityFailureError(cause=cause))

    with pytest.raises(error, match=said):
        await desk.directory()
