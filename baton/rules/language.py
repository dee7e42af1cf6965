"""The language of rules: what a rule file may contain.

The models here are the grammar. The JSON Schema for editors is generated from them, and the loader validates
with them, so the two cannot differ. What is written under ``when`` is in ``baton.rules.when``, and under
``then`` in ``baton.rules.verbs``. ``baton.rules.checks`` checks what only the directory knows (names of
people, lines, labels); ``baton.rules.engine`` does what a rule says.

A condition is a line ``field: test``. All lines of a ``when`` must hold. A test is a plain value (*is*),
the words ``is set`` or ``is not set``, or words with values::

    when:
      event.kind: agent_message
      event.author.line: {is not: line-1}
      case.assignee: {is: {field: event.author}}
      case.labels: {has any of: [vip, urgent]}
      case.reserved_for: is not set
      any:
        - event.text: {contains: refund}
        - case.channel: {is one of: [telegram, whatsapp]}
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from baton.contract.words import Key, Label
from baton.documents.plain import One
from baton.rules.grammar import Loose, Part
from baton.rules.scene import CHATS, EVERY_CASE, TICKETS, CaseType
from baton.rules.verbs import Action
from baton.rules.when import EventWhen, TimedWhen

CASES: Mapping[str, frozenset[CaseType]] = {"chats": CHATS, "tickets": TICKETS, "all": EVERY_CASE}
"""The values of ``cases`` in a rule, and the types of cases that they stand for."""


class Rule(Part):
    """What the rules of all three lists have."""

    id: Key
    """Short, unique in the file, and kept: change logs and histories name the rule by it."""
    name: Label
    """What the rule is for, in a sentence."""
    cases: Literal["chats", "tickets", "all"] = "chats"
    """For which cases the rule is: chats, tickets or all."""
    then: Annotated[tuple[Action, ...], Loose, Field(min_length=1, max_length=50)]
    """What to do, in this order."""
    stop: bool = False
    """Whether the rules after this one are passed over when it fires."""
    retrigger: bool = False
    """Whether the list 'changed' is gone through once more if this rule changed something."""
    enabled: bool = True
    """False switches the rule off."""

    @property
    def of(self) -> frozenset[CaseType]:
        """The cases that the rule is for."""
        return CASES[self.cases]


_ALWAYS = EventWhen.model_construct()


class EventRule(Rule):
    """A rule about something that happened."""

    when: EventWhen = Field(
        default_factory=lambda: _ALWAYS,
        description="All of these must hold; without it, the rule always fires.",
    )


class TimedRule(Rule):
    """A rule about something that did not happen for some time."""

    when: TimedWhen = Field(description="All of these must hold, a condition about time among them.")


class RuleFile(Part):
    """Rules for chats and tickets, in three lists. Each list is gone through in its order."""

    version: One
    """Version of the rule language."""
    incoming: Annotated[tuple[EventRule, ...], Loose] = ()
    """Asked when a new chat or ticket begins."""
    changed: Annotated[tuple[EventRule, ...], Loose] = ()
    """Asked when something happened in a chat or a ticket."""
    timed: Annotated[tuple[TimedRule, ...], Loose] = ()
    """Asked when time has passed."""


class RuleList(StrEnum):
    """The three lists of rules."""

    INCOMING = "incoming"
    CHANGED = "changed"
    TIMED = "timed"
