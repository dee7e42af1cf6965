"""What of a case a desk can express, and what is said in words instead."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import cast

from baton.contract import Activity, Tab, TicketStage
from baton.model.chat.state import ChatState
from baton.model.effects import CaseWrite
from baton.model.ticket.state import TicketState
from helpdesks.outside.adapter import SINGLE, Capability, Change, Difference


def wanted(write: CaseWrite | ChatState | TicketState, capabilities: Set[Capability]) -> Change:
    """The case, as a write or its state has it, as the desk is to show it, as far as it can."""
    change = Change()
    if write.status is not None:
        change["status"] = write.status
    if write.assignee is not None or Capability.UNASSIGN in capabilities:
        change["assignee"] = write.assignee
    if write.line is not None and Capability.LINES in capabilities:
        change["line"] = write.line
    if Capability.LABELS in capabilities:
        change["labels"] = frozenset(write.labels)
    activity = None if isinstance(write, TicketState) else write.activity
    if activity is not None and Capability.END_CHAT in capabilities:
        change["activity"] = activity
    return change


END_IT = "This chat has ended for Baton. The help desk has no way to be told: please end it there."


def unexpressed(write: CaseWrite, capabilities: Set[Capability], shown: Change) -> Iterator[str]:
    """How the case is, as far as the desk cannot show it, in words for whoever works there.

    ``shown`` is what is known of the case at the desk; whoever ended a chat there need not be asked to. Where
    chats do not end, nobody misses it.
    """
    if write.activity is Activity.ENDED and Capability.END_CHAT not in capabilities:
        if Capability.ENDS in capabilities and shown.get("activity") is not Activity.ENDED:
            yield END_IT
    elif write.activity is Activity.ACTIVE and Capability.PIN not in capabilities:
        if write.reserved_for is not None:
            yield f"Reserved for {write.reserved_for}: the customer's next message is theirs."
        elif write.tab is Tab.NEW and write.line is not None and Capability.LINES not in capabilities:
            yield f"In the queue of {write.line}: whoever is free there takes it."
    open_ticket = write.stage not in (None, TicketStage.CLOSED)
    if open_ticket and write.assignee is None and Capability.UNASSIGN not in capabilities:
        yield "Nobody has this ticket now, whatever the help desk shows."
    if write.labels and Capability.LABELS not in capabilities:
        yield f"Labels: {', '.join(write.labels)}"


def merged(wanted: Change, now: Change, known: Change, on_their_way: Set[str]) -> Change:
    """What to change at the desk, so that it shows what is wanted.

    Fields ``on_their_way`` are left alone: a person has changed them. Labels are compared one by one: those
    that a person has added or removed stay so.
    """
    change = Change()
    for name in SINGLE:
        if name in wanted and name not in on_their_way and now.get(name) != wanted[name]:
            change[name] = wanted[name]
    if "labels" in wanted:
        there, before = now.get("labels", frozenset()), known.get("labels", frozenset())
        to_be = (there | (wanted["labels"] - before)) - (before - wanted["labels"])
        if to_be != there:
            change["labels"] = to_be
    return change


def changed_by_others(now: Change, known: Change) -> frozenset[str]:
    """The fields that show something else than what was last written or read there."""
    return frozenset(name for name in SINGLE if name in known and known[name] != now.get(name))


def still_to_undo(back: Change, difference: Difference, now: Change) -> Change:
    """The part of ``back`` that undoes what the desk still shows: what a person changed later stays."""
    single = {name: back[name] for name in SINGLE if name in back and now.get(name) == difference.get(name)}
    labels = {"labels": back["labels"]} if "labels" in back and back["labels"] != now.get("labels") else {}
    return cast(Change, {**single, **labels})


def overwritten(own: Difference, case: Change, now: Change) -> Change:
    """What to change at the desk because a write of Baton's own has overwritten what somebody had just done.

    Args:
        own: what that write did.
        case: what the desk is to show of the case by now, after it has heard of what was overwritten.
    """
    change = Change()
    for name in SINGLE:
        if name in own and name in case and own[name] != case[name] and now.get(name) == own[name]:
            change[name] = case[name]
    if "labels" in case:
        there = now.get("labels", frozenset())
        # Not what it added: the case may just be about to take that off again by itself.
        missing = own.get("labels_removed", frozenset()) & case["labels"]
        if not missing <= there:
            change["labels"] = there | missing
    return change
