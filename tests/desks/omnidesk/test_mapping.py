"""The company's mapping for Omnidesk: as strict as rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from baton.contract import Presence
from baton.documents.directory import Directory
from baton.errors import DocumentError
from helpdesks.omnidesk.mapping import OmnideskMapping
from helpdesks.outside.mapping import load_mapping

RIGHT = """\
desk: omnidesk
url: https://example.omnidesk.ru
login: baton@example.com
own_staff: 900
people: {kim: 330, ivan: "331"}
lines: {line-1: 200}
labels: {vip: 101}
chats: {widget: chat, messenger: telegram}
tickets: {mail: email}
presences: {1: online, 2: offline, 3: without_chats, 120273: offline}
changelog: {ended: chat_completed, pinned: null}
"""


def load(tmp_path: Path, text: str, directory: Directory | None = None) -> OmnideskMapping:
    path = tmp_path / "desk.yaml"
    path.write_text(text)
    return load_mapping(path, OmnideskMapping, directory)


def test_a_mapping_is_read_with_its_numbers_as_they_are_written(tmp_path: Path) -> None:
    mapping = load(tmp_path, RIGHT)
    assert mapping.own_staff == "900"
    assert mapping.people_there == {"330": "kim", "331": "ivan"}
    assert mapping.lines_there == {"200": "line-1"}
    assert mapping.labels_there == {"101": "vip"}
    assert mapping.chats_there == {"chat": "widget", "telegram": "messenger"}
    assert mapping.tickets_there == {"email": "mail"}
    assert mapping.presences["120273"] is Presence.OFFLINE
    assert mapping.changelog.words == {
        "assignee": "staff",
        "status": "status",
        "line": "group",
        "labels": "labels",
        "ended": "chat_completed",
    }


@pytest.mark.parametrize(
    ("right", "wrong", "line", "what"),
    [
        ("desk: omnidesk", "desk: omnidesc", 1, "did you mean omnidesk?"),
        (
            "own_staff: 900",
            "own_staff: baton@example.com",
            4,
            "'baton@example.com' is not a number of Omnidesk",
        ),
        ("own_staff: 900", "own_stuff: 900", 4, "unknown field 'own_stuff'"),
        (
            "own_staff: 900",
            "own_staff: 900\nempties_assignee: yes",
            5,
            "true or false is expected here, not 'yes'",
        ),
        ("own_staff: 900", "own_staff: 900\noverlap: true", 5, "a whole number is expected here, not true"),
        ("kim: 330", "kim: kim.b", 5, "ask /api/staff.json"),
        ("kim: 330", "kim: 0", 5, "'0' is not a number"),
        ("kim: 330", "kim: true", 5, "is not a number"),
        ("kim: 330", "kim: 331", 5, "have the same name '331' at the desk"),
        ("kim: 330", "kim: 900", 5, "kim would work under Baton's own login"),
        ("line-1: 200", "line-1: Support", 6, "'Support' is not a number"),
        ("mail: email", "mail: telegram", 9, "the channel 'telegram' of Omnidesk is 'messenger' already"),
        ("widget: chat", "widget: telegram", 8, "the channel 'telegram' of Omnidesk is 'widget' already"),
        ("3: without_chats", "3: at_lunch", 10, "'at_lunch' is not possible here"),
        ("ended: chat_completed", "ended: status", 11, "'status' is given twice"),
        ("ended: chat_completed", "finished: chat_completed", 11, "unknown field 'finished'"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, right: str, wrong: str, line: int, what: str
) -> None:
    assert right in RIGHT
    with pytest.raises(DocumentError) as raised:
        load(tmp_path, RIGHT.replace(right, wrong))
    assert what in str(raised.value)
    assert f"desk.yaml:{line}:" in str(raised.value)


def test_who_is_not_in_the_directory_is_a_mistake(tmp_path: Path) -> None:
    directory = Directory.model_validate(
        {"lines": {"line-1": {}}, "staff": {"kim": {"line": "line-1"}}, "labels": ["vip"]}
    )
    with pytest.raises(DocumentError, match="nobody in the directory is 'ivan'"):
        load(tmp_path, RIGHT, directory)
