"""The worker and the gateway, run from only those files of the checkout that the image holds."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Awaitable
from pathlib import Path

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import chat_workflow_id
from baton.temporal.keys import key_line, new_key
from lab.postgres import fresh_database
from lab.rig import CHANNEL, event, eventually, fresh
from tests.dockerfile import environment, lay_out


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder in which the image starts, with everything in it."""
    lay_out(tmp_path / "image")
    return tmp_path / "image" / environment()["PYTHONPATH"].removeprefix("/")


def variables_in(home: Path) -> dict[str, str]:
    """The variables of the image, adapted to a folder elsewhere."""
    return {
        **environment(),
        "PATH": os.environ["PATH"],
        # -S leaves out the links from the packages to this checkout, so the packages are named here.
        "PYTHONPATH": f"{home}:{sysconfig.get_path('purelib')}",
    }


@pytest.fixture(params=["in a folder", "where nothing can be written"])
def around(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The prefix of a command. In the second case the command can write only to ``tmp_path / "run"``, as in
    a container with a read-only file system.
    """
    (tmp_path / "run").mkdir()
    if request.param == "in a folder":
        return []
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap, which stands for a container, is not installed (apt-get install bubblewrap)")
    root = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--die-with-parent"]
    root += ["--bind", str(tmp_path / "run"), str(tmp_path / "run")]
    tried = subprocess.run([*root, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"bubblewrap, which stands for a container, cannot work here: {tried.stderr}")
    written = subprocess.run([*root, "touch", tmp_path / "x"], capture_output=True, text=True, check=False)
    assert "Read-only file system" in written.stderr
    return root


async def test_the_files_of_the_image_are_a_worker_and_a_command(
    server: WorkflowEnvironment, postgresql: str, home: Path, tmp_path: Path, around: list[str]
) -> None:
    data, alive = tmp_path / "data", tmp_path / "run/alive"
    data.mkdir()
    present = files_below(home)
    queue, chat = fresh("queue"), fresh("image")
    variables = {
        **variables_in(home),
        "BATON_DATA_DIR": str(data),
        "BATON_ALIVE_FILE": str(alive),
        "BATON_DATABASE_URL": await fresh_database(postgresql),
        "BATON_TASK_QUEUE": queue,
        "TEMPORAL_ADDRESS": server.client.service_client.config.target_host,
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "TMPDIR": str(alive.parent),
    }

    async def started(*arguments: str) -> asyncio.subprocess.Process:
        """Python with these arguments; it prints its process ID first, which is not the ID of its wrapper."""
        command = ["sh", "-c", 'echo $$; exec "$@"', "sh", sys.executable, "-S", *arguments]
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*around, *command, cwd=home, env=variables, stdout=pipe)

    async def finished(*arguments: str) -> int:
        asked = await started(*arguments)
        await asked.communicate()
        assert asked.returncode is not None
        return asked.returncode

    query = f"WorkflowId = '{chat_workflow_id(CHANNEL, chat)}'"

    async def visible() -> bool:
        return (await server.client.count_workflows(query)).count == 1

    def probe() -> Awaitable[int]:
        return finished("-m", "baton.temporal.process", str(alive))

    worker = await started("worker.py")
    try:
        assert worker.stdout is not None
        number = int(await worker.stdout.readline())
        line = await worker.stdout.readline()
        assert line == b"worker ready\n"
        outcome = (
            await BatonClient(server.client, task_queue=queue)
            .chat(CHANNEL, chat)
            .send(event("customer_message", "customer"))
        )
        assert outcome.snapshot.tab == "new"
        assert await probe() == 0
        # What an operator asks of the image before a release. It needs a temporary file.
        await eventually(visible, "visibility did not catch up")
        baton = str(tmp_path / "image/usr/local/bin/baton")
        assert await finished(baton, "replay", "--query", query, "--processes", "1") == 0
        os.kill(number, signal.SIGTERM)
        assert await worker.wait() == 0
        assert await probe() == 1
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    # With PostgreSQL even the data folder stays empty.
    assert files_below(home) == present
    assert files_below(data) == files_below(alive.parent) == set()


async def test_the_files_of_the_image_are_a_gateway(home: Path, tmp_path: Path) -> None:
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
        line = await server.stdout.readline()
        assert line.startswith(b"gateway ready")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None) as client:
            # What Compose and Kubernetes ask.
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.post("/codec/decode", json={"payloads": []})).status_code == 401
        server.send_signal(signal.SIGTERM)
        assert await server.wait() == 0
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
