"""Records the golden histories.

    python -m tests.replay.record [SCENE ...]

Without names, only scenes that have no golden history yet are recorded: golden histories are append-only.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from lab.rig import Rig, eventually, open_rig
from lab.server import running_server
from tests.replay.scenes import SCENES

GOLDEN = Path(__file__).parent / "golden"


async def histories_of(rig: Rig, case: str) -> list[WorkflowHistory]:
    """The history of each run of a case, oldest first."""
    handle = rig.handle(case)
    current = (await handle.describe()).run_id
    query = f"WorkflowId = '{handle.id}'"

    async def visible() -> bool:
        return any([run.run_id == current async for run in rig.client.temporal.list_workflows(query)])

    await eventually(visible, "visibility did not catch up")
    runs = [run async for run in rig.client.temporal.list_workflows(query)]
    return [
        await rig.client.temporal.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        for run in sorted(runs, key=lambda run: run.start_time)
    ]


def _portable(history: WorkflowHistory) -> str:
    """The history as JSON, without stack traces: they name the folders of the machine that recorded it."""
    return json.dumps(_without_traces(json.loads(history.to_json())), ensure_ascii=False, indent=1)


def _without_traces(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_traces(item) for key, item in value.items() if key != "stackTrace"}
    return [_without_traces(item) for item in value] if isinstance(value, list) else value


async def record(names: list[str]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    async with (
        running_server() as patient,
        running_server(**{"limit.historyCount.suggestContinueAsNew": "60"}) as impatient,
    ):
        for name in names:
            scene = SCENES[name]
            with tempfile.TemporaryDirectory() as folder:
                environment = impatient if scene.impatient else patient
                queue = f"golden-{name}"
                async with open_rig(environment, Path(folder), queue, **scene.settings) as rig:
                    await scene.play(rig, name)
                    histories = []
                    for case in scene.cases_of(name):
                        await rig.settled(case)
                        histories += await histories_of(rig, case)
                    for number, history in enumerate(histories, start=1):
                        path = GOLDEN / f"{name}.{number}.json"
                        path.write_text(_portable(history) + "\n", encoding="utf-8")
                        print(f"{path.name}: {len(history.events)} events")


def main() -> None:
    have = {path.name.split(".")[0] for path in GOLDEN.glob("*.json")}
    asyncio.run(record(sys.argv[1:] or [name for name in SCENES if name not in have]))


if __name__ == "__main__":
    main()
