"""What is empty in a text is filled in as nothing, and lines end where their author ended them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.documents.directory import Directory
from baton.errors import DocumentError
from baton.templates import DepartmentCard, DraftContext, PersonCard, TicketCard, parse_templates, samples
from baton.templates.context import Answer, AskContext, DepartmentName
from baton.templates.layout import laid_out
from tests.unit.rules.kit import DIRECTORY

NOW = datetime(2026, 12, 7, 10, tzinfo=UTC)
SUBJECT = TicketCard(id="4711", customer="c-7", subject="Order")
NO_SUBJECT = replace(SUBJECT, subject="")
BILLING = DepartmentCard.of("billing", DIRECTORY)
WARRANTY = DepartmentCard.of("warranty", DIRECTORY)
ASK = AskContext(NO_SUBJECT, PersonCard("petra", "Petra"), (BILLING, WARRANTY), NOW)
HALF = replace(ASK, departments=(BILLING, replace(WARRANTY, due=NOW)))
DRAFT = DraftContext(NO_SUBJECT, None, ())


def accepted(**fields: Any) -> Any:
    written = {"id": "a", "name": "A", "departments": ["billing", "warranty"], "note": "x", **fields}
    templates = parse_templates(json.dumps({"version": 1, "templates": [written]}), "t.yaml", DIRECTORY)
    return templates, templates.get("a")


def asked(text: str, context: AskContext = ASK) -> str | None:
    templates, template = accepted(message=text)
    said: str | None = templates.message(template, context)
    return said


def drafted(text: str, context: DraftContext = DRAFT) -> str:
    templates, template = accepted(draft=text)
    return str(templates.draft(template, context))


# --- Nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("By {{ expected }}.", "By ."),
        ("By {{ expected | default('tomorrow') }}.", "By tomorrow."),
        ("By {{ (expected | date if expected) | default('tomorrow') }}.", "By tomorrow."),
        ("By {{ expected | date if expected else 'tomorrow' }}.", "By tomorrow."),
        ("By {{ 'noon' if expected }}.", "By ."),
        ("By {{ expected or 'tomorrow' }}.", "By tomorrow."),
        ("By {{ 'the ' ~ expected }}.", "By the ."),
        ("By {{ expected | upper }}{{ expected | title }}{{ expected | trim }}.", "By ."),
        ("By {{ expected | indent }}{{ expected | capitalize }}{{ ticket.subject | truncate(3) }}.", "By ."),
        ("By {{ expected | replace('None', 'x') }}{{ expected | lower }}.", "By ."),
        ("By {{ expected | default(departments | first) }}.", "By Billing."),
        ("{% set by = expected %}By {{ by }}{{ by | default('noon') }}.", "By noon."),
        ("{{ [expected, 'noon', expected] | join(', ') }}.", "noon."),
        ("{{ 'set' if expected is defined else 'unset' }}", "unset"),
        ("{{ 'unset' if expected is undefined else 'set' }}", "unset"),
        ("{{ 'none' if expected is none else 'some' }}", "none"),
        ("{% if expected is defined %}By {{ expected | day }}{% else %}Soon{% endif %}", "Soon"),
        ("{{ expected.year | default('this year') }}", "this year"),
        ("About {{ ticket.subject }}.", "About ."),
        ("About {{ ticket.subject | default('your order') }}.", "About your order."),
        ("About {{ ticket.subject | default('your order', true) }}.", "About your order."),
        ("{{ ticket.subject | default }}{{ 0 | default(1) }}{{ false | default(1, true) }}", "01"),
    ],
)
def test_what_is_empty_is_filled_in_as_nothing(text: str, said: str) -> None:
    assert asked(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for one in departments %}{{ one }}:{{ one.due }};{% endfor %}", "Billing:;Warranty:{now};"),
        (
            "{% for one in departments %}{{ one.due | default('soon') }};{% endfor %}",
            "soon;{now};",
        ),
        ("{{ departments | map(attribute='due') | join(', ') }}", "{now}"),
        ("{{ departments | map(attribute='due', default='soon') | join(', ') }}", "soon, {now}"),
        ("{{ departments | map(attribute='due') | map('default', 'soon') | join(', ') }}", "soon, {now}"),
        ("{{ departments | map(attribute='due') | map('upper') | join('|') }}", "|{now}"),
        ("{{ departments | join(', ', attribute='due') }}", "{now}"),
        ("{{ departments | selectattr('due') | map(attribute='name') | join }}", "Warranty"),
        ("{{ departments | rejectattr('due') | map(attribute='name') | join }}", "Billing"),
        ("{{ departments | selectattr('due', 'defined') | map(attribute='name') | join }}", "Warranty"),
        ("{% for one in departments %}{{ loop.previtem | default('none') }} {% endfor %}", "none Billing"),
        ("{% for one in departments if one.due %}{{ one }}{% else %}nobody{% endfor %}", "Warranty"),
        (
            "{% for one in departments %}{% set by = one.due | default('soon') %}{{ by }} {% endfor %}",
            "soon {now}",
        ),
    ],
)
def test_what_is_empty_in_a_list_is_nothing_either(text: str, said: str) -> None:
    assert asked(text, HALF) == said.format(now=NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yours, {{ composer }}", "Yours,"),
        ("Yours, {{ composer | default('us') }}", "Yours, us"),
        ("Yours, {{ composer.name | default('us') }}", "Yours, us"),
        ("Yours, {{ composer and composer.name }}", "Yours,"),
        ("{% if composer %}Yours, {{ composer.name }}{% else %}We{% endif %}", "We"),
        ("{{ missing | join(', ') | default('Nobody is asked') }}", "Nobody is asked"),
        ("{{ missing | first | default('Nobody') }}", "Nobody"),
        ("{{ missing | default(['Nobody']) | join }}", "Nobody"),
        ("{{ missing | length }}{{ answers | length }}", "00"),
        ("{{ answers | map(attribute='text') | first | default('No answer') }}", "No answer"),
        ("{% for one in answers %}{{ one.text }}{% else %}No answer{% endfor %}", "No answer"),
    ],
)
def test_what_is_empty_in_a_draft_is_nothing(text: str, said: str) -> None:
    assert drafted(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ expected | day }}", "there is no time here"),
        ("{% for one in departments %}{{ one.due | time }}{% endfor %}", "there is no time here"),
        ("{{ (departments | last).due | time }}", "there is no time here"),
        ("{{ expected | default('soon') | day }}", "there is no time here"),
        ("{{ expected.year }}", "nobody and nothing is here that could have 'year'"),
        ("{% if expected > now %}x{% endif %}", "something is compared or calculated with here that may be"),
        ("{{ departments | sort(attribute='due') | join }}", "something is compared or calculated with here"),
        ("{{ departments[1] }}", "there is no item 1: the list is shorter"),
        ("{{ ticket.subject[0] }}", "it has no 0"),
        ("{% for one in departments %}{{ loop.previtem }}{% endfor %}", "no such item: there is no previous"),
    ],
)
def test_what_cannot_be_done_with_nothing_is_found_by_the_check(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        accepted(message=f"x {text}")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "{% if not ticket.subject and departments | length == 2 %}{{ expected.year }}{% endif %}",
        "{% if departments | map(attribute='due') | map('default', 0) | first == 0 %}"
        "{% if expected %}{{ nobody }}{% endif %}{% endif %}",
    ],
)
def test_a_mistake_that_needs_two_things_to_be_missing_is_found(text: str) -> None:
    with pytest.raises(DocumentError):
        accepted(message=f"x {text}")


@pytest.mark.parametrize(
    "text",
    [
        "{% if not (composer or ticket.subject or missing) and answers %}{{ composer.name }}{% endif %}",
        "{{ answers[0].text | default('No answer') }}",
        "{{ (answers | first).text }}",
        "{% if composer and not answers and missing %}{{ answers[0].text }}{% endif %}",
    ],
)
def test_a_mistake_in_a_draft_is_found_whatever_must_be_missing_for_it(text: str) -> None:
    with pytest.raises(DocumentError):
        accepted(draft=f"x {text}")


@pytest.mark.parametrize("directory", [None, DIRECTORY])
def test_the_samples_have_every_combination_of_what_may_be_missing(directory: Directory | None) -> None:
    _, template = accepted()
    notes = {
        (bool(one.ticket.subject), *(bool(card.due) for card in one.departments))
        for one in samples.asked(template, directory)
    }
    flags = (True, False)
    assert notes == {*product(flags, repeat=2), *product(flags, repeat=3)}
    drafts = {
        (bool(one.ticket.subject), bool(one.composer), bool(one.answers), bool(one.missing))
        for one in samples.answered(["billing", "delivery", "warranty"], directory)
    }
    assert drafts == set(product(flags, repeat=4))


# --- Lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear {% if now %}Ann{% endif %}\nyour parcel", "Dear Ann\nyour parcel"),
        ("Dear Ann{# or customer #}\nyour parcel", "Dear Ann\nyour parcel"),
        ("Dear {% if now %}Ann{% else %}customer{% endif %}\r\nyour parcel", "Dear Ann\nyour parcel"),
        ("Dear {% if now %}\nAnn\n{% endif %}", "Dear \nAnn"),
        ("{{ 'Ann' }}{% if now %}{% endif %}\nyour parcel", "Ann\nyour parcel"),
        ("a\n{% if now %}\nb\n{% else %}\nc\n{% endif %}\nd", "a\nb\nd"),
        ("a\n  {% if now %}  \n  b\n\t{% endif %}\t\nc", "a\n  b\nc"),
        ("a\n{# one\n   two #}\nb", "a\nb"),
        ("a\n{% set x = '%}' %}\nb{{ x }}", "a\nb%}"),
        ("a\n{% if now\n  and now %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ("a\n{% if now %}{% if expected %}{% endif %}{% endif %}\nb", "a\nb"),
        ("a\n{% if now %}\n\n{% endif %}\nb", "a\n\nb"),
        ("a\n  {% if now %}b{% endif %}\nc", "a\nb\nc"),
        ("a\n  {%+ if now %}b{% endif %}\nc", "a\n  b\nc"),
        ("a\n{% if now %}\nb\n{% endif +%}\nc", "a\nb\n\nc"),
        ("a\n{% if now -%}\n\n  b\n{%- endif -%}\n\nc", "a\nbc"),
        ("{{ '{% if %}' }}\nb", "{% if %}\nb"),
        ("a\n{% raw %}\n{% if %}\n{% endraw %}\nb", "a\n{% if %}\nb"),
        ("a\n{{ expected }}\nb", "a\n\nb"),
        (
            "{% for one in departments %}\n- {{ one }}{% if not one.due %}, soon{% endif %}\n{% endfor %}\nX",
            "- Billing, soon\n- Warranty, soon\nX",
        ),
        (
            "{% for one in departments %}\n{% if loop.first %}For {% endif %}\n{{ one }}\n{% endfor %}",
            "For \nBilling\n\nWarranty",
        ),
    ],
)
def test_a_line_of_tags_leaves_nothing_and_any_other_keeps_its_end(text: str, said: str) -> None:
    assert asked(text) == said


def test_mistakes_are_found_in_the_line_in_which_they_are() -> None:
    text = "{% if now %}\na{% if now %}b{% endif %}\n  {# one\ntwo #}  \n{% endif %}\n\n{{ expected | day }}"
    yaml = "version: 1\ntemplates:\n  - id: a\n    name: A\n    departments: [billing]\n    note: x\n"
    yaml += "    message: |\n"
    with pytest.raises(DocumentError) as refused:
        parse_templates(yaml + "".join(f"      {line}\n" for line in text.split("\n")), "t.yaml", DIRECTORY)
    assert str(refused.value).startswith("t.yaml:14: ")


@given(
    st.lists(
        st.sampled_from(
            ["a", " ", "\n", "\t", "{% if x %}", "{%- else -%}", "{{ x }}", "{# y\n #}", "{%", "}}", "'"]
        )
    ).map("".join)
)
def test_laying_out_moves_no_line_and_takes_spaces_only(text: str) -> None:
    done = laid_out(text)
    assert done.count("\n") == text.count("\n")
    assert "".join(done.split()) == "".join(text.split())


def test_a_draft_in_a_running_case_is_drafted_as_before_but_for_empty_places() -> None:
    answer = Answer((DepartmentName("billing", "Billing"),), "lena", "Lena", "Paid.", NOW)
    text = "Hello,\n{% for one in answers %}\n{{ one.departments | join }}: {{ one.text }}\n{% endfor %}\n"
    assert drafted(f"{text}Yours, {{{{ composer }}}}", replace(DRAFT, answers=(answer,))) == (
        "Hello,\nBilling: Paid.\nYours,"
    )
