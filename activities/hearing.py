"""What a decision knows of other cases that hear of an event: the one that it was merged into, and tickets.

And whether a message that was not delivered was one to this customer: only such a one opens a closed case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from baton.contract import FORWARDED_KINDS, CustomerMessage, DeliveryFailed, Event, MergedInto, MessageChanged
from baton.errors import IllegalTransition, InvalidEvent
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.effects import CaseRef
from baton.model.facts import Previous, people
from baton.model.reactions import reference
from helpdesks.base import Intake

_TICKET = "ticket:"


def about(before: CaseState, event: Event, previous: Previous | None, intake: Intake) -> Mapping[str, Any]:
    """The fields of the facts that are about other cases, and about a message.

    Args:
        previous: the case before this one, if the event may open one.

    Raises ``Refused`` if a case is to be merged into one that does not exist, or into itself.
    """
    heard: Mapping[str, str | None] = {}
    if isinstance(before, ChatState) and (tickets := _linked(before, event, previous)):
        heard = _tickets_of(before, tickets, intake)
    if previous is not None:
        living = people([heard.get(ticket) for ticket in previous.tickets])
        previous = previous.model_copy(update={"tickets": living})
    forward_to = None
    if isinstance(event, MergedInto):
        forward_to = _target(before, event, intake)
    elif previous is not None and previous.merged_into and event.kind in FORWARDED_KINDS:
        forward_to = _destination(before, previous.merged_into, intake)
    author, was_sent = None, False
    if isinstance(event, DeliveryFailed | MessageChanged):
        merged = previous.merged_from if previous is not None else before.merged_from
        elsewhere = [CaseRef.at(case) for case in merged]
        was_sent = intake.was_sent(event.message_id, elsewhere)
        if was_sent and isinstance(event, DeliveryFailed):
            author = intake.author_of(event.message_id, elsewhere)
    return {
        "previous": previous,
        "closed_tickets": tuple(ticket for ticket, hears in heard.items() if hears is None),
        "forward_to": forward_to,
        "message_author": author,
        "message_known": was_sent,
    }


def _linked(chat: ChatState, event: Event, previous: Previous | None) -> tuple[str, ...]:
    """The tickets of which it matters now whether they are closed."""
    if previous is not None:
        return previous.tickets
    return chat.linked_tickets if isinstance(event, CustomerMessage | MessageChanged) else ()


def _target(before: CaseState, event: MergedInto, intake: Intake) -> str:
    """The workflow into which a case is merged: the last one, if that one was merged into another itself.

    Raises ``InvalidEvent`` if there is no such case, or it is the same one, and ``IllegalTransition`` if that
    one was merged into this one.
    """
    own, case = reference(before).workflow_id, event.case
    if case == own:
        raise InvalidEvent(f"event {event.id!r}: {own} cannot be merged into itself: name another case")
    target = CaseRef.at(case)
    if not case.startswith(("chat:", _TICKET)) or target.place_is_empty:
        raise InvalidEvent(
            f"event {event.id!r}: {case!r} does not name a case: give the ID of its workflow, such as "
            f"'chat:telegram:42' or 'ticket:T-7'"
        )
    if intake.case_at(target) is None:
        raise InvalidEvent(f"event {event.id!r}: there is no case {case}, into which {own} could be merged")
    end = _end(case, own, intake)
    if end is None:
        raise IllegalTransition(f"merged_into: {case} was itself merged into {own}, which has to go on")
    return end


def _destination(before: CaseState, merged_into: str, intake: Intake) -> str | None:
    """The workflow to which something is forwarded that is written to a closed case; none if to nowhere.

    Cases that were merged into each other at the same moment would form a circle: what is written to one of
    them then opens that one again.
    """
    return _end(merged_into, reference(before).workflow_id, intake)


def _tickets_of(chat: ChatState, tickets: Iterable[str], intake: Intake) -> Mapping[str, str | None]:
    """For each ticket of a chat the one that hears of it: itself, one that it was merged into, or none."""
    own = reference(chat).workflow_id
    heard: dict[str, str | None] = {}
    for ticket in people(tickets):
        found = intake.case_at(CaseRef.at(f"{_TICKET}{ticket}"))
        if found is None or not found.final:  # one that was just opened is not in the ledger yet
            heard[ticket] = ticket
            continue
        end = _end(found.merged_into, own, intake) if found.merged_into else None
        heard[ticket] = end.removeprefix(_TICKET) if end and end.startswith(_TICKET) else None
    return heard


def _end(start: str, own: str, intake: Intake) -> str | None:
    """The last of the cases that were merged one into another; none if that leads back to where it began."""
    passed, case = {own}, start
    while case not in passed:
        found = intake.case_at(CaseRef.at(case))
        if found is None or not found.final or found.merged_into is None:
            return case
        passed.add(case)
        case = found.merged_into
    return None
