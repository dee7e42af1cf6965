"""A company in which each department has its own person, and what tests ask about its tickets.

In the demo company, Lena belongs to two departments, so one note of hers answers for both. Where notes race,
each must come from a different person.
"""

from __future__ import annotations

from typing import Any

from lab.ledger import applied_keys
from lab.notices import to_each
from lab.rig import Rig

QUIET = "three-departments-quiet"
ANSWERS = {"billing": "ada", "delivery": "ben", "warranty": "cem"}
"""Who answers for each department."""

SEPARATE = """
lines: {line-1: {}}
departments:
  billing: {name: Billing, label: billing, lead: dora}
  delivery: {name: Delivery, label: delivery, lead: dora}
  warranty: {name: Warranty, label: warranty, lead: dora}
labels: [several-departments, vip, urgent]
staff:
  ivan: {line: line-1}
  petra: {line: line-1}
  ada: {chats: false, departments: [billing]}
  ben: {chats: false, departments: [delivery]}
  cem: {chats: false, departments: [warranty]}
  dora: {chats: false}
"""
RULES = """
version: 1
changed:
  - id: label-off-after-answer
    name: A department's label goes when it has answered
    cases: tickets
    when: {event.answered_labels: is set}
    then: [{remove labels: {field: event.answered_labels}}]
"""
SEPARATE_RIG: dict[str, Any] = {"directory": SEPARATE, "rules": RULES, "online": ("ivan", "petra")}
"""The settings of a rig of this company."""


async def prompts_of(rig: Rig, ticket: str) -> list[str]:
    """Who was prompted to write the reply, from the help desk's notices."""
    notices = await rig.desk.notices(None, 100_000)
    return [row.staff for row in to_each(notices) if row.ticket_id == ticket and row.reason == "prompt"]


async def replies_of(rig: Rig, ticket: str) -> int:
    """How many consolidated replies of a ticket the help desk has sent."""
    case_id = (await rig.ticket(ticket)).case_id
    keys = await applied_keys(rig.desk, ":send_reply")
    return sum(key.startswith(f"{case_id}:") for key in keys)
