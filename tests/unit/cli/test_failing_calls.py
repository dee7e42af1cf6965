"""Whatever Temporal says to whichever command: it ends with 1 and a sentence, never with a traceback."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli import baton as program
from tests.failing import FailingService, client_of

# One of each meaning; what every status means is tested beside the client.
STATUSES = [
    RPCStatusCode.CANCELLED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.UNAUTHENTICATED,
]

COMMANDS = {
    "ops poke telegram:42": "describe_workflow_execution",
    "ops poke telegram:42 --dry-run": "describe_workflow_execution",
    "ops poke --query X=1": "list_workflow_executions",
    "ops reset T-7 --to 42 --reason r": "describe_workflow_execution",
    "ops resend T-7": "describe_workflow_execution",
    "ops move T-7": "describe_task_queue",
    "ops revive": "start_activity_execution",
    "ops revive T-7": "start_activity_execution",
    "ops reassign --from staff:lena --to line:line-1": "start_activity_execution",
    "ops register": "list_search_attributes",
    "ops filters stuck --count": "count_workflow_executions",
    "ops bind --dry-run": "describe_workflow_execution",
    "ops redecide telegram:42 m-2": "list_workflow_executions",
    "replay --query X=1": "count_workflow_executions",
    "feed events.jsonl": "describe_namespace",
    "chat show telegram:42": "query_workflow",
    "chat send telegram:42 --from staff:ivan --take --timeout 0.1": "update_workflow_execution",
    "ticket show T-7": "query_workflow",
    "ticket draft T-7": "query_workflow",
    "ticket list": "start_activity_execution",
    "inbox": "start_activity_execution",
    "notices": "start_activity_execution",
    "staff list": "start_activity_execution",
    "directory show": "start_activity_execution",
    "customer block c-1": "start_activity_execution",
}
"""Commands, and what each first asks of the server."""


@pytest.mark.parametrize(
    ("command", "status"),
    # Nothing is bound to a task queue of which nothing is found.
    [pair for pair in product(COMMANDS, STATUSES) if pair != ("ops bind --dry-run", RPCStatusCode.NOT_FOUND)],
    ids=str,
)
def test_a_command_says_what_became_of_a_call(
    command: str, status: RPCStatusCode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporal = FailingService(RPCError("not now", status, b""))

    async def connect(settings: object) -> Client:
        return client_of(temporal)

    monkeypatch.setattr("baton.cli.connection.connect", connect)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BATON_DATA_DIR", str(tmp_path))
    (tmp_path / "events.jsonl").touch()
    done = CliRunner().invoke(program, command.split())

    assert temporal.calls[COMMANDS[command]], done.output
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    assert "RPCError" not in done.output
    said = ("not answer", "no worker on", "does not", "refused the call", "no such case", "there is no ")
    assert any(words in " ".join(done.output.split()) for words in said), done.output
