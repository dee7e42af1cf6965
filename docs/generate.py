"""Writes the generated parts of the documentation.

    python -m docs.generate

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``, and is made from the code by the
function of that name in ``PARTS``. A test says if one is out of date.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from baton import contract, errors
from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    INTERNAL_KINDS,
    MESSAGE_KINDS,
    SEARCH_ATTRIBUTES,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    BaseEvent,
)
from baton.model import effects
from baton.model.chat.lifecycle import diagram
from baton.model.ticket.lifecycle import diagram as stages_diagram
from baton.rules.fields import (
    CHATS,
    EVERY_CASE,
    FIELDS,
    KINDS_OF,
    QUIET_KINDS,
    TICKETS,
    TIMED_KIND,
    CaseType,
    Field,
    Sort,
)
from baton.rules.schema import rules_schema
from baton.rules.when import ANCHORS
from baton.settings import CHECKOUT, PREFIX, Settings
from baton.templates.schema import templates_schema
from baton.templates.work import Work
from baton.temporal.metrics import METRICS

WIDTH = 110
DOCUMENTS = (
    CHECKOUT / "README.md",
    *(CHECKOUT / "docs" / name for name in ("architecture.md", "chats.md", "contract.md", "tickets.md")),
    *(CHECKOUT / "docs" / name for name in ("operations.md", "rules.md", "settings.md", "templates.md")),
    CHECKOUT / "docs/observability.md",
)

_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose lines are short enough to be read as text."""
    written = ["| " + " | ".join(cells) + " |" for cells in (header, *rows)]
    written.insert(1, "|" + "---|" * len(header))
    for line in written:
        if len(line) > WIDTH:
            raise ValueError(f"a row is {len(line)} wide; {WIDTH} are allowed: {line}")
    return "\n".join(written)


def mermaid(text: str) -> str:
    return f"```mermaid\n{text.rstrip()}\n```"


def code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def sentence(text: str | None) -> str:
    """A docstring on one line, its names in Markdown."""
    return " ".join((text or "").replace("``", "`").split())


def filled(text: str, indent: str = "") -> str:
    """The text in lines that are short enough."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


# --- Contract -----------------------------------------------------------------------------------


def _event_models() -> Mapping[str, type[BaseEvent]]:
    models = [
        model
        for model in vars(contract).values()
        if isinstance(model, type) and issubclass(model, BaseEvent) and "kind" in model.model_fields
    ]
    return {model.model_fields["kind"].default: model for model in models}


def _written(name: str, info: FieldInfo) -> str:
    return name if info.is_required() else f"{name}?"


def events() -> str:
    models = _event_models()
    assert models.keys() == AUTHORS.keys()
    common = set(BaseEvent.model_fields) | {"kind"}
    rows = []
    for kind in AUTHORS:
        if kind in INTERNAL_KINDS:
            continue
        own = {name: info for name, info in models[kind].model_fields.items() if name not in common}
        fields = ", ".join(_written(name, info) for name, info in own.items())
        who = ", ".join(author.value for author in contract.AuthorType if author in AUTHORS[kind])
        of = _cases(kind in CHAT_KINDS, kind in TICKET_KINDS)
        starts = _cases(kind in MESSAGE_KINDS, kind in TICKET_OPENING_KINDS)
        rows.append([f"`{kind}`", fields or "–", who, of, starts])
    return table(["kind", "fields", "author", "for", "starts"], rows)


def _cases(chat: bool, ticket: bool) -> str:
    return {(True, True): "both", (True, False): "chats", (False, True): "tickets"}.get((chat, ticket), "")


def template_work() -> str:
    work = Work()
    return filled(
        f"A text is rendered within a budget: {work.steps:,} steps – each turn of a loop takes as many as "
        f"its body has parts – and {work.characters:,} characters that filters and operators read and write. "
        "What would take more is refused before it is done, and fails like anything else."
    )


def limits() -> str:
    return filled(
        f"A text has at most {contract.MAX_TEXT_LENGTH:,} characters, an ID 255. Attachments are named in an "
        f"event, with at most {contract.MAX_ATTACHMENTS_SIZE:,} bytes of JSON, and kept elsewhere. A case "
        f"has at most {contract.MAX_LABELS:,} labels, of {contract.MAX_LABELS_SIZE:,} bytes together."
    )


_SNAPSHOT = {
    "case_id": "ID of the case; a new one for each chat of the conversation",
    "channel": "as in the start argument",
    "conversation": "as in the start argument",
    "customer": "as in the start argument",
    "activity": "`active` or `ended`; null before the first message",
    "status": "`open`, `pending` or `closed`; null before the first message",
    "assignee": "who is responsible",
    "line": "the assignee's home line, or that of the queue",
    "pinned_to": "in whose Mine the chat is",
    "reserved_for": "to whom the customer's next message will pin it, or to whom it is offered",
    "offer_until": "when an offer ends; null where the reservation is firm",
    "tab": "`new`, `mine`, `reserved`, `unanswered` or `ended`",
    "labels": "the labels, in the order in which they were added",
    "last_author": 'who wrote last: `{"type", "id"}`',
    "last_message_at": "when; UTC",
    "previous_case": "the chat before this one in the conversation",
    "ticket_id": "the ticket that the chat opened",
}
_TICKET_SNAPSHOT = {
    "ticket_id": "as in the start argument",
    "customer": "as in the start argument",
    "subject": "as in the start argument",
    "stage": "`triage`, `collecting`, `composing`, `answered` or `closed`; null before the first event",
    "status": "`open`, `pending` or `closed`",
    "assignee": "who is responsible",
    "line": "the assignee's home line, or that of the queue",
    "composer": "who writes the consolidated reply, or wrote the last one",
    "dispatcher": "who first asked departments",
    "labels": "the labels, in the order in which they were added",
    "departments": "all that were ever asked, see below",
    "round": "the number of the round; 0 before the first",
    "prompts": "how many composers were prompted",
    "replies": "how many consolidated replies were sent",
    "previous_case": "the case of this ticket before it was closed, and opened anew",
    "case_id": "ID of the case; a new one each time that the ticket is opened",
    "channel": "as in the start argument",
    "conversation": "as in the start argument: the chat to which the reply goes",
    "template": "the template that was applied last",
    "paused_at": "since when due times do not count, because the ticket waits for its customer",
    "last_author": 'who wrote to, or as, the customer last: `{"type", "id"}`',
    "last_message_at": "when; UTC",
    "closed_because": "the reason given for closing it by force, or what it was merged into",
}
_DEPARTMENT = {
    "label": "the department's label",
    "state": "`asked`, `answered`, `withdrawn` or `declined`",
    "asked_at": "when; UTC",
    "due_at": "when its answer is due; null if it never is",
    "remind_at": "when it will be reminded; null once it was",
    "escalated": "whether its lead was told that it is overdue",
    "answered_at": "when; UTC",
    "answered_by": "who",
    "declined_to": "to which label it handed the question on",
    "blocks": "whether it declined, and nobody was asked in its place",
    "note_count": "how many notes it has",
    "notes": 'its notes: `{"author", "text", "at", "event_id", "round"}`; empty in outcomes and results',
}
_DRAFT = {
    "text": "the reply as drafted from the notes; empty while there is nothing to draft",
    "round": "of which round",
    "at": "when it was drafted; UTC",
    "composer": "who writes the reply",
    "final": "whether all departments have answered",
    "stale": "whether the customer has written since the prompt",
}
_OUTCOME = {
    "event_id": "the event's ID",
    "duplicate": "whether it had been handled before; then nothing happened now",
    "snapshot": "the case after the event and its rules; of a duplicate, as it is now",
    "fired": 'the rules that fired, in order: `{"rule", "actions", "skipped"}`',
}
_TIMELINE = {
    "at": "when it was decided; UTC",
    "event_id": "the event's ID",
    "kind": "its kind; the activity's name, if the help desk refused a write for good; or `revived`",
    "author": "who: `staff:ivan`",
    "what": "what moved, in a few words; empty if nothing did",
    "rules": "the rules that fired",
    "moved": "whether somebody else has the case since then",
    "refused": "why it was refused; null if it was not",
}
_SUMMARY = {
    "reason": "`closed`, `empty`, `refused`, `duplicate` or `blocked`",
    "snapshot": "the chat in the end",
    "chats": "how many chats this run of the conversation had",
    "events": "how many events were handled",
    "refused": "how many were refused after they had been accepted for handling",
}


def _fields(model: type[BaseModel], meanings: Mapping[str, str]) -> str:
    if list(model.model_fields) != list(meanings):
        raise ValueError(f"{model.__name__} has {list(model.model_fields)}, not {list(meanings)}")
    return table(["field", "meaning"], ([f"`{name}`", meaning] for name, meaning in meanings.items()))


def snapshot() -> str:
    return _fields(contract.ChatSnapshot, _SNAPSHOT)


def ticket_snapshot() -> str:
    return _fields(contract.TicketSnapshot, _TICKET_SNAPSHOT)


def department() -> str:
    return _fields(contract.Department, _DEPARTMENT)


def draft() -> str:
    return _fields(contract.Draft, _DRAFT)


def outcome() -> str:
    return _fields(contract.Outcome, _OUTCOME)


def timeline() -> str:
    return _fields(contract.TimelineEntry, _TIMELINE)


def summary() -> str:
    return _fields(contract.ChatSummary, _SUMMARY)


def refusals() -> str:
    said = (f"- `{name}` – {sentence(refusal.__doc__)}" for name, refusal in errors.REFUSALS.items())
    return "\n".join(filled(line, "  ") for line in said)


_ATTRIBUTES = {
    "Tab": "the tab; always set",
    "CaseStatus": "its status once it has ended; unset while active",
    "TicketStage": "–",
    "Assignee": "who is responsible",
    "PinnedTo": "in whose Mine it is",
    "Line": "the assignee's line, or the queue's",
    "Channel": "the channel; always set",
    "Labels": "the labels",
    "DueAt": "–",
}
_TICKET_ATTRIBUTES = {
    "Tab": "–",
    "CaseStatus": "the status; always set",
    "TicketStage": "the stage; always set",
    "Assignee": "who is responsible",
    "PinnedTo": "–",
    "Line": "the assignee's line, or the queue's",
    "Channel": "the channel, if it has one",
    "Labels": "the labels",
    "DueAt": "when the next answer is due",
}


def search_attributes() -> str:
    rows = (
        [f"`{name}`", kind, _ATTRIBUTES[name], _TICKET_ATTRIBUTES[name]]
        for name, kind in SEARCH_ATTRIBUTES.items()
    )
    return table(["name", "type", "in a chat", "in a ticket"], rows)


def search_attribute_commands() -> str:
    lines = (
        f"temporal operator search-attribute create --name {name} --type {kind}"
        for name, kind in SEARCH_ATTRIBUTES.items()
    )
    return "```console\n" + "\n".join(f"$ {line}" for line in lines) + "\n```"


_ACTIVITIES = {
    "decide": "facts, rules, and the event's way into the help desk; a local activity",
    "reassign": "one write to the help desk: assignee, ending and status, with labels and notes",
    "update_case": "one write where rules or a template changed other fields only",
    "send_message": "a rule's or a template's message to the customer",
    "notify": "everybody who must be told, in one call",
    "remove_label": "one write that only takes labels off, such as a department's that has answered",
    "prompt_reply": "tells the composer that it is their turn, with the draft",
    "send_reply": "the consolidated reply to the customer, exactly once; the ticket's chat hears of it",
    "remind": "tells a department's members that their answer is due soon",
    "escalate": "tells a department's lead that its answer is overdue",
    "breathe": "nothing: it brings a busy case to a moment in which its run can end",
    "copy_to_ticket": "what the customer says in a chat goes to the ticket that the chat opened",
}
_DESK = {
    "inbox": "`baton inbox`",
    "tickets": "`baton inbox --department`, `baton inbox --tickets`",
    "notices": "`baton notices`",
    "show_directory": "`baton directory show`",
    "change_directory": "`baton directory apply`, `baton staff add`, `set`, `remove`",
    "show_presence": "`baton staff list`",
    "show_rules": "`baton ops redecide`: a rule set that was in force once",
    "set_presence": "`baton staff set-status`",
    "spread_presence": "tells the cases that it concerns; started by `set_presence`, offline after the grace",
    "block_customer": "`baton customer block`, `unblock`",
    "lost_cases": "`baton ops revive` without a name",
    "revive": "`baton ops revive`: the case goes on as the help desk has kept it",
}


def _activity_names() -> list[str]:
    names = [value for name, value in vars(effects).items() if name.isupper() and isinstance(value, str)]
    assert sorted(names) == sorted([*_ACTIVITIES, *_DESK]), names
    return names


def activities() -> str:
    _activity_names()
    return table(["activity", "what it does"], ([f"`{name}`", what] for name, what in _ACTIVITIES.items()))


def desk_activities() -> str:
    _activity_names()
    return table(["activity", "behind"], ([f"`{name}`", what] for name, what in _DESK.items()))


# --- Rules --------------------------------------------------------------------------------------

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
}


def _holds(field: Field) -> str:
    if field.name == "event.kind":
        return "a kind of event"
    return f"`{' / '.join(field.choices)}`" if field.choices else _SORTS[field.sort]


def rule_fields() -> str:
    shown = [field for field in FIELDS.values() if not field.of_person and field.scope != "before"]
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
        for name, field in _of_person("event.author").items()
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


def _of_person(name: str) -> dict[str, Field]:
    start = f"{name}."
    found = {key.removeprefix(start): field for key, field in FIELDS.items() if key.startswith(start)}
    return {key: field for key, field in found.items() if field.of_person}


def _people() -> Iterator[str]:
    """The fields about whose person more can be asked: all of them the same things."""
    alike = _of_person("event.author").keys()
    for name in FIELDS:
        if found := _of_person(name):
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
    }.items():
        tests = definitions["EventWhen"]["properties"][name]["anyOf"]
        reference = next(test["$ref"] for test in tests if "$ref" in test).rpartition("/")[2]
        for word, said in definitions[reference]["properties"].items():
            fitting.setdefault(word, []).append(_SORTS[sort])
            meaning[word] = said["description"]
    everything = len({sort for sorts in fitting.values() for sort in sorts})
    rows = [["a plain value", "everything", "The same as `is`; for labels, as `has`."]]
    rows += [["`is set`, `is not set`", "all but true or false", "There is something in it, or nothing."]]
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


def rule_actions() -> str:
    schema = rules_schema()["$defs"]
    rows = []
    for reference in schema["EventRule"]["properties"]["then"]["items"]["oneOf"]:
        ((name, said),) = schema[reference["$ref"].rpartition("/")[2]]["properties"].items()
        forms = list(_forms(said, schema))
        for position, (form, whom) in enumerate(forms):
            what = said["description"] if position == 0 else ""
            rows.append([f"`{name}: {form}`", f"{what} {whom if len(forms) > 1 else ''}".strip()])
    people = schema["ToField"]["properties"]["to"]["enum"]
    where = filled(f"FIELD is one of {code(*people)}.")
    return table(["action", "what it does"], rows) + "\n\n" + where


def _forms(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How a value may be written, in short, and what its first field means."""
    if "$ref" in schema:
        yield from _forms(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "oneOf" in schema:
        for option in schema["oneOf"]:
            yield from _forms(option, definitions)
    elif schema.get("type") == "object":
        fields = schema["properties"].items()
        first = next(said.get("description", "") for _, said in fields)
        written = ", ".join(f"{name}: {_value(name, said, definitions)}" for name, said in fields)
        yield "{" + written + "}", first.partition(". ")[0].removesuffix(".") + "."
    else:
        yield _value("", schema, definitions), ""


def _value(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if name == "to":
        return "FIELD"
    if "anyOf" in schema:
        schema = next(option for option in schema["anyOf"] if option.get("type") != "null")
    if "$ref" in schema:
        return next(_forms(schema, definitions))[0]
    if "enum" in schema:
        return " / ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    kind = {"staff": "ID", "line": "ID", "text": "TEXT"}.get(name, "TEXT")
    return f"[{'ID' if name == 'staff' else 'LABEL'}, …]" if schema.get("type") == "array" else kind


def rule_keys() -> str:
    properties = rules_schema()["$defs"]["EventRule"]["properties"]
    required = rules_schema()["$defs"]["EventRule"]["required"]
    order = ["id", "name", "cases", "when", "then", "stop", "retrigger", "enabled"]
    assert sorted(order) == sorted(properties)
    rows = []
    for name in order:
        default = str(properties[name].get("default", "")).lower()
        without = "must be there" if name in required else default or "always"
        rows.append([f"`{name}`", without, properties[name]["description"]])
    return table(["key", "if left out", "meaning"], rows)


def rule_lists() -> str:
    properties = rules_schema()["properties"]
    rows = ([f"`{name}`", properties[name]["description"]] for name in ("incoming", "changed", "timed"))
    return table(["list", "when it is asked"], rows)


# --- Templates ----------------------------------------------------------------------------------


def _template_fields(model: str) -> str:
    schema = templates_schema()["$defs"][model]
    rows = (
        [f"`{name}`", "yes" if name in schema.get("required", ()) else "", said["description"]]
        for name, said in schema["properties"].items()
    )
    return table(["key", "needed", "meaning"], rows)


# --- Settings -----------------------------------------------------------------------------------


def settings() -> str:
    return "\n".join(_setting(name, info) for name, info in Settings.model_fields.items())


def _setting(name: str, info: FieldInfo) -> str:
    units = {"minutes": "minutes", "seconds": "seconds"}
    unit = next((unit for word, unit in units.items() if word in name.split("_")), "")
    said = f"`{PREFIX}{name.upper()}` – {f'{unit}, ' if unit else ''}default {_default(name, info)}"
    return f"- {said}.\n" + filled(f"  {sentence(info.description)}", "  ")


_MADE = {
    "database_url": "`baton.db` in the data folder",
    "gateway_token_file": "`gateway.token` in the data folder",
    "ui_origin": "`http://127.0.0.1:` and `BATON_UI_PORT`",
}
"""Defaults that are made from other settings."""


def _default(name: str, info: FieldInfo) -> str:
    if info.default_factory is not None:
        return _MADE[name]
    value = info.get_default(call_default_factory=False)
    if isinstance(value, Path):
        value = value.relative_to(CHECKOUT) if value.is_absolute() else value
    return "none" if value in ({}, None) else f"`{value}`"


# --- Metrics ------------------------------------------------------------------------------------


def metrics() -> str:
    return "\n".join(
        filled(
            f"- `{one.exported}` – {one.kind}{', seconds' if one.buckets else ''}; "
            f"{f'by {code(*one.labels)}' if one.labels else 'no labels of its own'}.",
            "  ",
        )
        + "\n"
        + filled(f"  {one.help[0].upper()}{one.help[1:]}.", "  ")
        for one in METRICS.values()
    )


# --- Architecture -------------------------------------------------------------------------------


def _import_contracts() -> tuple[list[str], list[dict[str, Any]]]:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        linter = tomllib.load(file)["tool"]["importlinter"]
    return linter["root_packages"], linter["contracts"]


def rooms() -> str:
    """Which room may import which, as the import contracts have it."""
    roots, contracts = _import_contracts()
    lines = ["flowchart TD"]
    lines += [f'    {room}["{_room(room)}"]' for room in ["worker", *roots]]
    for room in ["worker", *roots]:
        forbidden = {
            module
            for one in contracts
            if one["type"] == "forbidden" and one["source_modules"] == [room]
            for module in one["forbidden_modules"]
        }
        lines += [f"    {room} --> {other}" for other in roots if other not in {room, *forbidden}]
    return mermaid("\n".join(lines))


def _room(name: str) -> str:
    return {
        "worker": "worker.py<br/>puts everything together",
        "baton": "baton<br/>model, rules, contract, client, command",
        "workflows": "workflows<br/>the durable shell of a case",
        "activities": "activities<br/>decide, write, housekeeping",
        "helpdesks": "helpdesks<br/>where cases live",
        "gateway": "gateway<br/>the codec server",
        "local": "local<br/>commands that need the checkout",
        "replaygate": "replaygate<br/>the gate before a deploy",
        "lab": "lab<br/>measurements, a cluster, what tests share",
    }[name]


def layers() -> str:
    """The layers of ``baton``, from the one that knows most to the one that knows nothing of the others."""
    _, contracts = _import_contracts()
    (layered,) = (one for one in contracts if one["type"] == "layers")
    present = {path.stem for path in (CHECKOUT / "baton").iterdir()}
    rows = []
    for layer in layered["layers"]:
        names = [name for name in re.findall(r"\w+", layer) if name in present]
        if names:
            rows.append(code(*names))
    return "\n".join(filled(f"{number}. {row}", "   ") for number, row in enumerate(rows, 1))


PARTS: Mapping[str, Callable[[], str]] = {
    "lifecycle": lambda: mermaid(diagram()),
    "events": events,
    "limits": limits,
    "template-work": template_work,
    "stages": lambda: mermaid(stages_diagram()),
    "snapshot": snapshot,
    "ticket-snapshot": ticket_snapshot,
    "department": department,
    "draft": draft,
    "outcome": outcome,
    "timeline": timeline,
    "summary": summary,
    "refusals": refusals,
    "search-attributes": search_attributes,
    "search-attribute-commands": search_attribute_commands,
    "activities": activities,
    "desk-activities": desk_activities,
    "rule-lists": rule_lists,
    "rule-keys": rule_keys,
    "rule-fields": rule_fields,
    "rule-kinds": rule_kinds,
    "rule-words": rule_words,
    "rule-times": rule_times,
    "rule-actions": rule_actions,
    "template-keys": lambda: _template_fields("Template"),
    "template-notify": lambda: _template_fields("Notice"),
    "template-due": lambda: _template_fields("Due"),
    "settings": settings,
    "metrics": metrics,
    "rooms": rooms,
    "layers": layers,
}


def generated(text: str) -> str:
    """The document with its generated parts made anew."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)


def main() -> None:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        new = generated(text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(f"written: {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
