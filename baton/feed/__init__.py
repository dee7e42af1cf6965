"""Feeds events to chats: in order within each chat, to many chats at once, in bounded memory.

    with Journal.open(path, target) as journal:
        feed = Feed(send, journal)
        await feed.run(read_lines(file.read))
    print(feed.tally)

The next event of a chat is sent once the previous one was answered. An event that was not answered holds back
the rest of its chat: it may have been handled or not, and handling the others first would change their
meaning.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass

from baton.errors import BatonError, InvalidEvent, Refused
from baton.feed.journal import Journal
from baton.feed.lines import Item, Line, parse_line
from baton.feed.pace import Pace
from baton.feed.results import LineVerdict, Result, Tally

LINES_IN_HAND = 2_000
BYTES_IN_HAND = 32 << 20
"""Reading pauses while this much has been read but not yet answered."""

GIVE_UP_AFTER = 20
"""If this many lines fail in a row, the fault is not in the lines."""
MOST_STUCK = 10_000
STOP_GRACE = 10.0
FLUSH_SECONDS = 0.5

Send = Callable[[Item], Awaitable[LineVerdict]]
"""Sends one event: returns ``ACCEPTED``, ``DUPLICATE`` or ``SUBMITTED``, or raises, such as ``Refused``."""


@dataclass(frozen=True, slots=True)
class _Entry:
    line: Line
    item: Item


class Feed:
    """One run over a file.

    Args:
        send: sends one event.
        journal: knows the lines that were answered before, and records each new answer.
        concurrency: the most chats that it sends to at once; see `baton.feed.pace`.
        on_refused: called with each refused line, including those of an earlier run; stops the feed by
            raising ``BatonError``.
    """

    def __init__(
        self,
        send: Send,
        journal: Journal,
        *,
        concurrency: int = 50,
        lines_in_hand: int = LINES_IN_HAND,
        on_refused: Callable[[Line, Result], None] = lambda line, result: None,
    ) -> None:
        self.tally = Tally()
        self.stopped = ""
        """Why the feed ended early; empty if it did not."""
        self._send = send
        self._journal = journal
        self._pace = Pace(most=concurrency)
        self._turns = [asyncio.Event() for _ in range(concurrency)]
        self._turns_given = 0
        self._give_turns()
        self._most_lines = max(lines_in_hand, concurrency)
        self._on_refused = on_refused
        self._chats: dict[tuple[str, str], deque[_Entry]] = {}
        self._ready: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        """Chats whose next event may be sent now."""
        self._stuck: dict[tuple[str, str], int] = {}
        self._failures = 0
        self._lines_in_hand = self._bytes_in_hand = 0
        self._room = asyncio.Event()
        self._room.set()
        self._stop = asyncio.Event()

    def stop(self, why: str) -> None:
        """Stop reading and sending; events already sent may still be answered."""
        self.stopped = self.stopped or why
        self._stop.set()

    async def run(self, lines: AsyncGenerator[Line, None]) -> None:
        """Send everything. Raises ``OSError`` or ``JournalError`` if lines or the journal cannot be read.

        The feed stops if a result cannot be recorded, such as on a full disk. Events already sent are still
        answered and accounted for.
        """
        reading = asyncio.create_task(self._read(lines))
        everything = asyncio.create_task(self._until_done(reading))
        stopped = asyncio.create_task(self._stop.wait())
        endless = [
            asyncio.create_task(self._flush()),
            *(asyncio.create_task(self._work(number)) for number in range(len(self._turns))),
        ]
        try:
            done, _ = await asyncio.wait({everything, stopped, *endless}, return_when=asyncio.FIRST_COMPLETED)
            if stopped in done and not everything.done():
                await self._wind_up(reading)
            for task in done - {stopped}:
                task.result()  # raises the error of a task that should not have ended
        finally:
            tasks = [reading, everything, stopped, *endless]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for chat in self._chats.values():
                for entry in chat:
                    self._settle(entry.line, Result(LineVerdict.UNSENT))
            with self._or_stopped():
                self._journal.flush()

    async def _until_done(self, reading: asyncio.Task[None]) -> None:
        await reading
        await self._ready.join()

    async def _wind_up(self, reading: asyncio.Task[None]) -> None:
        reading.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.join(), STOP_GRACE)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            with self._or_stopped():
                self._journal.flush()

    # --- In: from lines to the queues of the chats --------------------------------------------------

    async def _read(self, lines: AsyncGenerator[Line, None]) -> None:
        async with aclosing(lines):
            async for line in lines:
                await self._room.wait()
                self._take(line)

    def _take(self, line: Line) -> None:
        self.tally.lines += 1
        known = self._journal.find(line)
        if known is not None:
            self.tally.earlier += 1
            self._settle(line, known)
            return
        try:
            entry = _Entry(line, parse_line(line))
        except InvalidEvent as refusal:
            self._settle(line, Result(LineVerdict.REFUSED, refusal.type, str(refusal)))
            return
        self._queue(entry)

    def _queue(self, entry: _Entry) -> None:
        chat = entry.item.chat
        if chat in self._stuck:
            self._hold_back(entry, self._stuck[chat])
            return
        self._weigh(entry, +1)
        if chat in self._chats:
            self._chats[chat].append(entry)
        else:
            self._chats[chat] = deque([entry])
            self._ready.put_nowait(chat)

    def _weigh(self, entry: _Entry, sign: int) -> None:
        self._lines_in_hand += sign
        self._bytes_in_hand += sign * len(entry.line.raw)
        if self._lines_in_hand < self._most_lines and self._bytes_in_hand < BYTES_IN_HAND:
            self._room.set()
        else:
            self._room.clear()

    # --- Out: from the queues to Baton --------------------------------------------------------------

    async def _work(self, number: int) -> None:
        while True:
            await self._turns[number].wait()
            chat = await self._ready.get()
            if not self._stop.is_set():
                await self._send_next(chat)
            self._ready.task_done()

    async def _send_next(self, chat: tuple[str, str]) -> None:
        entries = self._chats[chat]
        # It stays at the head until it is answered: if this is cancelled, it must still be accounted for.
        result = await self._sent(entries[0])
        entry = entries.popleft()
        self._weigh(entry, -1)
        self._settle(entry.line, result)
        if result.verdict is LineVerdict.FAILED:
            self._give_in(chat, entry.line)
        else:
            self._failures = 0
        if entries:
            self._ready.put_nowait(chat)
        else:
            del self._chats[chat]

    async def _sent(self, entry: _Entry) -> Result:
        clock = asyncio.get_running_loop().time
        sent_at = clock()
        try:
            return Result(await self._send(entry.item))
        except Refused as refusal:
            return Result(LineVerdict.REFUSED, refusal.type, str(refusal))
        except Exception as error:  # one line must not end the feed, whatever is wrong with it
            return Result(LineVerdict.FAILED, type(error).__name__, str(error))
        finally:
            self._pace.answered(sent_at, clock())
            self._give_turns()

    def _give_turns(self) -> None:
        """Let as many workers take a chat as the pace allows; the others finish what they have."""
        while self._turns_given < self._pace.limit:
            self._turns[self._turns_given].set()
            self._turns_given += 1
        while self._turns_given > self._pace.limit:
            self._turns_given -= 1
            self._turns[self._turns_given].clear()

    def _give_in(self, chat: tuple[str, str], line: Line) -> None:
        """Hold back the rest of a chat; stop the feed once it is clear that nothing works."""
        self._stuck[chat] = line.number
        entries = self._chats[chat]
        while entries:
            entry = entries.popleft()
            self._weigh(entry, -1)
            self._hold_back(entry, line.number)
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER or len(self._stuck) >= MOST_STUCK:
            self.stop(f"{len(self._stuck):,} chats had a line that was not answered")

    def _hold_back(self, entry: _Entry, behind: int) -> None:
        reason = f"line {behind} of the same chat was not answered"
        self._settle(entry.line, Result(LineVerdict.FAILED, "HeldBack", reason))

    def _settle(self, line: Line, result: Result) -> None:
        self.tally.add(line, result)
        with self._or_stopped():
            self._journal.note(line, result)
        if result.verdict is LineVerdict.REFUSED:
            with self._or_stopped():
                self._on_refused(line, result)

    @contextmanager
    def _or_stopped(self) -> Iterator[None]:
        """Stop the feed, with the reason why something cannot be recorded."""
        try:
            yield
        except BatonError as error:
            self.stop(str(error).removesuffix("."))
