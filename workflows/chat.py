"""A chat as a workflow: ``chat:{channel}:{conversation}``.

    1. The first event comes with the start. Without a usable one, the workflow ends itself.
    2. Events are taken one at a time: is it possible, what do the rules say, what is the chat like now.
    3. What was decided is answered at once; the writes to the help desk follow, in order.
    4. When nobody has written for the channel's idle time, the chat ends; this does not close it.
    5. When it is ended and closed, and nothing is left to do, the workflow completes with a summary.

The model decides (``baton.model.chat``), the activity ``decide`` asks the rules and the directory, and
``workflows.case`` is the mechanism.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from temporalio import workflow

from baton.contract import (
    CHAT_WORKFLOW,
    SNAPSHOT,
    ChatEvent,
    ChatSnapshot,
    ChatStart,
    ChatSummary,
    Idle,
    Outcome,
    TimedDue,
    parse_chat_event,
    parse_chat_start,
)
from baton.model.chat import clock, model, story
from baton.model.chat.state import ChatState
from baton.model.decision import Decision, Kept
from baton.model.merging import is_forwarded
from baton.model.reactions import reactions
from baton.model.settlement import before_in
from baton.model.story import told_before
from workflows.carrying import Carried
from workflows.case import Case
from workflows.caseworkflow import CaseWorkflow, Start
from workflows.kind import Handled


class CarriedChat(Carried):
    """What one run of a chat hands to the next."""

    state: ChatState
    chats: int = 0


class ContinuedChat(ChatStart):
    """The start argument that one run of a chat hands to the next."""

    carried: CarriedChat | None = None


class _ChatCase(Case[ChatState, Outcome, ChatSummary]):
    """The chat's side of the mechanism."""

    alarm_summary = "idle end, end of an offer, or a timed rule"

    def __init__(self, start: ContinuedChat) -> None:
        carried = start.carried
        super().__init__(carried.state if carried else ChatState.before_first(start), carried or Carried())
        self.chats = carried.chats if carried else 0

    def parse(self, payload: object) -> ChatEvent:
        return parse_chat_event(payload, strict=False)

    def check(self, event: ChatEvent) -> None:
        model.check(self.state, event)

    def asked_about(self) -> ChatState:
        return self.state

    def settle(self, event: ChatEvent, decision: Decision) -> Handled[ChatState, Outcome]:
        settlement = model.settle(self.state, event, decision)
        after = settlement.state
        before = before_in(after, self.state)
        if after.exists and not before.exists:
            self.chats += 1
        what = story.what_happened(
            before,
            after,
            blocked=decision.facts.blocked,
            forwarded_to=decision.facts.forward_to if is_forwarded(event, decision.facts) else None,
        )
        return Handled(
            after,
            Outcome(event_id=event.id, snapshot=after.head(), fired=decision.fired, what=what),
            effects=tuple(reactions(before, event, decision, settlement)),
            what=what,
            moved=story.moved(before, after),
            rules=tuple(fired.rule for fired in decision.fired),
        )

    async def go_on_with(self, kept: Kept) -> None:
        await super().go_on_with(kept)
        if not self.state.final:
            self.chats += 1

    def answer(self, event_id: str) -> Outcome:
        what = told_before(event_id, self.timeline.lines())
        return Outcome(event_id=event_id, duplicate=True, snapshot=self.snapshot(), what=what)

    def snapshot(self) -> ChatSnapshot:
        """The chat; if a late duplicate opened none, the chat that the duplicate belongs to."""
        return self.earlier if self.earlier and not self.state.exists else self.state.snapshot()

    def due_events(self, now: datetime) -> Iterable[ChatEvent]:
        # Each from the state that the one before it left: a timed rule may have ended the idle chat.
        for kind in (TimedDue, Idle):
            yield from (event for event in clock.due_events(self.state, now) if isinstance(event, kind))

    def next_due(self) -> datetime | None:
        return clock.next_due(self.state)

    def over(self) -> bool:
        return self.state.final or not self.state.exists

    def search_attributes(self) -> Mapping[str, Any]:
        chat = self.state
        return {
            "Tab": chat.tab,
            # It flips with every message while the chat is active; active chats are found by their tab.
            "CaseStatus": None if chat.active else chat.status,
            "Assignee": chat.assignee,
            "PinnedTo": chat.pinned_to,
            "Line": chat.line,
            "Channel": chat.channel,
            "Labels": list(chat.labels),
        }

    def details(self) -> str:
        return story.details(self.state, self.timeline.lines(), len(self.outbox.unsent))

    def with_state(self, carried: Carried) -> CarriedChat:
        return CarriedChat(state=self.state, chats=self.chats, **dict(carried))

    def summary(self) -> ChatSummary:
        return ChatSummary(
            reason="closed" if self.state.final else self.ended_as,
            snapshot=self.snapshot(),
            chats=self.chats,
            events=self.events,
            refused=self.refused,
        )


_START = Start(
    parse=partial(parse_chat_start, strict=False),
    continued=ContinuedChat,
    unreadable=ContinuedChat(channel="?", conversation="?", customer="?"),
    case=_ChatCase,
)


@workflow.defn(name=CHAT_WORKFLOW)
class Chat(CaseWorkflow[_ChatCase, Outcome, ChatSummary]):
    """One conversation with one customer on one channel, chat after chat."""

    @workflow.init
    def __init__(self, *start: Any) -> None:
        super().__init__(_START, start)

    @workflow.run
    async def run(self, *start: Any) -> ChatSummary:
        return await self._run()

    @workflow.query(name=SNAPSHOT)
    def snapshot(self, *_: Any) -> ChatSnapshot:
        return self._case.snapshot()
