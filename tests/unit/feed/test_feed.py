"""A feed keeps the order of each chat, accounts for every line, and resumes where it was interrupted."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.errors import IllegalTransition, Unanswered
from baton.feed import GIVE_UP_AFTER, Feed
from baton.feed.journal import TEMPORARY, Journal, JournalError
from baton.feed.lines import CHUNK, Item, Line, read_lines
from baton.feed.pace import Pace
from baton.feed.results import ANSWERED, FIRST_LINES, LineVerdict, Result

TARGET = "namespace-1"


def message(chat: int, number: int) -> bytes:
    author = {"type": "customer", "id": "c"}
    event = {"kind": "customer_message", "id": f"e-{number}", "author": author, "text": f"{number}"}
    return json.dumps({"channel": "t", "conversation": str(chat), "event": event}).encode()


def messages(*chats: int) -> list[bytes]:
    """One message for each, numbered from 1 like its line."""
    return [message(chat, number) for number, chat in enumerate(chats, start=1)]


async def lines_of(written: Iterable[bytes]) -> AsyncGenerator[Line, None]:
    for number, raw in enumerate(written, start=1):
        yield Line(number, raw)


async def turns(number: int = 200) -> None:
    """Let the others do whatever they still want to do."""
    for _ in range(number):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until ``condition`` holds."""
    while not condition():
        await turns(1)


class Server:
    """Takes events. ``answers`` says what it does with one: a verdict, or an error to raise."""

    def __init__(self, answers: Callable[[Item], LineVerdict | Exception] | None = None) -> None:
        self.answers = answers or (lambda item: LineVerdict.ACCEPTED)
        self.got: list[tuple[str, int]] = []
        self.busy: Counter[str] = Counter()
        self.most_at_once = 0
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, item: Item) -> LineVerdict:
        chat, number = item.conversation, int(item.event.id.removeprefix("e-"))
        self.busy[chat] += 1
        assert self.busy[chat] == 1, "the one before was not answered yet"
        self.most_at_once = max(self.most_at_once, self.busy.total())
        self.got.append((chat, number))
        try:
            # The later chats answer sooner, so the order does not come by itself.
            for _ in range(1 + 7 % (int(chat) + 2)):
                await asyncio.sleep(0)
            await self.open.wait()
        finally:
            self.busy[chat] -= 1
        answer = self.answers(item)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def numbers(self, chat: int) -> list[int]:
        return [number for where, number in self.got if where == str(chat)]


async def feed(written: Iterable[bytes], server: Server, journal: Path = TEMPORARY, **options: Any) -> Feed:
    with Journal.open(journal, TARGET) as opened:
        running = Feed(server.send, opened, **options)
        await running.run(lines_of(written))
    return running


def counts(running: Feed) -> dict[str, int]:
    return {verdict.value: number for verdict, number in running.tally.verdicts.items() if number}


# --- Order and concurrency ----------------------------------------------------------------------


async def test_the_order_of_each_chat_is_kept_while_many_run_at_once() -> None:
    chats = [number * 7 % 10 for number in range(300)]
    server = Server()

    await feed(messages(*chats), server, concurrency=5)

    for chat in range(10):
        assert server.numbers(chat) == sorted(server.numbers(chat))
    assert len(server.got) == 300
    assert server.most_at_once == 5


async def test_a_single_chat_is_sent_one_event_after_the_other() -> None:
    server = Server()

    await feed(messages(*[1] * 50), server)

    assert server.numbers(1) == list(range(1, 51))
    assert server.most_at_once == 1


async def test_reading_pauses_while_too_much_is_not_answered() -> None:
    given_out = 0

    async def endless() -> AsyncGenerator[Line, None]:
        nonlocal given_out
        while True:
            given_out += 1
            yield Line(given_out, message(given_out % 9, given_out))

    server = Server()
    server.open.clear()
    with Journal.open(TEMPORARY, TARGET) as journal:
        running = Feed(server.send, journal, concurrency=3, lines_in_hand=100)
        task = asyncio.create_task(running.run(endless()))
        await until(lambda: given_out > 100)
        await turns()
        read_while_blocked = given_out
        server.open.set()
        await until(lambda: given_out > 200)
        running.stop("enough")
        await task

    assert read_while_blocked == 101, "a hundred in hand, and one that waits at the door"
    assert given_out > 200
    assert running.tally.settled == running.tally.lines


# --- The account --------------------------------------------------------------------------------


async def test_each_answer_is_counted_and_refusals_are_shown_by_type_with_their_lines() -> None:
    def answers(item: Item) -> LineVerdict | Exception:
        number = int(item.event.id.removeprefix("e-"))
        return (
            IllegalTransition("no")
            if number > 2
            else [LineVerdict.ACCEPTED, LineVerdict.DUPLICATE][number - 1]
        )

    written = [*messages(*range(10)), b"{", b"[1]", message(1, 2).replace(b"customer_message", b"dance")]
    refused: list[tuple[int, Result]] = []
    running = await feed(
        written, Server(answers), on_refused=lambda line, result: refused.append((line.number, result))
    )

    assert counts(running) == {"accepted": 1, "duplicate": 1, "refused": 11}
    assert running.tally.lines == 13
    reasons = running.tally.reasons[LineVerdict.REFUSED]
    assert {name: reason.count for name, reason in reasons.items()} == {
        "IllegalTransition": 8,
        "InvalidEvent": 3,
    }
    assert reasons["IllegalTransition"].first_lines == [3, 4, 5, 6, 7]
    assert reasons["InvalidEvent"].first_lines == [11, 12, 13]
    assert sorted(number for number, _ in refused) == list(range(3, 14))
    assert all(result.reason for _, result in refused)


BAD = [
    b"not json",
    b"{}",
    b"null",
    b"[" * 100_000,
    b"\xff\xfe",
    b'"\\ud800"',
    b'{"channel": 1, "conversation": "2", "event": {}}',
    b'{"channel": "a:b", "conversation": "2", "event": {}}',
    b'{"channel": "t", "conversation": "", "event": {}}',
    b'{"channel": "t", "conversation": "2", "event": []}',
    b'{"channel": "t", "conversation": "2", "event": {"kind": "idle"}}',
    b'{"channel": "t", "conversation": "2", "event": {"kind": "taken", "id": "1"}}',
    b'{"channel": "t", "conversation": "\\ud800", "event": {"kind": "taken", "id": "1"}}',
]


@pytest.mark.parametrize("raw", BAD, ids=range(len(BAD)))
async def test_a_malformed_line_is_refused_and_the_next_one_is_sent(raw: bytes) -> None:
    server = Server()

    running = await feed([raw, message(1, 2)], server)

    assert counts(running) == {"accepted": 1, "refused": 1}
    assert running.tally.reasons[LineVerdict.REFUSED]["InvalidEvent"].first_lines == [1]


VERDICTS: list[LineVerdict | Exception] = [
    LineVerdict.ACCEPTED,
    LineVerdict.DUPLICATE,
    IllegalTransition("no"),
    Unanswered("late"),
    ValueError("a bug"),
]


@settings(max_examples=60)
@given(
    written=st.lists(st.one_of(st.integers(0, 5), st.sampled_from(BAD)), max_size=60),
    first=st.lists(st.sampled_from(VERDICTS), min_size=60, max_size=60),
    concurrency=st.integers(1, 8),
    stop_after=st.one_of(st.none(), st.integers(0, 30)),
)
def test_every_line_has_one_verdict_and_nothing_answered_is_sent_again(
    written: list[int | bytes],
    first: list[LineVerdict | Exception],
    concurrency: int,
    stop_after: int | None,
) -> None:
    raws = [
        raw if isinstance(raw, bytes) else message(raw, number) for number, raw in enumerate(written, start=1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        asyncio.run(_twice(raws, journal, first, concurrency, stop_after))


async def _twice(
    raws: list[bytes],
    path: Path,
    first: list[LineVerdict | Exception],
    concurrency: int,
    stop_after: int | None,
) -> None:
    answered: list[int] = []

    def answers(item: Item) -> LineVerdict | Exception:
        number = int(item.event.id.removeprefix("e-"))
        answer = first[number - 1]
        if isinstance(answer, LineVerdict | IllegalTransition):
            answered.append(number)
        if stop_after is not None and len(answered) > stop_after:
            running.stop("enough")
        return answer

    with Journal.open(path, TARGET) as journal:
        server = Server(answers)
        running = Feed(server.send, journal, concurrency=concurrency, lines_in_hand=10)
        await running.run(lines_of(raws))
    tally = running.tally
    assert tally.settled == tally.lines <= len(raws)
    assert stop_after is not None or tally.lines == len(raws)

    again = Server()
    second = await feed(raws, again, path)
    assert second.tally.settled == second.tally.lines == len(raws)
    assert second.tally.verdicts[LineVerdict.FAILED] == second.tally.verdicts[LineVerdict.UNSENT] == 0
    assert second.tally.earlier == sum(tally.verdicts[verdict] for verdict in ANSWERED)
    assert not {number for _, number in again.got} & set(answered)
    for chat in range(6):
        # Answered in the first run, then the rest: together in order.
        told = [number for number in server.numbers(chat) if number in answered] + again.numbers(chat)
        assert told == sorted(told)


async def test_the_first_lines_are_the_first_in_the_file_not_the_first_that_were_answered() -> None:
    running = Feed(Server().send, journal=None)  # type: ignore[arg-type]
    for number in range(20, 0, -1):
        running.tally.add(Line(number, b""), Result(LineVerdict.REFUSED, "InvalidEvent"))

    reason = running.tally.reasons[LineVerdict.REFUSED]["InvalidEvent"]
    assert (reason.count, reason.first_lines) == (20, list(range(1, FIRST_LINES + 1)))


# --- What is not answered -----------------------------------------------------------------------


async def test_a_line_that_is_not_answered_holds_back_the_rest_of_its_chat_only() -> None:
    server = Server(lambda item: Unanswered("late") if item.event.id == "e-2" else LineVerdict.ACCEPTED)

    running = await feed(messages(1, 1, 2, 1, 2), server)

    assert server.numbers(1) == [1, 2]
    assert counts(running) == {"accepted": 3, "failed": 2}
    reasons = running.tally.reasons[LineVerdict.FAILED]
    assert (reasons["Unanswered"].first_lines, reasons["HeldBack"].first_lines) == ([2], [4])


async def test_when_nothing_is_answered_the_feed_stops_reading() -> None:
    server = Server(lambda item: Unanswered("late"))

    running = await feed(messages(*range(1000)), server, concurrency=4, lines_in_hand=10)

    assert "not answered" in running.stopped
    assert len(server.got) < GIVE_UP_AFTER + 5
    assert running.tally.settled == running.tally.lines < 100


async def test_stopping_lets_what_is_on_its_way_be_answered_and_sends_nothing_more() -> None:
    server = Server()
    server.open.clear()
    with Journal.open(TEMPORARY, TARGET) as journal:
        running = Feed(server.send, journal, concurrency=2)
        task = asyncio.create_task(running.run(lines_of(messages(1, 2, 3, 1, 2, 3))))
        await until(lambda: len(server.got) == 2)
        running.stop("interrupted")
        await turns()
        server.open.set()
        await task

    assert counts(running) == {"accepted": 2, "unsent": 4}
    assert len(server.got) == 2


async def test_a_feed_that_is_cancelled_still_accounts_for_what_it_read(tmp_path: Path) -> None:
    server = Server()
    server.open.clear()
    with Journal.open(tmp_path / "journal", TARGET) as journal:
        running = Feed(server.send, journal, concurrency=2)
        task = asyncio.create_task(running.run(lines_of(messages(1, 2, 3))))
        await until(lambda: len(server.got) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert counts(running) == {"unsent": 3}


async def test_a_file_that_cannot_be_read_to_its_end_is_an_error_after_what_was_read() -> None:
    chunks = iter([b"\n".join(messages(1, 2)) + b"\n"])

    def read(size: int) -> bytes:
        for chunk in chunks:
            return chunk
        raise OSError("the disk has gone")

    server = Server()
    with Journal.open(TEMPORARY, TARGET) as journal:
        running = Feed(server.send, journal)
        with pytest.raises(OSError, match="gone"):
            await running.run(read_lines(read))

    assert running.tally.settled == running.tally.lines == 2


# --- The journal --------------------------------------------------------------------------------


async def test_a_second_run_sends_nothing_and_gives_the_same_account(tmp_path: Path) -> None:
    written = [*messages(1, 2, 1), b"{"]
    await feed(written, Server(), tmp_path / "journal")

    server = Server()
    refused: list[int] = []
    running = await feed(
        written,
        server,
        tmp_path / "journal",
        on_refused=lambda line, result: refused.append(line.number),
    )

    assert server.got == []
    assert counts(running) == {"accepted": 3, "refused": 1}
    assert running.tally.earlier == 4
    assert refused == [4]


async def test_a_file_that_has_grown_is_sent_from_where_it_ended(tmp_path: Path) -> None:
    await feed(messages(1, 2), Server(), tmp_path / "journal")

    server = Server()
    await feed(messages(1, 2, 1, 2), server, tmp_path / "journal")

    assert sorted(number for _, number in server.got) == [3, 4]


async def test_a_line_that_was_corrected_is_sent(tmp_path: Path) -> None:
    await feed([b"{", message(1, 2)], Server(), tmp_path / "journal")

    server = Server()
    running = await feed([message(1, 1), message(1, 2)], server, tmp_path / "journal")

    assert server.numbers(1) == [1]
    assert counts(running) == {"accepted": 2}


async def test_what_was_noted_survives_a_process_that_is_killed(tmp_path: Path) -> None:
    path, left = tmp_path / "journal", tmp_path / "left"
    with Journal.open(path, TARGET) as journal:
        journal.note(Line(1, b"x"), Result(LineVerdict.REFUSED, "InvalidEvent", "no"))
        journal.flush()
        journal.note(Line(2, b"y"), Result(LineVerdict.ACCEPTED))
        left.mkdir()
        for file in tmp_path.glob("journal*"):  # as they are while the process runs
            (left / file.name).write_bytes(file.read_bytes())

    with Journal.open(left / "journal", TARGET) as journal:
        assert journal.find(Line(1, b"x")) == Result(LineVerdict.REFUSED, "InvalidEvent", "no")
        assert journal.find(Line(2, b"y")) is None, "not flushed: it is sent again, and recognised by its ID"
        assert journal.find(Line(1, b"z")) is None


def test_a_journal_serves_one_target_and_one_process(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with (
        Journal.open(path, TARGET),
        pytest.raises(JournalError, match=r"another feed.*--journal"),
        Journal.open(path, TARGET),
    ):
        pytest.fail("it opened")

    with pytest.raises(JournalError, match="another server"), Journal.open(path, "namespace-2"):
        pytest.fail("it opened")


def test_another_file_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    path, content = tmp_path / "notes.txt", b"my precious data\n" * 100
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"notes\.txt"), Journal.open(path, TARGET):
        pytest.fail("it opened")
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.touch()
    with Journal.open(path, TARGET):
        pass
    with pytest.raises(JournalError, match="another server"), Journal.open(path, "namespace-2"):
        pytest.fail("it opened")


def test_another_database_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE cases (id)")
    database.close()

    with pytest.raises(JournalError, match="not the journal of a feed"), Journal.open(path, TARGET):
        pytest.fail("it opened")


def test_a_journal_in_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="--journal"), Journal.open(tmp_path / "no" / "journal", TARGET):
        pytest.fail("it opened")


# --- Lines --------------------------------------------------------------------------------------


async def collected(text: bytes, size: int = CHUNK, longest: int = 1 << 20) -> list[Line]:
    chunks = iter([text[start : start + size] for start in range(0, len(text), size)])
    return [line async for line in read_lines(lambda _: next(chunks, b""), longest)]


@settings(max_examples=100)
@given(text=st.text("ab \r\n", max_size=60).map(str.encode), size=st.integers(1, 20))
def test_lines_are_the_same_however_the_file_arrives(text: bytes, size: int) -> None:
    lines = asyncio.run(collected(text, size))

    expected = [(number, raw) for number, raw in enumerate(text.split(b"\n"), start=1) if raw.strip()]
    assert [(line.number, line.raw) for line in lines] == expected


async def test_a_line_that_is_too_long_is_refused_without_being_held(tmp_path: Path) -> None:
    text = message(1, 1) + b"\n" + b"x" * 5_000 + b"\n" + message(1, 3)

    lines = await collected(text, size=100, longest=1_000)

    assert [(line.number, line.too_long, len(line.raw)) for line in lines][1] == (2, True, 0)
    server = Server()

    async def again() -> AsyncGenerator[Line, None]:
        for line in lines:
            yield line

    with Journal.open(tmp_path / "journal", TARGET) as journal:
        running = Feed(server.send, journal)
        await running.run(again())
    assert counts(running) == {"accepted": 2, "refused": 1}


async def test_a_mark_at_the_beginning_of_the_file_is_no_part_of_the_first_line() -> None:
    (line,) = await collected(b"\xef\xbb\xbf" + message(1, 1))

    assert line.raw == message(1, 1)


async def test_a_reader_that_is_left_early_reads_no_further() -> None:
    reads = 0

    def read(size: int) -> bytes:
        nonlocal reads
        reads += 1
        return b"x\n" * 10

    others = len(asyncio.all_tasks())
    lines = read_lines(read)
    await anext(lines)
    await lines.aclose()
    await until(lambda: len(asyncio.all_tasks()) == others)
    after = reads
    await turns()

    assert reads == after < 20


# --- The pace -----------------------------------------------------------------------------------


def test_quick_answers_let_the_feed_send_to_more_chats_up_to_its_limit() -> None:
    pace = Pace(most=10)

    limits = []
    for _ in range(100):
        pace.answered(0.0, 0.1)
        limits.append(pace.limit)

    assert limits[0] == 4
    assert limits == sorted(limits)
    assert limits[-1] == 10


def test_a_slow_answer_makes_it_send_to_fewer_but_never_to_none() -> None:
    pace = Pace(most=100)

    limits = []
    for second in range(0, 100, 10):
        pace.answered(second, second + 5)
        limits.append(pace.limit)

    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == 1


def test_slow_answers_to_what_was_sent_together_count_once() -> None:
    pace, other = Pace(most=100), Pace(most=100)

    pace.answered(0.0, 5.0)
    for _ in range(20):
        other.answered(0.0, 5.0)

    assert pace.limit == other.limit


async def test_a_journal_that_could_not_be_written_for_a_while_misses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal.open(path, TARGET) as journal:
        journal._database.execute("PRAGMA max_page_count = 1")
        for number in range(100):
            journal.note(Line(number, b"x"), Result(LineVerdict.REFUSED, "InvalidEvent", "y" * 900))
        with pytest.raises(JournalError, match="disk is full"):
            journal.flush()
        journal._database.execute("PRAGMA max_page_count = 100000")
        journal.flush()
    with Journal.open(path, TARGET) as journal:
        assert all(journal.find(Line(number, b"x")) for number in range(100))
