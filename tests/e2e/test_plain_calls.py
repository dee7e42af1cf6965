"""Calls to the help desk by any Temporal client: what is wrong is said at once, and not tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import ActivityFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from baton.contract import FIND_CASE
from baton.desk import api
from lab.rig import PATIENCE, Rig, fresh
from tests.arguments import ODD_ARGUMENTS, READABLE, SECRET

NAMES = (value for name, value in vars(api).items() if name.isupper() and isinstance(value, str))
CALLS = sorted([FIND_CASE, *NAMES])
NEED_NOTHING = {"inbox", "tickets", "notices", "show_presence", "show_directory", "lost_cases"}
AT = "2026-03-02T09:00:00Z"

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "set_presence",
        {"staff": "ivan", "presence": "busy"},
        "set_presence: presence: Input should be 'online', 'without_chats' or 'offline'",
    ),
    ("set_presence", {"staff": "ivan"}, "set_presence: presence: Field required"),
    ("set_presence", {"staff": ["ivan"], "presence": "online"}, "staff: Input should be a valid string"),
    ("set_presences", {"presence": "busy", "everyone": True}, "presence: Input should be 'online'"),
    ("show_presence", {"presence": "busy"}, "presence: Input should be 'online'"),
    ("spread_presence", {"staff": "ivan", "presence": "online", "since": "now"}, "since: "),
    (
        "spread_presences",
        {"staff": "ivan", "presence": "online", "since": AT},
        "staff: Input should be a valid",
    ),
    ("inbox", {"tab": "old"}, "tab: Input should be 'new'"),
    ("inbox", {"limit": -1}, "limit: Input should be greater than or equal to 1"),
    ("tickets", {"stage": "done"}, "stage: Input should be 'triage'"),
    ("tickets", {"limit": 10**30}, "limit: Input should be less than or equal to 100000"),
    ("notices", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
    (
        "messages",
        {"workflow_id": "chat:web:1", "limit": 0},
        "limit: Input should be greater than or equal to 1",
    ),
    ("messages", {"workflow_id": "nowhere"}, "'nowhere' names no case"),
    ("lost_cases", {"days": 10**9}, "days: Input should be less than or equal to 36500"),
    ("show_rules", {"digest": ""}, "digest: String should have at least 1 character"),
    ("spread_directory", {"version": 0}, "version: Input should be greater than or equal to 1"),
    ("spread_directory", {"version": 99}, "there is no version 99 yet"),
    ("block_customer", {"customer": "c-1", "blocked": "perhaps"}, "blocked: Input should be a valid boolean"),
    ("revive", {}, "workflow_id: Field required"),
    ("find_case", {"workflow_id": "chat:web:1"}, "event_id: Field required"),
    ("change_directory", {"directory": []}, "directory: Input should be a valid dictionary"),
    ("preview_directory", {"directory": {}, "based_on": "x"}, "based_on: Input should be a valid integer"),
]


async def refused(rig: Rig, name: str, arguments: Sequence[Any]) -> ApplicationError:
    """Call an activity as any client may, with any number of attempts; it must be refused in the first."""
    handle = await rig.client.temporal.start_activity(
        name,
        args=arguments,
        id=fresh(name),
        task_queue=rig.settings.task_queue,
        schedule_to_close_timeout=timedelta(seconds=PATIENCE),
    )
    with pytest.raises(ActivityFailureError) as raised:
        await handle.result()
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, (await handle.describe()).attempt) == ("InvalidEvent", 1)
    return cause


@pytest.mark.parametrize(("name", "argument", "said"), WRONG)
async def test_a_wrong_value_is_refused(rig: Rig, name: str, argument: dict[str, Any], said: str) -> None:
    assert said in (await refused(rig, name, [argument])).message


async def test_whatever_no_call_can_use_is_refused(rig: Rig) -> None:
    assert {name for name, *_ in WRONG} == set(CALLS) - {"show_directory"}
    for name in CALLS:
        for arguments in ODD_ARGUMENTS:
            # An object with unknown fields only is as good as an empty one.
            if name not in NEED_NOTHING or arguments not in ([], [READABLE]):
                error = await refused(rig, name, arguments)
                assert SECRET not in error.message


async def test_no_argument_is_an_empty_one(rig: Rig) -> None:
    for name in NEED_NOTHING:
        await rig.client.temporal.execute_activity(
            name,
            id=fresh(name),
            task_queue=rig.settings.task_queue,
            schedule_to_close_timeout=timedelta(seconds=PATIENCE),
            result_type=RawValue,
        )
