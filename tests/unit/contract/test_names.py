"""One definition of an ID and one of a name, wherever somebody writes one; and what was accepted before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from baton.contract import (
    ChatSnapshot,
    CustomerMessage,
    TimelineEntry,
    chat_workflow_id,
    derived_id,
    parse_chat_event,
    parse_chat_start,
    parse_ticket_event,
    parse_ticket_start,
    require_plain,
    ticket_workflow_id,
    too_long,
)
from baton.contract.words import STORED
from baton.documents.directory import Directory
from baton.errors import DocumentError, InvalidEvent
from baton.feed.lines import Line, parse_line
from baton.model.decision import DecideRequest
from baton.rules.language import RuleList
from baton.rules.loading import parse_kept_rules, parse_rules
from baton.signs import visible
from baton.templates.loading import parse_templates
from baton.temporal.searchattributes import searchable
from tests.directories import parse_directory
from tests.unit.chat.world import NOW, chat
from tests.unit.contract.hostile import HIDDEN, RIGHTLY_JOINED, WRONGLY_JOINED, as_yaml, code_point

CUSTOMER = {"type": "customer", "id": "c-7"}
STAFF = {"type": "staff", "id": "ivan"}


def events(word: str) -> dict[str, dict[str, Any]]:
    """Events that have a word in each place where an ID or a name may stand."""
    return {
        "id": {"kind": "customer_message", "id": word, "author": CUSTOMER},
        "author.id": {"kind": "customer_message", "id": "e", "author": {"type": "customer", "id": word}},
        "message_id": {"kind": "delivery_failed", "id": "e", "author": CUSTOMER, "message_id": word},
        "staff": {"kind": "assigned", "id": "e", "author": STAFF, "staff": word},
        "line": {"kind": "assigned", "id": "e", "author": STAFF, "line": word},
        "add.0": {"kind": "labels_changed", "id": "e", "author": STAFF, "add": [word]},
        "label": {"kind": "note_added", "id": "e", "author": STAFF, "text": "x", "label": word},
        "case": {"kind": "merged_into", "id": "e", "author": STAFF, "case": word},
        "ticket_id": {"kind": "ticket_opened", "id": "e", "author": STAFF, "ticket_id": word},
    }


def directories(word: str) -> dict[str, dict[str, Any]]:
    """Like `events`, for the directory."""
    return {
        "a person": {"staff": {word: {}}},
        "a person's name": {"staff": {"ivan": {"name": word}}},
        "a role": {"staff": {"ivan": {"roles": [word]}}},
        "a line": {"lines": {word: {}}},
        "a department": {"departments": {word: {"label": "x"}}},
        "a department's label": {"departments": {"billing": {"label": word}}},
        "a label": {"labels": [word]},
        "a calendar": {"calendars": {word: {"timezone": "UTC", "weekly": {}}}},
    }


def rule_files(word: str) -> dict[str, dict[str, Any]]:
    """Like `events`, for rules."""
    plain: dict[str, Any] = {"id": "r", "name": "R", "then": [{"note": "x"}]}
    return {
        "a rule's ID": plain | {"id": word},
        "a rule's name": plain | {"name": word},
        "a label to add": plain | {"then": [{"add labels": [word]}]},
        "a label in a condition": plain | {"when": {"case.labels": word}},
        "a person to assign": plain | {"then": [{"assign": {"staff": word}}]},
        "a line in a condition": plain | {"when": {"case.line": {"is one of": [word]}}},
    }


def template_files(word: str) -> dict[str, dict[str, Any]]:
    plain: dict[str, Any] = {"id": "t", "name": "T", "departments": ["billing"], "note": "x"}
    return {
        "a template's ID": plain | {"id": word},
        "a template's name": plain | {"name": word},
        "its marker": plain | {"marker": word},
        "a department to ask": plain | {"departments": [word]},
        "a line to notify": plain | {"notify": {"line": word}},
    }


EVENTS, DIRECTORIES, RULES, TEMPLATES = (
    list(made("")) for made in (events, directories, rule_files, template_files)
)


def read(where: str, word: str) -> None:
    """Read what has a word there."""
    if where in EVENTS:
        parse = parse_chat_event if where != "label" else parse_ticket_event
        parse(events(word)[where])
    elif where in DIRECTORIES:
        parse_directory(as_yaml(directories(word)[where]), "d.yaml")
    elif where in RULES:
        parse_rules(as_yaml({"version": 1, "changed": [rule_files(word)[where]]}), "r.yaml", None)
    else:
        document = {"version": 1, "templates": [template_files(word)[where]]}
        parse_templates(as_yaml(document), "t.yaml", None)


def refusal_of(where: str, word: str) -> str:
    """What is said about a word there."""
    with pytest.raises((InvalidEvent, DocumentError)) as wrong:
        read(where, word)
    return str(wrong.value)


@pytest.mark.parametrize("sign", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("where", [*EVENTS, *DIRECTORIES, *RULES, *TEMPLATES])
def test_a_hidden_sign_is_refused_everywhere_and_named_by_its_code_point(where: str, sign: str) -> None:
    said = refusal_of(where, f"a{sign}b")
    # White space is refused in an ID of a document by another rule, which comes first.
    assert code_point(sign) in said or (sign.isspace() and "is not an ID" in said)
    assert sign not in said


def test_the_place_of_a_mistake_does_not_show_the_sign_either() -> None:
    said = refusal_of("a person", "x\x1b[31m")
    assert said.startswith("d.yaml:1: staff > x\ufffd[31m")
    assert "U+001B must not stand in an ID" in said
    assert said.endswith("\n    it cannot be seen: write it without")


@pytest.mark.parametrize("name", RIGHTLY_JOINED.values(), ids=RIGHTLY_JOINED)
def test_a_name_may_have_joiners_where_they_make_a_word(name: str) -> None:
    label = events(name)["add.0"]
    parse_chat_event(label)
    directory = Directory.model_validate({"labels": [name], "staff": {"ivan": {"name": name}}})
    assert directory.known_labels == {name}
    assert visible(name) == name


@pytest.mark.parametrize("name", WRONGLY_JOINED.values(), ids=WRONGLY_JOINED)
def test_a_joiner_elsewhere_only_hides(name: str) -> None:
    with pytest.raises(InvalidEvent, match=r"U\+(200C|200D|FE0F) must not stand in a name"):
        parse_chat_event(events(name)["add.0"])
    with pytest.raises(ValidationError, match="must not stand in a name"):
        Directory.model_validate({"labels": [name]})


@pytest.mark.parametrize("name", RIGHTLY_JOINED.values(), ids=RIGHTLY_JOINED)
def test_an_id_has_no_joiner_at_all(name: str) -> None:
    for where in ("id", "author.id", "staff"):
        assert "must not stand in an ID" in refusal_of(where, name)
    assert "must not stand in an ID" in refusal_of("a line", name)


def test_a_text_may_have_whatever_people_write() -> None:
    text = "".join(HIDDEN.values())
    event = parse_chat_event({"kind": "customer_message", "id": "e", "author": CUSTOMER, "text": text})
    assert isinstance(event, CustomerMessage)
    assert event.text == text
    looked_for = {"id": "r", "name": "R", "when": {"event.text": {"contains": "a\u200bb"}}}
    document = {"version": 1, "changed": [{**looked_for, "then": [{"note": text}]}]}
    parse_rules(as_yaml(document), "r.yaml", None)


def test_a_start_argument_and_a_line_of_a_feed_are_judged_too() -> None:
    with pytest.raises(InvalidEvent, match=r"conversation: U\+200B must not stand in an ID"):
        parse_chat_start({"channel": "web", "conversation": "4\u200b2", "customer": "c"})
    with pytest.raises(InvalidEvent, match=r"customer: U\+202E must not stand in an ID"):
        parse_ticket_start({"ticket_id": "T", "customer": "c\u202e"})
    written = {"channel": "web", "conversation": "4\u200b2", "event": events("e")["id"]}
    with pytest.raises(InvalidEvent, match=r"conversation: U\+200B"):
        parse_line(Line(1, json.dumps(written).encode()))
    with pytest.raises(InvalidEvent, match=r"ID without U\+001B, which cannot be seen"):
        chat_workflow_id("web", "4\x1b2")


def test_halves_of_a_surrogate_pair_are_refused_before_anybody_asks() -> None:
    with pytest.raises(InvalidEvent, match="id: "):
        parse_chat_event(events("a\ud800")["id"])
    with pytest.raises(DocumentError):
        parse_directory('labels: ["a\\ud800"]', "d.yaml")


# --- What was taken before ----------------------------------------------------------------------

OLD = "i\u200bv\u202ean"
"""As a release before this one took it."""


def test_a_stored_directory_is_read_whatever_ids_are_in_it_and_refused_when_it_is_applied_again() -> None:
    for document in [*directories(OLD).values(), *directories("x\x1b[31m").values(), {"labels": [""]}]:
        stored = json.dumps(document)
        read = Directory.model_validate_json(stored, context=STORED)
        with pytest.raises(ValidationError):
            Directory.model_validate(read.model_dump(mode="json"))


def test_stored_rules_are_read_whatever_ids_are_in_them() -> None:
    for one in rule_files(OLD).values():
        kept = as_yaml({"version": 1, "changed": [one]})
        assert len(parse_kept_rules(kept, "rules 0815").rules(RuleList.CHANGED)) == 1


def test_histories_and_rows_are_read_whatever_ids_are_in_them() -> None:
    old = {"type": "customer", "id": OLD}
    snapshot = {"channel": "web", "conversation": OLD, "customer": OLD, "last_author": old}
    assert ChatSnapshot.model_validate(snapshot).last_author is not None
    for where, written in events(OLD).items():
        parse = parse_chat_event if where != "label" else parse_ticket_event
        event = parse(written, strict=False)
        before = chat("active open: nobody")
        request = DecideRequest(before=before, event=event, now=NOW)
        assert DecideRequest.model_validate_json(request.model_dump_json()) == request
        with pytest.raises(InvalidEvent, match=r"U\+200B, U\+202E must not stand in"):
            require_plain(event)
        require_plain(event, {OLD})
    assert TimelineEntry(at=NOW, event_id=OLD, kind="x", author=OLD).event_id == OLD
    assert chat_workflow_id("web", OLD).endswith(OLD)


def test_a_case_begins_only_under_an_id_that_postgresql_has_room_for() -> None:
    """It counts characters, not bytes. The ID of a case that is there may be longer."""
    assert too_long(ticket_workflow_id("ж" * 248)) == ""
    assert too_long(chat_workflow_id("web", "😀" * 246)) == ""
    said = too_long(ticket_workflow_id("x" * 249))
    assert "it has 256 characters, and at most 255 are allowed. Shorten the ticket ID." in said
    assert "Shorten the conversation." in too_long(chat_workflow_id("web", "x" * 247))

    fits = {"kind": "ticket_opened", "id": "e", "author": STAFF, "ticket_id": "x" * 248}
    parse_chat_event(fits)
    long = {**fits, "ticket_id": "x" * 249}
    with pytest.raises(InvalidEvent, match="at most 248 characters, and this one has 249"):
        parse_chat_event(long)
    recorded = parse_chat_event(long, strict=False)
    with pytest.raises(InvalidEvent, match="at most 248 characters"):
        require_plain(recorded)


def test_what_does_not_fit_into_a_search_attribute_is_left_out() -> None:
    assert searchable("x" * 255) == "x" * 255
    assert searchable("x" * 256) is None
    assert searchable("😀" * 255) is None, "it has more bytes than Temporal takes"
    labels = [f"{number:03}" + "x" * 252 for number in range(10)]
    assert searchable(labels) == labels[:7]


def test_an_id_made_of_old_ones_can_be_sent() -> None:
    made = derived_id("chat", OLD)
    assert made.startswith("chat:")
    assert made != derived_id("chat", "ivan")
    parse_chat_event(events(made)["id"])
    assert derived_id("chat", "m-1") == "chat:m-1"
    assert derived_id(OLD).isprintable()
