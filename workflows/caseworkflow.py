"""What a chat and a ticket have in common as workflows: how they begin and end, and what others can call.

    1. The first event comes with the start. Without a usable one, the workflow ends itself.
    2. A run lives until its case is over, or until it is so long that another run goes on with it.
    3. Handlers only put an event into the inbox, and wait until it is decided.

Everything that others can call takes any number of arguments: see ``workflows.arguments``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from baton.contract import (
    HANDLE,
    POKE,
    SUBMIT,
    SYSTEM,
    TIMELINE,
    Payload,
    TimedDue,
    TimelineEntry,
    derived_id,
    require_plain,
)
from baton.errors import InvalidEvent, Refused, UnknownKey
from workflows import refusals
from workflows.arguments import read_start
from workflows.carrying import StartT, fitting
from workflows.case import Case
from workflows.handover import version_of_next_run
from workflows.inbox import OutcomeT
from workflows.kind import SummaryT
from workflows.refusals import as_failure

FIRST_EVENT_WITHIN = timedelta(minutes=1)
"""A workflow that was started without a usable event ends itself after this time."""

CaseT = TypeVar("CaseT", bound=Case[Any, Any, Any])


class Start(NamedTuple, Generic[StartT, CaseT]):
    """How a kind of case begins.

    Args:
        parse: raises ``InvalidEvent`` if something that a caller must give is wrong.
        continued: the start argument with `carried`: what one run hands to the next.
        unreadable: stands for a start argument that was refused.
        case: makes the case from a start argument.
    """

    parse: Callable[[object], Payload]
    continued: type[StartT]
    unreadable: StartT
    case: Callable[[StartT], CaseT]


class CaseWorkflow(Generic[CaseT, OutcomeT, SummaryT]):
    """What both workflows share. Each adds ``run``, its snapshot query, and its own signals."""

    def __init__(self, kind: Start[Any, CaseT], arguments: Sequence[Any]) -> None:
        self._refused_start: str | None = None
        try:
            start = read_start(arguments, kind.parse, kind.continued)
        except InvalidEvent as refusal:
            # A bad start argument fails the workflow, below; raised here, it would fail the task forever.
            self._refused_start = str(refusal)
            start = kind.unreadable
        self._start = start
        self._case = kind.case(start)

    async def _run(self) -> SummaryT:
        if self._refused_start is not None:
            raise ApplicationError(self._refused_start, type="InvalidEvent", non_retryable=True)
        if self._start.carried is not None or await self._first_event():
            carried = await self._case.live()
            if carried is not None:
                workflow.continue_as_new(
                    fitting(self._start.model_copy(update={"carried": carried})),
                    initial_versioning_behavior=version_of_next_run(),
                )
        summary: SummaryT = self._case.summary()
        return summary

    async def _first_event(self) -> bool:
        """Whether there is something to do. A start whose event was refused leaves an empty workflow."""
        if not self._case.inbox:
            try:
                await workflow.wait_condition(
                    lambda: bool(self._case.inbox),
                    timeout=FIRST_EVENT_WITHIN,
                    timeout_summary="waiting for an event",
                )
            except TimeoutError:
                return False
        return True

    @workflow.update(name=HANDLE)
    async def handle(self, *event: Any) -> OutcomeT:
        """One event in, its outcome back once the decision is durable."""
        try:
            outcome: OutcomeT = await self._answered(event)
        except Refused as refusal:
            raise as_failure(refusal) from None
        return outcome

    @handle.validator
    def _refuse_early(self, *event: Any) -> None:
        """Refuse what is clearly wrong now, before anything is written to the history.

        If other events are still waiting, the state is not yet the one that this event will meet, so only its
        form is checked. The same holds if only the ledger knows every event, or whether there is a case.
        """
        inbox, parsed = self._case.inbox, None
        try:
            parsed = inbox.validated(event)
            require_plain(parsed)
            if self._case.remembers_all() and not inbox.remembers(parsed) and not inbox:
                self._case.check(parsed)
        except UnknownKey:
            return  # the handler waits for the key
        except Refused as refusal:
            refusals.tell(parsed.id if parsed else "?", parsed.kind if parsed else "?", refusal)
            raise as_failure(refusal) from None

    @workflow.signal(name=SUBMIT)
    def submit(self, *event: Any) -> None:
        """One event in. Refusals are found in the timeline."""
        self._submit(event)

    @workflow.signal(name=POKE)
    def poke(self, *_: Any) -> None:
        """Look at the time, the rules and who is there, as if something came due."""
        if not self._case.state.final:
            poked = derived_id("poke", workflow.info().workflow_id, workflow.now().isoformat())
            self._case.inbox.put(TimedDue(id=poked, author=SYSTEM), by_signal=True)

    @workflow.query(name=TIMELINE)
    def timeline(self, *_: Any) -> list[TimelineEntry]:
        return self._case.timeline.lines()

    async def _answered(self, arguments: Sequence[Any]) -> Any:
        """The outcome of an event, once its turn has come. Raises a ``Refused``."""
        case, inbox = self._case, self._case.inbox
        event = inbox.updated(arguments)
        twin = inbox.twin_of(event)
        if twin is not None:
            await workflow.wait_condition(lambda: twin.done or inbox.leaves)
            twin.answer()  # nobody asks again about what was refused
        entry = inbox.put(event, known=twin is not None or inbox.remembers(event))
        await workflow.wait_condition(
            lambda: not case.handover.answers_wait() if entry.done else inbox.leaves
        )
        return entry.answer()

    def _submit(self, arguments: Sequence[Any], kind: str | None = None) -> None:
        """Put the event of a signal into the inbox. What cannot be used is noted in the timeline."""
        inbox = self._case.inbox
        try:
            event = inbox.signalled(arguments, kind)
        except Refused as refusal:
            self._case.note_refusal("?", "?", "?", refusal)
            return
        if not inbox.remembers(event) and inbox.twin_of(event) is None:
            inbox.put(event, by_signal=True)
