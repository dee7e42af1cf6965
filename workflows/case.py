"""What every case does in the same way: take events one at a time, decide, remember, write, go on.

The traps that this mechanism exists for:

* Handlers only put an event into the queue and wait for its outcome. One loop takes the events in the
  order in which they arrived. Two handlers that acted by themselves would interleave at every await.
* Nothing that an event can cause is raised in that loop: a refusal is a value that reaches its caller.
  An exception of another type would fail the workflow task, and be retried for ever.
* Temporal forgets update IDs when a run ends, and reuses nothing of a signal. So the case carries the
  IDs of its latest events itself; older ones are known to the help desk.
* A run ends only when no handler is running and no event waits.
* A workflow task that brings more than 4 MB makes the server close the workflow by force. So each answer,
  decision and effect has a bound, and the loop ends its task before their sum gets near.
* After a reset the server brings back all signals and updates at once, in the order in which they once came;
  a replay of that shows the updates after the signals. So they are put into the order of their dates.

A kind of case brings its model: see the abstract methods of ``Case``, and ``workflows.chat``.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar, cast

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from baton.contract import (
    SEARCH_ATTRIBUTES,
    SYSTEM,
    Assign,
    EndReason,
    Fired,
    Instant,
    Payload,
    TimedDue,
    TimelineEntry,
    derived_id,
    require_plain,
)
from baton.errors import REFUSALS, InvalidEvent, Refused, UnknownKey
from baton.model.decision import CaseState, DecideRequest, Decision, Kept
from baton.model.effects import DECIDE, Effect
from baton.temporal import metrics
from baton.temporal.searchattributes import key_of
from workflows.alarm import Alarm
from workflows.arguments import signalled, updated, updated_now
from workflows.handover import (
    ANSWERS_WAIT,
    TASKS_TRIED,
    TRY_AGAIN_AFTER,
    ends_apart,
    is_long,
    must_end,
    next_task,
    task_number,
)
from workflows.outbox import Outbox

FIRST_EVENT_WITHIN = timedelta(minutes=1)
"""A workflow that was started without an event that it could use ends itself after this time."""

REMEMBERED_EVENTS = 300
TIMELINE_LENGTH = 200
LARGEST_SEARCH_ATTRIBUTE = 2000
"""Bytes of one search attribute. Temporal takes 2,048, and fails a workflow that sets a larger one."""
CARRIED_TIMELINE = 50
"""How much of the timeline goes into the next run; the whole story is in the help desk."""

_DECIDE_TIMEOUT = timedelta(seconds=10)
# Without an end: while the help desk is down, an accepted event waits. It is never dropped.
_DECIDE_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=1)
)
# A longer pause is a timer. In a short one the workflow task stays open, which costs three events of history
# every few seconds: after a day or two there would be too many, and the server would end the workflow.
_DECIDE_PAUSE_IN_TASK = timedelta(seconds=5)
TASK_BUDGET = 300_000
"""Bytes of decisions and answers after which the loop ends its task. The server takes 4 MB, and one decision
more and a write may come on top. A long task is bad for another reason, too: behind a hundred signals that
came meanwhile, the server has it done again."""
OUTBOX_BUDGET = 250_000
"""Bytes of unsent effects with which no further event is taken: what is carried to the next run has 2 MB."""
_REFUSAL_SIZE = 3_000
"""Bytes that a refusal may add to a task, at most: its message is cut (`_as_failure`)."""
_LONGEST_REFUSAL = 2_000
_LONGEST_ENTRY = 500
"""Characters of what a line of the timeline says."""
ASK_THE_LEDGER = "ask-the-ledger"
"""The patch with which the ledger is asked for the case also where an event can open none."""
_END_OF_TASK = timedelta(milliseconds=1)
_BLOCKED = "the customer is blocked: recorded only"

StateT = TypeVar("StateT", bound=Payload)
OutcomeT = TypeVar("OutcomeT", bound=Payload)


class Carried(Payload):
    """What one run hands to the next, beside the state of the case itself."""

    seen: dict[str, Instant] = {}
    seen_until: Instant | None = None
    unsent: tuple[Effect, ...] = ()
    unsent_size: int = 0
    timeline: tuple[TimelineEntry, ...] = ()
    answer_size: int = 0
    events: int = 0
    refused: int = 0


class Settled(NamedTuple, Generic[StateT, OutcomeT]):
    """The result of one event: the state after it, the answer to its sender, and what to do."""

    state: StateT
    outcome: OutcomeT
    effects: Sequence[Effect] = ()
    what: str = ""
    rules: tuple[str, ...] = ()
    moved: bool = False
    effects_size: int = 0
    folded: bool = True
    """False for a late duplicate, which changed nothing."""


@dataclass
class _Entry(Generic[OutcomeT]):
    """An event in the queue, and later its outcome or the reason why it was refused."""

    event: Any
    seen_until: Instant | None = None
    """Up to when events had been dropped from memory at its arrival. Later drops must not make an event that
    was decided by a worker that died look like one that was folded long ago."""
    arrived: int = 0
    """The length of the history at its arrival, which tells what came at the same moment."""
    by_signal: bool = False
    context: Context = field(default_factory=copy_context)
    """That of the handler which took it: its trace goes on with what is done about the event."""
    outcome: OutcomeT | None = None
    refusal: Refused | None = None
    known: bool = False
    """Handled before: it is only answered once more."""
    done: bool = field(default=False)


class Case(ABC, Generic[StateT, OutcomeT]):
    """The durable shell around one case. Handlers and ``run`` of a workflow delegate to it."""

    alarm_summary = "the next thing that comes due"

    def __init__(self, state: StateT, carried: Carried) -> None:
        self.state = state
        self._queue: dict[str, _Entry[OutcomeT]] = {}
        self._seen: dict[str, Instant] = dict(carried.seen)
        self._seen_until = carried.seen_until
        self._timeline: deque[TimelineEntry] = deque(carried.timeline, maxlen=TIMELINE_LENGTH)
        self._outbox = Outbox(carried.unsent, carried.unsent_size, self._could_not_write, self._show)
        self._alarm = Alarm(self.alarm_summary)
        self._answer_size = carried.answer_size
        self._spent = 0
        """Bytes that were added to the present workflow task, as far as this is counted."""
        self._answered_again = 0
        self._published: dict[str, Any] | None = None
        self._signals = 0
        """Signals of this run that brought an event, whether it could be used or not."""
        self.events = carried.events
        self.refused = carried.refused
        self._settled_here = False
        """Whether this run has settled an event, accepted or refused."""
        self.ended_as: EndReason = "empty"
        self.earlier: Any = None
        """The snapshot of the case that a late duplicate belongs to."""
        self._answers_from: datetime | None = None
        """When this run is ending: the time from which on it answers even so."""
        self._try_again_at = 0
        """The number of the task from which on this run tries again to end."""
        self._reset = False
        workflow.register_random_seed_callback(self._was_reset)

    # --- What a kind of case brings -------------------------------------------------------------

    @abstractmethod
    def parse(self, payload: object) -> Any:
        """The event in a payload, as histories may hold it. Raises ``InvalidEvent``."""

    @abstractmethod
    def check(self, event: Any) -> None:
        """Raise a ``Refused`` if the event is not possible in the present state."""

    @abstractmethod
    def asked_about(self) -> CaseState:
        """The state as a decision needs it."""

    @abstractmethod
    def settle(self, event: Any, decision: Decision) -> Settled[StateT, OutcomeT]:
        """Fold an event as it was decided."""

    @abstractmethod
    def answer(self, event_id: str) -> OutcomeT:
        """The answer to an event that had been handled before, with the present snapshot."""

    @abstractmethod
    def due_events(self, now: datetime) -> Iterable[Any]:
        """The events that the case makes for itself because their time has come."""

    @abstractmethod
    def next_due(self) -> datetime | None:
        """When the case must look at the time again."""

    @abstractmethod
    def over(self) -> bool:
        """Whether the workflow completes, provided that nothing is left to do."""

    @abstractmethod
    def search_attributes(self) -> Mapping[str, Any]:
        """The search attributes as they should be; ``None`` and empty lists are unset."""

    @abstractmethod
    def details(self) -> str:
        """Markdown for the Temporal UI: who has the case, since when, why, and what comes next."""

    # --- The handlers ---------------------------------------------------------------------------

    def refuse_early(self, arguments: Sequence[object]) -> None:
        """Validator: refuse what can be seen to be wrong now, before anything is written to the history.

        With other events still waiting the state is not yet the one that this event will meet, so only its
        form is judged; and so where there is no case yet, as the ledger may have one.
        """
        event = None
        try:
            event = self.parse(updated_now(arguments))
            require_plain(event)
            if self.state.exists and event.id not in self._seen and not self._queue:  # type: ignore[attr-defined]
                self.check(event)
        except UnknownKey:
            return  # the handler waits for the key
        except Refused as refusal:
            _tell_refusal(event.id if event else "?", event.kind if event else "?", refusal)
            raise _as_failure(refusal) from None

    async def handle(self, arguments: Sequence[object]) -> OutcomeT:
        """Update: put the event into the queue, and answer when its turn has come."""
        try:
            event = self.parse(updated(arguments))
        except Refused as refusal:
            raise _as_failure(refusal) from None
        twin = self._queue.get(event.id)
        if twin is not None:
            await workflow.wait_condition(lambda: twin.done)
            if twin.refusal is not None:
                raise _as_failure(twin.refusal)
        entry = self._enqueue(event, known=twin is not None or event.id in self._seen)
        await workflow.wait_condition(lambda: entry.done and not self._answers_wait())
        if entry.refusal is not None:
            raise _as_failure(entry.refusal)
        assert entry.outcome is not None, "whatever is done has an outcome or a refusal"
        return entry.outcome

    def submit(self, arguments: Sequence[object], kind: str | None = None) -> None:
        """Signal: put the event into the queue. What cannot be used is noted in the timeline.

        ``kind`` is that of an event that does not say its own.
        """
        try:
            event = self._signalled(arguments, kind)
        except Refused as refusal:
            self._note_refusal("?", "?", "?", refusal)
            return
        if event.id not in self._seen and event.id not in self._queue:
            self._enqueue(event, by_signal=True)

    def poke(self) -> None:
        """Signal: decide now about whatever may have come due, by the rules and the presence of now."""
        if not self.state.final:  # type: ignore[attr-defined]  # as in `_decide`
            poked = derived_id("poke", workflow.info().workflow_id, workflow.now().isoformat())
            self._enqueue(TimedDue(id=poked, author=SYSTEM), by_signal=True)

    def timeline(self) -> list[TimelineEntry]:
        return list(self._timeline)

    # --- The loop -------------------------------------------------------------------------------

    async def live(self) -> Carried | None:
        """Take events until the case is over (``None``) or goes on in a new run (what to carry there)."""
        self._outbox.start()
        self._alarm.set(self.next_due())
        try:
            while True:
                await self._work_off()
                self._publish()
                if self.over() and self._at_rest():
                    return None
                if self._should_hand_over() and (handed_over := await self._hand_over()) is not None:
                    return handed_over
                await workflow.wait_condition(self._has_work)
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            # Somebody cancelled the workflow. What was accepted is still folded and written, and so is what
            # arrives meanwhile: a cancellation comes once, and senders wait for their answers.
            self._outbox.start_again()
            while not self._at_rest():
                await self._work_off()
                self._publish()
                await workflow.wait_condition(lambda: bool(self._queue) or self._at_rest())
            raise

    async def first_event(self) -> bool:
        """Whether there is something to do. A start whose event was refused leaves an empty workflow."""
        if not self._queue:
            try:
                await workflow.wait_condition(
                    lambda: bool(self._queue),
                    timeout=FIRST_EVENT_WITHIN,
                    timeout_summary="waiting for an event",
                )
            except TimeoutError:
                return False
        return True

    async def _work_off(self) -> None:
        while self._queue or self._alarm.rang:
            if self._reset:
                self._reset = False
                self._order_after_reset()
            if not self._queue:
                self._alarm.hear()
                for event in self.due_events(workflow.now()):
                    # Nobody's call brought it: it begins a trace of its own.
                    await self._take(_Entry(event, self._seen_until, context=Context()))
                    await self._end_full_task()
                self._alarm.set(self.next_due())
                continue
            # The entry stays at the head until it is done, so that a cancellation cannot lose it.
            key, entry = next(iter(self._queue.items()))
            # A case that was taken over has brought with it what was handled before.
            if entry.known or entry.event.id in self._seen:
                entry.outcome = self.answer(entry.event.id)
                self._spent += self._answer_size
                entry.done = True
            else:
                await self._outbox.at_most(OUTBOX_BUDGET)
                await self._take(entry)
            del self._queue[key]
            self._alarm.set(self.next_due())
            await self._end_full_task()

    async def _end_full_task(self) -> None:
        """Let the server have what was decided and answered so far, if that is much."""
        if self._spent >= TASK_BUDGET:
            self._answers_from = None  # those that were held back go with this task
            # Nothing else ends a task while there is something to do: the next local activity belongs to it.
            await workflow.sleep(_END_OF_TASK, summary="much at once: in several tasks")
            self._spent = 0

    async def _take(self, entry: _Entry[OutcomeT]) -> None:
        event = entry.event
        now = workflow.now()
        try:
            self._check(event)
            settled = await self._decide(event, now, entry)
        except Refused as refusal:
            entry.refusal = refusal
            self._spent += _REFUSAL_SIZE
            self._note_refusal(event.id, event.kind, str(event.author), refusal)
        else:
            entry.outcome = settled.outcome
            if settled.folded:
                self.state = settled.state
                self._remember(event.id, now)
                self.events += 1
                self._timeline.append(
                    TimelineEntry(
                        at=now,
                        event_id=event.id,
                        kind=event.kind,
                        author=str(event.author),
                        what=_cut(settled.what, _LONGEST_ENTRY),
                        rules=settled.rules,
                        moved=settled.moved,
                    )
                )
                self._outbox.add(settled.effects, entry.context, settled.effects_size)
                metrics.EVENTS.count(workflow.metric_meter(), kind=event.kind)
        entry.done = self._settled_here = True

    def _check(self, event: Any) -> None:
        """Refuse what is not possible. Where there is no case yet, only the ledger knows: it may have one."""
        try:
            self.check(event)
        except Refused:
            # Of the code before it, there are histories in which such an event was refused at once.
            if self.state.exists or not workflow.patched(ASK_THE_LEDGER):  # type: ignore[attr-defined]
                raise

    async def _decide(self, event: Any, now: datetime, entry: _Entry[OutcomeT]) -> Settled[StateT, OutcomeT]:
        """Decide about an event and fold it. Raises a ``Refused``; then nothing has changed."""
        self.ended_as = "refused"
        decision = await self._ask(event, now, entry)
        if decision.revived is not None:
            await self.go_on_with(decision.revived)
            if event.id in self._seen:
                return Settled(self.state, self.answer(event.id), folded=False)
            self.check(event)
            decision = await self._ask(event, now, entry)
        self._spent += decision.task_size
        self._answer_size = decision.answer_size or self._answer_size
        if decision.refusal is not None:
            refused = REFUSALS.get(decision.refusal.type, Refused)
            raise refused(decision.refusal.message)
        if decision.duplicate is not None:
            self.ended_as, self.earlier = "duplicate", decision.duplicate
            metrics.LATE_DUPLICATES.count(workflow.metric_meter(), kind=event.kind)
            answer = self.answer(event.id).model_copy(update={"snapshot": decision.duplicate})
            return Settled(self.state, answer, folded=False)
        self.ended_as = "blocked" if decision.facts.blocked else "closed"
        settled = self.settle(event, decision)._replace(effects_size=decision.effects_size)
        _count_rules(decision.fired, moved=settled.moved)
        return settled._replace(what=_BLOCKED) if decision.facts.blocked else settled

    async def _ask(self, event: Any, now: datetime, entry: _Entry[OutcomeT]) -> Decision:
        request = DecideRequest(
            before=self.asked_about(),
            event=event,
            now=now,
            seen_until=entry.seen_until,
            chain=workflow.info().first_execution_run_id,
            unsent=tuple(effect.key for effect in self._outbox.unsent),
        )
        decision: Decision = await entry.context.run(
            lambda: workflow.start_local_activity(
                DECIDE,
                request,
                result_type=Decision,
                start_to_close_timeout=_DECIDE_TIMEOUT,
                retry_policy=_DECIDE_RETRY,
                local_retry_threshold=_DECIDE_PAUSE_IN_TASK,
                summary=event.kind,
            )
        )
        return decision

    async def go_on_with(self, kept: Kept) -> None:
        """Take over a case whose workflow was closed by force, as the ledger has kept it."""
        self.state = cast(StateT, kept.state)
        self._seen = {**kept.seen, **self._seen}
        self._outbox.take_over(kept.unsent)
        metrics.REVIVED.count(workflow.metric_meter())
        self._timeline.append(
            TimelineEntry(
                at=workflow.now(),
                event_id="",
                kind="revived",
                author=str(SYSTEM),
                what="goes on as the ledger has kept it: its workflow had been closed by force",
            )
        )
        # Recorded before anything is decided on it: a worker that dies later asks about the same case again.
        await workflow.sleep(_END_OF_TASK, summary="goes on from the ledger")
        self._spent = 0

    def _should_hand_over(self) -> bool:
        if task_number() < self._try_again_at:
            return False
        return is_long() or must_end() or self._belongs_elsewhere()

    async def _hand_over(self) -> Carried | None:
        """End this run without losing an event; ``None`` if there was no moment for it, and it goes on."""
        if ends_apart() and not await self._came_to_rest() and not must_end():
            self._outbox.start_again()
            self._try_again_at = task_number() + TRY_AGAIN_AFTER
            return None
        await self._outbox.stop()
        while True:
            await self._work_off()
            await workflow.wait_condition(lambda: bool(self._queue) or workflow.all_handlers_finished())
            if not self._queue:
                break
        self._publish()
        self._alarm.cancel()
        return Carried(
            answer_size=self._answer_size,
            seen=self._seen,
            seen_until=self._seen_until,
            unsent=self._outbox.unsent,
            unsent_size=self._outbox.size,
            timeline=tuple(self._timeline)[-CARRIED_TIMELINE:],
            events=self.events,
            refused=self.refused,
        )

    async def _came_to_rest(self) -> bool:
        """Whether nothing is left to do in this task but to answer and to end: see `workflows.handover`."""
        self._outbox.pause()
        self._answers_from = workflow.now() + ANSWERS_WAIT
        try:
            for _ in range(TASKS_TRIED):
                later = asyncio.create_task(next_task())
                while not later.done() or self._queue:
                    await self._work_off()
                    self._publish()
                    worked_in = task_number()
                    await workflow.wait_condition(lambda: bool(self._queue) or later.done())  # noqa: B023
                if task_number() > worked_in and not self._outbox.busy:
                    # The version of the workers may be the right one again meanwhile.
                    return is_long() or workflow.info().is_target_worker_deployment_version_changed()
            return False
        finally:
            self._answers_from = None

    def _answers_wait(self) -> bool:
        return self._answers_from is not None and workflow.now() < self._answers_from

    def _belongs_elsewhere(self) -> bool:
        """Whether new cases go to another version of the workers, and this run has come to rest there.

        Only after an event of its own: so no run can hand over to the next without having done something. And
        not in the middle of a write, which would be made twice, unless the help desk does not take it: then
        the new version may be what it waits for.
        """
        if task_number() < self._try_again_at:
            return False
        version_changed = workflow.info().is_target_worker_deployment_version_changed()
        return version_changed and self._settled_here and (self._outbox.empty or self._outbox.stuck)

    def _has_work(self) -> bool:
        return (
            bool(self._queue)
            or self._alarm.rang
            or self._belongs_elsewhere()
            or (self.over() and self._at_rest())
        )

    def _at_rest(self) -> bool:
        return not self._queue and self._outbox.empty and workflow.all_handlers_finished()

    # --- Helpers --------------------------------------------------------------------------------

    def _signalled(self, arguments: Sequence[object], kind: str | None) -> Any:
        self._signals += 1
        payload = signalled(arguments, self._signals)
        if kind is not None and isinstance(payload, dict):
            if payload.get("kind", kind) != kind:
                raise InvalidEvent(
                    f"kind {payload['kind']!r} does not come by the signal {kind!r}: use 'submit'"
                )
            payload = {**payload, "kind": kind}
        return self.parse(payload)

    def _enqueue(self, event: Any, *, by_signal: bool = False, known: bool = False) -> _Entry[OutcomeT]:
        now = workflow.info().get_current_history_length()
        entry: _Entry[OutcomeT] = _Entry(event, self._seen_until, now, by_signal, known=known)
        key = event.id
        if known:  # may wait beside others that ask the same
            self._answered_again += 1
            key = f"\0{self._answered_again}"
        self._queue[key] = entry
        return entry

    def _was_reset(self, seed: int) -> None:
        # The server gives a run a new seed when it is reset, and for no other reason.
        self._reset = True

    def _order_after_reset(self) -> None:
        """Merge the signals and the updates of this moment by their dates; each keep their own order.

        An event without a date follows the one before it. At the same date an update goes first.
        """
        moment = workflow.info().get_current_history_length()
        together = [one for one in self._queue.values() if one.arrived == moment and not one.known]
        dated = (
            (*one, number)
            for by_signal in (False, True)
            for number, one in enumerate(_dated(one for one in together if one.by_signal is by_signal))
        )
        for _, _, entry, _ in sorted(dated, key=lambda one: (one[0], one[1], one[3])):
            self._queue[entry.event.id] = self._queue.pop(entry.event.id)

    def _remember(self, event_id: str, now: datetime) -> None:
        self._seen[event_id] = now
        while len(self._seen) > REMEMBERED_EVENTS:
            oldest = next(iter(self._seen))
            self._seen_until = self._seen.pop(oldest)

    def _note_refusal(self, event_id: str, kind: str, author: str, refusal: Refused) -> None:
        self.refused += 1
        _tell_refusal(event_id, kind, refusal)
        reason = _cut(f"{refusal.type}: {refusal}", _LONGEST_ENTRY)
        self._timeline.append(
            TimelineEntry(at=workflow.now(), event_id=event_id, kind=kind, author=author, refused=reason)
        )

    def _could_not_write(self, effect: Effect, reason: str) -> None:
        self._timeline.append(
            TimelineEntry(
                at=workflow.now(),
                event_id=effect.event_id,
                kind=effect.do,
                author="system:baton",
                refused=_cut(f"the help desk did not take it: {reason}", _LONGEST_ENTRY),
            )
        )

    def _show(self) -> None:
        """Show the case in the Temporal UI. The details are kept in memory, and cost nothing."""
        workflow.set_current_details(self.details())

    def _publish(self) -> None:
        """Show the case to operations: details always, search attributes only where one changed."""
        self._show()
        wanted = {name: _fitting(value) for name, value in self.search_attributes().items() if value}
        if self._published is None:
            self._published = _present_search_attributes()
        names = sorted(wanted.keys() | self._published.keys())
        changes = [
            _update(name, wanted.get(name)) for name in names if wanted.get(name) != self._published.get(name)
        ]
        if changes:
            workflow.upsert_search_attributes(changes)
            self._published = wanted


def _dated(entries: Iterable[_Entry[OutcomeT]]) -> Iterator[tuple[datetime, bool, _Entry[OutcomeT]]]:
    """Events of one kind of call, each with a date that is not before that of the one before it."""
    at = datetime.min.replace(tzinfo=UTC)
    for entry in entries:
        at = max(at, entry.event.at or at)
        yield at, entry.by_signal, entry


def _tell_refusal(event_id: str, kind: str, refusal: Refused) -> None:
    """Count a refusal and log it, without the reason in words: it may quote what was sent."""
    known = metrics.kind_label(kind)
    metrics.REFUSED_EVENTS.count(workflow.metric_meter(), kind=known, reason=refusal.type)
    workflow.logger.info(
        "event refused: %s", refusal.type, extra={"event": event_id, "kind": known, "reason": refusal.type}
    )


def _count_rules(fired: Iterable[Fired], *, moved: bool) -> None:
    meter = workflow.metric_meter()
    for one in fired:
        metrics.RULES_FIRED.count(meter, rule=one.rule)
        if moved and any(isinstance(action, Assign) for action in one.actions):
            metrics.HANDOFFS.count(meter, rule=one.rule)


def _as_failure(refusal: Refused) -> ApplicationError:
    message = _cut(str(refusal), _LONGEST_REFUSAL)
    return ApplicationError(message, type=refusal.type, non_retryable=True)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _fitting(value: Any) -> Any:
    """As much of a value as a search attribute can hold: some of the labels, but never half of a word."""
    if isinstance(value, list):
        ends = accumulate(len(json.dumps(word)) + len(",") for word in value)
        return [word for word, end in zip(value, ends, strict=True) if end < LARGEST_SEARCH_ATTRIBUTE]
    if isinstance(value, datetime):
        return value
    return value if len(json.dumps(value)) <= LARGEST_SEARCH_ATTRIBUTE else None


def version_of_next_run() -> workflow.ContinueAsNewVersioningBehavior | None:
    """Where a run that continues as new goes: to the version that new cases go to, if that has changed."""
    if workflow.info().is_target_worker_deployment_version_changed():
        return workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    return None


def _update(name: str, value: Any) -> SearchAttributeUpdate[Any]:
    key = key_of(name)
    return key.value_unset() if value is None else key.value_set(value)


def _present_search_attributes() -> dict[str, Any]:
    """What the start, or the run before, has set already."""
    present = workflow.info().typed_search_attributes
    values = {name: present.get(key_of(name)) for name in SEARCH_ATTRIBUTES}
    return {name: value for name, value in values.items() if value}
