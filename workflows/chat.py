"""A chat as a workflow: ``chat:{channel}:{conversation}``.

    1. The first event comes with the start. Without one that can be used, the workflow ends itself.
    2. Events are taken one at a time: is it possible, what do the rules say, how does the chat stand now.
    3. What was decided is answered at once; the writes to the help desk follow, in order.
    4. When nobody wrote for the channel's idle time, the chat ends; it is not closed by that.
    5. When it is ended and closed, and nothing is left to do, the workflow completes with a summary.

The model decides (``baton.chat``), the rules and the directory are asked in the activity ``decide``,
and ``workflows.case`` is the mechanism.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError

from baton import attention
from baton import chat as model
from baton.chatstate import ChatState
from baton.consequences import consequences
from baton.contract import (
    CHAT_WORKFLOW,
    HANDLE,
    SNAPSHOT,
    SUBMIT,
    SYSTEM,
    TIMELINE,
    ChatEvent,
    ChatSnapshot,
    ChatStart,
    ChatSummary,
    EndReason,
    Idle,
    Outcome,
    TimedDue,
    TimelineEntry,
    parse_chat_event,
    parse_chat_start,
)
from baton.decision import DecideRequest, Decision
from baton.effects import DECIDE
from baton.errors import REFUSALS, InvalidEvent, Refused
from baton.story import chat_details, moved, what_happened
from workflows.case import Carried, Case, Settled

_DECIDE_TIMEOUT = timedelta(seconds=10)
# Without an end: while the help desk is down, an accepted event waits. It is never dropped.
_DECIDE_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=1)
)
# A longer pause is a timer. In a short one the workflow task stays open, which costs three events of history
# every few seconds: after a day or two there would be too many, and the server would end the workflow.
_DECIDE_PAUSE_IN_TASK = timedelta(seconds=5)


_BLOCKED = "the customer is blocked: recorded only"


class CarriedChat(Carried):
    """What one run of a chat hands to the next."""

    state: ChatState
    chats: int = 0


class ContinuedChat(ChatStart):
    """The start argument, as a run of a chat hands it to the next."""

    carried: CarriedChat | None = None


def _read_start(start: RawValue | None) -> ContinuedChat:
    if start is None:
        raise InvalidEvent("a chat needs its start argument, with 'channel', 'conversation' and 'customer'")
    try:
        payload = workflow.payload_converter().from_payload(start.payload)
        parse_chat_start(payload)
        return ContinuedChat.model_validate(payload)
    except InvalidEvent:
        raise
    except Exception as error:  # whatever a converter raises about bytes that we did not write
        raise InvalidEvent(f"the start argument cannot be read: {error}") from None


class _ChatCase(Case[ChatState, Outcome]):
    """The chat's side of the mechanism."""

    alarm_summary = "idle end, end of an offer, or a timed rule"

    def __init__(self, state: ChatState, carried: Carried, chats: int) -> None:
        super().__init__(state, carried)
        self.chats = chats
        self._ended_as: EndReason = "empty"
        self._earlier: ChatSnapshot | None = None

    def parse(self, payload: object) -> ChatEvent:
        return parse_chat_event(payload)

    def check(self, event: ChatEvent) -> None:
        model.check(self.state, event)

    async def settle(
        self, event: ChatEvent, now: datetime, seen_until: datetime | None
    ) -> Settled[ChatState, Outcome]:
        before = self.state
        self._ended_as = "refused"
        decision: Decision = await workflow.execute_local_activity(
            DECIDE,
            DecideRequest(
                before=before,
                event=event,
                now=now,
                seen_until=seen_until,
                chain=workflow.info().first_execution_run_id,
            ),
            result_type=Decision,
            start_to_close_timeout=_DECIDE_TIMEOUT,
            retry_policy=_DECIDE_RETRY,
            local_retry_threshold=_DECIDE_PAUSE_IN_TASK,
            summary=event.kind,
        )
        if decision.refusal is not None:
            refused = REFUSALS.get(decision.refusal.type, Refused)
            raise refused(decision.refusal.message)
        if decision.duplicate is not None:
            self._ended_as, self._earlier = "duplicate", decision.duplicate
            outcome = Outcome(event_id=event.id, duplicate=True, snapshot=decision.duplicate)
            return Settled(before, outcome, folded=False)

        settlement = model.settle(before, event, decision)
        after = settlement.state
        self._ended_as = "blocked" if decision.facts.blocked else "closed"
        if model.opens(before, event) and after.exists:
            self.chats += 1
        outcome = Outcome(event_id=event.id, snapshot=after.snapshot(), fired=decision.fired)
        return Settled(
            after,
            outcome,
            effects=tuple(consequences(before, event, decision, settlement)),
            what=_BLOCKED if decision.facts.blocked else what_happened(before, after),
            moved=moved(before, after),
            rules=tuple(fired.rule for fired in decision.fired),
        )

    def answer(self, event_id: str) -> Outcome:
        return Outcome(event_id=event_id, duplicate=True, snapshot=self.snapshot())

    def snapshot(self) -> ChatSnapshot:
        """The chat; where a late duplicate opened none, the one that the duplicate belongs to."""
        return self._earlier if self._earlier and not self.state.exists else self.state.snapshot()

    def due_events(self, now: datetime) -> Iterable[ChatEvent]:
        # Timed rules first: "ten minutes without an answer" must still find the chat that idles at ten.
        for due, event in ((attention.wake_at, TimedDue), (attention.idle_at, Idle)):
            at = due(self.state)
            if at is not None and at <= now:
                yield event(id=f"{event.__name__}:{self.state.case_id}:{at.isoformat()}", author=SYSTEM)

    def next_due(self) -> datetime | None:
        return attention.next_due(self.state)

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
        return chat_details(self.state, self.timeline(), len(self._outbox.unsent))

    def summary(self) -> ChatSummary:
        return ChatSummary(
            reason="closed" if self.state.final else self._ended_as,
            snapshot=self.snapshot(),
            chats=self.chats,
            events=self.events,
            refused=self.refused,
        )


@workflow.defn(name=CHAT_WORKFLOW)
class Chat:
    """One conversation with one customer on one channel, chat after chat."""

    @workflow.init
    # Without a default a start that forgot the argument could not even be told so.
    def __init__(self, start: RawValue = None) -> None:  # type: ignore[assignment]
        self._refused_start: str | None = None
        try:
            begun = _read_start(start)
        except InvalidEvent as refusal:
            # A bad start argument fails the workflow, below; raised here it would fail the task for ever.
            self._refused_start = str(refusal)
            begun = ContinuedChat(channel="?", conversation="?", customer="?")
        self._start = begun
        carried = begun.carried
        self._case = _ChatCase(
            carried.state if carried else ChatState.before_first(begun),
            carried or Carried(),
            carried.chats if carried else 0,
        )

    @workflow.run
    async def run(self, start: RawValue = None) -> ChatSummary:  # type: ignore[assignment]
        if self._refused_start is not None:
            raise ApplicationError(self._refused_start, type="InvalidEvent", non_retryable=True)
        if self._start.carried is None and not await self._case.first_event():
            return self._case.summary()
        handed_over = await self._case.live()
        if handed_over is not None:
            carried = CarriedChat(state=self._case.state, chats=self._case.chats, **dict(handed_over))
            workflow.continue_as_new(self._start.model_copy(update={"carried": carried}))
        return self._case.summary()

    @workflow.update(name=HANDLE)
    async def handle(self, event: RawValue) -> Outcome:
        """One event in, its outcome back once the decision is durable."""
        return await self._case.handle(event)

    @handle.validator
    def _refuse_early(self, event: RawValue) -> None:
        self._case.refuse_early(event)

    @workflow.signal(name=SUBMIT)
    def submit(self, event: RawValue) -> None:
        """One event in. Refusals are found in the timeline."""
        self._case.submit(event)

    @workflow.query(name=SNAPSHOT)
    def snapshot(self) -> ChatSnapshot:
        return self._case.snapshot()

    @workflow.query(name=TIMELINE)
    def timeline(self) -> list[TimelineEntry]:
        return self._case.timeline()
