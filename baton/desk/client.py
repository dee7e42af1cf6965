"""The help desk's own affairs, for programs: inbox, tickets, notices, directory, presence.

Each call is a standalone activity, which the worker carries out. So a program that can reach Temporal can
reach the help desk, whatever kind it is, and needs no access to its database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar, cast

from temporalio.client import ActivityFailureError, Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, TimeoutType
from temporalio.exceptions import TimeoutError as TimedOut
from temporalio.service import RPCError

from baton.contract import TASK_QUEUE, Payload, Presence, Status, Tab, TicketStage
from baton.desk.api import (
    BLOCK_CUSTOMER,
    CHANGE_DIRECTORY,
    INBOX,
    LOST_CASES,
    MESSAGES,
    NOTICES,
    PREVIEW_DIRECTORY,
    REVIVE,
    SET_PRESENCE,
    SET_PRESENCES,
    SHOW_DIRECTORY,
    SHOW_PRESENCE,
    SHOW_RULES,
    TICKETS,
    Concerns,
    CustomerBlock,
    DirectoryChange,
    InboxQuery,
    InboxRow,
    LostCases,
    LostQuery,
    NoticeQuery,
    NoticeRow,
    PresenceChange,
    PresenceQuery,
    PresenceRow,
    PresencesChange,
    PresencesSet,
    Revival,
    Revived,
    RulesQuery,
    ShownDirectory,
    ShownRules,
    TicketQuery,
    TicketRow,
)
from baton.desk.reports import REPORT, Report, ReportQuery
from baton.desk.said import MessageQuery, Messages
from baton.errors import (
    REFUSALS,
    BatonError,
    DocumentError,
    HelpDeskUnavailable,
    Unanswered,
)
from baton.temporal.failures import Call, failure, meaning_of
from baton.temporal.reasons import reason

PICKED_UP_WITHIN = 10.0
"""Seconds within which a worker must have taken a call. Idle workers take it at once."""
ATTEMPT_SECONDS = 10.0
"""Seconds after which an attempt counts as lost. Such a call takes some milliseconds."""
REPORT_SECONDS = 300.0
"""The same for a report, which may have to read years of events."""

_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    maximum_attempts=5,
    # Somebody is waiting for the answer, and a retry would give the same error.
    non_retryable_error_types=list(REFUSALS),
)

ResultT = TypeVar("ResultT")


class DirectoryRefused(DocumentError):
    """The worker did not accept a directory. It saw no file, so its message names fields and not lines."""

    def __init__(self, message: str) -> None:
        super().__init__([])
        self.args = (message,)


class DeskClient:
    """Sends questions and changes to the help desk behind the workers.

    Every method raises ``Unanswered`` if no answer comes in time, so that the call may have been carried out;
    ``HelpDeskUnavailable`` if the help desk does not answer its worker; ``ConnectionFailed`` if Temporal does
    not take the call, and ``InvalidEvent`` if it does not take what is sent.

    Args:
        client: connected, with ``BatonPlugin`` among its plugins.
        task_queue: where the workers listen.
        timeout: seconds for one call, all its attempts included.
    """

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE, timeout: float = 30.0) -> None:
        self.temporal = client
        self.task_queue = task_queue
        self._timeout = timeout

    async def inbox(
        self, tab: Tab | None = None, *, staff: str | None = None, limit: int = 50
    ) -> list[InboxRow]:
        """Chats, longest waiting first. Raises ``UnknownStaff``."""
        return await self._ask(INBOX, InboxQuery(tab=tab, staff=staff, limit=limit), list[InboxRow])

    async def tickets(
        self,
        *,
        department: str | None = None,
        staff: str | None = None,
        stage: TicketStage | None = None,
        status: Status | None = None,
        limit: int = 50,
    ) -> list[TicketRow]:
        """Tickets that are not closed, earliest due first.

        Args:
            department: its key; only open tickets with its label.
            staff: only tickets with this person as assignee or composer.

        Raises:
            UnknownStaff: there is nobody with this name.
            UnknownLabel: there is no such department.
        """
        query = TicketQuery(department=department, staff=staff, stage=stage, status=status, limit=limit)
        return await self._ask(TICKETS, query, list[TicketRow])

    async def notices(self, *, staff: str | None = None, limit: int = 50) -> list[NoticeRow]:
        """What people were told, latest first: one row for each notice and reason.

        Args:
            staff: only what this person was told, who may have left the directory since.

        Raises:
            UnknownStaff: nobody with this name is in the directory, or was ever told anything.
        """
        return await self._ask(NOTICES, NoticeQuery(staff=staff, limit=limit), list[NoticeRow])

    async def messages(self, workflow_id: str, *, limit: int = 50) -> Messages:
        """What was said in a conversation or a ticket, and about it: the latest ``limit``, the oldest first.

        It needs no workflow: the help desk keeps what was said as long as it keeps the case.

        Args:
            workflow_id: such as ``chat:telegram:42`` or ``ticket:T-1``.

        Raises:
            InvalidEvent: that names neither a conversation nor a ticket.
        """
        return await self._ask(MESSAGES, MessageQuery(workflow_id=workflow_id, limit=limit), Messages)

    async def directory(self) -> ShownDirectory:
        """The directory and its version."""
        return await self._ask(SHOW_DIRECTORY, None, ShownDirectory)

    async def preview_directory(
        self, directory: Mapping[str, Any], *, based_on: int | None = None
    ) -> Concerns:
        """Which living cases such a change would concern. Changes nothing; raises as `change_directory`."""
        change = DirectoryChange(directory=dict(directory), based_on=based_on)
        return await self._ask(PREVIEW_DIRECTORY, change, Concerns)

    async def change_directory(
        self, directory: Mapping[str, Any], *, based_on: int | None = None
    ) -> ShownDirectory:
        """Replace the directory, and have the cases told that it concerns.

        ``based_on`` is the version that it was made from.

        Raises ``DirectoryRefused`` if it is wrong or the rules in force would not fit it, and ``NotAllowed``
        if there is a newer version.
        """
        change = DirectoryChange(directory=dict(directory), based_on=based_on)
        return await self._ask(CHANGE_DIRECTORY, change, ShownDirectory)

    async def rules(self, digest: str) -> ShownRules:
        """The rule set whose digest begins like this, as a decision names it. Raises ``InvalidEvent`` if
        none is kept."""
        return await self._ask(SHOW_RULES, RulesQuery(digest=digest), ShownRules)

    async def presence(
        self,
        *,
        staff: Iterable[str] = (),
        line: str | None = None,
        department: str | None = None,
        role: str | None = None,
        presence: Presence | None = None,
    ) -> list[PresenceRow]:
        """Everybody in the directory, or who passes every given filter, and what they are doing.

        Raises ``UnknownStaff`` or ``UnknownLabel`` for somebody, a line, a role or a department that the
        directory does not have.
        """
        query = PresenceQuery(
            staff=tuple(staff), line=line, department=department, role=role, presence=presence
        )
        # A worker of an earlier release knows no filters.
        argument = None if query == PresenceQuery() else query
        return await self._ask(SHOW_PRESENCE, argument, list[PresenceRow])

    async def set_presences(
        self,
        presence: Presence,
        *,
        staff: Iterable[str] = (),
        lines: Iterable[str] = (),
        everyone: bool = False,
    ) -> PresencesSet:
        """As `set_presence`, in one call for several people: those named, those of lines, or everybody.

        Raises ``UnknownStaff``; then nothing is changed.
        """
        change = PresencesChange(presence=presence, staff=tuple(staff), lines=tuple(lines), everyone=everyone)
        return await self._ask(SET_PRESENCES, change, PresencesSet)

    async def set_presence(self, staff: str, presence: Presence) -> PresenceRow:
        """Say what somebody is doing from now on. Raises ``UnknownStaff``."""
        return await self._ask(SET_PRESENCE, PresenceChange(staff=staff, presence=presence), PresenceRow)

    async def report(self, query: ReportQuery) -> Report:
        """Figures about a period, or about now. One of a whole year takes a while: up to five minutes.

        Raises ``UnknownStaff`` for an unknown line, and ``InvalidEvent`` for a period that has not begun.
        """
        return await self._ask(REPORT, query, Report, seconds=REPORT_SECONDS)

    async def block_customer(self, customer: str, *, blocked: bool = True) -> None:
        """Block or unblock a customer: whether their messages open chats."""
        await self._ask(BLOCK_CUSTOMER, CustomerBlock(customer=customer, blocked=blocked), type(None))

    async def lost_cases(self, *, days: int = 30) -> LostCases:
        """Cases that are not closed, but whose workflow was closed by force in the last ``days`` days."""
        return await self._ask(LOST_CASES, LostQuery(days=days), LostCases)

    async def revive(self, workflow_id: str, *, dry_run: bool = False) -> Revived:
        """Reopen a case as the help desk has kept it, if its workflow is gone.

        Args:
            dry_run: only say what it would continue with.

        Raises:
            IllegalTransition: the help desk has no such case.
        """
        return await self._ask(REVIVE, Revival(workflow_id=workflow_id, dry_run=dry_run), Revived)

    async def _ask(
        self, activity: str, argument: Payload | None, result: type[ResultT], seconds: float | None = None
    ) -> ResultT:
        """Make a call. ``seconds`` is given for one that takes longer than the others."""
        limit = timedelta(seconds=seconds or self._timeout)
        attempt = timedelta(seconds=seconds or ATTEMPT_SECONDS)
        try:
            answer = await self.temporal.execute_activity(
                activity,
                args=[] if argument is None else [argument],
                id=f"{activity}:{uuid.uuid4()}",
                task_queue=self.task_queue,
                result_type=result,
                schedule_to_start_timeout=min(limit, timedelta(seconds=PICKED_UP_WITHIN)),
                # Shorter than the whole timeout, so that a start lost on its way to the worker is retried.
                start_to_close_timeout=min(limit, attempt),
                schedule_to_close_timeout=limit,
                retry_policy=_RETRIES,
            )
        except ActivityFailureError as error:
            raise self._explained(activity, error.cause, limit.total_seconds()) from None
        except RPCError as error:
            raise failure(
                meaning_of(Call.DESK, error),
                error,
                unanswered=f"Temporal did not answer the call {activity!r}: {reason(error.message)}. It may "
                "have been carried out.",
            ) from None
        return cast(ResultT, answer)

    def _explained(self, activity: str, cause: BaseException, limit: float) -> BatonError:
        match cause:
            case TimedOut(type=TimeoutType.SCHEDULE_TO_START):
                return Unanswered(
                    f"No worker took the call {activity!r} in time. Is a worker listening on the task queue "
                    f"{self.task_queue!r} (`baton up`, or BATON_TASK_QUEUE)?"
                )
            case TimedOut():
                return Unanswered(
                    f"The call {activity!r} was not answered within {limit:g} s. It may have been "
                    f"carried out. Is the worker on the task queue {self.task_queue!r} well? See its log."
                )
            case ApplicationError(type=str(kind)) if kind in REFUSALS:
                return REFUSALS[kind](cause.message)
            case ApplicationError(type="DocumentError"):
                return DirectoryRefused(cause.message)
            case ApplicationError(type="NotFoundError"):
                return Unanswered(
                    f"The worker on the task queue {self.task_queue!r} does not know the call {activity!r}. "
                    "Is it Baton's, and of this release?"
                )
            case ApplicationError():
                return HelpDeskUnavailable(f"{cause.message} (call {activity!r}); trying again may work")
            case CancelledError() | TerminatedError():
                return Unanswered(
                    f"The call {activity!r} was stopped in Temporal. It may have been carried out."
                )
            case _:
                return Unanswered(f"The call {activity!r} failed: {cause}")
