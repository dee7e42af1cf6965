"""A replay must not depend on the order of a set: that order differs in each process."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from baton.settings import CHECKOUT
from baton.temporal.ending import leave
from baton.temporal.plugin import BatonPlugin
from workflows.chat import Chat
from workflows.ticket import Ticket

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
async def test_the_golden_histories_replay_whatever_the_hash_seed(seed: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.replay.test_hash_seed"),
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await child.communicate()
    assert (child.returncode, said.decode().split()) == (0, ["replayed", str(len(GOLDEN))])


async def _replay_all() -> None:
    replayer = Replayer(workflows=[Chat, Ticket], plugins=[BatonPlugin()])
    for path in GOLDEN:
        await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8")))
    print("replayed", len(GOLDEN))


if __name__ == "__main__":
    asyncio.run(_replay_all())
    leave(0)
