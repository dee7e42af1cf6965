"""Random tickets on the real server, some of their events at once: the join holds, and the model agrees.

The workflow chooses the order of events that race; its timeline says which order it was. In that order, the
model alone must accept and refuse the same events, and end with the same ticket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.testing import WorkflowEnvironment

from activities.gathering import Policy
from baton.contract import Presence, Status, TicketStart, TimelineEntry
from baton.documents.directoryfile import load_directory
from baton.errors import Refused
from baton.model.reactions import reference
from baton.model.ticket.state import TicketState
from baton.rules.loading import load_rules
from baton.templates.drafting import drafted
from helpdesks.caserows import ticket_of
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import ANSWERS, QUIET, RULES, SEPARATE, prompts_of
from lab.ledger import cases_of, events_of
from lab.ledger import replies_of as replies_kept
from lab.rig import Rig, event, eventually, failed_tasks, fresh
from lab.simulation import SimulatedTicket, shipped_templates
from tests.conftest import RigOpener

MEMBERS = tuple(ANSWERS.values())
STAFF = (*MEMBERS, "petra", "ivan")
LABELS = tuple(ANSWERS)
TIMES = frozenset(
    {"at", "asked_at", "answered_at", "due_at", "last_message_at", "waiting_since", "paused_at"}
)
CLOSING = ("status_set", "merged_into")

Step = dict[str, Any]


def _kind(kind: str, who: tuple[str, ...] = STAFF, **fields: Any) -> st.SearchStrategy[Step]:
    return st.fixed_dictionaries(
        {"kind": st.just(kind), "who": st.sampled_from(who), "signal": st.booleans()}
        | {name: st.sampled_from(values) for name, values in fields.items()}
    )


_notes = _kind("note_added", MEMBERS, text=("Our answer.",))
_templates = _kind("template_applied", ("petra", "ivan"), template=(QUIET, "billing-and-delivery"))
_replies = _kind("send_reply", (*MEMBERS, "petra"), text=("All in one.",), force=(False, False, True))
steps = st.one_of(
    _notes,
    _notes,
    _notes,
    _templates,
    _replies,
    _kind("note_added", text=("…",), label=(None, *LABELS, "vip"), answers=(True, False)),
    _kind("labels_changed", add=([], *([label] for label in LABELS), ["vip"], ["nonsense"])),
    _kind("labels_changed", remove=(*([label] for label in LABELS), list(LABELS))),
    _kind("department_declined", label=LABELS, to=(None, *LABELS), reason=("not ours",)),
    _kind("department_asked_again", label=LABELS),
    _kind("customer_message", ("customer",), text=("And another thing.",)),
    _kind("agent_message", text=("Soon.",)),
    _kind("reply_sent", (*MEMBERS, "petra"), message_id=("m-1",)),
    _kind("taken"),
    _kind("assigned", staff=(*STAFF, "stranger")),
    _kind("status_set", status=("open", "pending")),
    _kind("status_set", status=("closed",), force=(False, False, True), reason=("", "Spam.")),
    _kind("merged_into", case=("ticket:never",)),
    _kind("presence", (*MEMBERS, "petra"), presence=(Presence.ONLINE, Presence.OFFLINE)),
    _kind("again"),
)
batches = st.lists(st.lists(steps, min_size=1, max_size=4), min_size=3, max_size=9)


@dataclass
class Twin:
    """A ticket of the workflow, and the same on paper."""

    rig: Rig
    ticket: str
    paper: SimulatedTicket
    sent: dict[str, Step] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    folded: set[str] = field(default_factory=set)
    """Events whose verdict the timeline has said."""
    behind_a_closing: set[str] = field(default_factory=set)
    """Events that raced with a closing. Where one arrives while the workflow completes, the server has the
    task made again, in another order: what was taken in at first may then be refused."""

    @property
    def case(self) -> str:
        return f"ticket:{self.ticket}"

    async def play(self, batch: list[Step]) -> None:
        """Send some events at once, and fold on paper what the workflow made of them."""
        closes = any(step["kind"] in CLOSING for step in batch)
        payloads = []
        for step in batch:
            if step["kind"] == "presence":
                await self.presence(step["who"], step["presence"])
                payload = event("presence_changed", "system", staff=step["who"], presence=step["presence"])
            elif step["kind"] == "again":
                payload = self.sent[self.accepted[-1]]
            elif closes and step["kind"] == "customer_message":
                continue  # it might open the next ticket, which has a timeline of its own
            else:
                fields = {
                    name: value for name, value in step.items() if name not in ("kind", "who", "signal")
                }
                payload = event(step["kind"], step["who"], **fields)
            self.sent[payload["id"]] = payload
            # After a closing, an event with a customer would start a run, and be refused there.
            payloads.append((payload, step["signal"] or (closes and step["kind"] not in CLOSING)))
        if closes and len(payloads) > 1:
            self.behind_a_closing |= {payload["id"] for payload, _ in payloads}
        verdicts = await asyncio.gather(*(self._send(*item) for item in payloads))
        waited_for = {name for name in verdicts if name is not None}
        await eventually(lambda: self._heard(waited_for), f"{self.ticket}: an event did not arrive")
        for entry in await self.rig.client.ticket(self.ticket).timeline():
            if entry.event_id not in self.folded and entry.event_id in self.sent:
                self.folded.add(entry.event_id)
                await self._fold(entry)

    async def presence(self, staff: str, presence: Presence) -> None:
        for desk in (self.rig.desk, self.paper.desk):
            await desk.set_presence(staff, presence, datetime.now(UTC) - timedelta(minutes=10))

    async def _send(self, payload: Step, signal: bool) -> str | None:
        """The event's ID if the timeline must say what became of it."""
        client = self.rig.client
        try:
            if not signal:
                await self.rig.to_ticket(self.ticket, payload)
            elif payload["kind"] == "note_added":
                await client.ticket(self.ticket).note(payload)
            else:
                await client.ticket(self.ticket).submit(payload)
        except Refused:
            return None  # noted if the workflow judged it in its turn; not if the validator refused it
        return str(payload["id"])

    async def _heard(self, ids: set[str]) -> bool:
        timeline = await self.rig.client.ticket(self.ticket).timeline()
        return ids <= self.folded | {entry.event_id for entry in timeline}

    async def _fold(self, entry: TimelineEntry) -> None:
        before, payload = self.paper.state, self.sent[entry.event_id]
        verdict = await self._verdict(payload)
        assert (entry.refused or "").partition(":")[0] == verdict, payload
        if verdict:
            return
        self.accepted.append(entry.event_id)
        closed = payload["kind"] == "status_set" and payload["status"] == "closed"
        if closed and not payload["force"]:
            assert not before.unfinished, "closed over somebody who is asked, or who is to reply"

    async def _verdict(self, payload: Step) -> str:
        """How the ticket on paper takes an event: the type of the refusal, or nothing."""
        try:
            await self.paper.take(payload)
        except Refused as refusal:
            return refusal.type
        return ""

    async def check(self) -> None:
        """What must hold whenever the ticket is at rest."""
        rig, paper = self.rig, self.paper.state
        await rig.settled(self.case)
        now, draft = await rig.ticket(self.ticket), await rig.draft(self.ticket)
        assert _timeless(now) == _timeless(paper.snapshot())
        assert (draft.text, draft.composer, draft.final, draft.stale, draft.round) == (
            (drafted(paper), paper.draft.composer, paper.draft.final, paper.draft.stale, paper.draft.round)
        )
        (row,) = await cases_of(rig.desk, self.ticket)
        whole = await rig.desk.kept(reference(paper))
        assert whole is not None
        assert isinstance(whole.state, TicketState)
        assert (whole.state.snapshot(), whole.state.head()) == (now, ticket_of(row))
        assert now.prompts <= now.round
        assert len(await prompts_of(rig, self.ticket)) >= now.prompts, "everyone, where nobody can compose"
        kept = [row.event_id for row in await events_of(rig.desk, self.ticket)]
        assert len(kept) == len(set(kept)), "taken in twice"
        assert set(self.accepted) <= set(kept)
        assert set(kept) - set(self.accepted) <= self.behind_a_closing
        sent = [name for name in self.accepted if self.sent[name]["kind"] == "send_reply"]
        keys = sorted(reply.key for reply in await replies_kept(rig.desk, now.case_id))
        assert keys == sorted(f"{now.case_id}:{name}:send_reply" for name in sent)
        assert now.replies == sum(
            self.sent[name]["kind"] in ("send_reply", "reply_sent") for name in self.accepted
        )
        # Not a failure: something arrived while the workflow was completing, so it looks again.
        again = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
        failed = failed_tasks(await rig.history(self.case))
        assert [one for one in failed if one.cause != again] == []


def _timeless(snapshot: Any) -> Any:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(item) for name, item in value.items() if name not in TIMES}
        return [without(item) for item in value] if isinstance(value, list | tuple) else value

    return without(snapshot.model_dump())


@pytest.fixture
async def open_twin(tmp_path: Path) -> AsyncIterator[Any]:
    """Makes the paper side of a ticket: a second help desk with the same people in the same state."""
    file, rules = tmp_path / "people.yaml", tmp_path / "rules.yaml"
    file.write_text(SEPARATE, encoding="utf-8")
    rules.write_text(RULES, encoding="utf-8")
    directory = load_directory(file)
    async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/model.db") as desk:
        await desk.change_directory(directory, based_on=0)

        def opened(rig: Rig) -> Twin:
            ticket = fresh("twin")
            start = TicketStart(ticket_id=ticket, customer=f"of-{ticket}")
            paper = SimulatedTicket(
                desk,
                load_rules(rules, directory),
                policy=Policy(offline_grace=0),
                now=datetime.now(UTC),
                chain=ticket,
                tick=timedelta(microseconds=1),
                templates=shipped_templates(directory),
                state=TicketState.before_first(start),
            )
            return Twin(rig, ticket, paper)

        yield opened


@pytest.fixture
async def impatient_rig(
    impatient_server: WorkflowEnvironment, open_separate: RigOpener
) -> AsyncIterator[Rig]:
    async with open_separate(impatient_server, offline_grace_seconds=0) as opened:
        yield opened


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would play on for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(begins_asked=st.booleans(), sequence=batches)
async def test_random_tickets_keep_the_promises(
    impatient_rig: Rig, open_twin: Any, begins_asked: bool, sequence: list[list[Step]]
) -> None:
    twin = open_twin(impatient_rig)
    for staff in STAFF:
        await twin.presence(staff, Presence.ONLINE)
    first: Step = {"kind": "customer_message", "who": "customer", "signal": False}
    asks: Step = {"kind": "template_applied", "who": "petra", "signal": False, "template": QUIET}
    for batch in ([first], *([[asks]] if begins_asked else []), *sequence):
        await twin.play(batch)
        if twin.paper.state.final:
            break
    await twin.check()
    assert (twin.paper.state.status is Status.CLOSED) == twin.paper.state.final
