"""What the commands share: reaching Baton, printing, and reading a chat's name."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from pydantic import BaseModel

from baton.cli.screen import echo_json
from baton.contract import CHAT_WORKFLOW, TICKET_WORKFLOW

if TYPE_CHECKING:
    from baton.client import BatonClient
    from baton.desk.client import DeskClient

P = ParamSpec("P")
T = TypeVar("T")

WIDTH = 80
SHOWN_TEXT = 60
"""Characters of a message that a list shows."""
_LOOK_AGAIN = 0.1

_WORKFLOW_PREFIX = CHAT_WORKFLOW.lower() + ":"
_TICKET_PREFIX = TICKET_WORKFLOW.lower() + ":"

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
"""The option for programs: one JSON document on standard output. Errors stay on standard error."""


def baton_client() -> AbstractAsyncContextManager[BatonClient]:
    """The client for chats and tickets, as the environment configures it."""
    # Imported here: Temporal's SDK takes longest of all, and neither help nor a wrong option needs it.
    from baton.client import BatonClient

    return client_of(BatonClient)


def desk_client() -> AbstractAsyncContextManager[DeskClient]:
    """The client for the help desk, as the environment configures it."""
    from baton.desk.client import DeskClient  # here for the same reason

    return client_of(DeskClient)


@asynccontextmanager
async def client_of(part: Callable[..., T]) -> AsyncIterator[T]:
    """A client for a part of Baton, made of a connection and of where the workers listen."""
    from baton.cli.connection import connected

    async with connected() as (client, task_queue):
        yield part(client, task_queue=task_queue)


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


def shortened(text: str) -> str:
    """The beginning of a text, for a list."""
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"


def folded(text: str, indent: int) -> list[str]:
    """Wrap a line into as many as it needs, at spaces; keep an empty one."""
    own = " " * (indent + len(text) - len(text.lstrip()))
    return wrap(
        text.strip(),
        WIDTH,
        initial_indent=own,
        subsequent_indent=own,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def count(number: int, noun: str, several: str = "") -> str:
    """``1 chat``, ``2 chats``; or ``several``, where that is another word."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
