"""What one event costs in billed actions, counted from the histories. Source: section 7 of the design."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from baton.contract import TicketStage
from lab.departments import ANSWERS, QUIET
from lab.rig import Rig, billed, fresh
from tests.conftest import RigOpener

Step = Callable[[Rig, str], Awaitable[object]]


class Play:
    """Plays steps of one chat and counts what the last one cost."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.chat, self._begun = rig, fresh("budget"), False

    async def do(self, *steps: Step) -> list[str]:
        cost: list[str] = []
        for step in steps:
            before = Counter(billed(await self.rig.history(self.chat))) if self._begun else Counter[str]()
            await step(self.rig, self.chat)
            self._begun = True
            await self.rig.settled(self.chat)
            after = Counter(billed(await self.rig.history(self.chat)))
            cost = sorted((after - before).elements())
        return cost


async def customer(rig: Rig, chat: str) -> None:
    await rig.customer(chat)


async def ivan(rig: Rig, chat: str) -> None:
    await rig.staff(chat, "ivan")


async def lena(rig: Rig, chat: str) -> None:
    await rig.staff(chat, "lena")


async def ivan_ends(rig: Rig, chat: str) -> None:
    await rig.by("ivan", chat, "chat_ended")


async def idle(rig: Rig, chat: str) -> None:
    await rig.fast_forward(chat, minutes=11)


async def label(rig: Rig, chat: str) -> None:
    await rig.by("ivan", chat, "labels_changed", add=["vip"])


# In the order of the budget's table. "notify" comes on top: one call where the audience changes.
COSTS: dict[str, tuple[tuple[Step, ...], list[str]]] = {
    "first message": ((customer,), ["decide", "notify", "start", "timer", "update"]),
    # One above the budget: only the decision knows the line of a member of staff who opens a chat.
    "first message by staff": ((ivan,), ["decide", "start", "timer", "update", "upsert"]),
    "message that changes nothing in a filter": ((customer, ivan, customer), ["decide", "update"]),
    "message that changes the tab": ((customer, ivan), ["decide", "update", "upsert"]),
    "change of a label": ((customer, ivan, label), ["decide", "update", "upsert"]),
    "situation 1": ((lena,), ["decide", "reassign", "start", "timer", "update", "upsert"]),
    "situation 1, the reply": (
        (lena, customer),
        ["decide", "notify", "update", "upsert"],
    ),
    "situation 2": ((customer, ivan, ivan_ends, lena), ["decide", "reassign", "update"]),
    "situation 3a": ((customer, lena), ["decide", "reassign", "update", "upsert"]),
    # Ivan has answered, too: both are told.
    "situation 3b": ((customer, ivan, lena), ["decide", "notify", "reassign", "update", "upsert"]),
    "situation 4": (
        (customer, ivan, ivan_ends, customer),
        ["decide", "notify", "update", "update_case", "upsert"],
    ),
    "idle": ((customer, idle), ["decide", "upsert"]),
    "situation 4 after an idle end": (
        (customer, ivan, idle, customer),
        ["decide", "notify", "timer", "update", "update_case", "upsert"],
    ),
}


@pytest.mark.parametrize("name", COSTS)
async def test_an_event_costs_what_the_budget_says(open_a_rig: RigOpener, name: str) -> None:
    steps, expected = COSTS[name]
    async with open_a_rig() as rig:
        assert await Play(rig).do(*steps) == expected


async def test_an_idle_chat_has_one_timer_for_each_idle_time_that_it_lasts(rig: Rig) -> None:
    play = Play(rig)
    await play.do(customer, ivan, customer, ivan, customer)
    first = billed(await rig.history(play.chat))
    assert first.count("timer") == 1, "five messages, one timer"
    await rig.fast_forward(play.chat, minutes=9)
    await play.do(customer)
    await rig.fast_forward(play.chat, minutes=5)
    assert billed(await rig.history(play.chat)).count("timer") == 2, "the chat lasted longer than one T"


TEN = {f"department-{number}": f"person-{number}" for number in range(10)}
"""Ten departments, and who answers for each."""
TEN_DIRECTORY = "\n".join(
    [
        "lines: {line-1: {}}",
        "departments:",
        *(f"  {label}: {{name: {label}, label: {label}}}" for label in TEN),
        "labels: [several-departments]",
        "staff:",
        "  petra: {line: line-1}",
        *(f"  {who}: {{chats: false, departments: [{label}]}}" for label, who in TEN.items()),
    ]
)
TEN_TEMPLATE = f"""
version: 1
templates:
  - id: ten
    name: All ten
    departments: [{", ".join(TEN)}]
    note: Please answer.
"""


async def _from_template_to_reply(rig: Rig, template: str, staff: list[str]) -> Counter[str]:
    ticket = fresh("budget")
    case = f"ticket:{ticket}"
    await rig.on_ticket("customer", ticket, "customer_message", text="Many questions.")
    await rig.settled(case)
    before = Counter(billed(await rig.history(case)))
    assert before == {"start": 1, "update": 1, "decide": 1, "notify": 1}  # it is new, and nobody has it
    await rig.on_ticket("petra", ticket, "template_applied", template=template)
    for who in staff:
        await rig.note(who, ticket)
        await rig.settled(case)
    await rig.on_ticket(staff[-1], ticket, "send_reply", text="All in one.")
    await rig.settled(case)
    assert (await rig.ticket(ticket)).stage is TicketStage.ANSWERED
    return Counter(billed(await rig.history(case))) - before


def _ticket_costs(departments: int) -> dict[str, int]:
    """What a ticket costs from its template to its reply: four actions for each department, and nine more.

    A department: its note, the decision about it, the write that takes its label off, and one upsert, because
    a label or the stage changed. The nine: the template and the reply, each an update with its decision, its
    upsert and its write; and the prompt. ``notify`` comes on top: one call that tells the last
    department that it is the last.
    """
    return {
        "update": 2,
        "signal": departments,
        "decide": 2 + departments,
        "upsert": 2 + departments,
        "update_case": 1,
        "remove_label": departments,
        "prompt_reply": 1,
        "send_reply": 1,
        "notify": 1,
    }


async def test_a_ticket_costs_four_actions_for_each_department(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        three = await _from_template_to_reply(rig, QUIET, list(ANSWERS.values()))
        assert three == _ticket_costs(3)
        assert three.total() - three["notify"] <= 22
    settings = {"directory": TEN_DIRECTORY, "templates": TEN_TEMPLATE, "online": ("petra",)}
    async with open_separate(**settings) as rig:
        ten = await _from_template_to_reply(rig, "ten", list(TEN.values()))
        assert ten == _ticket_costs(10)
        assert ten.total() - ten["notify"] == 4 * len(TEN) + 9
