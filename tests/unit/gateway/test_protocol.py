"""The gateway over real sockets: slow or too many connections do not keep it from serving others."""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from baton.settings import HOST, Settings, load_settings
from baton.temporal.keys import key_line, new_key
from gateway.__main__ import server_for
from lab.rig import eventually
from local.machine import free_port

TOKEN = "a-token-that-nobody-guesses"
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: codec\r\n\r\n"
DECODE = (
    b"POST /codec/decode HTTP/1.1\r\nhost: codec\r\nx-namespace: support\r\ncontent-length: 1000\r\n"
    b"authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n"
)
STRANGER = DECODE.replace(TOKEN.encode(), b"guessed")
SIGN_IN = b"POST /codec/ HTTP/1.1\r\nhost: codec\r\ncontent-length: 1000\r\n\r\n"
SOON, NEVER = 0.1, 600.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "keys").write_text(key_line("k", new_key()))
    (tmp_path / "token").write_text(TOKEN)
    return load_settings(
        data_dir=tmp_path,
        gateway_port=free_port(),
        encryption_keys_file=tmp_path / "keys",
        gateway_token_file=tmp_path / "token",
    )


@asynccontextmanager
async def serving(settings: Settings, **limits: Any) -> AsyncIterator[uvicorn.Server]:
    """The codec server."""
    server = server_for(settings, **{"header_seconds": NEVER, "body_seconds": NEVER, **limits})
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    try:
        await eventually(started, "it does not serve")
        yield server
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, settings.gateway_port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def until_closed(reader: StreamReader, writer: StreamWriter, *, dribbling: bytes = b"") -> bytes:
    """What the server says until it closes the connection, while it gets a byte now and then."""
    said = b""
    while True:
        try:
            part = await asyncio.wait_for(reader.read(10_000), SOON / 5)  # noqa: TID251 - the dribble
        except TimeoutError:
            with suppress(ConnectionError):
                writer.write(dribbling)
                await writer.drain()
            continue
        except ConnectionError:  # a byte arrived after it was closed
            return said
        if not part:
            return said
        said += part


@pytest.mark.parametrize("dribbling", [b"", b"x"], ids=["silent", "dribbling"])
@pytest.mark.parametrize(
    ("sent", "limit", "status"),
    [
        (b"", "header_seconds", b"408"),
        (b"GET /hea", "header_seconds", b"408"),
        (b"GET /healthz HTTP/1.1\r\nhost: codec\r\nx: ", "header_seconds", b"408"),
        (DECODE + b'{"payloads": [', "body_seconds", b"408"),
        (SIGN_IN + b"token=", "body_seconds", b"408"),
        (STRANGER, "body_seconds", b"401"),
    ],
    ids=["nothing", "line", "headers", "body", "form", "stranger"],
)
async def test_a_request_that_does_not_arrive_in_time_is_ended_however_it_dribbles(
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    limit: str,
    status: bytes,
    dribbling: bytes,
) -> None:
    caplog.set_level(logging.WARNING)
    async with serving(settings, **{limit: SOON}), connected(settings) as (reader, writer):
        writer.write(sent)
        said = await until_closed(reader, writer, dribbling=dribbling)
    assert said.startswith(b"HTTP/1.1 " + status)
    assert caplog.records == [], "somebody without the token fills the log"


async def test_the_second_request_of_a_connection_has_its_time_too(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as (reader, writer):
        server.config.http.header_seconds = SOON  # type: ignore[union-attr]
        writer.write(HEALTH)
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(HEALTH[:10])
        said = await until_closed(reader, writer, dribbling=b"x")
    assert said.startswith(b"HTTP/1.1 408")


async def test_a_slow_request_that_arrives_in_time_is_answered_and_leaves_the_connection_open(
    settings: Settings,
) -> None:
    body = b'{"payloads": []}'
    request = DECODE.replace(b"1000", str(len(body)).encode()) + body
    async with serving(settings), connected(settings) as (reader, writer):
        for _ in range(2):
            for number in range(0, len(request), 7):
                writer.write(request[number : number + 7])
                await writer.drain()
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(15) == b'{"payloads":[]}'


async def test_requests_that_come_at_once_are_answered_in_their_order(settings: Settings) -> None:
    async with serving(settings), connected(settings) as (reader, writer):
        writer.write(HEALTH * 3)
        for _ in range(3):
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")


async def test_connections_beyond_the_most_are_refused_and_one_that_ends_makes_room(
    settings: Settings,
) -> None:
    async with serving(settings.model_copy(update={"gateway_connections": 2})):
        async with connected(settings) as first, connected(settings) as second:
            for reader, writer in (first, second):
                writer.write(HEALTH)
                assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            async with connected(settings) as (reader, writer):
                assert (await until_closed(reader, writer)).startswith(b"HTTP/1.1 503")

        async def room() -> bool:
            async with connected(settings) as (reader, writer):
                writer.write(HEALTH)
                with suppress(ConnectionError):
                    return (await reader.readline()).startswith(b"HTTP/1.1 200")
            return False

        await eventually(room, "nobody is let in again")
