"""What a message brings with it: what Omnidesk changes of a case by itself when somebody writes there.

Who answers first gets the case, an answer makes it wait for the customer, the customer's message opens it
again, and any message activates a chat. Some of it is in the changelog, too, beside the message. Baton knows
from the message that it is so. An event of its own would take a case back from whoever a rule has given it to
after that message.

The first message brings the case itself, as it was then. So whatever somebody changes before Baton's first
write is seen to be a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from baton.contract import Activity, Status
from helpdesks.omnidesk.mapping import STATUSES, OmnideskMapping
from helpdesks.omnidesk.wire import CaseThere, EntryThere, MessageThere
from helpdesks.outside.adapter import Difference

NEAR = timedelta(seconds=1)
"""From the time of a message to that of an entry that goes with it, at most: both are cut off to the second.
What the writer did by hand within that time, and to the same end, is taken for such an entry."""


@dataclass(frozen=True)
class Along:
    """Which entries go with which message."""

    shows: Mapping[int, Difference]
    """By message: what the desk shows since then."""
    entries: frozenset[int]
    """The places of these entries in the changelog."""


def along(
    case: CaseThere,
    messages: Sequence[MessageThere],
    entries: Sequence[EntryThere],
    mapping: OmnideskMapping,
) -> Along:
    """What goes with each of these messages, notes aside: a note changes nothing by itself."""
    shows: dict[int, Difference] = {}
    places: set[int] = set()
    written = [(message, message.at) for message in messages if message.at is not None and not message.note]
    is_chat = case.channel in mapping.chats_there
    for message, _ in written:
        shows[message.message_id] = Difference(activity=Activity.ACTIVE) if is_chat else Difference()
    for message, at in written[:1]:
        if case.created_at is not None and abs(at - case.created_at) <= NEAR:
            shows[message.message_id].update(_began(case, entries, mapping))
    for place, entry in enumerate(entries):
        for message, at in written:
            if brought := _brought(message, at, entry, mapping):
                shows[message.message_id].update(brought)
                places.add(place)
                break
    return Along(shows, frozenset(places))


def _began(case: CaseThere, entries: Sequence[EntryThere], mapping: OmnideskMapping) -> Difference:
    """The case as it began: what it was before its first change, or is if it was never changed."""
    words, first = mapping.changelog, {entry.event: entry.old_value for entry in reversed(entries)}
    began = Difference()
    if words.status is not None and (status := STATUSES.get(first.get(words.status, case.status))):
        began["status"] = status
    if words.assignee is not None:
        began["assignee"] = mapping.people_there.get(first.get(words.assignee, str(case.staff_id)))
    if words.line is not None:
        began["line"] = mapping.lines_there.get(first.get(words.line, str(case.group_id)))
    return began


def _brought(
    message: MessageThere, at: datetime, entry: EntryThere, mapping: OmnideskMapping
) -> Difference | None:
    is_near = entry.created_at is not None and timedelta() <= entry.created_at - at <= NEAR
    if not is_near or not _did(message, entry.done_by):
        return None
    words, by_staff = mapping.changelog, message.staff_id != 0
    turn = Status.PENDING if by_staff else Status.OPEN
    if entry.event == words.status and STATUSES.get(entry.value) is turn:
        return Difference(status=turn)
    if by_staff and entry.value == str(message.staff_id) and entry.event in (words.assignee, words.pinned):
        return Difference(assignee=mapping.people_there.get(entry.value))
    return None


def _did(message: MessageThere, done_by: str) -> bool:
    """Whether an entry was caused by the writer, or by Omnidesk itself: what rules do has its own name."""
    kind, _, number = done_by.partition("_")
    if kind == "staff":
        return number == str(message.staff_id)
    return kind != "rule"
