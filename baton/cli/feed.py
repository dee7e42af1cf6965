"""``baton feed``: send the events in a file, in order and each once."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from baton.cli import feedreport
from baton.cli.screen import echo, echo_json
from baton.cli.shared import as_json, baton_client, run
from baton.client import BatonClient
from baton.errors import BatonError
from baton.feed import Feed, Send
from baton.feed.journal import TEMPORARY, Journal
from baton.feed.lines import Item, Line, read_lines
from baton.feed.results import LineVerdict, Result
from baton.files import private

STDIN = Path("-")
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    file: Path
    concurrency: int
    journal: Path
    refused: Path | None
    signal: bool
    timeout: float


@click.command("feed")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True))
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Send to at most this many chats at once.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to record the outcomes. The default is FILE.journal.",
)
@click.option("--no-journal", is_flag=True, help="Record nothing: the next run sends everything again.")
@click.option(
    "--refused",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the refused lines here, each with the reason.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if any line was refused.")
@click.option("--signal", "signal_", is_flag=True, help="Only hand over, without waiting for decisions.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds to wait for one answer.",
)
@as_json
def command(
    file: Path,
    journal: Path | None,
    no_journal: bool,
    strict: bool,
    signal_: bool,
    json_: bool,
    **options: Any,
) -> None:
    """Send the events in FILE (- is standard input), one JSON object a line:

    \b
      {"channel": "telegram", "conversation": "42", "customer": "c-7",
       "event": {"kind": "customer_message", "id": "m-1",
                 "author": {"type": "customer", "id": "c-7"}, "text": "Hello"}}

    The events of a chat are sent in order, each after the one before was answered. Many chats are sent to at
    once, fewer while the server is slow to answer. The same command resumes where an interrupted one stopped:
    lines that were answered are not sent again, and an event that was accepted without our knowing is
    recognised by its ID.

    Refused lines are counted. They are a failure if they are more than those accepted, or with --strict.
    Ctrl-C stops; a second one stops at once.
    """
    written = [path.resolve() for path in (file, journal, options["refused"]) if path is not None]
    if len(written) > len(set(written)):
        raise click.UsageError("FILE, --journal and --refused must be different files.")
    if no_journal and journal is not None:
        raise click.UsageError("--journal and --no-journal contradict each other.")
    if file == STDIN and journal is None and not no_journal:
        raise click.UsageError(
            "Standard input has no place for a journal: name one with --journal, or use --no-journal."
        )
    place = TEMPORARY if no_journal else journal or file.with_name(f"{file.name}.journal")
    feed, seconds = run(_feed, Options(file=file, journal=place, signal=signal_, **options), json_)
    if json_:
        echo_json(feedreport.as_dict(feed, seconds))
    else:
        feedreport.print_summary(feed, seconds)
    tally = feed.tally
    unfinished = bool(feed.stopped or tally.verdicts[LineVerdict.FAILED])
    if tally.mostly_refused:
        echo(_what_to_do_about_refusals(options["refused"]), err=True)
    if unfinished:
        echo(_how_to_go_on(file, place), err=True)
    if unfinished or tally.mostly_refused or (strict and tally.verdicts[LineVerdict.REFUSED]):
        raise SystemExit(1)


async def _feed(options: Options, quiet: bool) -> tuple[Feed, float]:
    async with baton_client() as client:
        target = await _target(client)
        # The journal is opened last: a command that fails before must not leave one behind.
        with ExitStack() as stack:
            read, size = stack.enter_context(_opened(options.file))
            on_refused = stack.enter_context(_refused_into(options.refused))
            journal = stack.enter_context(Journal.open(options.journal, target))
            feed = Feed(
                _sender(client, options), journal, concurrency=options.concurrency, on_refused=on_refused
            )
            showing = asyncio.create_task(feedreport.show_progress(feed, size, quiet=quiet))
            started = time.monotonic()
            try:
                with _stopped_by_ctrl_c(feed):
                    await feed.run(read_lines(read))
            except OSError as error:
                raise BatonError(f"{options.file} cannot be read: {error.strerror}") from None
            finally:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
            return feed, time.monotonic() - started


async def _target(client: BatonClient) -> str:
    """The ID of the namespace: a server may have several addresses, or a new database tomorrow."""
    described = await client.temporal.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.temporal.namespace)
    )
    return described.namespace_info.id


def _sender(client: BatonClient, options: Options) -> Send:
    async def send(item: Item) -> LineVerdict:
        outcome = await client.chat(item.channel, item.conversation).send(
            item.event, customer=item.customer, timeout=options.timeout
        )
        return LineVerdict.DUPLICATE if outcome.duplicate else LineVerdict.ACCEPTED

    async def submit(item: Item) -> LineVerdict:
        async with asyncio.timeout(options.timeout):
            await client.chat(item.channel, item.conversation).submit(item.event, customer=item.customer)
        return LineVerdict.SUBMITTED

    return submit if options.signal else send


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Callable[[int], bytes | None], int | None]]:
    """How to read the file, and its size if it has one."""
    # Unbuffered: reading returns what a pipe has, and a thread that waits for more holds no lock.
    source: Path | int = 0 if file == STDIN else file
    try:
        stream = open(source, "rb", buffering=0, closefd=file != STDIN)  # noqa: SIM115
    except OSError as error:
        raise BatonError(f"{file} cannot be read: {error.strerror}") from None
    with stream:
        size = file.stat().st_size if file.is_file() else None
        yield stream.read, size


@contextmanager
def _refused_into(path: Path | None) -> Iterator[Callable[[Line, Result], None]]:
    """Write refused lines as JSON lines: ``line`` (its number), ``type``, ``reason``, ``input``."""
    if path is None:
        yield lambda line, result: None
        return
    try:
        # Unbuffered: an error belongs to the current line, and closing the file cannot raise a late one.
        file = open(path, "wb", buffering=0, opener=private)  # noqa: SIM115
    except OSError as error:
        raise _unwritable(path, error) from None

    def write(line: Line, result: Result) -> None:
        text = line.raw.decode(errors="replace").strip()
        record = {"line": line.number, "type": result.type, "reason": result.reason, "input": text}
        try:
            left = memoryview(f"{json.dumps(record, ensure_ascii=False)}\n".encode())
            while left:
                left = left[file.write(left) :]
        except OSError as error:
            raise _unwritable(path, error) from None

    with file:
        yield write


def _unwritable(path: Path, error: OSError) -> BatonError:
    return BatonError(f"{path} cannot be written: {error.strerror}")


@contextmanager
def _stopped_by_ctrl_c(feed: Feed) -> Iterator[None]:
    """The first Ctrl-C waits for the answers to what was sent; a second one does not."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()
    assert running is not None

    def stop() -> None:
        if feed.stopped:
            running.cancel()
        feed.stop(INTERRUPTED)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if feed.stopped != INTERRUPTED:
            raise
        running.uncancel()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _how_to_go_on(file: Path, journal: Path) -> str:
    if journal == TEMPORARY:
        return (
            "To resume, run the same command again. Without a journal it sends every line; events that were "
            "handled are recognised by their IDs."
        )
    again = "the same input and command" if file == STDIN else "the same command"
    return (
        f"To resume, use {again} again: what is recorded in {journal} is not sent "
        "twice, and any other event that was handled is recognised by its ID."
    )


def _what_to_do_about_refusals(refused: Path | None) -> str:
    where = f"in {refused}" if refused else "in a file, if the same command is given with --refused FILE"
    return (
        f"More lines were refused than accepted. Why stands {where}; often people are missing from the "
        "directory. Correct that first. Then feed the refused lines under new IDs: those they have are "
        'spent, so that Baton would refuse them again. See "Refused lines" in docs/feed.md.'
    )
