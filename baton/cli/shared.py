"""What the commands share: reaching Baton, printing, and reading a chat's name."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from textwrap import wrap
from typing import Any, ParamSpec, TypeVar

import click
from pydantic import BaseModel
from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from temporalio.client import Client, RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCStatusCode

from baton.cli.console import Screen
from baton.cli.screen import echo, echo_json
from baton.client import BatonClient, connect
from baton.client.failures import not_taken
from baton.contract import CHAT_WORKFLOW, TICKET_WORKFLOW
from baton.desk.client import DeskClient
from baton.errors import BatonError, Unanswered
from baton.settings import load_settings
from baton.signs import one_line

P = ParamSpec("P")
T = TypeVar("T")

UNWRAPPED = 10_000
WIDTH = 80
GAP = 2
"""Blanks between two columns."""
LEGIBLE = 24
"""Characters in a line of a text that can be read without effort."""
SHOWN_TEXT = 60
"""Characters of a message that a list shows."""
_LOOK_AGAIN = 0.1

_NO_ANSWER = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
_WORKFLOW_PREFIX = CHAT_WORKFLOW.lower() + ":"
_TICKET_PREFIX = TICKET_WORKFLOW.lower() + ":"

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
"""The option for programs: one JSON document on standard output. Errors stay on standard error."""


@asynccontextmanager
async def baton_client() -> AsyncIterator[BatonClient]:
    """The client for chats and tickets, as the environment configures it."""
    async with _connected() as (client, task_queue):
        yield BatonClient(client, task_queue=task_queue)


@asynccontextmanager
async def desk_client() -> AsyncIterator[DeskClient]:
    """The client for the help desk, as the environment configures it."""
    async with _connected() as (client, task_queue):
        yield DeskClient(client, task_queue=task_queue)


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[Client, str]]:
    settings = load_settings()
    task_queue = settings.task_queue
    client = await connect(settings)
    try:
        yield client, task_queue
    except RPCError as error:
        raise _explained(error, task_queue) from None
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        raise BatonError(f"The worker could not answer: {_readable(error)}") from None


def _readable(error: Exception) -> str:
    # The server passes on nothing else of an encrypted failure.
    hidden = str(error) == "Encoded failure"
    return (
        "the reason is in the worker's log (encrypted failures are not shown here)" if hidden else str(error)
    )


def _explained(error: RPCError, task_queue: str) -> BatonError:
    if error.status in _NO_ANSWER:
        return Unanswered(
            f"No answer in time. Is a worker listening on the task queue {task_queue!r} (`baton up`)?"
        )
    return not_taken(error)


def run(main: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run the asynchronous part of a command."""
    return asyncio.run(main(*args, **kwargs))


async def appears(look: Callable[[], Awaitable[T | None]], within: float) -> T | None:
    """What ``look`` finds. It is repeated until ``seconds`` have passed; then the result is None."""
    try:
        async with asyncio.timeout(within):
            while True:
                found = await look()
                if found is not None:
                    return found
                await asyncio.sleep(_LOOK_AGAIN)
    except TimeoutError:
        return None


# --- Names --------------------------------------------------------------------------------------


def chat_id(written: Sequence[str]) -> tuple[str, str]:
    """Channel and conversation, from ``telegram:42``, ``chat:telegram:42``, or two words.

    Raises ``click.UsageError``, which says how to name a chat.
    """
    match written:
        case [channel, conversation]:
            return channel, conversation
        case [whole]:
            # A channel called "chat" is possible, and then the workflow ID names it: chat:chat:42.
            if whole.startswith(_WORKFLOW_PREFIX) and whole.count(":") > 1:
                whole = whole.removeprefix(_WORKFLOW_PREFIX)
            channel, colon, conversation = whole.partition(":")
            if channel and colon and conversation:
                return channel, conversation
    raise click.UsageError(
        f"{' '.join(written)!r} does not name a chat. Give channel and conversation, such as telegram:42, "
        "or the workflow's ID, chat:telegram:42."
    )


def ticket_name(written: str) -> str:
    """The ID of a ticket, from ``T-1`` or the workflow's ID, ``ticket:T-1``."""
    return written.removeprefix(_TICKET_PREFIX) or written


def fresh_id(prefix: str = "cli") -> str:
    """An ID that nothing else has."""
    return f"{prefix}-{uuid.uuid4().hex[:16]}"


# --- Output -------------------------------------------------------------------------------------


def print_json(value: Any) -> None:
    """One JSON document: models and lists of models, with times as text."""
    echo_json(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    otherwise: str,
    *,
    whole: Sequence[str] = (),
    beneath: Sequence[str] = (),
) -> None:
    """A table, or the sentence ``otherwise`` if there are no rows.

    Columns in ``whole`` are not wrapped. Those in ``beneath``, the last ones, are put under their row where
    little room is left for them.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not cells:
        echo(otherwise)
        return
    console = Screen()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNWRAPPED  # for grep: one line for each row
    beside = len(columns) - len(beneath)
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)][:beside]
    left = console.width - sum(width + GAP for width in widths)
    if beneath and left < len(beneath) * (LEGIBLE + GAP):
        narrow = [number for number in range(beside) if columns[number] not in whole]
        for _ in range(-left - GAP):
            widths[max(narrow, key=widths.__getitem__)] -= 1
        for number, row in enumerate([columns, *cells]):
            line = _table(columns[:beside], whole, widths)
            line.add_row(*row[:beside], style="" if number else "bold")
            console.print(line)
            for cell in filter(None, row[beside:] if number else ()):
                console.print(Padding(Text(cell, overflow="fold"), (0, 0, 0, GAP), expand=False))
        return
    table = _table(columns, whole, [None] * len(columns))
    table.show_header = True
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _table(columns: Sequence[str], whole: Sequence[str], widths: Sequence[int | None]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=False)
    for column, width in zip(columns, widths, strict=True):
        # Nothing is cut off: what does not fit continues on the next line.
        table.add_column(column, overflow="fold", no_wrap=column in whole, width=width)
    return table


def shortened(text: str) -> str:
    """The beginning of a text, for a list."""
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"


def folded(text: str, indent: int) -> list[str]:
    """Wrap a line into as many as it needs; keep an empty one."""
    own = " " * (indent + len(text) - len(text.lstrip()))
    return wrap(text.strip(), WIDTH, initial_indent=own, subsequent_indent=own) or [""]


def clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"


def minute(at: datetime | None) -> str:
    """As `clock`, without the seconds."""
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"


def count(number: int, noun: str) -> str:
    """``1 chat``, ``2 chats``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
