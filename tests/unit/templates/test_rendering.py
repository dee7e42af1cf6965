"""What templates say about a ticket, and what happens when they cannot."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baton.contract import MAX_TEXT_LENGTH
from baton.errors import InvalidEvent
from baton.templates import (
    Answer,
    AskContext,
    DepartmentCard,
    DepartmentName,
    DraftContext,
    PersonCard,
    Template,
    Templates,
    TicketCard,
    parse_templates,
)
from baton.templates.drafting import CUT, MAX_DRAFT_LENGTH
from tests.unit.rules.kit import DIRECTORY

NOW = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LATE = datetime(2026, 12, 8, 16, 30, tzinfo=BERLIN)
TICKET = TicketCard(id="4711", customer="c-7", subject="Order")
ASK = AskContext(
    ticket=TICKET,
    dispatcher=PersonCard.of("petra", DIRECTORY),
    departments=(
        DepartmentCard.of("billing", DIRECTORY, datetime(2026, 12, 7, 12, tzinfo=UTC)),
        DepartmentCard.of("warranty", DIRECTORY, LATE),
    ),
    now=NOW,
)
BILLING, WARRANTY = (DepartmentName(label=name, name=name.title()) for name in ("billing", "warranty"))
BOTH = Answer(departments=(BILLING, WARRANTY), author="lena", author_name="Lena", text="Paid.", at=NOW)
DRAFT = DraftContext(ticket=TICKET, composer=PersonCard("lena", "Lena"), answers=(BOTH,))


def made(file_draft: str | None = None, **fields: Any) -> tuple[Templates, Template]:
    """A template set through the loader, and its one template."""
    written = {"id": "a", "name": "A", "departments": ["billing", "warranty"], "note": "x", **fields}
    document = {"version": 1, "templates": [written]} | ({"draft": file_draft} if file_draft else {})
    templates = parse_templates(json.dumps(document), "t.yaml", DIRECTORY)
    template = templates.get("a")
    assert template is not None
    return templates, template


def test_a_note_names_the_ticket_the_dispatcher_and_the_departments() -> None:
    templates, template = made(
        note="{{ ticket.id }} {{ ticket.subject }}: {{ departments | join(', ') }}\n"
        "{% for one in departments %}\n{{ one.key }}/{{ one.label }}\n{% endfor %}\n{{ dispatcher }}\n"
    )
    expected = "4711 Order: Billing, Warranty\nbilling/billing\nwarranty/warranty\nPetra"
    assert templates.instruction(template, ASK) == expected


def test_the_expected_time_is_the_latest_due_time_in_its_own_zone() -> None:
    said = "{{ expected | day }}, {{ expected | time }}, {{ expected | date('%d.%m.') }}"
    templates, template = made(message=f"{{% if expected %}}{said}{{% endif %}}")
    assert templates.message(template, ASK) == "Tuesday, 8 December, 16:30, 08.12."


def test_a_message_that_says_nothing_is_none() -> None:
    templates, template = made(message="{% if expected %}Soon.{% endif %}")
    asked = replace(ASK, departments=(DepartmentCard.of("billing", DIRECTORY),))
    assert asked.expected is None
    assert templates.message(template, asked) is None
    without, bare = made()
    assert without.message(bare, ASK) is None


@pytest.mark.parametrize(
    ("note", "subject", "why"),
    [
        (
            "{% if ticket.subject == 'Order' %}{{ ticket.nothing }}{% endif %}\nx",
            "Order",
            "line 1: it has no",
        ),
        ("x\n{% if ticket.subject == 'Order' %}\n{{ 1 // 0 }}{% endif %}", "Order", "note, line 3: "),
        ("{% if ticket.subject != 'Order' %}x{% endif %}", "Order", "its note says nothing"),
        ("{{ ticket.subject }}x", "y" * MAX_TEXT_LENGTH, "more than 100,000 characters"),
    ],
)
def test_a_note_that_fails_refuses_the_event_and_names_the_template(
    note: str, subject: str, why: str
) -> None:
    templates, template = made(note=note)
    context = replace(ASK, ticket=replace(TICKET, subject=subject))
    with pytest.raises(InvalidEvent, match="template 'a' cannot be applied") as refused:
        templates.instruction(template, context)
    assert why in str(refused.value)


def test_plain_text_is_not_escaped() -> None:
    templates, template = made(note="{{ ticket.subject | default('-', true) }}")
    context = replace(ASK, ticket=replace(TICKET, subject="<b> & {{ now }}"))
    assert templates.instruction(template, context) == "<b> & {{ now }}"


def test_an_answer_for_two_departments_stands_in_the_draft_once_with_both() -> None:
    templates, template = made()
    expected = "Billing, Warranty (Lena):\nPaid."
    assert templates.draft(template, DRAFT) == templates.draft(None, DRAFT) == expected


def test_the_built_in_draft_names_who_is_missing() -> None:
    templates, _ = made()
    text = templates.draft(None, replace(DRAFT, answers=(), composer=None, missing=("Billing", "Delivery")))
    assert text == "No department has answered.\n\n[No answer yet: Billing, Delivery]"


def test_the_draft_of_a_template_comes_before_that_of_the_file() -> None:
    templates, template = made("of the file")
    assert templates.draft(template, DRAFT) == templates.draft(None, DRAFT) == "of the file"
    templates, template = made("of the file", draft="of the template")
    assert templates.draft(template, DRAFT) == "of the template"
    assert templates.draft(None, DRAFT) == "of the file"


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        ("{% if ticket.id == '0815' %}{{ 1 // 0 }}{% endif %}x", "division"),
        ("{% if ticket.subject != 'Order' %}x{% endif %}", "says nothing"),
    ],
)
def test_a_draft_that_fails_is_replaced_by_the_built_in_one_and_said_in_the_log(
    draft: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    context = replace(DRAFT, ticket=replace(TICKET, id="0815"))
    templates, template = made(draft=draft)
    with caplog.at_level(logging.ERROR, "baton.templates"):
        assert templates.draft(template, context) == "Billing, Warranty (Lena):\nPaid."
    assert "template 'a'" in caplog.text
    assert why in caplog.text


@pytest.mark.parametrize(
    "draft", [None, "{% for answer in answers %}{{ answer.text }}{% else %}-{% endfor %}"]
)
def test_a_draft_that_is_too_long_is_cut_and_says_so(draft: str | None) -> None:
    templates, template = made(draft=draft)
    answers = tuple(replace(BOTH, text="z" * MAX_TEXT_LENGTH) for _ in range(3))
    text = templates.draft(template, replace(DRAFT, answers=answers))
    assert len(text) == MAX_DRAFT_LENGTH
    assert text.endswith(CUT)


def test_who_has_left_the_directory_is_called_by_the_id() -> None:
    assert str(PersonCard.of("gone", DIRECTORY)) == "gone"
    gone = DepartmentCard.of("gone", DIRECTORY)
    assert (str(gone), gone.label) == ("gone", "gone")
