"""The JSON Schema accepts what the loader accepts, and nothing else; names and contradictions excepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from baton.documents.yaml import read_yaml
from baton.errors import DocumentError
from baton.rules.fields import FIELDS
from baton.rules.language import RuleFile
from baton.rules.loading import parse_rules
from baton.rules.schema import rules_schema, rules_schema_text
from tests.unit.rules.kit import DEPLOY, rule

VALIDATOR = Draft202012Validator(rules_schema())


def accepted(document: Any) -> bool:
    """Whether the loader's models accept it; semantic checks are not the schema's business."""
    try:
        RuleFile.model_validate(document)
    except ValueError:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(rules_schema())


def test_the_published_schema_is_up_to_date() -> None:
    """If this fails: ``baton rules schema --output deploy/rules/rules.schema.json``."""
    assert (DEPLOY / "rules/rules.schema.json").read_text(encoding="utf-8") == rules_schema_text()


def test_the_shipped_rules_refer_to_the_schema_and_are_valid_by_it() -> None:
    document = read_yaml(DEPLOY / "rules/support-lines.yaml")
    assert document.text.startswith("# yaml-language-server: $schema=rules.schema.json\n")
    assert VALIDATOR.is_valid(document.data)


def test_every_field_and_word_has_a_description() -> None:
    silent = [
        (name, key)
        for name, definition in rules_schema()["$defs"].items()
        for key, said in definition.get("properties", {}).items()
        if "description" not in said and key != "text"
    ]
    assert silent == []


STATE = st.sampled_from(["is set", "is not set"])
VALUE: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        ["open", "active", "mine", "taken", "staff", "ivan", "line-1", "a b", "", "x" * 300, "is set"]
    ),
    st.sampled_from([None, 5, 1.5, True, False, [], ["open"], ["ivan", 5], {}]),
    st.fixed_dictionaries(
        {"field": st.sampled_from(["event.author", "case.line", "case.status", "case.stage", "x"])}
    ),
)
WORDS = [
    "is",
    "is not",
    "is one of",
    "is none of",
    "has",
    "has not",
    "has any of",
    "has none of",
    "contains",
    "does not contain",
    "at least",
    "isnt",
]
TEST = st.one_of(
    VALUE,
    STATE,
    st.dictionaries(st.sampled_from(WORDS), st.one_of(VALUE, st.lists(VALUE, max_size=2)), max_size=2),
)
NAMES = [*FIELDS, "minutes since assigned", "minutes since asked", "case.nothing"]
FLAT = st.dictionaries(st.sampled_from(NAMES), TEST, max_size=2)
WHEN = st.recursive(
    FLAT,
    lambda below: st.one_of(
        st.fixed_dictionaries({"all": st.lists(below, max_size=2)}),
        st.fixed_dictionaries({"any": st.lists(below, max_size=2)}),
        st.fixed_dictionaries({"not": below}),
    ),
    max_leaves=3,
)
TARGET = st.dictionaries(
    st.sampled_from(["staff", "line", "departments", "to", "field", "text", "everyone", "status"]),
    st.one_of(VALUE, st.sampled_from(["case.assignee", "event.answered_labels"]), st.just(["ivan"])),
    max_size=2,
)
ACTION = st.dictionaries(
    st.sampled_from(
        [
            "assign",
            "pin",
            "end chat",
            "set status",
            "add labels",
            "remove labels",
            "note",
            "reply",
            "notify",
            "foo",
        ]
    ),
    st.one_of(TARGET, VALUE),
    max_size=2,
)


@settings(max_examples=400)
@given(kind=st.sampled_from(["incoming", "changed", "timed"]), when=WHEN)
def test_schema_and_loader_agree_about_conditions(kind: str, when: Any) -> None:
    document = {"version": 1, kind: [rule("a", when)]}
    assert VALIDATOR.is_valid(document) is accepted(document)


@settings(max_examples=400)
@given(name=st.sampled_from(sorted(FIELDS)), test=TEST)
def test_schema_and_loader_agree_about_each_field(name: str, test: Any) -> None:
    document = {"version": 1, "changed": [rule("a", {name: test})]}
    assert VALIDATOR.is_valid(document) is accepted(document)


@settings(max_examples=400)
@given(actions=st.lists(ACTION, max_size=2))
def test_schema_and_loader_agree_about_actions(actions: Any) -> None:
    document = {"version": 1, "changed": [{"id": "a", "name": "a", "then": actions}]}
    assert VALIDATOR.is_valid(document) is accepted(document)


GOOD: list[dict[str, Any]] = [
    {"version": 1},
    {"version": 1, "incoming": [], "changed": [], "timed": []},
    {"version": 1, "changed": [rule("a")]},
    {
        "version": 1,
        "changed": [rule("a", {"case.labels": "vip"}, {"end chat": {}}, stop=True, retrigger=True)],
    },
    {
        "version": 1,
        "timed": [rule("a", {"minutes since assigned": {"at least": 0.5}, "any": [{"case.tab": "new"}]})],
    },
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": 30}}, enabled=False)]},
    {
        "version": 1,
        "changed": [
            rule(
                "a",
                {"case.assignee": {"is": {"field": "before.assignee"}}},
                {"assign": {"to": "event.author"}},
            )
        ],
    },
    {
        "version": 1,
        "changed": [
            rule(
                "a",
                None,
                {"notify": {"everyone": True, "text": "x"}},
                {"notify": {"to": "case.assignee", "text": "x"}},
                {"notify": {"departments": ["billing"], "text": "x"}},
            )
        ],
    },
    {
        "version": 1,
        "changed": [
            rule(
                "a",
                {"case.stage": {"is": {"field": "before.stage"}}, "case.asked": {"has any of": ["billing"]}},
                {"remove labels": {"field": "event.answered_labels"}},
                {"assign": {"to": "case.dispatcher"}},
                cases="tickets",
            ),
            rule("b", {"case.type": "ticket"}, cases="all"),
            rule("c", cases="chats"),
        ],
    },
    {
        "version": 1,
        "timed": [rule("a", {"minutes since asked": {"at least": 5}}, cases="tickets")],
    },
]
BAD: list[Any] = [
    {},
    [],
    {"version": "1"},
    {"version": 2},
    {"version": 1, "rules": []},
    {"version": 1, "changed": None},
    {"version": 1, "changed": [{**rule("a"), "then": []}]},
    {"version": 1, "changed": [{**rule("a"), "when": None}]},
    {"version": 1, "changed": [{**rule("a"), "when": {}}]},
    {"version": 1, "changed": [{**rule("a"), "stop": "true"}]},
    {"version": 1, "changed": [{**rule("a"), "stop": 1}]},
    {"version": 1, "changed": [{**rule("a"), "id": "a:b"}]},
    {"version": 1, "changed": [{**rule("a"), "cases": "ticket"}]},
    {"version": 1, "changed": [{**rule("a"), "cases": ["chats", "tickets"]}]},
    {
        "version": 1,
        "changed": [rule("a", None, {"remove labels": {"field": "case.labels"}}, cases="tickets")],
    },
    {"version": 1, "changed": [rule("a", None, {"notify": {"departments": [], "text": "x"}})]},
    {"version": 1, "changed": [{**rule("a"), "id": 5}]},
    {"version": 1, "changed": [{**rule("a"), "name": ""}]},
    {"version": 1, "changed": [{"id": "a", "name": "a"}]},
    {"version": 1, "timed": [rule("a")]},
    {"version": 1, "timed": [rule("a", {"case.tab": "new"})]},
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": 0}})]},
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": True}})]},
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": "5"}})]},
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": 10**7}})]},
    {"version": 1, "timed": [rule("a", {"minutes since assigned": {"at least": 5}, "event.kind": "taken"})]},
]


@pytest.mark.parametrize("document", GOOD)
def test_schema_and_loader_accept_good_documents(document: Any) -> None:
    assert VALIDATOR.is_valid(document)
    assert parse_rules(json.dumps(document), "f", None).digest


@pytest.mark.parametrize("document", BAD)
def test_schema_and_loader_refuse_bad_documents(document: Any) -> None:
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(DocumentError):
        parse_rules(json.dumps(document), "f", None)
