"""A rig for tests: the embedded help desk, a worker and a client, all real."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import SkipTest

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import (
    ChatSnapshot,
    Draft,
    Outcome,
    Presence,
    TicketOutcome,
    TicketSnapshot,
    chat_workflow_id,
)
from baton.documents.yaml import read_yaml
from baton.documents.yamlwriting import write_yaml
from baton.settings import CHECKOUT, Settings
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outside.opening import Beside
from worker import running_worker

CHANNEL = "telegram"
FOUR_RULES = CHECKOUT / "deploy/rules/support-lines.yaml"
SHIPPED_TEMPLATES = CHECKOUT / "deploy/templates/several-departments.yaml"
NO_RULES = "version: 1\n"
ONLINE = ("ivan", "petra", "lena")

_ids = itertools.count(1)


def fresh(prefix: str = "e") -> str:
    """An ID that no other test has."""
    return f"{prefix}-{next(_ids)}-{datetime.now(UTC):%H%M%S%f}"


def event(kind: str, author: str, **fields: Any) -> dict[str, Any]:
    """An event by ``author``: ``customer``, ``system`` or a member of staff."""
    types = {"customer": "customer", "system": "system"}
    return {
        "kind": kind,
        "id": fields.pop("id", None) or fresh(),
        "author": {"type": types.get(author, "staff"), "id": author},
        **fields,
    }


PATIENCE = 600.0
"""Seconds. What is right happens sooner on any machine, so that this only ends what would wait for ever."""


async def eventually(
    condition: Callable[[], Awaitable[object]],
    otherwise: str | Callable[[], str],
    *,
    within: float = PATIENCE,
) -> None:
    """Wait until ``condition`` holds. Fails with ``otherwise`` if it does not within that many seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
        await asyncio.sleep(0.02)


async def becomes(
    look: Callable[[], Awaitable[object]], wanted: object, what: str, *, within: float = PATIENCE
) -> None:
    """Wait until ``look`` returns what is ``wanted``. Fails in the end, and says what it returned last."""
    seen: object = None

    async def right() -> bool:
        nonlocal seen
        seen = await look()
        return seen == wanted

    await eventually(right, lambda: f"{what}: {seen}, and not {wanted}", within=within)


def rules_but(
    *, drop: Iterable[str] = (), add: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
) -> str:
    """The shipped rules without those whose ID begins with a prefix in ``drop``, plus others at the end."""
    document: Any = read_yaml(FOUR_RULES).data
    lists = {
        kind: [rule for rule in document.get(kind) or [] if not rule["id"].startswith(tuple(drop))]
        + list((add or {}).get(kind, ()))
        for kind in ("incoming", "changed", "timed")
    }
    return write_yaml({"version": 1, **lists})


@dataclass
class Rig:
    """Everything that a test needs to play a situation and to look at the outcome."""

    environment: WorkflowEnvironment
    client: BatonClient
    desk: EmbeddedHelpDesk
    settings: Settings
    beside: Beside | None = None
    """The desk that people work in, if it is not ``desk`` itself."""
    _worker: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start_worker(self) -> None:
        await self._worker.enter_async_context(
            running_worker(self.client.temporal, self.desk, self.settings, beside=self.beside)
        )

    async def stop_worker(self) -> None:
        await self._worker.aclose()

    async def send(self, conversation: str, payload: dict[str, Any], **options: Any) -> Outcome:
        filled = {"customer": f"of-{conversation}", "timeout": PATIENCE, **options}
        return await self.client.chat(CHANNEL, conversation).send(payload, **filled)

    async def customer(self, conversation: str, text: str = "Hello?", **fields: Any) -> Outcome:
        return await self.send(conversation, event("customer_message", "customer", text=text, **fields))

    async def staff(self, conversation: str, who: str, text: str = "Hello!", **fields: Any) -> Outcome:
        return await self.send(conversation, event("agent_message", who, text=text, **fields))

    async def by(self, who: str, conversation: str, kind: str, **fields: Any) -> Outcome:
        return await self.send(conversation, event(kind, who, **fields))

    async def snapshot(self, conversation: str) -> ChatSnapshot:
        return await self.client.chat(CHANNEL, conversation).snapshot()

    def handle(self, case: str) -> WorkflowHandle[Any, Any]:
        """The workflow of a chat, named by its conversation, or of a ticket, by ``ticket:`` and its ID."""
        is_ticket = case.startswith("ticket:")
        workflow_id = case if is_ticket else chat_workflow_id(CHANNEL, case)
        return self.client.temporal.get_workflow_handle(workflow_id)

    # --- Tickets ----------------------------------------------------------------------------------

    async def to_ticket(self, ticket: str, payload: dict[str, Any], **options: Any) -> TicketOutcome:
        options.setdefault("customer", f"of-{ticket}")
        return await self.client.ticket(ticket).send(payload, **{"timeout": PATIENCE, **options})

    async def on_ticket(self, who: str, ticket: str, kind: str, **fields: Any) -> TicketOutcome:
        return await self.to_ticket(ticket, event(kind, who, **fields))

    async def asked(self, ticket: str, template: str = "quiet", by: str = "petra") -> TicketOutcome:
        """A ticket whose customer has written, and whose departments a template asks."""
        await self.on_ticket("customer", ticket, "customer_message", text="Three questions.")
        return await self.on_ticket(by, ticket, "template_applied", template=template)

    async def note(self, who: str, ticket: str, text: str = "Our answer.", **fields: Any) -> None:
        """Send a note by signal; returns once it was folded or refused."""
        sent = event("note_added", who, text=text, **fields)
        await self.client.ticket(ticket).note(sent)

        async def folded() -> bool:
            timeline = await self.client.ticket(ticket).timeline()
            return any(entry.event_id == sent["id"] for entry in timeline)

        await eventually(folded, f"the note of {who} did not arrive")

    async def ticket(self, ticket: str) -> TicketSnapshot:
        return await self.client.ticket(ticket).snapshot()

    async def draft(self, ticket: str) -> Draft:
        return await self.client.ticket(ticket).draft()

    async def history(self, case: str) -> WorkflowHistory:
        return await self.handle(case).fetch_history()

    async def fast_forward(self, case: str, **duration: float) -> None:
        """Let time pass for one case. Skips the test where the server cannot do that."""
        if not self.environment.supports_time_skipping:
            raise SkipTest("this server cannot skip time")
        assert await self.environment.fast_forward(self.handle(case), timedelta(**duration))

    async def settled(self, case: str) -> None:
        """Wait until the case has nothing left to do: everything that it decided is written."""

        async def left() -> list[str]:
            described = (await self.handle(case).describe()).raw_description
            activities = [
                f"{one.activity_type.name}, attempt {one.attempt}" for one in described.pending_activities
            ]
            return activities + ["a workflow task"] * described.HasField("pending_workflow_task")

        await becomes(left, [], f"what {case} has to do")

    async def reset(self, case: str) -> None:
        """Reset the case to the end of its first workflow task, as an operator would."""
        history = await self.history(case)
        done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        await self.client.temporal.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self.client.temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=self.handle(case).id),
                workflow_task_finish_event_id=next(
                    item.event_id for item in history.events if item.event_type == done
                ),
                request_id=fresh("reset"),
                reason="test",
            )
        )

    async def presence(self, staff: str, presence: Presence, *, ago: timedelta = timedelta()) -> None:
        await self.desk.set_presence(staff, presence, datetime.now(UTC) - ago)


@asynccontextmanager
async def open_rig(
    environment: WorkflowEnvironment,
    folder: Path,
    task_queue: str,
    *,
    rules: str | Path = FOUR_RULES,
    templates: str | Path = SHIPPED_TEMPLATES,
    directory: str | None = None,
    online: Iterable[str] = ONLINE,
    database_url: str | None = None,
    working: bool = True,
    desk_class: type[EmbeddedHelpDesk] = EmbeddedHelpDesk,
    beside: Beside | None = None,
    **settings: Any,
) -> AsyncIterator[Rig]:
    """A rig with ``rules`` and ``templates`` (a file, or its text), which works if it is ``working``."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(rules, str):
        text, rules = rules, folder / "rules.yaml"
        rules.write_text(text, encoding="utf-8")
    if isinstance(templates, str):
        text, templates = templates, folder / "templates.yaml"
        templates.write_text(text, encoding="utf-8")
    if directory is not None:
        settings["directory_file"] = folder / "directory.yaml"
        settings["directory_file"].write_text(directory, encoding="utf-8")
    chosen = Settings(
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder}/baton.db",
        rules_file=rules,
        templates_file=templates,
        task_queue=task_queue,
        **settings,
    )
    async with desk_class.open(chosen.database_url) as desk:
        for staff in online:
            await desk.set_presence(staff, Presence.ONLINE, datetime.now(UTC) - timedelta(hours=1))
        rig = Rig(environment, BatonClient(environment.client, task_queue=task_queue), desk, chosen, beside)
        if working:
            await rig.start_worker()
        try:
            yield rig
        finally:
            await rig.stop_worker()


def written(history: WorkflowHistory) -> bytes:
    """The history as Temporal keeps it, for text searches. As JSON, each payload would be in base64."""
    return b"".join(item.SerializeToString() for item in history.events)


_TOO_LONG = "[TMPRL1101] "
"""How the SDK's words begin about a workflow task that took two seconds."""


def failed_tasks(history: WorkflowHistory) -> list[Any]:
    """The workflow tasks that failed: there must never be one.

    Four kinds are not failures of the workflow. A reset leaves its mark as one. The server has a task redone
    if a signal arrived while the run was ending, or if more than a hundred arrived during the task. And the
    SDK has one redone that took two seconds, as it may on a busy machine; a workflow that really hangs never
    comes to rest.
    """
    attributes = [
        item.workflow_task_failed_event_attributes
        for item in history.events
        if item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    harmless = (
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    )
    return [
        failure
        for failure in attributes
        if failure.cause not in harmless and not failure.failure.message.startswith(_TOO_LONG)
    ]


BILLED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "start",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "upsert",
}
"""The history events that Temporal bills as one action each, and what they are."""


def billed(history: WorkflowHistory) -> list[str]:
    """The actions in a history, in order. Local activities of one workflow task count as one."""
    actions: list[str] = []
    local_counted = False
    for item in history.events:
        if item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            local_counted = False
        elif item.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            if not local_counted:
                actions.append("decide")
            local_counted = True
        elif item.event_type in BILLED:
            name = BILLED[item.event_type]
            if name == "activity":
                name = item.activity_task_scheduled_event_attributes.activity_type.name
            actions.append(name)
    return actions
