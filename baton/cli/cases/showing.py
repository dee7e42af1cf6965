"""What ``baton chat show`` and ``baton ticket show`` have in common: what to look up, and what to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import click

from baton.cli.cases.caseview import print_timeline
from baton.cli.cases.saying import print_messages
from baton.cli.language import say
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, desk_client, print_json
from baton.cli.times import utc_option
from baton.contract import ChatSnapshot, TicketSnapshot, TimelineEntry
from baton.desk.said import Messages
from baton.errors import IllegalTransition

if TYPE_CHECKING:
    from baton.client import BatonClient

SnapshotT = TypeVar("SnapshotT", bound=ChatSnapshot | TicketSnapshot, covariant=True)


class Case(Protocol[SnapshotT]):
    """What the client has for a chat or a ticket."""

    workflow_id: str

    async def snapshot(self) -> SnapshotT:
        """The case as it is now."""

    async def timeline(self) -> list[TimelineEntry]:
        """What happened."""


class Wanted(NamedTuple):
    """What to show of a case, and how."""

    timeline: bool
    messages: int | None
    """How many messages at the most; none if they are not wanted."""
    json: bool


def wanted_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what to show of a case: the argument ``wanted``."""

    @wraps(command)
    def with_wanted(*, timeline: bool, messages: bool, limit: int, json_: bool, **others: Any) -> None:
        command(wanted=Wanted(timeline, limit if messages else None, json_), **others)

    for option in (
        as_json,
        utc_option,
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            default=50,
            show_default=True,
            help="With --messages: the most to show.",
        ),
        click.option("--messages", is_flag=True, help="Show what was said: messages, notes, replies."),
        click.option("--timeline", is_flag=True, help="Show what happened, event by event."),
    ):
        with_wanted = option(with_wanted)
    return with_wanted


async def show_case(
    case_of: Callable[[BatonClient], Case[SnapshotT]],
    wanted: Wanted,
    show: Callable[[SnapshotT, Sequence[TimelineEntry]], None],
) -> None:
    """Look a case up, and show it: what ``show`` prints of it, and then what else is wanted.

    Where Temporal has no workflow of it any more, what was said can still be read.

    Raises ``IllegalTransition`` if there never was such a case.
    """
    async with baton_client() as client:
        case = case_of(client)
        said = await _said_in(case.workflow_id, wanted.messages) if wanted.messages else None
        try:
            snapshot, timeline = await case.snapshot(), await case.timeline()
        except IllegalTransition:
            if said is None or not said.messages:
                raise
            _show_kept(said, wanted)
            return
    if wanted.json:
        print_json(_document(snapshot, timeline if wanted.timeline else None, said))
        return
    show(snapshot, timeline)
    if wanted.timeline:
        echo()
        print_timeline(timeline)
    if said is not None:
        echo()
        print_messages(said)


async def _said_in(workflow_id: str, limit: int) -> Messages:
    async with desk_client() as desk:
        return await desk.messages(workflow_id, limit=limit)


def _show_kept(said: Messages, wanted: Wanted) -> None:
    if wanted.json:
        print_json(_document(None, None, said))
        return
    echo(say("Temporal has no workflow of it any more; this is what the help desk has kept.") + "\n")
    print_messages(said)


def _document(
    snapshot: ChatSnapshot | TicketSnapshot | None,
    timeline: Sequence[TimelineEntry] | None,
    said: Messages | None,
) -> dict[str, Any]:
    """What is shown, for programs; what was not asked for is left out."""
    document: dict[str, Any] = {"snapshot": snapshot}
    if timeline is not None:
        document["timeline"] = timeline
    if said is not None:
        document |= {"messages": said.messages, "earlier": said.earlier}
    return document
