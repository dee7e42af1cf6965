"""Log records: lines for people or JSON, with the case and the event, and without what customers wrote."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any, cast

import pytest
from temporalio import activity, workflow
from temporalio.testing import ActivityEnvironment

from activities.observing import observed
from baton.errors import HelpDeskUnavailable, InvalidEvent
from baton.model.effects import Notice
from baton.temporal.logs import JsonLines, Lines, name_event, set_up_logging
from helpdesks.base import Desk

SECRET = "my password is 4711"


def record(message: str = "hello %s", *args: object, **extra: Any) -> logging.LogRecord:
    return logging.getLogger("baton.test").makeRecord(
        "baton.test", logging.WARNING, __file__, 1, message, args or ("world",), None, extra=extra
    )


def raised(error: Exception) -> logging.LogRecord:
    written = record("it failed", None)
    try:
        raise error
    except Exception:
        written.exc_info = sys.exc_info()
    written.args = ()
    return written


def written(one: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines().format(one)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


def test_a_record_is_one_object_on_one_line() -> None:
    read = written(record("first\nsecond %s", "ü"))
    assert read.pop("time").endswith("+00:00")
    assert read == {"level": "WARNING", "logger": "baton.test", "message": "first\nsecond ü"}


def test_a_record_of_a_workflow_names_the_case_the_run_and_the_event() -> None:
    details = {"workflow_id": "chat:telegram:42", "run_id": "r-1", "update_id": "m-1", "task_queue": "baton"}
    read = written(record(temporal_workflow=details, kind="taken", reason="UnknownStaff"))
    assert (read["case"], read["run"], read["event"]) == ("chat:telegram:42", "r-1", "m-1")
    assert (read["kind"], read["reason"]) == ("taken", "UnknownStaff")
    own = written(record(temporal_workflow=details, event="m-2"))
    assert own["event"] == "m-2", "what the record itself says wins"


def test_a_record_of_an_activity_names_the_activity_and_its_attempt() -> None:
    @activity.defn
    def working() -> str:
        name_event("m-1")
        return JsonLines().format(record())

    environment = ActivityEnvironment()
    read = json.loads(copy_context().run(environment.run, working))
    info = environment.info
    assert read["event"] == "m-1"
    assert (read["case"], read["run"]) == (info.workflow_id, info.workflow_run_id)
    assert (read["activity"], read["attempt"]) == (info.activity_type, info.attempt)
    assert "event" not in written(record())


def test_lines_for_people_say_the_same() -> None:
    line = Lines().format(record(temporal_workflow={"workflow_id": "chat:telegram:42"}, reason="NotAllowed"))
    assert line.endswith(" WARNING baton.test: hello world [case=chat:telegram:42 reason=NotAllowed]")
    assert Lines().format(record()).endswith("hello world")


@pytest.mark.parametrize("formatter", [Lines(), JsonLines()])
def test_an_error_of_the_help_desk_is_told_in_its_words_and_without_a_stack(
    formatter: logging.Formatter,
) -> None:
    line = formatter.format(raised(HelpDeskUnavailable("SQLite file baton.db: database is locked")))
    assert "HelpDeskUnavailable: SQLite file baton.db: database is locked" in line
    assert __file__ not in line


@pytest.mark.parametrize("formatter", [Lines(), JsonLines()])
@pytest.mark.parametrize("error", [ValueError(SECRET), InvalidEvent(SECRET)])
def test_other_errors_keep_to_themselves_what_they_quote(
    formatter: logging.Formatter, error: Exception
) -> None:
    line = formatter.format(raised(error))
    assert type(error).__name__ in line
    assert SECRET not in line


async def test_a_help_desk_that_hangs_until_the_time_is_up_is_one_that_does_not_answer() -> None:
    class Hanging:
        async def notify(self, notice: object) -> None:
            asked.set()
            await asyncio.Event().wait()

    asked = asyncio.Event()
    environment = ActivityEnvironment()
    desk = observed(cast(Desk, Hanging()))

    @activity.defn
    async def telling() -> None:
        await desk.notify(cast(Notice, None))

    running = asyncio.create_task(environment.run(telling))
    await asked.wait()
    environment.cancel(activity.ActivityCancellationDetails(timed_out=True))
    with pytest.raises(HelpDeskUnavailable, match=r"^notify was not answered in time$"):
        await running


def test_an_error_that_nobody_expected_says_where_it_came_from() -> None:
    assert __file__ in written(raised(ValueError(SECRET)))["error"]


@pytest.fixture
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    adapters = workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message
    yield
    root.handlers, root.level = handlers, level
    workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message = adapters


@pytest.mark.usefixtures("_as_before")
def test_the_settings_choose_level_and_form(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("WARNING", "json")
    logging.getLogger("baton.test").info("not this")
    logging.getLogger("baton.test").warning("but this")
    assert json.loads(capsys.readouterr().err)["message"] == "but this"
    set_up_logging("INFO", "text")
    logging.getLogger("baton.test").info("and this")
    assert capsys.readouterr().err.endswith("INFO    baton.test: and this\n")


@pytest.mark.usefixtures("_as_before")
def test_calls_to_a_help_desk_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Their addresses may have a customer's."""
    set_up_logging("INFO", "text")
    logging.getLogger("httpx").info("HTTP Request: GET https://desk.example.com/user/carol@example.com")
    assert capsys.readouterr().err == ""
