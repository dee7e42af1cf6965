"""Replays the requested histories, for ``baton replay``.

    python -m replaygate NAMESPACE

Each line of standard input is a request: ``{"name", "file"}`` with a path, or ``{"name", "run", "history"}``
with a run ID and a serialized history in base64. The answer to each is one line: a `Result` as JSON. The very
first line says that the workflow code could be loaded.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
from pathlib import Path
from typing import BinaryIO

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from baton.cli.screen import echo
from baton.client import plugin_for
from baton.errors import BatonError
from baton.settings import load_settings
from baton.temporal.ending import leave
from replaygate.gate import Gate, replay_file
from replaygate.result import Result

READY = b"ready\n"


async def _answer(gate: Gate, line: bytes) -> Result:
    request = json.loads(line)
    if "file" in request:
        return await replay_file(gate, Path(request["file"]), request["name"])
    history = History.FromString(base64.b64decode(request["history"]))
    result = await gate.replay(WorkflowHistory(request["name"], list(history.events)), request["name"])
    # The history of a case that was reset names the run from which it began.
    result.run_id = request["run"]
    return result


async def _serve(namespace: str, answers: BinaryIO) -> None:
    async with Gate.open(namespace=namespace, plugin=plugin_for(load_settings())) as gate:
        answers.write(READY)
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            answers.write((await _answer(gate, line)).model_dump_json().encode() + b"\n")


def main() -> None:
    logging.disable()  # the answers say what went wrong
    # Nothing that prints may come between the answers.
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        os.dup2(2, 1)
        try:
            asyncio.run(_serve(sys.argv[1], answers))
        except BatonError as error:
            echo(str(error), err=True)
            leave(1)


if __name__ == "__main__":
    main()
    leave(0)
