"""The page of a ticket."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from baton.client import Ticket
from baton.contract import DepartmentState, Draft, Status, TicketSnapshot, TicketStage
from baton.desk.accounts import Role
from baton.documents.directory import Directory
from baton.errors import BatonError
from baton.phrases import stories
from gateway.console import deeds
from gateway.console.casepage import NOTHING_KEPT, Kept, answered, labels_for, look, require_hands, shown
from gateway.console.casewords import ticket_path
from gateway.console.deeds import Fields, Typed
from gateway.console.errors import PageError
from gateway.console.routing import PersonOf, VisitOf, pages_for, require_role
from gateway.console.visiting import Visit
from helpdesks.sessions import SignedIn

router = pages_for(Role.AGENT)

Part = Annotated[Literal["", "now", "timeline"], Query()]
_PLACE = "/tickets/{ticket_id}"
_IN_ROUND = frozenset({TicketStage.COLLECTING, TicketStage.COMPOSING})


@router.get(_PLACE)
async def ticket_page(
    visit: VisitOf, person: PersonOf, ticket_id: str, before: str | None = None, part: Part = ""
) -> Response:
    """What was said, how far each department is, who must act, what happened, and the forms."""
    return await _page(visit, person, await _ticket(visit, ticket_id), part=part, before=before)


@router.post(_PLACE)
async def act_on_ticket(visit: VisitOf, person: PersonOf, ticket_id: str) -> Response:
    """Send what a form says."""
    ticket = await _ticket(visit, ticket_id)

    async def send(typed: Typed, event: Fields) -> None:
        snapshot = await ticket.snapshot()
        directory = (await (await visit.console.ledger()).directory()).directory
        _require_allowed(visit, person, event, snapshot, directory)
        if event["kind"] == "send_reply" and snapshot.stage is TicketStage.COMPOSING:
            _require_read(visit, await ticket.draft(), typed.get("drafted"))
        await ticket.send(
            event,
            customer=snapshot.customer,
            subject=snapshot.subject,
            channel=snapshot.channel,
            conversation=snapshot.conversation,
            timeout=visit.console.backend.patience,
        )

    async def page(kept: Kept) -> Response:
        return await _page(visit, person, ticket, kept)

    return await answered(visit, person, ticket, deeds.TICKET, send, page, ticket_path(ticket_id))


def _require_allowed(
    visit: Visit, person: SignedIn, event: Fields, ticket: TicketSnapshot, directory: Directory
) -> None:
    """Raise ``PageError`` if this needs another role. What the ticket itself allows, it says itself."""
    match event["kind"]:
        case "assigned":
            require_hands(visit, person, ticket.assignee)
        case "template_applied" | "department_asked_again":
            require_role(visit, person, Role.DISPATCHER)
        case "labels_changed":
            own = {one.label for one in directory.departments.values()}
            if own.intersection([*event["add"], *event["remove"]]):
                require_role(visit, person, Role.DISPATCHER)
        case "send_reply" if not _may_send(person, ticket, directory):
            require_role(visit, person, Role.DISPATCHER)


def _require_read(visit: Visit, draft: Draft, read: str) -> None:
    """Raise ``PageError`` if the draft is another than the one that somebody has read, or is stale since."""
    if read != _edition(draft):
        raise PageError(
            409,
            visit.texts(
                "The draft has changed since, or the customer has written. Look at both, and send your text "
                "again."
            ),
        )


def _edition(draft: Draft) -> str:
    """Tells a draft from others, and from itself before it was stale."""
    return f"{draft.round} {draft.at} {draft.stale}"


def _may_send(person: SignedIn, ticket: TicketSnapshot, directory: Directory) -> bool:
    """Whether somebody sends what they composed: the composer, or who is the last to be asked."""
    if person.role.includes(Role.DISPATCHER) or person.staff == ticket.composer:
        return True
    left = [one.label for one in ticket.departments if one.state is DepartmentState.ASKED]
    return len(left) == 1 and left == _asked_of(person, ticket, directory)


def _asked_of(person: SignedIn, ticket: TicketSnapshot, directory: Directory) -> list[str]:
    """The labels of the departments that are asked and to which somebody belongs."""
    return [
        one.label
        for one in ticket.departments
        if one.state is DepartmentState.ASKED and _belongs(person.staff, one.label, directory)
    ]


def _belongs(staff: str, label: str, directory: Directory) -> bool:
    department = directory.department_of(label)
    return department is not None and staff in directory.members_of(department)


async def _ticket(visit: Visit, ticket_id: str) -> Ticket:
    return (await visit.console.backend.baton()).ticket(ticket_id)


_TEMPLATES = {"": "ticket.html", "now": "ticketnow.html", "timeline": "timeline.html"}


async def _page(
    visit: Visit,
    person: SignedIn,
    ticket: Ticket,
    kept: Kept = NOTHING_KEPT,
    *,
    part: str = "",
    before: str | None = None,
) -> Response:
    seen = await look(visit, ticket, before)
    snapshot = seen.snapshot
    return visit.page(
        _TEMPLATES[part],
        kept.status,
        title=ticket.ticket_id,
        now=stories.acting(snapshot, visit.texts) if snapshot else "",
        state=stories.ticket_state(snapshot, visit.texts) if snapshot else "",
        statuses=[Status.OPEN, Status.PENDING],
        **(await _forms(visit, person, ticket, snapshot, seen.directory) if not part else {}),
        labels=labels_for(seen, departments=person.role.includes(Role.DISPATCHER)),
        **await shown(
            visit, ticket, seen, kept, ticket_path(ticket.ticket_id), earlier_shown=before is not None
        ),
    )


async def _forms(
    visit: Visit, person: SignedIn, ticket: Ticket, snapshot: TicketSnapshot | None, directory: Directory
) -> dict[str, Any]:
    """What the forms of a ticket need."""
    dispatches = person.role.includes(Role.DISPATCHER)
    in_round = snapshot is not None and snapshot.stage in _IN_ROUND
    sends = snapshot is not None and in_round and _may_send(person, snapshot, directory)
    draft = Draft()
    if sends:
        with suppress(BatonError):
            draft = await ticket.draft()
    asked = [one for one in snapshot.departments if one.state is DepartmentState.ASKED] if snapshot else []
    own = _asked_of(person, snapshot, directory) if snapshot else []
    return {
        "is_over": snapshot is None or snapshot.stage in (None, TicketStage.CLOSED),
        "in_round": in_round,
        "composes": snapshot is not None and snapshot.stage is TicketStage.COMPOSING,
        "dispatches": dispatches,
        "templates": await _templates(visit) if dispatches else [],
        "sends": sends,
        "draft": draft,
        "drafted": _edition(draft),
        "own": own,
        "answers_for": [one.label for one in asked] if dispatches else own,
        "others": [one.label for one in directory.departments.values() if one.label not in own],
        "known": [one.label for one in snapshot.departments] if snapshot else [],
    }


async def _templates(visit: Visit) -> list[tuple[str, str]]:
    """The templates that can be applied, with their names; none while their file cannot be read."""
    with suppress(BatonError):
        found, _ = await visit.console.backend.templates()
        return [(one.id, one.name or one.id) for one in found]
    return []
