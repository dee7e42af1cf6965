"""The lines of a feed: read without holding much of the file in memory, and parsed one by one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from baton.contract import ChatEvent, Payload, chat_workflow_id, parse_chat_event
from baton.contract.words import Id, Outside
from baton.errors import InvalidEvent
from baton.wording import mistakes_in

LONGEST_LINE = 4 << 20
"""Bytes. Temporal takes payloads of up to 2 MB, and JSON may need more than one byte for each of them."""

CHUNK = 1 << 16
_CHUNKS_AHEAD = 4
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank. ``number`` counts from 1, blank lines included."""

    number: int
    raw: bytes
    too_long: bool = False
    """Longer than ``LONGEST_LINE``; then ``raw`` is empty."""

    @property
    def digest(self) -> bytes:
        """Distinguishes this text from another that may later be on the same line."""
        return blake2b(self.raw, digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Item:
    """What a line says: an event, and the chat it is for."""

    channel: str
    conversation: str
    customer: str | None
    event: ChatEvent

    @property
    def chat(self) -> tuple[str, str]:
        return self.channel, self.conversation


class _Written(Payload):
    channel: Id
    conversation: Id
    customer: Id | None = None
    event: dict[str, Any]


def parse_line(line: Line) -> Item:
    """Parse a line. Raises ``InvalidEvent``, which says what is wrong with it."""
    if line.too_long:
        raise InvalidEvent(f"the line is longer than {LONGEST_LINE:,} bytes; an attachment belongs elsewhere")
    try:
        written = _Written.model_validate_json(line.raw, context=Outside())
    except ValidationError as error:
        raise InvalidEvent(mistakes_in(error, "the line", most=3)) from None
    chat_workflow_id(written.channel, written.conversation)
    return Item(written.channel, written.conversation, written.customer, parse_chat_event(written.event))


class Splitter:
    """Cuts chunks into lines. Holds one unfinished line, but nothing of a line that is too long."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._too_long = False
        self._number = 0

    def lines(self, chunk: bytes) -> Iterator[Line]:
        """The lines that end in ``chunk``."""
        first, *others = chunk.split(b"\n")
        self._extend(first)
        for part in others:
            yield from self.end()
            self._extend(part)

    def end(self) -> Iterator[Line]:
        """The current line, which has ended."""
        raw, too_long = bytes(self._rest), self._too_long
        self._rest.clear()
        self._too_long = False
        self._number += 1
        if self._number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if too_long or raw.strip():
            yield Line(self._number, raw, too_long)

    def _extend(self, part: bytes) -> None:
        if self._too_long or len(self._rest) + len(part) > self._longest:
            self._too_long = True
            self._rest.clear()
        else:
            self._rest += part


async def read_lines(
    read: Callable[[int], bytes | None], longest: int = LONGEST_LINE
) -> AsyncGenerator[Line, None]:
    """The lines of a file or a pipe, read at most a few chunks ahead.

    Args:
        read: blocks, and returns at most that many bytes; none at the end.

    Raises:
        OSError: the file cannot be read.
    """
    splitter = Splitter(longest)
    async with aclosing(_chunks(read)) as chunks:
        async for chunk in chunks:
            for line in splitter.lines(chunk):
                yield line
    for line in splitter.end():
        yield line


async def _chunks(read: Callable[[int], bytes | None]) -> AsyncGenerator[bytes, None]:
    """What ``read`` returns. It may block for ever (a terminal): it runs in a thread that nobody awaits."""
    loop = asyncio.get_running_loop()
    ahead: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(_CHUNKS_AHEAD)
    left = threading.Event()

    def put(item: bytes | Exception | None) -> None:
        putting = ahead.put(item)
        try:
            asyncio.run_coroutine_threadsafe(putting, loop).result()
        except (RuntimeError, CancelledError):  # the loop has ended, so nobody will read this
            putting.close()
            left.set()

    def pump() -> None:
        try:
            while not left.is_set() and (chunk := read(CHUNK)):
                put(chunk)
            put(None)
        except Exception as error:  # nobody would see an exception in this thread
            put(error)

    threading.Thread(target=pump, name="feed-reader", daemon=True).start()
    try:
        while (item := await ahead.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        left.set()
        while not ahead.empty():  # makes room for the chunk that the thread may be waiting to put
            ahead.get_nowait()
