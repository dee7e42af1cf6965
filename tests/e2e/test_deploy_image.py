"""Worker and codec server from the files that the image holds, and nothing else of the checkout."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import sysconfig
from pathlib import Path

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.keys import key_line, new_key
from tests.dockerfile import environment, lay_out
from tests.house import CHANNEL, event, fresh
from tests.postgres import fresh_database


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder in which the image starts, with all that is in it."""
    lay_out(tmp_path / "image")
    return tmp_path / "image" / environment()["PYTHONPATH"].removeprefix("/")


def variables_in(home: Path) -> dict[str, str]:
    """The variables of the image, as they are for a folder elsewhere."""
    return {
        "PATH": os.environ["PATH"],
        **environment(),
        # -S leaves out the links from the packages to this checkout; so the packages are named.
        "PYTHONPATH": f"{home}:{sysconfig.get_path('purelib')}",
    }


@pytest.mark.timeout(120)
async def test_the_files_of_the_image_are_a_worker(
    server: WorkflowEnvironment, postgresql: str, home: Path, tmp_path: Path
) -> None:
    data, alive = tmp_path / "data", tmp_path / "alive"
    data.mkdir()
    present = files_below(home)
    queue = fresh("queue")
    variables = {
        **variables_in(home),
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
    assert files_below(home) == present
    assert files_below(data) == set()


async def test_the_files_of_the_image_are_a_codec_server(home: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(key_line("k-1", new_key()), encoding="utf-8")
    (tmp_path / "token").write_text("a token that is long enough", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    variables = {
        **variables_in(home),
        "BATON_ENCRYPTION_KEYS_FILE": str(tmp_path / "keys"),
        "BATON_GATEWAY_TOKEN_FILE": str(tmp_path / "token"),
        "BATON_GATEWAY_PORT": str(port),
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-m", "gateway", cwd=home, env=variables, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        line = await asyncio.wait_for(server.stdout.readline(), 40)
        assert line.startswith(b"gateway ready")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            # What Compose and Kubernetes ask.
            assert (await client.get("/health")).status_code == 200
            assert (await client.post("/decode", json={"payloads": []})).status_code == 401
        server.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.wait(), 20) == 0
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
