"""What the pages of chats and tickets have in common: what they show, and how a form of theirs is answered.

Each form sends one event. Its ID is made when the form is shown, so that whoever presses twice sends once.
What a case refuses is said above its form, and what was typed stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from fastapi import Response
from fastapi.responses import RedirectResponse

from baton.contract import ChatSnapshot, TicketSnapshot, TimelineEntry
from baton.desk.accounts import Role
from baton.desk.said import MessageRow
from baton.desk.tokens import new_token
from baton.documents.directory import Directory
from baton.errors import ConnectionFailed, IllegalTransition, Refused, Unanswered
from baton.model.effects import CaseRef
from baton.model.story import last_move
from baton.phrases.refusals import refusal
from baton.temporal.webaddresses import workflow_address
from gateway.console.casewords import case_words
from gateway.console.deeds import Deed, Fields, Typed
from gateway.console.errors import PageError
from gateway.console.routing import require_role
from gateway.console.visiting import Visit
from gateway.problems import problem_of
from helpdesks.paging import Page
from helpdesks.sessions import SignedIn

ROWS = 50
"""How many messages a page shows at once."""
SENDING, ASKING = 0.6, 0.25
"""Which part of the time for an answer an event may take, and a question to a case. Where the first was in
vain, there must be time left to show what was typed."""
TO_CUSTOMER = frozenset({"message", "reply"})
"""What of the things that are said reaches the customer."""

SnapshotT = TypeVar("SnapshotT", bound=ChatSnapshot | TicketSnapshot, covariant=True)


class Case(Protocol[SnapshotT]):
    """What the client has for a chat or a ticket."""

    workflow_id: str

    async def snapshot(self) -> SnapshotT:
        """The case as it is now."""

    async def timeline(self) -> list[TimelineEntry]:
        """What happened."""


@dataclass(frozen=True)
class Kept:
    """What became of a form that could not be sent."""

    deed: str = ""
    said: str = ""
    """Why, in words."""
    status: int = 200
    values: Mapping[str, str] = field(default_factory=dict)
    event_id: str = ""
    """The ID to send it with again, where nobody knows whether it was sent."""
    newer: Sequence[MessageRow] = ()
    """What others have replied since the form was shown."""

    def value(self, deed: str, name: str, otherwise: str = "") -> str:
        """What was typed into a field."""
        return self.values.get(name, otherwise) if deed == self.deed else otherwise

    def id_for(self, deed: str) -> str:
        """The ID of the event that a form is to send."""
        return self.event_id if deed == self.deed and self.event_id else f"console-{new_token()}"


NOTHING_KEPT = Kept()


@dataclass(frozen=True)
class Seen(Generic[SnapshotT]):
    """What a page shows of a case."""

    snapshot: SnapshotT | None
    """None where no workflow answers."""
    timeline: Sequence[TimelineEntry]
    messages: Page[MessageRow]
    directory: Directory
    away: bool
    """Whether the workflow may answer later."""


async def look(visit: Visit, case: Case[SnapshotT], before: str | None = None) -> Seen[SnapshotT]:
    """Everything about a case. Raises ``PageError`` if there never was one."""
    ledger = await visit.console.ledger()
    messages = await ledger.pages.messages(CaseRef.at(case.workflow_id), ROWS, before)
    directory = (await ledger.directory()).directory
    try:
        async with asyncio.timeout(visit.console.settings.gateway_answer_seconds * ASKING):
            return Seen(await case.snapshot(), await case.timeline(), messages, directory, away=False)
    except IllegalTransition:
        if not messages.rows and before is None:
            raise PageError(404) from None
        return Seen(None, (), messages, directory, away=False)
    except (Unanswered, ConnectionFailed, TimeoutError):
        return Seen(None, (), messages, directory, away=True)


async def shown(
    visit: Visit, case: Case[Any], seen: Seen[Any], kept: Kept, path: str, *, earlier_shown: bool
) -> dict[str, Any]:
    """What templates of either kind of case need."""
    namespace = (await visit.console.backend.temporal()).namespace
    ui = visit.console.settings.ui_origin
    rows = seen.messages.rows
    return {
        "case": seen.snapshot,
        "away": seen.away,
        "timeline": seen.timeline,
        "move": last_move(seen.timeline),
        "rows": rows,
        "earlier": seen.messages.next,
        "earlier_shown": earlier_shown,
        "last_seen": rows[-1].at.isoformat() if rows else "",
        "kept": kept,
        "path": path,
        "directory": seen.directory,
        "temporal_ui": workflow_address(ui, namespace, case.workflow_id),
        **case_words(visit.texts, seen.directory),
    }


async def answered(
    visit: Visit,
    person: SignedIn,
    case: Case[Any],
    deeds: Mapping[str, Deed],
    send: Callable[[Typed, Fields], Awaitable[object]],
    page: Callable[[Kept], Awaitable[Response]],
    path: str,
) -> Response:
    """The answer to a form: back to the page, or the page with the reason why not."""
    say = visit.texts
    typed = Typed(await visit.request.form(), say)

    async def again(said: str, status: int, **kept: Any) -> Response:
        return await page(Kept(typed.deed, said, status, typed.values(), **kept))

    try:
        deed = deeds.get(typed.deed)
        if deed is None or not typed.event_id:
            raise PageError(422)
        fields = deed(typed)
        if typed.deed == "reply":
            newer = await _replied_since(visit, case, typed.get("seen"), person.staff)
            if newer:
                return await again("", 409, newer=newer)
        author = {"type": "staff", "id": person.staff}
        async with asyncio.timeout(visit.console.settings.gateway_answer_seconds * SENDING):
            await send(typed, {**fields, "id": typed.event_id, "author": author})
    except PageError as error:
        if not error.said:
            raise
        return await again(error.said, error.status)
    except Refused as error:
        return await again(refusal(str(error), say), problem_of(error).kind.status)
    except (Unanswered, TimeoutError):
        said = say("No answer came in time. It may have been done: send it again, and it counts only once.")
        return await again(said, 503, event_id=typed.event_id)
    except ConnectionFailed:
        said = say("Temporal cannot be reached, and nothing was sent. Try again in a moment.")
        return await again(said, 503, event_id=typed.event_id)
    return RedirectResponse(path, 303)


async def _replied_since(visit: Visit, case: Case[Any], seen: str, staff: str) -> list[MessageRow]:
    """What others than this person have replied since the last message that the form has seen."""
    ledger = await visit.console.ledger()
    page = await ledger.pages.messages(CaseRef.at(case.workflow_id), ROWS)
    try:
        since = datetime.fromisoformat(seen) if seen else None
    except ValueError:
        since = None
    return [
        row
        for row in page.rows
        if row.said in TO_CUSTOMER
        and (since is None or row.at > since)
        and row.author.startswith("staff:")
        and row.author != f"staff:{staff}"
    ]


def require_hands(visit: Visit, person: SignedIn, holder: str | None) -> None:
    """Raise ``PageError`` if somebody may not hand a case on: it is another's, and they are no lead."""
    if holder not in (None, person.staff):
        require_role(visit, person, Role.LEAD)


def labels_for(seen: Seen[Any], *, departments: bool = True) -> list[str]:
    """Labels to choose from: those of the directory, and what else is on the case.

    Args:
        departments: whether those of departments are among them. On a ticket, they ask the department.
    """
    own = {one.label for one in seen.directory.departments.values()}
    on_case = seen.snapshot.labels if seen.snapshot else ()
    known = sorted(seen.directory.known_labels | set(on_case))
    return [label for label in known if departments or label not in own]
