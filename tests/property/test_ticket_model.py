"""Whatever happens to a ticket, in whatever order: these things always hold.

Tickets are played through ``decide``, with the shipped rules, templates and directory.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from baton.contract import (
    AgentMessage,
    CustomerMessage,
    DepartmentState,
    MergedInto,
    Presence,
    ReplySent,
    SendReply,
    StatusSet,
    TicketEvent,
    TicketSnapshot,
    TicketStage,
)
from baton.documents.directory import Directory
from baton.errors import Refused
from baton.model.decision import Decision
from baton.model.effects import ConsolidatedReply, Escalation, Notice, Prompt, Reminder
from baton.model.ticket.model import settle
from baton.model.ticket.state import TicketState
from baton.rules.ruleset import RuleSet
from baton.templates.drafting import drafted
from baton.templates.templateset import Templates
from lab.simulation import shipped_directory, shipped_rules, shipped_templates
from tests.unit.ticket.world import Ticket


@cache
def company() -> tuple[Directory, RuleSet, Templates]:
    """The demo company, with one more account, which several people use."""
    shipped = shipped_directory()
    shared = shipped.staff["maria"].model_copy(update={"shared": True})
    directory = shipped.model_copy(update={"staff": {**shipped.staff, "desk": shared}})
    return directory, shipped_rules(directory), shipped_templates(directory)


STAFF = ("ivan", "petra", "lena", "oleg", "maria", "desk")
LABELS = ("billing", "delivery", "warranty")
KEYS = LABELS
TEMPLATES = ("three-departments", "three-departments-quiet", "billing-and-delivery")

Step = dict[str, Any]

people = st.sampled_from(STAFF)
labels = st.sampled_from(LABELS)
some_labels = st.lists(st.sampled_from((*LABELS, "vip")), min_size=1, max_size=3, unique=True)
force = st.booleans()


def step(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.fixed_dictionaries({"kind": st.just(kind), "by": people, **fields})


notes = step(
    "note_added",
    text=st.text("абв", max_size=3),
    label=st.none() | labels,
    answers=st.sampled_from((True, True, True, False)),
    instruction=st.sampled_from((False, False, False, True)),
)
# Steps that fit the ticket's current state: an answer of somebody who is asked, and what the composer does.
answers = st.fixed_dictionaries({"kind": st.just("answer"), "number": st.integers(0, 5)})
replies = st.fixed_dictionaries(
    {"kind": st.just("reply"), "status": st.sampled_from((None, "open", "closed"))}
)
leaves = st.just({"kind": "composer leaves"})
# The directory changes: somebody goes or comes back, and a department gets another label or its former one.
changes = st.one_of(
    st.fixed_dictionaries({"kind": st.just("goes"), "who": people}),
    st.fixed_dictionaries({"kind": st.just("comes back"), "who": people}),
    st.fixed_dictionaries({"kind": st.just("another label"), "key": st.sampled_from(KEYS)}),
)
steps: st.SearchStrategy[Step] = st.one_of(
    *[answers] * 8,
    *[replies] * 3,
    leaves,
    step("template_applied", template=st.sampled_from(TEMPLATES)),
    step("labels_changed", add=some_labels),
    step("labels_changed", remove=some_labels),
    notes,
    step("department_declined", label=labels, to=st.none() | labels, reason=st.just("no")),
    step("department_asked_again", label=labels),
    st.just({"kind": "customer_message", "by": "customer"}),
    step("agent_message"),
    step("send_reply", text=st.just("Dear"), force=force, status=st.sampled_from((None, "open", "closed"))),
    step("reply_sent", message_id=st.just("m-1")),
    step("status_set", status=st.sampled_from(("open", "pending")), force=force),
    step("status_set", status=st.just("closed"), force=force, reason=st.sampled_from(("", "enough"))),
    step("taken"),
    step("assigned", staff=people),
    step("assigned", line=st.sampled_from(("line-1", "line-2", "phones"))),
    step("assigned"),
    step("presence", now=st.sampled_from(Presence)),
    st.integers(0, 7).flatmap(
        lambda rarely: step("merged_into", case=st.just("ticket:t-2")) if not rarely else answers
    ),
    step("time", hours=st.sampled_from((0.1, 3.0, 30.0))),
    changes,
    changes,
)
stories = st.lists(steps, min_size=8, max_size=30)


class Play(Ticket):
    """A ticket. After each of its events, everything that must always hold is checked."""

    def __init__(self) -> None:
        super().__init__()
        self.desk.directory, self.rules, self.templates = company()
        self.reopened = 0
        """How often the customer's message brought an answered ticket back to triage."""
        self.told_of_time: list[tuple[Any, ...]] = []

    async def step(self, given_step: Step) -> None:
        fields = {name: value for name, value in given_step.items() if name not in ("kind", "by")}
        kind, by = given_step["kind"], given_step.get("by", "petra")
        before = self.state
        if kind == "answer" and before.asked:
            kind, by, fields = self.answer(fields["number"])
        elif kind == "reply" and before.composer is not None:
            kind, by, fields = "send_reply", before.composer, {**fields, "text": "Dear"}
        elif "by" not in given_step and kind in ("goes", "comes back", "another label"):
            return await self.changes_directory(kind, **fields)
        elif kind == "composer leaves" and before.composer is not None:
            kind, by, fields = "presence", before.composer, {"now": Presence.OFFLINE}
        elif "by" not in given_step:
            return None
        try:
            if kind == "time":
                await self.after(hours=fields["hours"])
            elif kind == "presence":
                self.is_now(by, fields["now"], self.now + self.tick)
                await self.do("presence_changed", "system", staff=by, presence=fields["now"])
            else:
                await self.do(kind, by, **fields)
        except Refused:
            assert kind != "time", "a ticket's own events are never refused"
            assert self.state is before

    async def changes_directory(self, kind: str, who: str = "", key: str = "") -> None:
        """The directory changes, and a living ticket is told."""
        whole, present = company()[0], self.desk.directory
        staff = {**present.staff}
        departments = dict(present.departments)
        if kind == "goes":
            staff.pop(who, None)
        elif kind == "comes back":
            staff[who] = whole.staff[who]
        else:
            label = whole.departments[key].label
            other = f"{label}-2" if departments[key].label == label else label
            departments[key] = departments[key].model_copy(update={"label": other})
        for one, department in departments.items():
            if department.lead not in staff:
                departments[one] = department.model_copy(update={"lead": None})
        self.desk.directory = Directory.model_validate(
            present.model_copy(update={"staff": staff, "departments": departments}).model_dump()
        )
        if self.state.exists and not self.state.final:
            await self.told_of_change()
            self.check_gone()

    def check_gone(self) -> None:
        """Nobody who is gone has a part in the ticket, and no question waits for nobody."""
        directory, ticket = self.desk.directory, self.state
        assert {ticket.assignee, ticket.composer, ticket.dispatcher, None} <= {*directory.staff, None}
        assert set(ticket.holders.values()) <= directory.staff.keys()
        for one in ticket.departments:
            assert one.key is not None
            assert one.label == directory.departments[one.key].label
            if one.state is DepartmentState.ASKED:
                assert one.blocks == (not directory.members_of(one.key))

    def answer(self, number: int) -> tuple[str, str, Step]:
        """A note of somebody who belongs to a department that is asked."""
        directory, label = self.desk.directory, self.state.asked[number % len(self.state.asked)]
        members = directory.members_of(directory.department_of(label) or "")
        if not members:
            return "labels_changed", "petra", {"remove": [label]}
        return "note_added", members[number % len(members)], {"text": "ok"}

    async def fold(self, event: TicketEvent) -> Any:
        before = self.state
        settlement = await super().fold(event)
        self.check_state(self.state)
        self.check_event(before, event)
        self.check_again(before, event, self.decision)
        return settlement

    def check_state(self, ticket: TicketState) -> None:
        """What holds in every state."""
        stage, asked = ticket.stage, ticket.asked
        assert (stage is TicketStage.COLLECTING) == bool(ticket.waiting)
        assert set(asked) <= set(ticket.labels)
        assert len(set(ticket.labels)) == len(ticket.labels)
        assert len({one.label for one in ticket.departments}) == len(ticket.departments)
        assert (ticket.status == "closed") == (stage is TicketStage.CLOSED)
        assert ticket.prompts <= ticket.round
        assert ticket.draft.final <= (stage is TicketStage.COMPOSING)
        for one in ticket.departments:
            assert one.state in (DepartmentState.ASKED, DepartmentState.DECLINED) or not one.blocks
            assert (one.remind_at is None) or one.state is DepartmentState.ASKED
            if one.state in (DepartmentState.WITHDRAWN, DepartmentState.DECLINED):
                assert one.due_at is None
        assert (ticket.due_at is None) or asked
        if ticket.paused_at is not None:
            assert (stage, ticket.status) == (TicketStage.COLLECTING, "pending")
        if stage is TicketStage.COMPOSING:
            assert ticket.prompted_round == ticket.round
            assert ticket.contributed
            assert ticket.draft.final
            assert ticket.draft.composer == ticket.composer
            for one in ticket.departments:
                for note in one.notes:
                    assert note.round <= ticket.replied_round or note.text in drafted(ticket)
        if ticket.composer in self.desk.directory.staff:
            person = self.desk.directory.staff[ticket.composer]
            assert not person.shared or stage in (
                TicketStage.ANSWERED,
                TicketStage.CLOSED,
                TicketStage.TRIAGE,
            )
        # A reply leaves the ticket answered. The next one needs another round, or a customer's message, which
        # returns the ticket to triage; and the very first may be sent before anybody was asked.
        assert ticket.replies <= ticket.round + self.reopened + 1

    def check_event(self, before: TicketState, event: TicketEvent) -> None:
        """What holds for every event."""
        after = self.state
        new = before.case_id != after.case_id
        prompts, replies = (0, 0) if new else (before.prompts, before.replies)
        assert after.prompts - prompts == sum(isinstance(one, Prompt) for one in self.effects) <= 1
        assert 0 <= after.replies - replies <= 1
        heard_here = self.decision.facts.forward_to is None
        assert (after.replies > replies) == (heard_here and isinstance(event, SendReply | ReplySent))
        sent = [one for one in self.effects if isinstance(one, ConsolidatedReply)]
        assert len(sent) == isinstance(event, SendReply)
        if new:
            self.reopened = 0
            assert after.previous_case == before.case_id
            assert isinstance(event, CustomerMessage) or not before.exists
        elif before.stage is TicketStage.ANSWERED and after.stage is TicketStage.TRIAGE:
            assert isinstance(event, CustomerMessage)
            self.reopened += 1
        if after.final and not before.final and before.unfinished:
            self.check_closed_over_somebody(before, event)
        if isinstance(event, AgentMessage | CustomerMessage) and not new:
            assert after.departments == _shifted(before, after)
        if _nobodys(after) and not _nobodys(before):
            assert any(isinstance(one, Notice) for one in self.effects), "nobody hears of it"
        for one in self.effects:
            if isinstance(one, Reminder | Escalation):
                asked = after.department(one.label)
                assert asked is not None
                self.told_of_time.append((after.case_id, one.do, one.label, asked.asked_at))
        assert len(set(self.told_of_time)) == len(self.told_of_time), "told twice of one question"

    def check_closed_over_somebody(self, before: TicketState, event: TicketEvent) -> None:
        match event:
            case StatusSet(force=True, reason=reason):
                assert self.state.closed_because == reason != ""
            case MergedInto(case=case):
                assert self.state.closed_because == f"merged into {case}"
            case SendReply():
                assert event.force or len(before.waiting) < 2, "the reply itself answers for one at most"
            case _:
                raise AssertionError(f"{event.kind} closed a ticket over somebody")

    def check_again(self, before: TicketState, event: TicketEvent, decision: Decision) -> None:
        """What is written down is enough to reach the same result again."""
        settled = settle(
            TicketState.model_validate_json(before.model_dump_json()),
            type(event).model_validate_json(event.model_dump_json()),
            Decision.model_validate_json(decision.model_dump_json()),
        )
        assert settled.state == self.state
        snapshot = self.state.snapshot()
        assert TicketSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot


def _nobodys(ticket: TicketState) -> bool:
    return (ticket.stage, ticket.assignee, ticket.line) == (TicketStage.TRIAGE, None, None)


def _shifted(before: TicketState, after: TicketState) -> tuple[Any, ...]:
    """The departments as before a message: it changes nothing but what was due during a pause."""
    times = {one.label: {"due_at": one.due_at, "remind_at": one.remind_at} for one in after.departments}
    if before.paused_at is None:
        return before.departments
    return tuple(one.model_copy(update=times[one.label]) for one in before.departments)


@settings(max_examples=100)
@given(st.sampled_from(TEMPLATES), stories)
def test_every_state_and_every_event_of_a_ticket_is_sound(template: str, story: list[Step]) -> None:
    async def run() -> None:
        play = Play()
        await play.customer()
        await play.apply(template, by="petra")
        for one in story:
            await play.step(one)

    asyncio.run(run())


@settings(max_examples=50)
@given(st.permutations(LABELS), st.lists(notes, max_size=12), st.data())
def test_however_notes_arrive_a_round_has_one_prompt(
    order: list[str], others: list[Step], data: st.DataObject
) -> None:
    """The departments' answers in any order, with any other notes between them, some at the same moment."""

    async def run() -> None:
        play = Play()
        await play.apply("three-departments-quiet", by="petra")
        answers = [
            {"kind": "note_added", "by": member, "text": "ok", "label": label}
            for label in order
            for member in ({"billing": "lena", "delivery": "maria", "warranty": "oleg"}[label],)
        ]
        mixed = data.draw(st.permutations([*answers, *others]))
        for one in mixed:
            play.tick = timedelta(seconds=data.draw(st.integers(0, 1)))
            await play.step(one)
        assert play.stage is TicketStage.COMPOSING
        assert (play.state.prompts, len(play.prompted)) == (1, 1)

    asyncio.run(run())
