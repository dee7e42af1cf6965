"""The fields of rules, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Iterator

from baton.contract import (
    AUTHORS,
)
from baton.rules.field import Field, Sort
from baton.rules.fields import FIELDS
from baton.rules.namedfields import SORTS, asked_of, named_field
from baton.rules.previousfields import MINUTES_AGO
from baton.rules.scene import CHATS, EVERY_CASE, KINDS_OF, QUIET_KINDS, TICKETS, TIMED_KIND, CaseType
from baton.rules.schema import rules_schema
from baton.rules.when import ANCHORS
from docs.parts.markdown import code, filled, table

_SORTS = {
    Sort.CHOICE: "a choice",
    Sort.STAFF: "a person",
    Sort.LINE: "a line",
    Sort.DEPARTMENT: "departments",
    Sort.ROLE: "roles",
    Sort.CHANNEL: "a channel",
    Sort.LABEL: "labels",
    Sort.TEXT: "text",
    Sort.FLAG: "true or false",
    Sort.NUMBER: "a number",
    Sort.TIME: "a time",
}


def rule_fields() -> str:
    elsewhere = ("before", "previous")
    shown = [field for field in FIELDS.values() if not field.of_person and field.scope not in elsewhere]
    people = [name for name in _people() if not name.startswith("before.")]
    as_before = {field.name.removeprefix("before.") for field in FIELDS.values() if field.scope == "before"}
    as_case = {field.name.removeprefix("case.") for field in FIELDS.values() if field.scope == "case"}
    assert as_before == as_case - {"type"}
    tables = {
        of: table(
            ["field", "holds", "meaning"],
            ([f"`{field.name}`", _holds(field), field.about] for field in shown if field.of == of),
        )
        for of in (EVERY_CASE, CHATS, TICKETS)
    }
    about_people = (
        [f".{name}", _SORTS[field.sort], field.about.replace("the member of staff who did it", "that person")]
        for name, field in of_person("event.author").items()
    )
    return "\n\n".join(
        [
            tables[EVERY_CASE],
            "Only in rules for chats:",
            tables[CHATS],
            "Only in rules for tickets:",
            tables[TICKETS],
            "Every field of `case` but `case.type` is also a field of `before`: the case before the event.",
            filled(f"Each of {code(*people)} (and those of `before`) can be asked about the person in it:"),
            table(
                ["behind the field", "holds", "meaning"],
                ([f"`{name}`", holds, meaning] for name, holds, meaning in about_people),
            ),
        ]
    )


def rule_previous() -> str:
    where = {EVERY_CASE: "", TICKETS: " Tickets only."}
    rows = (
        [f"`{field.name}`", _holds(field), field.about + where[field.of]]
        for field in FIELDS.values()
        if field.scope == "previous" and not field.of_person
    )
    return table(["field", "holds", "meaning"], rows)


def rule_named() -> str:
    rows = []
    for what in SORTS:
        for asked in asked_of(what):
            field = named_field(f"{what}.NAME.{asked}")
            assert field is not None
            rows.append([f"`{field.name}`", _holds(field), field.about])
    return table(["field", "holds", "meaning"], rows)


def _holds(field: Field) -> str:
    if field.name == "event.kind":
        return "a kind of event"
    return f"`{' / '.join(field.choices)}`" if field.choices else _SORTS[field.sort]


def of_person(name: str) -> dict[str, Field]:
    start = f"{name}."
    found = {key.removeprefix(start): field for key, field in FIELDS.items() if key.startswith(start)}
    return {key: field for key, field in found.items() if field.of_person}


def _people() -> Iterator[str]:
    """The fields that hold a person about whom more can be asked; the same things for all of them."""
    alike = of_person("event.author").keys()
    for name in FIELDS:
        if found := of_person(name):
            assert found.keys() == alike
            yield name


def rule_kinds() -> str:
    chats, tickets = KINDS_OF[CaseType.CHAT], KINDS_OF[CaseType.TICKET]
    others = sorted(QUIET_KINDS)
    assert {*FIELDS["event.kind"].choices, *others, TIMED_KIND} == AUTHORS.keys()
    return "\n\n".join(
        filled(said)
        for said in (
            f"`event.kind` is one of {code(*sorted(chats & tickets))}.",
            f"In chats also {code(*sorted(chats - tickets))}; in tickets also "
            f"{code(*sorted(tickets - chats))}. No rule is ever asked about {code(*others)}.",
        )
    )


def rule_words() -> str:
    definitions = rules_schema()["$defs"]
    fitting: dict[str, list[str]] = {}
    meaning: dict[str, str] = {}
    for sort, name in {
        Sort.CHOICE: "event.kind",
        Sort.STAFF: "case.assignee",
        Sort.LINE: "case.line",
        Sort.DEPARTMENT: "event.author.department",
        Sort.ROLE: "event.author.role",
        Sort.CHANNEL: "case.channel",
        Sort.LABEL: "case.labels",
        Sort.TEXT: "event.text",
        Sort.NUMBER: MINUTES_AGO,
    }.items():
        test = definitions["EventWhen"]["properties"][name]
        tests = test.get("anyOf", [test])
        reference = next(test["$ref"] for test in tests if "$ref" in test).rpartition("/")[2]
        for word, said in definitions[reference]["properties"].items():
            fitting.setdefault(word, []).append(_SORTS[sort])
            meaning[word] = said["description"]
    for word, said in definitions["TimeOfDay"]["properties"].items():
        fitting[word], meaning[word] = [_SORTS[Sort.TIME]], said["description"]
    everything = len({sort for sorts in fitting.values() for sort in sorts})
    measured = f"{_SORTS[Sort.NUMBER]}, {_SORTS[Sort.TIME]}"
    rows = [["a plain value", f"all but {measured}", "The same as `is`; for labels, as `has`."]]
    no_such = f"all but true or false, {measured}"
    rows += [["`is set`, `is not set`", no_such, "There is something in it, or nothing."]]
    for word, sorts in fitting.items():
        others = [sort for sort in _SORTS.values() if sort not in sorts and sort != "true or false"]
        fits = ", ".join(sorts) if len(sorts) < everything / 2 else f"all but {', '.join(others)}"
        rows.append([f"`{word}`", fits, meaning[word]])
    return table(["word", "for fields that hold", "meaning"], rows)


def rule_times() -> str:
    written = rules_schema()["$defs"]["TimedWhen"]["properties"]
    where = {EVERY_CASE: "", TICKETS: " Tickets only."}
    rows = (
        [f"`{name}`", written[name]["description"] + where[anchor.of]] for name, anchor in ANCHORS.items()
    )
    return table(["condition", "counts"], rows)
