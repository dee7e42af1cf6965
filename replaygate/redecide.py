"""``baton ops redecide``: a decision made again, from the history alone. Changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from temporalio import workflow
from temporalio.client import Client, Plugin, WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.worker import Plugin as WorkerPlugin

from baton.cli.cases.caseview import fired_lines
from baton.cli.ops.cases import workflow_of
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, clock, print_json, print_table, run
from baton.client import BatonClient
from baton.contract import ChatSnapshot, TicketSnapshot
from baton.desk.client import DeskClient
from baton.errors import BatonError
from baton.model.chat import model as chat
from baton.model.decision import DecideRequest, Decision
from baton.model.effects import DECIDE
from baton.model.facts import MissingLine
from baton.model.kinds import model_of
from baton.model.ticket import model as ticket
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide
from baton.rules.loading import load_rules, parse_kept_rules
from baton.rules.ruleset import RuleSet
from baton.settings import load_settings
from baton.signs import one_line
from baton.temporal.searchattributes import quoted
from replaygate.result import message_in
from workflows.chat import Chat
from workflows.ticket import Ticket

Snapshot = ChatSnapshot | TicketSnapshot


@dataclass(frozen=True)
class Recorded:
    """A decision as the history has it: what was asked, and what the answer was."""

    request: DecideRequest
    decision: Decision


@dataclass(frozen=True)
class Compared:
    """One decision as it was made, and as other rules, or the same, make it from the same facts."""

    recorded: Recorded
    rules: RuleSet
    before: Snapshot
    then: Snapshot
    again: Snapshot
    decision: Decision

    @property
    def same(self) -> bool:
        """Whether the same rules fired, did the same, and left the case as it was left then."""
        return self.recorded.decision.fired == self.decision.fired and self.then == self.again

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """What an event and its rules changed: the field, its value before, after it, and after it now."""
        old, then, now = (_fields(one) for one in (self.before, self.then, self.again))
        for name in old:
            if old[name] != then[name] or old[name] != now[name]:
                yield name, old[name], then[name], now[name]


@click.command("redecide")
@click.argument("case", metavar="CASE")
@click.argument("event", metavar="EVENT_ID")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="By the rules in this file rather than by those that decided.",
)
@click.option("--present", is_flag=True, help="By the rules of BATON_RULES_FILE.")
@as_json
def command(case: str, event: str, rules: Path | None, present: bool, json_: bool) -> None:
    """Decide about an event again, from the history alone, and show both results. Changes nothing.

    The facts are those of then: who was present, who had how much to do, what time it was. The rules are
    those that decided, as the help desk keeps them, or others.

    EVENT_ID is the one that baton chat show --timeline prints with --json.

    \b
      baton ops redecide telegram:42 m-2
      baton ops redecide telegram:42 m-2 --rules new-rules.yaml
    """
    if rules is not None and present:
        raise click.UsageError("--rules and --present contradict each other.")
    compared = run(_redecide, workflow_of(case), event, load_settings().rules_file if present else rules)
    if json_:
        print_json(_document(compared))
    else:
        _show(compared)


async def _redecide(case: str, event_id: str, file: Path | None) -> Compared:
    async with baton_client() as client:
        recorded = await _recorded(client.temporal, case, event_id)
        if recorded.decision.refusal is not None:
            refusal = recorded.decision.refusal
            raise BatonError(f"Event {event_id!r} was refused ({refusal.type}): {refusal.message}")
        if recorded.decision.duplicate is not None:
            raise BatonError(f"Event {event_id!r} was a late duplicate: no rule was asked.")
        if file is not None:
            rules = load_rules(file, None)
        else:
            rules = await _stored_rules(client, recorded.decision.rules)
    return compare(recorded, rules)


async def _stored_rules(client: BatonClient, digest: str) -> RuleSet:
    kept = await DeskClient(client.temporal, task_queue=client.task_queue).rules(digest)
    return parse_kept_rules(kept.source, f"rules {digest}")


def compare(recorded: Recorded, rules: RuleSet) -> Compared:
    """Decide again by ``rules``, from the facts of then.

    Raises ``BatonError`` if the rules need to know about somebody about whom nothing was recorded.
    """
    request, then = recorded.request, recorded.decision
    before, event = request.before, request.event
    try:
        folded = model_of(before).fold(before, event, then.facts).state
        ruling = decide(rules, then.facts, before, folded, event)
    except MissingLine as missing:
        raise BatonError(
            f"These rules would give the case to line {missing.line!r}, and the history does not say who was "
            "available there: it was not asked then. From the history alone this cannot be decided."
        ) from None
    again = then.model_copy(update={"fired": ruling.fired, "wake_at": ruling.wake_at, "timed": ruling.timed})
    settle: Any = ticket.settle if isinstance(before, TicketState) else chat.settle
    return Compared(
        recorded,
        rules,
        before.snapshot(),
        settle(before, event, then).state.snapshot(),
        settle(before, event, again).state.snapshot(),
        again,
    )


# --- The history ----------------------------------------------------------------------------------


async def _recorded(client: Client, case: str, event_id: str) -> Recorded:
    """The decision about an event, looked for in every run of the case, the latest first."""
    runs = 0
    async for one in client.list_workflows(f"WorkflowId = {quoted(case)}"):
        runs += 1
        history = await client.get_workflow_handle(case, run_id=one.run_id).fetch_history()
        for recorded in await decisions_in(history, client.config(active_config=True)["plugins"]):
            # Of an event with which a lost case went on, the first answer is the case, and no decision.
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

    A history keeps what a decision was, and not what was asked; so the workflow is replayed, and asks again.

    Raises ``BatonError`` if the code of this checkout does not fit the history.
    """
    listening = _Listening()
    # Without a sandbox, which would give the listener a world of its own.
    replayer = Replayer(
        workflows=[Chat, Ticket],
        plugins=[one for one in plugins if isinstance(one, WorkerPlugin)],
        interceptors=[listening],
        workflow_runner=UnsandboxedWorkflowRunner(),
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
    """What goes wrong in a replay is in its result, and need not be in a log as well."""
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


# --- Output ---------------------------------------------------------------------------------------


def _fields(case: Snapshot) -> dict[str, str]:
    return {name: _short(value) for name, value in case.model_dump(mode="json").items()}


def _short(value: Any) -> str:
    match value:
        case None | "" | []:
            return "–"
        case list() if all(isinstance(one, Mapping) and "label" in one for one in value):
            return ", ".join(f"{one['label']} {one['state']}" for one in value)
        case list():
            return ", ".join(map(str, value))
        case {"type": kind, "id": name}:
            return f"{kind}:{name}"
    return str(value)


def _document(compared: Compared) -> dict[str, Any]:
    return {
        "event": compared.recorded.request.event.model_dump(mode="json"),
        "decided_at": compared.recorded.request.now.isoformat(),
        "same": compared.same,
        "facts": compared.recorded.decision.facts.model_dump(mode="json"),
        "recorded": _side(compared.recorded.decision.rules, compared.recorded.decision, compared.then),
        "again": _side(compared.rules.digest[:12], compared.decision, compared.again),
    }


def _side(rules: str, decision: Decision, after: Snapshot) -> dict[str, Any]:
    fired = [one.model_dump(mode="json") for one in decision.fired]
    return {"rules": rules, "fired": fired, "snapshot": after.model_dump(mode="json")}


def _show(compared: Compared) -> None:
    request, then = compared.recorded.request, compared.recorded.decision
    said = f"{request.event.kind} by {request.event.author}"
    echo(f"Event {one_line(request.event.id)}: {one_line(said)}, {clock(request.now)}")
    for title, digest, fired in (
        ("Recorded", then.rules, then.fired),
        ("Again", compared.rules.digest[:12], compared.decision.fired),
    ):
        echo(f"{title}, by the rules {digest}:")
        for line in list(fired_lines(fired)) or ["no rule fired"]:
            echo(f"    {one_line(line)}")
    echo()
    print_table(
        ("", "Field", "Before", "Recorded", "Again"),
        [("≠" if row[2] != row[3] else "", *row) for row in compared.rows()],
        "Nothing about the case changed, then or now.",
    )
    echo("Both are the same." if compared.same else "They differ.")
