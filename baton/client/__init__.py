"""The way in for Python services.

    baton = await BatonClient.connect()
    outcome = await baton.send("telegram", "42", {
        "kind": "customer_message", "id": "m-1", "author": {"type": "customer", "id": "c-7"}, "text": "Hello",
    })

A message is sent with update-with-start: one call, and a new chat where the last one is closed. Anything
else goes to the chat that is there. ``send`` answers when the decision is durable; ``submit`` only hands
the event over, for bulk traffic.

A call that did not come through is tried again under the same event ID until its time is up. A time-out
means "unknown", not "failed": send the same event again. An event that was *refused*, and whose reason
has been put right, is sent under a new ID, because the server remembers the refusal under the old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure, WorkflowNotReadyFailure
from temporalio.client import (
    Client,
    Interceptor,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from baton.client.once import UpdatesOnce
from baton.client.pauses import Pauses, has_detail
from baton.contract import (
    CHAT_WORKFLOW,
    DRAFT,
    HANDLE,
    MESSAGE_KINDS,
    NOTE_ADDED,
    SNAPSHOT,
    SUBMIT,
    TASK_QUEUE,
    TICKET_OPENING_KINDS,
    TICKET_WORKFLOW,
    TIMELINE,
    AgentMessage,
    BaseEvent,
    ChatEvent,
    ChatSnapshot,
    ChatStart,
    CustomerMessage,
    Draft,
    NoteAdded,
    Outcome,
    Payload,
    Status,
    Tab,
    TicketEvent,
    TicketOutcome,
    TicketSnapshot,
    TicketStage,
    TicketStart,
    TimelineEntry,
    chat_workflow_id,
    check_event_size,
    parse_chat_event,
    parse_chat_start,
    parse_ticket_event,
    parse_ticket_start,
    ticket_workflow_id,
)
from baton.errors import (
    REFUSALS,
    BatonError,
    ConnectionFailed,
    IllegalTransition,
    InvalidEvent,
    SettingsError,
    Unanswered,
)
from baton.settings import Settings, load_settings
from baton.signs import summary
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing
from baton.temporal.plugin import BatonPlugin
from baton.temporal.searchattributes import key_of
from baton.temporal.visibility import CLOSED_BY_FORCE, how_closed

UPDATES_AT_ONCE = 8
"""Updates in flight for one workflow. The server allows 10; beyond that they abort one another."""

_TRY_AGAIN = frozenset(
    {
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.CANCELLED,
    }
)
QUERY_TIMEOUT = 20.0
"""Seconds within which a chat must answer a question."""
_TOO_LATE = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
_RUN_ENDED = "AcceptedUpdateCompletedWorkflow"


class _Gates:
    """Lets at most ``UPDATES_AT_ONCE`` calls in for each key, and forgets keys that nobody uses."""

    def __init__(self) -> None:
        self._gates: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def through(self, key: str) -> AsyncIterator[None]:
        gate, users = self._gates.get(key) or (asyncio.Semaphore(UPDATES_AT_ONCE), 0)
        self._gates[key] = gate, users + 1
        try:
            async with gate:
                yield
        finally:
            gate, users = self._gates.pop(key)
            if users > 1:
                self._gates[key] = gate, users - 1


class BatonClient:
    """Sends events to chats and tickets, and asks about them.

    Args:
        client: connected, with ``BatonPlugin`` among its plugins.
        task_queue: where the workers listen.
    """

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self.temporal = client
        self.task_queue = task_queue
        self._updates = UpdatesOnce(client)
        self._gates = _Gates()

    @classmethod
    async def connect(cls, *, task_queue: str = TASK_QUEUE) -> Self:
        """Connect as Temporal's own environment configuration says, with the keys of Baton's settings.

        Raises ``ConnectionFailed``, which names the address, and ``SettingsError``.
        """
        return cls(await connect(), task_queue=task_queue)

    async def send(
        self,
        channel: str,
        conversation: str,
        event: ChatEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
        timeout: float = 60.0,
    ) -> Outcome:
        """Send one event to a chat and wait until it is decided.

        Args:
            customer: whose chat it is. Needed where a member of staff opens it; else the author of the
                customer's message.
            timeout: seconds until the call gives up.

        Raises:
            Refused: one of the contract's refusals; nothing of the event was applied.
            Unanswered: no answer in time, or the case's workflow was closed by force, which the message then
                says. The event may have been handled: send it again as it is, after reviving the case.
            ConnectionFailed: Temporal does not have the namespace.
        """
        parsed = parse_chat_event(_payload(event))
        case = _chat(channel, conversation, parsed, customer)
        return cast(Outcome, await self._send(case, parsed, timeout))

    async def submit(
        self,
        channel: str,
        conversation: str,
        event: ChatEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
    ) -> None:
        """Hand one event over without waiting for a decision: for bulk traffic.

        What is wrong with its form is raised now; a later refusal is found in the chat's timeline.
        Raises ``IllegalTransition`` if the event needs a chat and there is none, and ``Unanswered`` if it may
        not have arrived, or the workflow of its chat was closed by force: send it again as it is.
        """
        parsed = parse_chat_event(_payload(event))
        await self._submit(_chat(channel, conversation, parsed, customer), parsed)

    async def snapshot(self, channel: str, conversation: str) -> ChatSnapshot:
        """The chat as it is now.

        Raises ``IllegalTransition`` if there never was one, and ``Unanswered`` if no worker answers in time.
        """
        workflow_id = chat_workflow_id(channel, conversation)
        return cast(ChatSnapshot, await self._query(workflow_id, SNAPSHOT, ChatSnapshot))

    async def timeline(self, channel: str, conversation: str) -> list[TimelineEntry]:
        """The latest events of a chat, refused ones included, oldest first. Raises like ``snapshot``."""
        workflow_id = chat_workflow_id(channel, conversation)
        return cast(list[TimelineEntry], await self._query(workflow_id, TIMELINE, list[TimelineEntry]))

    async def send_to_ticket(
        self,
        ticket_id: str,
        event: TicketEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
        subject: str = "",
        channel: str | None = None,
        conversation: str | None = None,
        timeout: float = 60.0,
    ) -> TicketOutcome:
        """Send one event to a ticket and wait until it is decided. Raises as `send`.

        Args:
            customer: whose ticket it is. Needed where the event may open it and is not the customer's own.
            subject: what the ticket is about, where the event opens it.
            channel: by which it came, where the event opens it.
            conversation: the chat on that channel to which the reply goes, where the event opens it.
        """
        parsed = parse_ticket_event(_payload(event))
        case = _ticket(ticket_id, parsed, customer, subject, channel, conversation)
        return cast(TicketOutcome, await self._send(case, parsed, timeout))

    async def submit_to_ticket(
        self,
        ticket_id: str,
        event: TicketEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
        subject: str = "",
        channel: str | None = None,
        conversation: str | None = None,
    ) -> None:
        """Hand one event of a ticket over without waiting for a decision. Raises as `submit`."""
        parsed = parse_ticket_event(_payload(event))
        await self._submit(_ticket(ticket_id, parsed, customer, subject, channel, conversation), parsed)

    async def add_note(self, ticket_id: str, note: NoteAdded | Mapping[str, Any]) -> None:
        """Hand a note over, such as a department's answer: the signal ``note_added``. Raises as `submit`.

        ``kind`` need not be said.
        """
        parsed = parse_ticket_event({"kind": NOTE_ADDED, **_payload(note)})
        if not isinstance(parsed, NoteAdded):
            raise InvalidEvent(f"event {parsed.id!r}: {parsed.kind} is not a note")
        await self._submit(_ticket(ticket_id, parsed, None, "", None, None), parsed, NOTE_ADDED)

    async def ticket(self, ticket_id: str) -> TicketSnapshot:
        """The ticket as it is now. Raises as `snapshot`."""
        workflow_id = ticket_workflow_id(ticket_id)
        return cast(TicketSnapshot, await self._query(workflow_id, SNAPSHOT, TicketSnapshot))

    async def ticket_timeline(self, ticket_id: str) -> list[TimelineEntry]:
        """The latest events of a ticket, refused ones included, oldest first. Raises as `snapshot`."""
        workflow_id = ticket_workflow_id(ticket_id)
        return cast(list[TimelineEntry], await self._query(workflow_id, TIMELINE, list[TimelineEntry]))

    async def draft(self, ticket_id: str) -> Draft:
        """A ticket's consolidated reply, as drafted from the departments' notes. Raises as `snapshot`."""
        return cast(Draft, await self._query(ticket_workflow_id(ticket_id), DRAFT, Draft))

    async def _send(self, case: _Case, event: ChatEvent | TicketEvent, timeout: float) -> Any:
        check_event_size(len(event.model_dump_json().encode()))
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline), self._gates.through(case.workflow_id):
                return await self._send_until_answered(case, event)
        except TimeoutError:
            raise Unanswered(
                f"event {event.id!r} to {case.workflow_id} was not answered within {timeout:g} s. It may "
                f"have been handled: send it again under the same ID. Is a worker on {self.task_queue!r}?"
            ) from None

    async def _submit(self, case: _Case, event: ChatEvent | TicketEvent, signal: str = SUBMIT) -> None:
        check_event_size(len(event.model_dump_json().encode()))
        try:
            if case.start is None:
                await self.temporal.get_workflow_handle(case.workflow_id).signal(signal, event)
                return
            await self.temporal.start_workflow(
                case.workflow,
                case.start,
                id=case.workflow_id,
                task_queue=self.task_queue,
                start_signal=signal,
                start_signal_args=[event],
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=case.search_attributes,
                static_summary=case.summary,
            )
        except RPCError as error:
            self._explain(error)
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await self._no_case(case, event) from None
            if error.status in _TRY_AGAIN:
                raise Unanswered(
                    f"Temporal did not say that it has event {event.id!r} to {case.workflow_id}: "
                    f"{error.message}. Send it again under the same ID."
                ) from None
            raise

    async def _query(self, workflow_id: str, query: str, result_type: Any) -> Any:
        handle: WorkflowHandle[Any, Any] = self.temporal.get_workflow_handle(workflow_id)
        try:
            return await handle.query(
                query, result_type=result_type, rpc_timeout=timedelta(seconds=QUERY_TIMEOUT)
            )
        except RPCError as error:
            self._explain(error)
            if error.status is RPCStatusCode.NOT_FOUND:
                raise IllegalTransition(
                    f"there is no {workflow_id.partition(':')[0]} {workflow_id}"
                ) from None
            if error.status in _TRY_AGAIN:
                late = error.status in _TOO_LATE
                why = f"not within {QUERY_TIMEOUT:g} s" if late else error.message
                raise Unanswered(
                    f"{workflow_id} did not answer: {why}. Is a worker on {self.task_queue!r}?"
                ) from None
            raise

    async def _send_until_answered(self, case: _Case, event: ChatEvent | TicketEvent) -> Any:
        pauses = Pauses()
        while True:
            refusal: RPCError | None = None
            try:
                if case.start is not None:
                    return await self._update_with_start(case, event)
                return await self._update(case, event)
            except WorkflowUpdateFailedError as error:
                if not _may_work_later(error):
                    raise _refusal(error) from None
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from None
            except RPCError as error:
                self._explain(error)
                if error.status is RPCStatusCode.NOT_FOUND and case.start is None:
                    # So it also says to whoever waits for an answer while the workflow is closed by force.
                    raise await self._no_case(case, event) from None
                if not _passing(error) and not pauses.odd(error):
                    raise
                refusal = error
            await asyncio.sleep(pauses.next(refusal))

    async def _update_with_start(self, case: _Case, event: ChatEvent | TicketEvent) -> Any:
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            case.workflow,
            case.start,
            id=case.workflow_id,
            task_queue=self.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=case.search_attributes,
            static_summary=case.summary,
        )
        try:
            return await self._updates.execute_update_with_start_workflow(
                HANDLE, event, start_workflow_operation=operation, id=event.id, result_type=case.outcome
            )
        except BaseException:
            # Else the log fills with failures that nobody fetched.
            started = asyncio.ensure_future(operation.workflow_handle())
            started.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def _update(self, case: _Case, event: ChatEvent | TicketEvent) -> Any:
        handle: WorkflowHandle[Any, Any] = self._updates.get_workflow_handle(case.workflow_id)
        return await handle.execute_update(HANDLE, event, id=event.id, result_type=case.outcome)

    async def _no_case(self, case: _Case, event: ChatEvent | TicketEvent) -> BatonError:
        """Why Temporal has no running workflow for an event that cannot open one."""
        try:
            latest = await self.temporal.get_workflow_handle(case.workflow_id).describe()
        except RPCError as error:
            self._explain(error)
            if error.status is not RPCStatusCode.NOT_FOUND:
                return Unanswered(
                    f"event {event.id!r} to {case.workflow_id} was not answered, and Temporal does not say "
                    f"how the case ended: {error.message}. Send it again under the same ID."
                )
            return case.missing(event)
        if latest.status not in CLOSED_BY_FORCE:
            return case.missing(event)
        at = f" at {latest.close_time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if latest.close_time else ""
        return Unanswered(
            f"{case.workflow_id} was closed by force ({how_closed(latest.status)}{at}). Event {event.id!r} "
            f"may have been handled: `baton ops revive {case.workflow_id}`, then send it again under the "
            f"same ID."
        )

    def _explain(self, error: RPCError) -> None:
        """Raise what Temporal's refusal means, where no other attempt could change it."""
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise InvalidEvent(f"Temporal does not take it: {error.message}") from None
        if has_detail(error, NamespaceNotFoundFailure):
            namespace = self.temporal.namespace
            raise ConnectionFailed(
                f"Temporal has no namespace {namespace!r}. The namespace is set by TEMPORAL_NAMESPACE."
            ) from None


async def connect(settings: Settings | None = None, runtime: Runtime | None = None) -> Client:
    """A Temporal client by Temporal's environment configuration, with Baton's plugin.

    Args:
        settings: say whether payloads are encrypted, and whether there are traces; read from the environment
            if left out.
        runtime: where the client's metrics go; nowhere if left out.

    Raises:
        ConnectionFailed: names the address.
        SettingsError: a setting, or the file of the keys, is wrong.
    """
    plugin = plugin_for(settings or load_settings())
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    config.setdefault("namespace", "default")
    try:
        return await Client.connect(**config, plugins=[plugin], runtime=runtime)
    except (RuntimeError, RPCError) as error:
        raise ConnectionFailed(
            f"Temporal does not answer at {config['target_host']} (namespace {config['namespace']}): "
            f"{error}. Is it running ('make up')? The address is set by TEMPORAL_ADDRESS."
        ) from None


def plugin_for(settings: Settings) -> BatonPlugin:
    """The plugin for clients, workers and replays, with the keys that the settings name.

    Raises ``SettingsError``, with what is wrong in the file of the keys, or missing for traces.
    """
    codec = None
    if settings.encryption_keys_file is not None:
        keys = KeyRing.read(settings.encryption_keys_file)
        codec = EncryptionCodec(keys, required=settings.encryption_required)
    return BatonPlugin(codec, _tracing() if settings.tracing else ())


def _tracing() -> Sequence[Interceptor]:
    try:
        from baton.temporal.tracing import CaseTracing  # who does not trace needs no OpenTelemetry
    except ImportError as error:
        raise SettingsError(
            f"BATON_TRACING is set, but a package for it is not installed ({error.name}): "
            "pip install 'baton-desk[tracing]'"
        ) from None
    return [CaseTracing()]


@dataclass(frozen=True)
class _Case:
    """Where an event goes, and how the case is started that is not there yet."""

    workflow: str
    workflow_id: str
    outcome: type[Outcome] | type[TicketOutcome]
    summary: str | None
    start: Payload | None = None
    """None where the event can open nothing."""
    search_attributes: TypedSearchAttributes | None = None
    hint: str = ""

    def missing(self, event: BaseEvent) -> IllegalTransition:
        kind = self.workflow.lower()
        return IllegalTransition(
            f"{event.kind} needs a {kind}, and there is no living {kind} {self.workflow_id}: {self.hint}"
        )


def _payload(event: BaseEvent | Mapping[str, Any]) -> dict[str, Any]:
    """The event as a payload, dated: after a reset its case orders by date what comes back all at once."""
    payload = dict(event) if isinstance(event, Mapping) else event.model_dump()
    if payload.get("at") is None:
        payload["at"] = datetime.now(UTC)
    return payload


def _chat(channel: str, conversation: str, event: ChatEvent, customer: str | None) -> _Case:
    """The chat that an event goes to. Raises ``InvalidEvent``."""
    start: ChatStart | None = None
    workflow_id = chat_workflow_id(channel, conversation)
    values: dict[str, str] = {}
    if event.kind in MESSAGE_KINDS:
        if customer is None and isinstance(event, CustomerMessage):
            customer = event.author.id
        if customer is None:
            raise InvalidEvent(f"event {event.id!r} may open a chat: say with 'customer' whose chat it is")
        start = parse_chat_start({"channel": channel, "conversation": conversation, "customer": customer})
        # What is known before anybody decided saves the first upsert of most chats.
        values = {"Channel": channel, "Tab": Tab.NEW.value}
        if isinstance(event, AgentMessage):
            values |= {"Tab": Tab.MINE.value, "Assignee": event.author.id, "PinnedTo": event.author.id}
    return _Case(
        CHAT_WORKFLOW,
        workflow_id,
        Outcome,
        summary=summary(f"{channel} · {conversation}"),
        start=start,
        search_attributes=_search_attributes(values),
        hint="only a message starts one",
    )


def _ticket(
    ticket_id: str,
    event: TicketEvent,
    customer: str | None,
    subject: str,
    channel: str | None,
    conversation: str | None,
) -> _Case:
    """The ticket that an event goes to. Raises ``InvalidEvent``."""
    start: TicketStart | None = None
    workflow_id = ticket_workflow_id(ticket_id)
    if customer is None and isinstance(event, CustomerMessage):
        customer = event.author.id
    if event.kind in TICKET_OPENING_KINDS and customer is not None:
        given = {"channel": channel, "conversation": conversation}
        start = parse_ticket_start(
            {"ticket_id": ticket_id, "customer": customer, "subject": subject}
            | {name: value for name, value in given.items() if value is not None}
        )
    values = {"TicketStage": TicketStage.TRIAGE.value, "CaseStatus": Status.OPEN.value}
    if channel is not None:
        values["Channel"] = channel
    opens = ", ".join(sorted(TICKET_OPENING_KINDS))
    return _Case(
        TICKET_WORKFLOW,
        workflow_id,
        TicketOutcome,
        summary=summary(f"ticket {ticket_id}"),
        start=start,
        search_attributes=_search_attributes(values),
        hint=f"only {opens} start one, with 'customer' to say whose it is",
    )


def _search_attributes(values: Mapping[str, str]) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(key_of(name), value) for name, value in values.items()])


def _passing(error: RPCError) -> bool:
    """Whether the same call may work a moment later."""
    if error.status is RPCStatusCode.FAILED_PRECONDITION:
        # The run's last task is being made again, because something arrived while it was completing.
        return has_detail(error, WorkflowNotReadyFailure)
    return error.status in _TRY_AGAIN or error.status is RPCStatusCode.NOT_FOUND


def _may_work_later(error: WorkflowUpdateFailedError) -> bool:
    """The run ended between taking the update and answering it: the next run will take it."""
    return isinstance(error.cause, ApplicationError) and error.cause.type == _RUN_ENDED


def _refusal(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type in REFUSALS:
        return REFUSALS[cause.type](cause.message)
    return error
