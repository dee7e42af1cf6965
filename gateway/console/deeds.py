"""What people do to cases by forms: which event each form sends.

Each function gets what was typed and returns the fields of an event: its kind, and those of its kind. Who may
do what beyond what a case allows anybody is checked by the pages. All raise ``PageError`` for a form that is
not filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import FormData

from baton.contract import Status
from baton.texts import Texts
from gateway.console.errors import PageError
from gateway.console.visiting import FORM_FIELD

Fields = dict[str, Any]


class Typed:
    """What was typed into a form."""

    def __init__(self, form: FormData, texts: Texts) -> None:
        self._form = form
        self.texts = texts
        self.deed = self.get("deed")
        self.event_id = self.get("event_id")

    def get(self, name: str) -> str:
        """What a field has; empty if it is not there."""
        value = self._form.get(name)
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """What the boxes of one name have that are ticked."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def written(self, name: str = "text") -> str:
        """A text, which must say something. Browsers send its lines as mails have them."""
        text = self.get(name).replace("\r\n", "\n")
        if not text.strip():
            raise PageError(422, self.texts("Write something first."))
        return text

    def chosen(self, name: str) -> str:
        """What was chosen from a list."""
        value = self.get(name)
        if not value:
            raise self.nothing_chosen()
        return value

    def nothing_chosen(self) -> PageError:
        """What to raise where something should have been chosen."""
        return PageError(422, self.texts("Choose something first."))

    def status(self, name: str = "status") -> Status | None:
        """A status, if one was chosen."""
        value = self.get(name)
        return Status(value) if value in set(Status) else None

    def values(self) -> Mapping[str, str]:
        """Everything but the session's token, to show it again."""
        return {
            name: value for name, value in self._form.items() if isinstance(value, str) and name != FORM_FIELD
        }


Deed = Callable[[Typed], Fields]


def reply(typed: Typed) -> Fields:
    """A message to the customer."""
    return {"kind": "agent_message", "text": typed.written()}


def note(typed: Typed) -> Fields:
    """A note; in a ticket perhaps the answer of the author's departments, or of one."""
    fields = {"kind": "note_added", "text": typed.written()}
    match typed.get("answers").partition(":"):
        case ("label", _, label):
            return {**fields, "label": label}
        case ("no", _, _):
            return {**fields, "answers": False}
        case _:
            return fields


def take(typed: Typed) -> Fields:
    """Have the case from now on."""
    return {"kind": "taken"}


def hand(typed: Typed) -> Fields:
    """Give the case to a person or a line, or to nobody."""
    kind, _, name = typed.chosen("to").partition(":")
    return {"kind": "assigned", **({kind: name} if kind in ("staff", "line") else {})}


def end(typed: Typed) -> Fields:
    """End a chat."""
    return {"kind": "chat_ended", "status": typed.status()}


def status(typed: Typed) -> Fields:
    """Give the case a status."""
    typed.chosen("status")
    return {"kind": "status_set", "status": typed.status()}


def close(typed: Typed) -> Fields:
    """Close a ticket; over departments or a composer with a reason, which forces it."""
    fields = {"kind": "status_set", "status": Status.CLOSED}
    reason = typed.get("reason").strip()
    return {**fields, "force": True, "reason": reason} if reason else fields


def labels(typed: Typed) -> Fields:
    """Put labels on, and take others off."""
    had, has = typed.all("had"), typed.all("label")
    fields = {"add": [one for one in has if one not in had], "remove": [one for one in had if one not in has]}
    if not any(fields.values()):
        raise typed.nothing_chosen()
    return {"kind": "labels_changed", **fields}


def apply(typed: Typed) -> Fields:
    """Ask the departments of a template."""
    return {"kind": "template_applied", "template": typed.chosen("template")}


def decline(typed: Typed) -> Fields:
    """Say that a matter is not the department's."""
    return {
        "kind": "department_declined",
        "label": typed.chosen("label"),
        "to": typed.get("to") or None,
        "reason": typed.written("reason"),
    }


def again(typed: Typed) -> Fields:
    """Ask a department once more."""
    fields = {"kind": "department_asked_again", "label": typed.chosen("label")}
    return {**fields, "question": typed.get("question").replace("\r\n", "\n")}


def send(typed: Typed) -> Fields:
    """Send the one reply of a ticket."""
    return {
        "kind": "send_reply",
        "text": typed.written(),
        "status": typed.status(),
        "force": bool(typed.get("force")),
    }


_SHARED: Mapping[str, Deed] = {
    "reply": reply,
    "note": note,
    "take": take,
    "hand": hand,
    "status": status,
    "labels": labels,
}
CHAT: Mapping[str, Deed] = {**_SHARED, "end": end}
"""What can be done to a chat, by the name in the form."""
TICKET: Mapping[str, Deed] = {
    **_SHARED,
    "close": close,
    "apply": apply,
    "decline": decline,
    "again": again,
    "send": send,
}
"""What can be done to a ticket."""
