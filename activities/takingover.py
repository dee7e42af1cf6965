"""How a case that was open at the desk before Baton came is taken over: as it is, and not as it became so.

Its history is not played again: people would be told once more of everything. The case gets the last message
of the customer and the last answer to it, which say whose turn it is, and then how the desk shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from activities.deskhearing import DeskHearing, Heard
from baton.contract import (
    AgentMessage,
    Assigned,
    Author,
    AuthorType,
    CustomerMessage,
    Event,
    LabelsChanged,
    StatusSet,
    derived_id,
)
from baton.errors import InvalidEvent
from helpdesks.deliveries import Deliveries
from helpdesks.outside.adapter import Difference, HeardThere, OpenCase

_IMPORT = Author(type=AuthorType.SYSTEM, id="import")


def events_of(desk: str, case: OpenCase) -> int:
    """How many events a case would get. Raises as `take_over`."""
    return len(_messages(case)) + len(list(_as_it_is(desk, case)))


async def take_over(hearing: DeskHearing, deliveries: Deliveries, desk: str, case: OpenCase) -> int:
    """Tell Baton of a case. Returns how many events there were.

    Raises ``InvalidEvent`` if nobody ever wrote in it.
    """
    messages = _messages(case)
    as_it_is = list(_as_it_is(desk, case))
    await deliveries.begin_import(_key(desk, case))
    # Noted first, so that what follows from the messages does not change what people have set at the desk.
    for event, shows in as_it_is:
        await deliveries.heard(desk, case.desk_id, shows, event.id)
    told = [await hearing.hear(HeardThere(case.start, case.desk_id, event)) for event in messages]
    for event, shows in as_it_is:
        told.append(await hearing.hear(HeardThere(case.start, case.desk_id, event, shows)))
    await deliveries.done(_key(desk, case))
    return sum(one is Heard.TOLD for one in told)


async def broke_off(deliveries: Deliveries, desk: str, case: OpenCase) -> bool:
    """Whether taking over this case began, and did not come to its end."""
    return await deliveries.is_under_way(_key(desk, case))


def _key(desk: str, case: OpenCase) -> str:
    return derived_id("import", desk, case.desk_id)


def _messages(case: OpenCase) -> list[Event]:
    """The last message of the customer, and the last answer to it; if the customer never wrote, of staff."""
    history = case.history
    asked = [number for number, event in enumerate(history) if isinstance(event, CustomerMessage)]
    since = history[asked[-1] + 1 :] if asked else history
    answers = [event for event in since if isinstance(event, AgentMessage)]
    found = [*([history[asked[-1]]] if asked else []), *answers[-1:]]
    if not found:
        raise InvalidEvent("nobody has written in it yet")
    return found


def _as_it_is(desk: str, case: OpenCase) -> Iterator[tuple[Event, Difference]]:
    """Events that make the case what the desk shows, each with the part that it tells of."""
    shown = case.shown.is_now

    def named(field: str) -> str:
        return derived_id("import", desk, case.desk_id, field)

    if labels := shown.get("labels"):
        event = LabelsChanged(id=named("labels"), author=_IMPORT, add=tuple(sorted(labels)))
        yield event, Difference(labels_added=labels)
    answered = any(isinstance(event, AgentMessage) for event in _messages(case))
    if "assignee" in shown and (shown["assignee"] is not None or answered):
        # Whoever has answered would have it; at the desk it is somebody else's, or nobody's.
        hands = {field: shown[field] for field in ("assignee", "line") if field in shown}
        assigned = Assigned(id=named("assignee"), author=_IMPORT, staff=shown["assignee"])
        yield assigned, cast(Difference, hands)
    if (status := shown.get("status")) is not None:
        set_ = StatusSet(id=named("status"), author=_IMPORT, status=status)
        yield set_, cast(Difference, {"status": status})
