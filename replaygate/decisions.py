"""The decisions in a history, found by a replay, as they were recorded."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.client import Client, Plugin, WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.worker import Plugin as WorkerPlugin

from baton.errors import BatonError
from baton.model.decision import DecideRequest, Decision
from baton.model.effects import DECIDE
from baton.temporal.executions import runs_of
from replaygate.result import message_in
from workflows.chat import Chat
from workflows.ticket import Ticket


@dataclass(frozen=True)
class Recorded:
    """A decision as the history has it: what was asked, and what the answer was."""

    request: DecideRequest
    decision: Decision


async def recorded_decision(client: Client, case: str, event_id: str) -> Recorded:
    """The decision about an event. Looks through every run of the case, the latest first."""
    runs = 0
    async for one in runs_of(client, case):
        runs += 1
        history = await client.get_workflow_handle(case, run_id=one.run_id).fetch_history()
        for recorded in await decisions_in(history, client.config(active_config=True)["plugins"]):
            # For an event with which a lost case went on, the first answer is the case, not a decision.
            if recorded.request.event.id == event_id and recorded.decision.revived is None:
                return recorded
    if not runs:
        raise BatonError(f"There is no case {case}.")
    raise BatonError(
        f"No decision about an event {event_id!r} is in the history of {case}. The IDs of its events: "
        f"baton {case.partition(':')[0]} show {case} --timeline --json"
    )


async def decisions_in(history: WorkflowHistory, plugins: Sequence[Plugin]) -> list[Recorded]:
    """The decisions in a history, in order.

    A history keeps each decision, but not what was asked; so the workflow is replayed, and asks again.

    Raises ``BatonError`` if the code of this checkout does not fit the history.
    """
    listening = _Listening()
    replayer = Replayer(
        workflows=[Chat, Ticket],
        plugins=[one for one in plugins if isinstance(one, WorkerPlugin)],
        interceptors=[listening],
    )
    with _quietly():
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    if result.replay_failure is not None:
        raise BatonError(
            f"The history of {history.workflow_id} cannot be replayed by this release: "
            f"{message_in(str(result.replay_failure))}"
        )
    return listening.heard


@contextmanager
def _quietly() -> Iterator[None]:
    """The result of a replay says what went wrong; it need not be in a log as well."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class _Listening(Interceptor):
    """Notes what `decide` is asked during a replay, and what the history answers."""

    def __init__(self) -> None:
        self.heard: list[Recorded] = []

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002
    ) -> type[WorkflowInboundInterceptor]:
        heard = self.heard

        class Outbound(WorkflowOutboundInterceptor):
            def start_local_activity(
                self,
                input: StartLocalActivityInput,  # noqa: A002
            ) -> workflow.ActivityHandle[Any]:
                handle = super().start_local_activity(input)
                if input.activity == DECIDE:
                    # Written out and read again: nobody may change it afterwards.
                    asked = DecideRequest.model_validate_json(input.args[0].model_dump_json())

                    def answered(task: Any) -> None:
                        if not task.cancelled() and task.exception() is None:
                            heard.append(Recorded(asked, task.result()))

                    handle.add_done_callback(answered)
                return handle

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound
