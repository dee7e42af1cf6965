"""`baton up`: Temporal and the worker start, stop and fail together, and nothing is left behind."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest, RemoveSearchAttributesRequest
from temporalio.client import Client

from baton.client import BatonClient, connect
from baton.contract import SEARCH_ATTRIBUTES
from baton.desk.accounts import ENTRY_PATH
from baton.desk.tokens import digest_of
from baton.errors import DocumentError
from baton.settings import HOST, Settings, load_settings
from baton.temporal.keys import key_line, new_key
from helpdesks.embedded import EmbeddedHelpDesk
from local.child import silent
from local.machine import StackFailed, free_port
from local.stack import NAMESPACE, Stack

BATON = Path(sys.executable).with_name("baton")


# A worker that has nothing to do with Temporal: it tests how a stack treats its children.
GOOD_WORKER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("finishing"), sys.exit(0)))
print("\\n".join(f"{name}={value}" for name, value in os.environ.items() if "_" in name))
print("worker ready")
while True:
    signal.pause()
"""
STUBBORN_WORKER = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("worker ready")
while True:
    signal.pause()
"""
DYING_WORKER = "print('worker ready'); print('no more hands'); raise SystemExit(3)"
FAILING_WORKER = "raise SystemExit('cannot read the rules')"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        data_dir=tmp_path / "data",
        temporal_port=free_port(),
        ui_port=free_port(),
        gateway_port=free_port(),
        shutdown_grace_seconds=1,
    )


@pytest.fixture
def stack_with(settings: Settings) -> Callable[..., Stack]:
    def make(script: str, say: Callable[[str], None] = print) -> Stack:
        return Stack(settings, worker=[sys.executable, "-c", script], say=say)

    return make


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


class Up:
    """A running `baton up`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, wanted: str) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())
            if self.lines[-1] == wanted:
                return
        pytest.fail(f"`baton up` ended without the line {wanted!r}:\n" + "\n".join(self.lines))


@asynccontextmanager
async def baton_up(settings: Settings) -> AsyncIterator[Up]:
    process = await asyncio.create_subprocess_exec(
        str(BATON),
        "up",
        f"--data-dir={settings.data_dir}",
        f"--port={settings.temporal_port}",
        f"--ui-port={settings.ui_port}",
        f"--gateway-port={settings.gateway_port}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={
            name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "BATON_"))
        },
    )
    try:
        yield Up(process)
    finally:
        assert process.stdout is not None
        if not process.stdout.at_eof():  # `returncode` is known only a moment after the end
            process.terminate()
        await process.communicate()


async def test_the_demos_people_get_into_the_console_by_links_that_end_with_it(settings: Settings) -> None:
    async with baton_up(settings) as up:
        await up.until("ready")
        links = [line.strip() for line in up.lines if ENTRY_PATH in line]
        assert [urlsplit(link).hostname for link in links] == [
            f"{staff}.localhost" for staff in ("ivan", "petra", "lena", "oleg", "maria")
        ]
        ivan = urlsplit(links[0])
        # Browsers look up names below localhost by themselves; other programs may not.
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{ivan.port}", timeout=None) as visitor:
            for _ in range(2):
                assert (await visitor.get(ivan.path)).headers["location"] == "/"
            own = await visitor.get("/settings", headers={"accept-language": "en"})
            assert "You are logged in as ivan" in own.text

        up.process.send_signal(signal.SIGTERM)
        await up.until("stopped")
    async with EmbeddedHelpDesk.open(settings.database_url) as desk:
        token = ivan.path.removeprefix(ENTRY_PATH)
        assert await desk.accounts.entering(digest_of(token), datetime.now(UTC)) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_ready_with_its_addresses_and_stops_on_a_signal(
    settings: Settings, number: signal.Signals
) -> None:
    async with baton_up(settings) as up:
        await up.until("ready")
        assert "worker ready" in up.lines
        assert f"Web UI       http://{HOST}:{settings.ui_port}" in up.lines
        client = await Client.connect(f"{HOST}:{settings.temporal_port}")
        assert await client.service_client.check_health()

        up.process.send_signal(number)
        await up.until("stopped")

        assert await up.process.wait() == 0
    assert is_free(settings.temporal_port)
    assert is_free(settings.ui_port)


async def test_with_keys_nothing_is_readable_but_by_the_codec_server_that_it_starts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(key_line("k", new_key()))
    encrypted = load_settings(
        **settings.model_dump(
            include={"data_dir", "temporal_port", "ui_port", "gateway_port", "shutdown_grace_seconds"}
        ),
        encryption_keys_file=keys,
    )
    lines: list[str] = []
    async with Stack(encrypted, say=lines.append) as stack:
        async with httpx.AsyncClient(base_url=stack.ui_url, timeout=None) as ui:
            configured = (await ui.get("/api/v1/settings")).json()
        assert configured["Codec"]["Endpoint"] == stack.codec_url
        assert f"gateway ready: {stack.gateway_url}" in lines
        monkeypatch.setenv("TEMPORAL_ADDRESS", stack.address)
        client = BatonClient(await connect(encrypted))
        message = {"kind": "customer_message", "id": "m-1", "author": {"type": "customer", "id": "c-7"}}
        await client.chat("web", "1").send(message | {"text": "Hello?"})
        history = await client.temporal.get_workflow_handle("chat:web:1").fetch_history()
        (start,) = history.events[0].workflow_execution_started_event_attributes.input.payloads
        assert start.metadata["encoding"] == b"binary/encrypted"
        headers = {"authorization": f"Bearer {encrypted.gateway_token_file.read_text().strip()}"}
        async with httpx.AsyncClient(base_url=stack.codec_url, headers=headers, timeout=None) as codec:
            asked = json_format.MessageToDict(Payloads(payloads=[start]))
            answer = await codec.post("/decode", json=asked, headers={"x-namespace": NAMESPACE})
            assert b'"conversation":"1"' in base64.b64decode(answer.json()["payloads"][0]["data"])
    assert is_free(encrypted.gateway_port)


async def test_a_port_that_is_taken_is_named_with_the_option_for_another(settings: Settings) -> None:
    with socket.create_server((HOST, settings.temporal_port)):
        async with baton_up(settings) as up:
            output, _ = await up.process.communicate()

    assert up.process.returncode == 1
    assert f"Error: Port {settings.temporal_port} cannot be used" in output.decode()
    assert "--port" in output.decode()
    assert "Traceback" not in output.decode()


async def test_a_second_start_finds_the_workflows_of_the_first(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    async with stack_with(GOOD_WORKER) as stack:
        client = await Client.connect(stack.address)
        await client.start_workflow("Chat", id="chat:demo:1", task_queue="nobody")

    async with stack_with(GOOD_WORKER) as stack:
        client = await Client.connect(stack.address)
        description = await client.get_workflow_handle("chat:demo:1").describe()

    assert description.workflow_type == "Chat"


async def test_a_database_that_lacks_a_search_attribute_gets_it(stack_with: Callable[..., Stack]) -> None:
    async with stack_with(GOOD_WORKER) as stack:
        operator = (await Client.connect(stack.address)).operator_service
        await operator.remove_search_attributes(
            RemoveSearchAttributesRequest(namespace=NAMESPACE, search_attributes=["DueAt", "Labels"])
        )

    async with stack_with(GOOD_WORKER) as stack:
        operator = (await Client.connect(stack.address)).operator_service
        listed = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=NAMESPACE))

    assert SEARCH_ATTRIBUTES.keys() <= listed.custom_attributes.keys()


async def test_the_worker_is_told_this_server_and_no_other(
    settings: Settings, stack_with: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "production")
    monkeypatch.setenv("TEMPORAL_API_KEY", "key-for-production")
    lines: list[str] = []

    async with stack_with(GOOD_WORKER, lines.append) as stack:
        assert f"TEMPORAL_ADDRESS={stack.address}" in lines
        assert "TEMPORAL_NAMESPACE=default" in lines
        assert f"BATON_DATA_DIR={settings.data_dir}" in lines
        assert not any("production" in line for line in lines)


async def test_logs_on_a_full_disk_are_named_once_and_stop_neither_temporal_nor_the_worker(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    settings.data_dir.mkdir()
    for name in ("temporal.log", "worker.log"):
        (settings.data_dir / name).symlink_to("/dev/full")
    lines: list[str] = []

    async with stack_with(GOOD_WORKER, lines.append) as stack:
        assert await (await Client.connect(stack.address)).service_client.check_health()

    told = [line for line in lines if "cannot be written" in line]
    assert [line for line in told if line.startswith("worker.log")] == [
        "worker.log cannot be written (No space left on device). Everything goes on, but what is written "
        "to it in the meantime will be missing."
    ]
    assert "finishing" in lines, "the worker was not asked to stop, but died"


async def test_the_worker_may_finish_before_the_server_stops(stack_with: Callable[..., Stack]) -> None:
    lines: list[str] = []

    async with stack_with(GOOD_WORKER, lines.append):
        pass

    assert lines[-1] == "finishing"


async def test_a_worker_that_does_not_stop_in_time_is_killed(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    monkeypatch.setattr("local.stack.WORKER_EXTRA_SECONDS", 0)
    lines: list[str] = []

    async with stack_with(STUBBORN_WORKER, lines.append):
        pass

    assert lines[-1] == "The worker did not end within 1 s and was killed."
    assert is_free(settings.temporal_port)


async def test_a_worker_that_dies_is_named_and_its_last_words_are_shown(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    with pytest.raises(StackFailed, match=r"(?s)worker ended.*exit code 3.*no more hands"):
        async with stack_with(DYING_WORKER, silent) as stack:
            await stack.watch()

    assert is_free(settings.temporal_port)


async def test_a_worker_that_cannot_start_is_named_and_its_last_words_are_shown(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    with pytest.raises(StackFailed, match=r"(?s)worker ended while it was starting.*cannot read the rules"):
        async with stack_with(FAILING_WORKER, silent):
            pytest.fail("it started")

    assert is_free(settings.temporal_port)


async def test_the_last_words_of_a_worker_are_shown_once(stack_with: Callable[..., Stack]) -> None:
    lines: list[str] = []

    with pytest.raises(StackFailed) as failed:
        async with stack_with(FAILING_WORKER, lines.append):
            pytest.fail("it started")

    assert str(failed.value) == (
        "The worker ended while it was starting, exit code 1. Its last lines are above."
    )
    assert lines.count("cannot read the rules") == 1


async def test_wrong_files_of_a_first_start_are_named_before_anything_is_made(
    settings: Settings, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("version: 2\n")

    with pytest.raises(DocumentError, match=r"rules\.yaml:1"):
        async with Stack(settings.model_copy(update={"rules_file": rules})):
            pytest.fail("it started")

    assert not settings.data_dir.exists()


async def test_a_data_folder_serves_one_stack_at_a_time(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    ports = {name: free_port() for name in ("temporal_port", "ui_port", "gateway_port")}
    async with stack_with(GOOD_WORKER):
        with pytest.raises(StackFailed, match=rf"using the data folder .*processes {os.getpid()}"):
            async with Stack(settings.model_copy(update=ports), worker=["unused"]):
                pytest.fail("it started")


async def test_one_port_cannot_serve_for_two_purposes(settings: Settings) -> None:
    clash = settings.model_copy(update={"ui_port": settings.temporal_port})

    with pytest.raises(StackFailed) as raised:
        async with Stack(clash, worker=["unused"]):
            pytest.fail("it started")
    assert str(raised.value) == (
        f"--port and --ui-port are both {settings.temporal_port}, but each needs a port of its own."
    )


async def test_a_cancelled_start_leaves_nothing_behind(
    settings: Settings, stack_with: Callable[..., Stack]
) -> None:
    thinking = asyncio.Event()

    def hear(line: str) -> None:
        if line == "thinking":
            thinking.set()

    async def start() -> None:
        async with stack_with("import signal; print('thinking'); signal.pause()", hear):
            pytest.fail("it started")

    starting = asyncio.create_task(start())
    await thinking.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert is_free(settings.temporal_port)
