"""What crosses Temporal: events, refusals, search attributes, limits."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic.fields import FieldInfo
from temporalio.service import RPCError, RPCStatusCode

from baton import contract, errors
from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    CHAT_OPENING_KINDS,
    INTERNAL_KINDS,
    REOPENING_KINDS,
    SEARCH_ATTRIBUTES,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    BaseEvent,
    Presence,
)
from baton.temporal.failures import Call, Meaning, meaning_of
from docs.parts.markdown import code, filled, sentence, table


def events() -> str:
    models = _event_models()
    assert models.keys() == AUTHORS.keys()
    common = set(BaseEvent.model_fields)
    rows = []
    for kind in AUTHORS:
        if kind in INTERNAL_KINDS:
            continue
        own = {name: info for name, info in models[kind].model_fields.items() if name not in common}
        fields = ", ".join(_written(name, info) for name, info in own.items())
        who = ", ".join(author.value for author in contract.AuthorType if author in AUTHORS[kind])
        of = _cases(kind in CHAT_KINDS, kind in TICKET_KINDS)
        starts = _cases(kind in CHAT_OPENING_KINDS, kind in TICKET_OPENING_KINDS)
        if kind in REOPENING_KINDS:
            starts = "both, again"
        rows.append([f"`{kind}`", fields or "–", who, of, starts])
    return table(["kind", "fields", "author", "for", "starts"], rows)


def _event_models() -> Mapping[str, type[BaseEvent]]:
    models = [
        model
        for model in vars(contract).values()
        if isinstance(model, type) and issubclass(model, BaseEvent) and model is not BaseEvent
    ]
    return {model.model_fields["kind"].default: model for model in models}


def _written(name: str, info: FieldInfo) -> str:
    return name if info.is_required() else f"{name}?"


def _cases(chat: bool, ticket: bool) -> str:
    return {(True, True): "both", (True, False): "chats", (False, True): "tickets"}.get((chat, ticket), "")


def limits() -> str:
    return filled(
        f"A text has at most {contract.MAX_TEXT_LENGTH:,} characters, an ID 255. Attachments are named in an "
        f"event, with at most {contract.MAX_ATTACHMENTS_SIZE:,} bytes of JSON, and kept elsewhere. A case "
        f"has at most {contract.MAX_LABELS:,} labels, of {contract.MAX_LABELS_SIZE:,} bytes together."
    )


def refusals() -> str:
    said = (f"- `{name}` – {sentence(refusal.__doc__)}" for name, refusal in errors.REFUSALS.items())
    return "\n".join(filled(line, "  ") for line in said)


_PRESENCES = {
    Presence.ONLINE: "there, and gets chats",
    Presence.WITHOUT_CHATS: "there, but gets no chats",
    Presence.OFFLINE: "not there; counts after the grace period",
}


def presences() -> str:
    return table(["presence", "meaning"], ([f"`{one}`", _PRESENCES[one]] for one in Presence))


_REPEATING = {
    Meaning.PASSING: "again: the call may have arrived",
    Meaning.ODD: "again, some ten times; after that, look into the connection",
    Meaning.MISSING: "not again: no workflow is running, see [Refusals](#refusals)",
    Meaning.WRONG: "not again: Temporal does not take what was sent",
    Meaning.NOT_TAKEN: "not again: Temporal does not take the call, whatever is sent",
}


def repeating() -> str:
    """Which errors of gRPC mean that the same update is to be sent again, as the Python client does."""
    statuses = [status for status in RPCStatusCode if status is not RPCStatusCode.OK]
    meanings = {status: meaning_of(Call.SEND, RPCError("", status, b"")) for status in statuses}
    assert set(meanings.values()) == _REPEATING.keys()
    opening = {status: meaning_of(Call.SEND_OR_OPEN, RPCError("", status, b"")) for status in statuses}
    assert [status.name for status in statuses if meanings[status] is not opening[status]] == ["NOT_FOUND"]
    said = (
        f"- {code(*(status.name for status in statuses if meanings[status] is meaning))} – {again}"
        for meaning, again in _REPEATING.items()
    )
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
