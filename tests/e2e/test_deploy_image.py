"""The worker from the files that the image holds, and nothing else of the checkout."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import sysconfig
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from tests.dockerfile import environment, lay_out
from tests.house import CHANNEL, event, fresh
from tests.postgres import fresh_database


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.timeout(120)
async def test_the_files_of_the_image_are_a_worker(
    server: WorkflowEnvironment, postgresql: str, tmp_path: Path
) -> None:
    image, data, alive = tmp_path / "image", tmp_path / "data", tmp_path / "alive"
    lay_out(image)
    data.mkdir()
    home = image / environment()["PYTHONPATH"].removeprefix("/")
    present = files_below(image)
    queue = fresh("queue")
    variables = {
        "PATH": os.environ["PATH"],
        **environment(),
        # -S leaves out the links from the packages to this checkout; so the packages are named.
        "PYTHONPATH": f"{home}:{sysconfig.get_path('purelib')}",
        "BATON_DATA_DIR": str(data),
        "BATON_ALIVE_FILE": str(alive),
        "BATON_DATABASE_URL": await fresh_database(postgresql),
        "BATON_TASK_QUEUE": queue,
        "TEMPORAL_ADDRESS": server.client.service_client.config.target_host,
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }

    async def probe() -> int:
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-S", "-m", "baton.process", str(alive), cwd=home, env=variables
        )
        return await asyncio.wait_for(asked.wait(), 20)

    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "worker.py", cwd=home, env=variables, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert worker.stdout is not None
        line = await asyncio.wait_for(worker.stdout.readline(), 60)
        assert line == b"worker ready\n"
        outcome = await BatonClient(server.client, task_queue=queue).send(
            CHANNEL, fresh("image"), event("customer_message", "customer")
        )
        assert outcome.snapshot.tab == "new"
        assert await probe() == 0
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.wait(), 30) == 0
        assert await probe() == 1
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    # The root file system may be read-only, and with PostgreSQL even the data folder stays empty.
    assert files_below(image) == present
    assert files_below(data) == set()
