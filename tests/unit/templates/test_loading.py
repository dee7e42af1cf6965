"""Template files: what is accepted, and what every mistake is called."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from baton.contract import MARKER
from baton.documents.yaml import read_yaml
from baton.errors import DocumentError
from baton.templates import load_templates, parse_templates
from baton.templates.schema import templates_schema, templates_schema_text
from tests.unit.rules.kit import DEPLOY, DIRECTORY

SHIPPED = DEPLOY / "templates/several-departments.yaml"
RUSSIAN = DEPLOY / "templates/several-departments.ru.yaml"
VALIDATOR = Draft202012Validator(templates_schema())
HEAD = "version: 1\ntemplates:\n  - id: a\n    name: A\n"
ASKED = "    departments: [billing, warranty]\n"
NOTE = "    note: Please answer.\n"


def mistakes(text: str, *, known: bool = True) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_templates(text, "t.yaml", DIRECTORY if known else None)
    return str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("marker: several-department", "marker: there is no label 'several-department'\n    did you mean"),
        ("marker: billing", "marker: 'billing' is the label of the department billing\n    take another one"),
        (
            "notify: {staff: [petr]}",
            "staff > #1: there is nobody 'petr' among the staff\n    did you mean petra",
        ),
        ("notify: {staff: [petra, petra]}", "notify > staff > #2: 'petra' is here twice"),
        ("notify: {line: line1}", "notify > line: there is no line 'line1'\n    did you mean line-1"),
        ("notify: {}", "notify: this names nobody\n    remove it, or say who"),
        ("notify: {line: }", "notify: this names nobody"),
        ("notify: {departments: false}", "notify > departments: false is not possible here"),
        ("notify: {departments: 1}", "notify > departments: 1 is not possible here\n    allowed: true"),
        (
            "notify: {everyone: true}",
            "notify: unknown field 'everyone'\n    allowed: departments, staff, line",
        ),
        ("due: {delivery: {answer within hours: 8}}", "due > delivery: the template does not ask 'delivery'"),
        ("due: {billing: {answer within hours: 0}}", "due > billing > answer within hours: 0"),
        (
            "due: {billing: {answer within hours: '8'}}",
            "answer within hours: a number is expected here, not '8'\n    write it without quotes",
        ),
        ("due: {billing: {remind before hours: 8}}", "'answer within hours' is missing"),
        (
            "due: {billing: {answer within hours: 8, remind before hours: 8}}",
            "due > billing: the reminder would come before the department is asked\n    'remind",
        ),
        ("massage: Hello", "unknown field 'massage'\n    did you mean message?"),
        ("message: 5", "message: text is expected here, not 5"),
        ("message: '{{ tiket.id }}'", "message: there is nothing called 'tiket'\n    did you mean ticket?"),
        ("message: '{{ ticket.subjct }}'", "message: it has no 'subjct'\n    did you mean subject?"),
        ("message: '{{ expected | dy }}'", "message: No filter named 'dy'\n    did you mean day?"),
        (
            "message: '{{ expected | day }}'",
            "message: there is no time here\n    ask first: {% if expected %}",
        ),
        ("message: '{{ ticket.id'", "message: unexpected end of template"),
        (
            "message: '{{ ticket.subject.upper() }}'",
            "message: 'upper' cannot be called\n    a text has fields and filters only",
        ),
        ("message: '{{ \"a\" * 9 }}'", "message: '*' is for plain numbers only"),
        ("message: '{{ answers }}'", "message: there is nothing called 'answers'"),
        ("message: '{% include \"x\" %}'", "message: a text cannot have {% include %}"),
        ("draft: '{{ composer.name }}'", "draft: nobody and nothing is here that could have 'name'"),
        ("draft: '{% if missing %}x{% endif %}'", "draft: this says nothing"),
        ("draft: '{{ dispatcher }}'", "draft: there is nothing called 'dispatcher'"),
    ],
)
def test_a_mistake_says_where_what_and_what_to_do(line: str, said: str) -> None:
    found = mistakes(f"{HEAD}{ASKED}{NOTE}    {line}\n")
    assert found.startswith("t.yaml:7: templates > #1")
    assert said in found


@pytest.mark.parametrize(
    ("departments", "said"),
    [
        ("[]", "departments: this must not be empty"),
        ("billing", "departments: a list is expected here"),
        ("[billing, billing]", "departments > #2: 'billing' is here twice"),
        (
            "[billing, delivry]",
            "departments > #2: there is no department 'delivry'\n    did you mean delivery?",
        ),
    ],
)
def test_departments_are_in_the_directory_and_none_twice(departments: str, said: str) -> None:
    found = mistakes(f"{HEAD}    departments: {departments}\n{NOTE}")
    assert found.startswith("t.yaml:5: templates > #1 > ")
    assert said in found


def test_a_mistake_in_a_block_of_text_is_reported_in_its_own_line() -> None:
    block = "    note: |  # for them\n      Please answer.\n\n      {{ ticket.id }} {{ nowhere }}\n"
    text = HEAD + ASKED + block
    assert mistakes(text).startswith("t.yaml:9: templates > #1 > note: there is nothing called 'nowhere'")
    broken = text.replace("{{ nowhere }}", "{% if %}")
    assert mistakes(broken).startswith("t.yaml:9: templates > #1 > note: ")
    late = text.replace("{{ nowhere }}", "{{ expected | time }}")
    assert mistakes(late).startswith("t.yaml:9: templates > #1 > note: there is no time here")


def test_a_name_is_checked_also_where_no_sample_leads() -> None:
    hidden = "    message: \"x{% if ticket.id == 'never' %}{{ custmer }}{% endif %}\"\n"
    assert "there is nothing called 'custmer'" in mistakes(f"{HEAD}{ASKED}{NOTE}{hidden}")


def test_a_note_must_say_something_and_a_message_need_not() -> None:
    sometimes = "'{% if expected %}Until {{ expected | time }}.{% endif %}'"
    assert "note: this says nothing" in mistakes(f"{HEAD}{ASKED}    note: {sometimes}\n")
    accepted = parse_templates(f"{HEAD}{ASKED}{NOTE}    message: {sometimes}\n", "t.yaml", DIRECTORY)
    assert [template.id for template in accepted] == ["a"]


def test_the_draft_of_the_file_is_tried_as_well() -> None:
    found = mistakes("version: 1\ndraft: |\n  Hello\n  {{ answer.text }}\n")
    assert found.startswith("t.yaml:4: draft: there is nothing called 'answer'\n    did you mean answers?")


def test_every_mistake_is_reported_at_once() -> None:
    twice = f"{HEAD}{ASKED}{NOTE}  - id: a\n    name: 5\n{ASKED.replace('billing', 'biling')}{NOTE}    x: 1\n"
    found = mistakes(twice.replace("note: Please answer.", "note: '{{ x }}'", 1))
    assert [line.partition(": ")[0] for line in found.splitlines() if line.startswith("t.yaml")] == [
        "t.yaml:6",
        "t.yaml:7",
        "t.yaml:8",
        "t.yaml:11",
    ]
    assert "the ID 'a' is given twice, first in line 3" in found


def test_without_a_directory_names_are_not_checked_and_the_rest_is() -> None:
    text = f"{HEAD}    departments: [tax]\n{NOTE}    marker: x\n    notify: {{staff: [nobody]}}\n"
    template = parse_templates(text, "t.yaml", None).get("a")
    assert template is not None
    assert template.departments == ("tax",)
    assert "there is nothing called 'y'" in mistakes(f"{text}    message: '{{{{ y }}}}'\n", known=False)


def test_what_is_left_out_has_its_default() -> None:
    template = parse_templates(f"{HEAD}{ASKED}{NOTE}", "t.yaml", DIRECTORY).get("a")
    assert template is not None
    assert (template.marker, template.notify, template.message, template.due) == (MARKER, None, None, {})


def test_the_digest_is_of_what_is_said_and_the_source_is_kept() -> None:
    plain = parse_templates(f"{HEAD}{ASKED}{NOTE}", "t.yaml", DIRECTORY)
    laid_out = f"# Ours\n{HEAD}{NOTE}{ASKED}    marker: {MARKER}\n"
    other = parse_templates(laid_out, "t.yaml", DIRECTORY)
    assert (other.digest, other.source) == (plain.digest, laid_out)
    assert parse_templates(f"{HEAD}{ASKED}    note: Go.\n", "t.yaml", DIRECTORY).digest != plain.digest


# --- What is shipped, and the schema --------------------------------------------------------------


def test_the_shipped_templates_fit_the_demo_company() -> None:
    shipped = load_templates(SHIPPED, DIRECTORY)
    assert [template.id for template in shipped] == [
        "three-departments",
        "three-departments-quiet",
        "billing-and-delivery",
        "delivery-and-warranty",
    ]
    full = shipped.get("three-departments")
    assert full is not None
    assert list(full.due) == list(full.departments) == ["billing", "delivery", "warranty"]
    assert full.message
    assert all(not (one.due or one.message or one.notify) for one in shipped if one is not full)


def test_the_russian_templates_are_the_same_with_other_texts() -> None:
    russian, english = load_templates(RUSSIAN, DIRECTORY), load_templates(SHIPPED, DIRECTORY)

    texts = {"name", "note", "message"}
    assert [one.model_dump(exclude=texts) for one in russian] == [
        one.model_dump(exclude=texts) for one in english
    ]
    for ours, theirs in zip(russian, english, strict=True):
        for one in texts:
            assert bool(re.search("[а-яё]", getattr(ours, one) or "")) is bool(getattr(theirs, one))
    assert VALIDATOR.is_valid(read_yaml(RUSSIAN).data)


def test_the_published_schema_is_up_to_date() -> None:
    """If this fails: ``baton template schema --output deploy/templates/templates.schema.json``."""
    written = (DEPLOY / "templates/templates.schema.json").read_text(encoding="utf-8")
    assert written == templates_schema_text()


def test_the_schema_is_one_and_the_shipped_file_refers_to_it() -> None:
    Draft202012Validator.check_schema(templates_schema())
    document = read_yaml(SHIPPED)
    assert document.text.startswith("# yaml-language-server: $schema=templates.schema.json\n")
    assert VALIDATOR.is_valid(document.data)


GOOD: dict[str, Any] = {"id": "a", "name": "A", "departments": ["billing"], "note": "x"}
DUE = {"answer within hours": 8, "remind before hours": 0.5}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"notify": {"departments": True, "staff": ["petra"], "line": "line-1"}},
        {"due": {"billing": DUE}, "draft": "y", "message": "z", "marker": "vip"},
    ],
)
def test_schema_and_loader_accept_good_templates(more: dict[str, Any]) -> None:
    document = {"version": 1, "draft": "d", "templates": [GOOD | more]}
    assert VALIDATOR.is_valid(document)
    assert parse_templates(json.dumps(document), "t.yaml", None).get("a") is not None


@pytest.mark.parametrize(
    "more",
    [
        {"id": "a:b"},
        {"id": 5},
        {"name": ""},
        {"departments": []},
        {"departments": ["billing", "billing"]},
        {"departments": "billing"},
        {"note": None},
        {"note": "x" * 10_001},
        {"marker": None},
        {"notify": {}},
        {"notify": {"staff": []}},
        {"notify": {"departments": "true"}},
        {"due": {"billing": {}}},
        {"due": {"bil ling": DUE}},
        {"due": {"billing": DUE | {"answer within hours": True}}},
        {"due": {"billing": DUE | {"answer within hours": 10_000}}},
        {"other": 1},
    ],
)
def test_schema_and_loader_refuse_bad_templates(more: dict[str, Any]) -> None:
    document = {"version": 1, "templates": [GOOD | more]}
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(DocumentError):
        parse_templates(json.dumps(document), "t.yaml", None)
