"""The people and the words in which the tests of the ticket model are written.

Three departments, each with its own member: Bella (billing), Dan (delivery), Wanda (warranty). Lena is in
billing and warranty. "desk" is an account that several people in delivery use. Petra asks the departments, so
she is the dispatcher; Dora has the role. Ivan belongs to no department.

A ``Ticket`` is played through ``decide`` with a rule that takes a label off after its department's answer,
and with templates; everybody has always been there unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from baton.contract import (
    AuthorType,
    DepartmentState,
    Presence,
    Tell,
    TicketEvent,
    TicketStage,
    parse_ticket_event,
)
from baton.documents.directory import Directory
from baton.model.effects import Effect, Notice, Prompt
from baton.model.ticket.state import TicketState
from baton.rules.loading import parse_rules
from baton.rules.ruleset import RuleSet
from baton.templates.loading import parse_templates
from baton.templates.templateset import Templates
from helpdesks.known import CaseAt
from lab.simulation import SimulatedDesk, SimulatedTicket
from tests.directories import parse_directory

DIRECTORY = """
lines:
  front: {}
  experts: {}
departments:
  accounts: {name: Billing, label: billing, lead: lena}
  parcels: {name: Delivery, label: delivery, lead: dan}
  repairs: {name: Warranty, label: warranty}
labels: [vip, several-departments]
staff:
  petra: {name: Petra, line: front}
  dora: {name: Dora, line: front, roles: [dispatcher]}
  ivan: {name: Ivan, line: front}
  bella: {name: Bella, line: experts, departments: [accounts]}
  dan: {name: Dan, line: experts, departments: [parcels]}
  wanda: {name: Wanda, line: experts, departments: [repairs]}
  lena: {name: Lena, line: experts, departments: [accounts, repairs]}
  desk: {name: Desk, line: experts, departments: [parcels], shared: true}
"""

LABEL_OFF = """
  - id: label-off
    name: A department has answered
    cases: tickets
    when: {event.answered_labels: is set}
    then:
      - remove labels: {field: event.answered_labels}
"""

TEMPLATES = """
version: 1
draft: |
  Dear customer,
  {% for answer in answers %}
  {{ answer.departments | join(" and ") }}, {{ answer.author_name }}: {{ answer.text }}
  {% endfor %}
  {% if missing %}
  missing: {{ missing | join(", ") }}
  {% endif %}
templates:
  - id: all-three
    name: All three
    departments: [repairs, accounts, parcels]
    note: Please answer, {{ departments | join(", ") }}. {{ dispatcher.name }}
    message: We are on it.
    notify: {departments: true, staff: [dora]}
  - id: two
    name: Two, and nobody is told
    departments: [accounts, parcels]
    note: Please answer.
"""

MEMBER = {"billing": "bella", "delivery": "dan", "warranty": "wanda"}
"""One member of each department who belongs to no other."""
LABELS = tuple(MEMBER)
ORDER = ("warranty", "billing", "delivery")
"""That of the template ``all-three``."""
MARKER = "several-departments"


@cache
def company() -> Directory:
    return parse_directory(DIRECTORY, "directory.yaml")


@cache
def rules(more: str = "", label_off: str = LABEL_OFF) -> RuleSet:
    """The rule that takes labels off, and more rules in the list ``changed``."""
    return parse_rules(f"version: 1\nchanged:\n{label_off}{more}", "rules.yaml", company())


@cache
def templates() -> Templates:
    return parse_templates(TEMPLATES, "templates.yaml", company())


class Ticket(SimulatedTicket):
    """A ticket, and short words for what happens to it."""

    def __init__(self, more_rules: str = "", *, label_off: str = LABEL_OFF) -> None:
        super().__init__(SimulatedDesk(company()), rules(more_rules, label_off), templates=templates())
        self.desk.others["ticket:t-2"] = CaseAt(final=False, merged_into=None)
        self.events = 0
        self.carried_out: list[Effect] = []
        """All that was asked of the help desk so far."""

    # --- What happens ---------------------------------------------------------------------------

    async def fold(self, event: TicketEvent) -> Any:
        settlement = await super().fold(event)
        self.carried_out += self.effects
        return settlement

    def event(self, kind: str, by: str, **fields: Any) -> TicketEvent:
        """An event by "customer", "system" or a member of staff; absent fields are left out."""
        self.events += 1
        author = {
            "customer": (AuthorType.CUSTOMER, "c"),
            "system": (AuthorType.SYSTEM, "crm"),
        }.get(by, (AuthorType.STAFF, by))
        return parse_ticket_event(
            {
                "kind": kind,
                "id": f"e-{self.events}",
                "author": {"type": author[0], "id": author[1]},
                **fields,
            }
        )

    async def do(self, kind: str, by: str, **fields: Any) -> TicketState:
        """One event. Raises a ``Refused``; then nothing has changed."""
        await self.fold(self.event(kind, by, **fields))
        return self.state

    async def customer(self, text: str = "Where is it?") -> TicketState:
        return await self.do("customer_message", "customer", text=text)

    async def apply(self, template: str = "all-three", by: str = "petra") -> TicketState:
        return await self.do("template_applied", by, template=template)

    async def ask(self, *labels: str, by: str = "petra") -> TicketState:
        return await self.do("labels_changed", by, add=list(labels))

    async def withdraw(self, *labels: str, by: str = "petra") -> TicketState:
        return await self.do("labels_changed", by, remove=list(labels))

    async def note(self, by: str, text: str = "", **fields: Any) -> TicketState:
        return await self.do("note_added", by, text=text or f"{by} says", **fields)

    async def again(self, label: str, by: str = "petra", question: str = "") -> TicketState:
        return await self.do("department_asked_again", by, label=label, question=question)

    async def decline(self, label: str, by: str | None = None, to: str | None = None) -> TicketState:
        return await self.do(
            "department_declined", by or MEMBER[label], label=label, to=to, reason="not ours"
        )

    async def reply(self, by: str, text: str = "Dear customer", **fields: Any) -> TicketState:
        return await self.do("send_reply", by, text=text, **fields)

    async def close(self, by: str = "petra", **fields: Any) -> TicketState:
        return await self.do("status_set", by, status="closed", **fields)

    def is_now(self, staff: str, presence: Presence, since: datetime | None = None) -> None:
        """Somebody's presence, without an event that says so. By default it begins now."""
        self.desk.is_now(staff, presence, since or self.now)

    def gone(self, *staff: str) -> None:
        """These people have left the directory."""
        left = {key: member for key, member in self.desk.directory.staff.items() if key not in staff}
        self.desk.directory = self.desk.directory.model_copy(update={"staff": left})

    def changes(self, **parts: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Other fields for some members, departments or lines of the directory; ``None`` removes one."""
        document = self.desk.directory.model_dump()
        for part, changed in parts.items():
            for key, fields in changed.items():
                if fields is None:
                    del document[part][key]
                else:
                    document[part][key] = {**document[part].get(key, {}), **fields}
        self.desk.directory = Directory.model_validate(document)

    async def told_of_change(self, **former: str) -> TicketState:
        """The ticket hears that the directory has changed."""
        return await self.do("directory_changed", "system", former_labels=former)

    async def leave(self, staff: str) -> TicketState:
        """Somebody goes offline, and the grace begins."""
        self.is_now(staff, Presence.OFFLINE, self.now + self.tick)
        return await self.do("presence_changed", "system", staff=staff, presence="offline")

    async def after(self, **time: float) -> list[TicketEvent]:
        """Let time pass."""
        return await self.pass_time(self.now + timedelta(**time))

    # --- How it stands --------------------------------------------------------------------------

    @property
    def stage(self) -> TicketStage | None:
        return self.state.stage

    @property
    def told(self) -> dict[str, tuple[str, ...]]:
        """Whom the last event told what: each reason, with the people and the departments' labels."""
        tells = [tell for effect in self.effects if isinstance(effect, Notice) for tell in effect.tell]
        return {tell.reason: _audience(tell) for tell in tells}

    @property
    def prompted(self) -> list[str | None]:
        """Everybody who was ever prompted, in order."""
        return [effect.composer for effect in self.carried_out if isinstance(effect, Prompt)]

    @property
    def did(self) -> list[str]:
        """The activities that the last event asked for."""
        return [effect.do for effect in self.effects]

    def states(self) -> dict[str, DepartmentState]:
        return {one.label: one.state for one in self.state.departments}

    def texts(self, label: str) -> list[str]:
        """The notes of a department."""
        department = self.state.department(label)
        return [note.text for note in department.notes] if department else []


def _audience(tell: Tell) -> tuple[str, ...]:
    line = [f"line {tell.line}"] if tell.line else []
    return (*tell.staff, *tell.departments, *line, *(["everyone"] if tell.everyone else []))


async def collecting(labels: Iterable[str] = LABELS, **kwargs: Any) -> Ticket:
    """A ticket for which Petra has asked these departments by their labels."""
    ticket = Ticket(**kwargs)
    await ticket.customer()
    await ticket.ask(*labels)
    return ticket


async def composing(labels: Iterable[str] = LABELS, **kwargs: Any) -> Ticket:
    """A ticket for which all of these have answered, in this order: the last one is the composer."""
    ticket = await collecting(labels, **kwargs)
    for label in labels:
        await ticket.note(MEMBER[label])
    return ticket


async def answered(labels: Iterable[str] = LABELS, **kwargs: Any) -> Ticket:
    """A ticket whose reply was sent by its composer."""
    ticket = await composing(labels, **kwargs)
    assert ticket.state.composer is not None
    await ticket.reply(ticket.state.composer)
    return ticket
