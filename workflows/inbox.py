"""The events that wait for their turn, and those that were folded not long ago.

* The queue keeps the order in which events arrived, and an event stays at its head until it is done, so that
  a cancellation cannot lose it. The same event sent twice waits once: its *twin* is answered after it.
* Temporal forgets update IDs when a run ends, and does not deduplicate signals. So a case itself remembers
  the IDs of its latest events, across runs; the help desk knows older ones.
* After a reset the server brings back all signals and updates at once, in the order in which they first came;
  but a replay shows the updates after the signals. So they are put into the order of their dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from temporalio import workflow

from baton.contract import Payload
from baton.errors import InvalidEvent, Refused
from workflows.arguments import signalled, updated, updated_now

REMEMBERED_EVENTS = 300

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

    def answer(self) -> OutcomeT:
        """The outcome, once it is done. Raises the ``Refused`` if the event was refused."""
        if self.refusal is not None:
            raise self.refusal
        assert self.outcome is not None, "whatever is done has an outcome or a refusal"
        return self.outcome


class Inbox(Generic[OutcomeT]):
    """The queue of a case. True while an event waits.

    Args:
        parse: the event in a payload; raises ``InvalidEvent``.
        seen: IDs of events that earlier runs folded, the earliest first, and when.
        seen_until: up to when such IDs were forgotten.
    """

    def __init__(
        self, parse: Callable[[object], Any], seen: dict[str, datetime], seen_until: datetime | None
    ) -> None:
        self._parse = parse
        self.seen = dict(seen)
        self.seen_until = seen_until
        self._queue: dict[str, Entry[OutcomeT]] = {}
        self._answered_again = 0
        self._signals = 0
        """Signals of this run that brought an event, whether it could be used or not."""
        self._reset = False
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

    # --- After a reset ------------------------------------------------------------------------------

    def _was_reset(self, seed: int) -> None:
        # The server gives a run a new seed when it is reset, and for no other reason.
        self._reset = True

    def in_order(self) -> None:
        """After a reset, merge the signals and the updates of this moment by their dates.

        Each of the two keeps its own order. An event without a date follows the one before it. At the same
        date an update goes first.
        """
        if not self._reset:
            return
        self._reset = False
        moment = workflow.info().get_current_history_length()
        together = [one for one in self._queue.values() if one.arrived == moment and not one.known]
        dated = (
            (*one, number)
            for by_signal in (False, True)
            for number, one in enumerate(_dated(one for one in together if one.by_signal is by_signal))
        )
        for _, _, entry, _ in sorted(dated, key=lambda one: (one[0], one[1], one[3])):
            self._queue[entry.key] = self._queue.pop(entry.key)


def _dated(entries: Iterable[Entry[OutcomeT]]) -> Iterator[tuple[datetime, bool, Entry[OutcomeT]]]:
    """Events of one kind of call, each with a date that is never earlier than the previous one."""
    at = datetime.min.replace(tzinfo=UTC)
    for entry in entries:
        at = max(at, entry.event.at or at)
        yield at, entry.by_signal, entry
