"""The events that wait for their turn, and those that were folded not long ago.

* The queue keeps the order in which events arrived, and an event stays at its head until it is done, so that
  a cancellation cannot lose it. The same event sent twice waits once: its *twin* is answered after it.
* Temporal forgets update IDs when a run ends, and does not deduplicate signals. So a case itself remembers
  the IDs of its latest events, across runs; the help desk knows older ones.
* Of what comes with one workflow task, Temporal shows all signals before all updates, whatever came first. So
  the two are merged by the dates of their events. Between tasks the order is right.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from baton.contract import RUN_ENDED, Payload
from baton.errors import InvalidEvent, Refused
from workflows.arguments import signalled, updated, updated_now

REMEMBERED_EVENTS = 300
MERGE_BY_DATE = "merge-by-date"
"""The patch that merges signals and updates by their dates, not only after a reset."""
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

OutcomeT = TypeVar("OutcomeT", bound=Payload)


@dataclass
class Entry(Generic[OutcomeT]):
    """An event in the queue, and later its outcome or the reason why it was refused."""

    event: Any
    seen_until: datetime | None = None
    """Up to when events had been dropped from memory when it arrived. Events dropped later must not make an
    event that was decided by a worker that died look like one that was folded long ago."""
    arrived: int = 0
    """The length of the history when it arrived, which tells what came at the same moment."""
    by_signal: bool = False
    context: Context = field(default_factory=copy_context)
    """The context of the handler that took it: its trace continues with what is done about the event."""
    outcome: OutcomeT | None = None
    refusal: Refused | None = None
    known: bool = False
    """Handled before: it is only answered once more."""
    done: bool = False
    key: str = ""
    """Its key in the queue."""

    @cached_property
    def size(self) -> int:
        """Its bytes, without what the event does not say: a field of a later release must not count."""
        return len(self.event.model_dump_json(exclude_defaults=True))

    def answer(self) -> OutcomeT:
        """The outcome. Raises the ``Refused`` if the event was refused.

        If it is not done, the run ends before its turn: this raises what makes a caller ask the next run.
        """
        if self.refusal is not None:
            raise self.refusal
        if not self.done:
            why = "the run ended before the turn of this event; the next one has it. Send it again as it is"
            raise ApplicationError(why, type=RUN_ENDED, non_retryable=True)
        assert self.outcome is not None, "whatever is done has an outcome or a refusal"
        return self.outcome


class Inbox(Generic[OutcomeT]):
    """The queue of a case. True while an event waits.

    Args:
        parse: the event in a payload; raises ``InvalidEvent``.
        seen: IDs of events that earlier runs folded, the earliest first, and when.
        seen_until: up to when such IDs were forgotten.
        waiting: events that the run before has handed over, in order.
    """

    def __init__(
        self,
        parse: Callable[[object], Any],
        seen: dict[str, datetime],
        seen_until: datetime | None,
        waiting: Iterable[Any] = (),
    ) -> None:
        self._parse = parse
        self.seen = dict(seen)
        self.seen_until = seen_until
        self._queue: dict[str, Entry[OutcomeT]] = {}
        self._answered_again = 0
        self._signals = 0
        """Signals of this run that brought an event, whether it could be used or not."""
        self._reset = False
        self._in_order_until = -1
        """What arrived up to this length of the history is in order."""
        self.leaves = False
        """Set while the run ends with events that wait: the next run has them, and answers for them."""
        for event in waiting:
            self._queue[event.id] = Entry(event, seen_until, by_signal=True, context=Context(), key=event.id)
        workflow.register_random_seed_callback(self._was_reset)

    def __bool__(self) -> bool:
        return bool(self._queue)

    # --- From arguments to events. Each raises what `workflows.arguments` says ----------------------

    def validated(self, arguments: Sequence[object]) -> Any:
        """The event of an update that could still be refused."""
        return self._parse(updated_now(arguments))

    def updated(self, arguments: Sequence[object]) -> Any:
        """The event of an update that was accepted."""
        return self._parse(updated(arguments))

    def signalled(self, arguments: Sequence[object], kind: str | None) -> Any:
        """The event of a signal. ``kind`` is the kind of an event that does not say its own."""
        self._signals += 1
        payload = signalled(arguments, self._signals)
        if kind is not None and isinstance(payload, dict):
            if payload.get("kind", kind) != kind:
                raise InvalidEvent(
                    f"kind {payload['kind']!r} does not come by the signal {kind!r}: use 'submit'"
                )
            payload = {**payload, "kind": kind}
        return self._parse(payload)

    # --- The queue ----------------------------------------------------------------------------------

    def put(self, event: Any, *, by_signal: bool = False, known: bool = False) -> Entry[OutcomeT]:
        """Let an event wait; ``known`` says that it was handled before and only asks for its answer."""
        key = event.id
        if known:  # may wait beside others that ask for the same answer
            self._answered_again += 1
            key = f"\0{self._answered_again}"
        moment = workflow.info().get_current_history_length()
        entry: Entry[OutcomeT] = Entry(event, self.seen_until, moment, by_signal, known=known, key=key)
        self._queue[key] = entry
        return entry

    def by_itself(self, event: Any) -> Entry[OutcomeT]:
        """An entry outside the queue for an event that no call brought; it begins a trace of its own."""
        return Entry(event, self.seen_until, context=Context())

    def twin_of(self, event: Any) -> Entry[OutcomeT] | None:
        """The entry of the same event that waits already."""
        return self._queue.get(event.id)

    def head(self) -> Entry[OutcomeT]:
        """Whose turn it is. The entry stays there until it is dropped."""
        return next(iter(self._queue.values()))

    @property
    def size(self) -> int:
        """Bytes of the events that wait."""
        return sum(entry.size for entry in self._queue.values())

    def waiting(self) -> tuple[Any, ...]:
        """The events that wait, for the next run. Whoever asks for an answer once more asks there again."""
        return tuple(entry.event for entry in self._queue.values() if not entry.known)

    def drop(self, entry: Entry[OutcomeT]) -> None:
        del self._queue[entry.key]

    # --- The memory ---------------------------------------------------------------------------------

    def remembers(self, event: Any) -> bool:
        """Whether it was folded, as far as this case itself remembers."""
        return event.id in self.seen

    def take_over(self, seen: Mapping[str, datetime]) -> None:
        """Remember what another workflow has folded: the latest events, the earliest of them first."""
        self.seen = {**seen, **self.seen}
        if len(seen) >= REMEMBERED_EVENTS and self.seen_until is None:
            self.seen_until = next(iter(seen.values()))

    def remember(self, event: Any, now: datetime) -> None:
        self.seen[event.id] = now
        while len(self.seen) > REMEMBERED_EVENTS:
            oldest = next(iter(self.seen))
            self.seen_until = self.seen.pop(oldest)

    # --- What came together -------------------------------------------------------------------------

    def _was_reset(self, seed: int) -> None:
        # The server gives a run a new seed when it is reset, and for no other reason.
        self._reset = True

    def in_order(self, last: datetime | None) -> None:
        """Merge the signals and the updates of each workflow task that has brought any since the last time.

        Args:
            last: the date of the last message that was folded.
        """
        reset, self._reset = self._reset, False
        latest = next(reversed(self._queue.values()), None)
        if latest is None or latest.arrived <= self._in_order_until:
            return
        new = [one for one in self._queue.values() if one.arrived > self._in_order_until and not one.known]
        self._in_order_until = latest.arrived
        reset_at = workflow.info().get_current_history_length() if reset else None
        moved = False
        for arrived, of_task in groupby(new, key=lambda one: one.arrived):
            together = [*of_task]
            if arrived == reset_at:
                together, moved = merged_after_reset(together), True
            # In histories of older code, all signals of a task came before all its updates.
            elif len({one.by_signal for one in together}) > 1 and workflow.patched(MERGE_BY_DATE):
                together, moved = merged(together, last), True
            if moved:
                for one in together:
                    self._queue[one.key] = self._queue.pop(one.key)


def merged(together: Sequence[Entry[OutcomeT]], last: datetime | None) -> list[Entry[OutcomeT]]:
    """The signals and updates that one workflow task brought, in the order of their dates.

    Signals keep their own order, and so do updates. An event without a date, or with one before ``last``,
    says nothing about when it arrived. Where the dates do not tell, signals are first, as Temporal has it:
    whoever sent a signal knows that it has arrived, and may have sent the update after that; whoever sent an
    update had no answer yet.
    """
    signals = [one for one in together if one.by_signal]
    updates = [one for one in together if not one.by_signal]
    # As early as the signals before it let it be, and as late as the updates after it do.
    early = accumulate((_date(one, last) or _EARLIEST for one in signals), max)
    late = accumulate((_date(one, last) or _LATEST for one in reversed(updates)), min)
    return _merge(zip(signals, early, strict=True), zip(updates, reversed([*late]), strict=True))


def merged_after_reset(together: Sequence[Entry[OutcomeT]]) -> list[Entry[OutcomeT]]:
    """As `merged`, of the task after a reset, which brings back everything that came later.

    An event without a date follows the one before it. At the same date an update goes first.
    """
    signals = [one for one in together if one.by_signal]
    updates = [one for one in together if not one.by_signal]
    dates = (accumulate((one.event.at or _EARLIEST for one in kind), max) for kind in (updates, signals))
    return _merge(*map(zip, (updates, signals), dates))


def _date(entry: Entry[Any], last: datetime | None) -> datetime | None:
    at: datetime | None = entry.event.at
    return None if at is None or (last is not None and at < last) else at


def _merge(*kinds: Iterable[tuple[Entry[OutcomeT], datetime]]) -> list[Entry[OutcomeT]]:
    """Of two at the same date, the one of the earlier kind is first."""
    return [one for one, _ in heapq.merge(*kinds, key=itemgetter(1))]
