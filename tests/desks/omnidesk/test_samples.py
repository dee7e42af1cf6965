"""Every sample answer of Omnidesk's API is read, and says what it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpdesks.omnidesk.hooks import read
from helpdesks.omnidesk.showing import shown
from helpdesks.omnidesk.wire import CaseThere, EntryThere, MessageThere, StaffThere, listed, total
from helpdesks.outside.answers import read_as
from helpdesks.outside.hooks import Delivery
from tests.desks.omnidesk.conftest import mapping_for

SAMPLES = Path(__file__).with_name("samples")
IN_A_LIST: dict[str, tuple[str, type[Any], list[list[int]]]] = {
    "fetch_case_list": ("case", CaseThere, [[2000, 2001], [2000]]),
    "fetch_case_messages": ("message", MessageThere, [[2000, 200198234], [2001], [2002]]),
    "fetch_staff_list": ("staff", StaffThere, [[200, 210], [200]]),
}
NUMBERED = {
    "fetch_group_list": ("group", "group_id", [[200, 202], [200]]),
    "fetch_label_list": ("label", "label_id", [[200, 210], [200]]),
    "fetch_staff_status_list": ("staff_statuses", "status_id", [[1, 3, 113808, 120273, 2], [1]]),
    "fetch_filter_list": ("filter", "filter_id", [[235, 234], [0]]),
}
SINGLE: dict[str, tuple[str, type[Any]]] = {
    "fetch_case": ("case", CaseThere),
    "store_case": ("case", CaseThere),
    "fetch_staff": ("staff", StaffThere),
}
WRITTEN = ("store_message", "store_note", "update_note")
ELSEWHERE = {"fetch_case_changelog", "message_new"}
NOT_NEEDED = {"fetch_macro_list", "store_label"}
"""Nothing in the adapter reads these."""


def samples(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))[
        "samples"
    ]
    return found


def test_there_is_a_test_for_every_sample() -> None:
    tested = {*IN_A_LIST, *NUMBERED, *SINGLE, *WRITTEN, *ELSEWHERE, *NOT_NEEDED}
    assert {path.stem for path in SAMPLES.glob("*.json")} == tested


@pytest.mark.parametrize("name", IN_A_LIST)
def test_lists_are_read_in_order(name: str) -> None:
    key, model, expected = IN_A_LIST[name]
    for sample, ids in zip(samples(name), expected, strict=True):
        read = [read_as(model, item, name) for item in listed(sample["response"], key)]
        assert [getattr(one, f"{key}_id") for one in read] == ids
        assert total(sample["response"]) == sample["response"]["total_count"]


@pytest.mark.parametrize("name", NUMBERED)
def test_lists_of_names_are_read_in_order(name: str) -> None:
    key, field, expected = NUMBERED[name]
    assert [[item[field] for item in listed(one["response"], key)] for one in samples(name)] == expected


@pytest.mark.parametrize("name", SINGLE)
def test_single_ones_are_read(name: str) -> None:
    key, model = SINGLE[name]
    for sample in samples(name):
        shown = sample["response"][key]
        assert getattr(read_as(model, shown, name), f"{key}_id") == shown[f"{key}_id"]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_written_comes_back(name: str) -> None:
    for sample in samples(name):
        message = read_as(MessageThere, sample["response"]["message"], name)
        assert message.note == (name != "store_message")
        assert message.text == sample["response"]["message"]["content"]
        assert message.at == datetime(2014, 5, 5, 21, 15, 17, tzinfo=UTC)


def test_a_whole_case_is_shown() -> None:
    whole, least = (read_as(CaseThere, one["response"]["case"], "a case") for one in samples("fetch_case"))
    assert whole.updated_at == datetime(2014, 12, 23, 8, 55, 23, tzinfo=UTC)
    mapping = mapping_for(people={"kim": 22}, lines={"line-1": 44}, labels={"vip": 103, "late": 300})
    there = shown(whole, mapping)
    assert there.is_now == {
        "status": "closed",
        "assignee": "kim",
        "line": "line-1",
        "labels": frozenset({"vip"}),
    }
    assert not there.foreign
    there = shown(least, mapping)
    assert there.is_now == {"status": "open", "assignee": None, "line": None, "labels": frozenset()}
    assert there.foreign == {"assignee": "33", "line": "55"}


def test_messages_say_who_wrote_what_and_when() -> None:
    first, second, third = (sample["response"] for sample in samples("fetch_case_messages"))
    customer, agent = (read_as(MessageThere, item, "a message") for item in listed(first, "message"))
    assert (customer.user_id, customer.staff_id, customer.text) == (123, 0, "Тестовый ответ пользователя")
    assert customer.attachments[0]["file_name"] == "test.jpg"
    assert (agent.user_id, agent.staff_id, agent.text) == (0, 41094, "Тестовый ответ сотрудника")
    assert agent.at == datetime(2023, 5, 15, 7, 15, 17, tzinfo=UTC)
    assert agent.is_for_later(datetime(2023, 5, 15, 7, tzinfo=UTC))
    assert not agent.is_for_later(datetime(2023, 5, 15, 8, tzinfo=UTC))
    (plain,) = (read_as(MessageThere, item, "a message") for item in listed(second, "message"))
    assert (plain.text, plain.sent_at) == ("Simple user message", None)
    (delayed,) = (read_as(MessageThere, item, "a message") for item in listed(third, "message"))
    assert delayed.text == "Scheduled message"


def test_the_changelog_says_who_did_what() -> None:
    entries = [
        [read_as(EntryThere, item, "an entry") for item in sample["response"]["changelog"]]
        for sample in samples("fetch_case_changelog")
    ]
    assert [
        [(one.event, one.done_by, one.old_value, one.value) for one in listing] for listing in entries
    ] == [
        [("staff", "rule_1332", "0", "330")],
        [
            ("rules", "rule_1332", "Slack Notification (ID - 1332)", ""),
            ("staff", "rule_1332", "0", "330"),
            ("status", "staff_330", "open", "waiting"),
        ],
        [("status", "staff_330", "open", "waiting")],
        [],
    ]
    assert entries[0][0].created_at == datetime(2021, 8, 13, 9, 57, 54, tzinfo=UTC)


def test_the_hook_of_a_custom_channel_is_a_hint() -> None:
    (sample,) = samples("message_new")
    hint = read(Delivery(json.dumps(sample["payload"]).encode()), None)
    assert (hint.case_id, hint.event) == ("985687", "omnidesk:985687:42577887")
