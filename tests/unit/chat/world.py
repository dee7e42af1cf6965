"""The people, the facts and the words in which the tests of the chat model are written.

Line 1 answers chats: Ivan and Petra. Line 2 knows more: Lena, who rarely works with chats, and Oleg, who
does. Maria works on the phone; a message of hers never takes over a chat. "ghost" is somebody the directory
does not know.

A state is written in two halves, *phase* and *hands*:

    no chat              before the first message
    active open: nobody                     in New, for everyone
    active open: queue line-1               in New, for line 1
    active open: mine ivan                  assigned and pinned to Ivan
    active open: assigned ivan              in New, and Ivan is responsible
    active pending: reserved ivan           assigned to Ivan, pinned to him at the customer's next message
    active open: assigned ivan +pinned petra
    ended closed: assigned ivan

A table has one line for each group of states: ``before -> after``. ``any`` means every status or all hands,
``=`` means what was there before, and ``illegal`` is an ``IllegalTransition``. ``moves`` spells out a table,
and fails if a state is forgotten or occurs twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from baton.contract import Activity, Author, AuthorType, Status
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate, Facts, Person

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=5)

LINE_OF: Mapping[str, str] = {
    "ivan": "line-1",
    "petra": "line-1",
    "lena": "line-2",
    "oleg": "line-2",
    "maria": "phones",
}
CHATS: Mapping[str, bool] = {"ivan": True, "petra": True, "lena": False, "oleg": True, "maria": False}
TAKES_OVER: Mapping[str, bool] = {"line-1": True, "line-2": True, "phones": False}
LOAD: Mapping[str, int] = {"ivan": 2, "petra": 1, "lena": 0, "oleg": 1, "maria": 0}

CUSTOMER = Author(type=AuthorType.CUSTOMER, id="c-1")
SYSTEM = Author(type=AuthorType.SYSTEM, id="crm")


def staff(name: str) -> Author:
    return Author(type=AuthorType.STAFF, id=name)


def facts(
    *,
    away: tuple[str, ...] = (),
    full: tuple[str, ...] = (),
    gone: tuple[str, ...] = (),
    line_of: Mapping[str, str] = LINE_OF,
    **more: Any,
) -> Facts:
    """What a decision knows: everybody is online except those ``away``. ``more`` are fields of Facts.

    Those ``gone`` are no longer in the directory, and ``line_of`` says who is in which line.
    """
    there = {name: line for name, line in line_of.items() if name not in gone}
    known: dict[str, Any] = {
        "now": NOW,
        "people": {
            name: Person(
                line=line,
                chats=CHATS[name],
                takes_over=TAKES_OVER.get(line, True),
                away=name in away,
                full=name in full,
            )
            for name, line in there.items()
        },
        "lines": {
            line: tuple(
                Candidate(
                    staff=name,
                    available=name not in away and name not in full,
                    chats=CHATS[name],
                    load=LOAD[name],
                )
                for name in there
                if there[name] == line
            )
            for line in TAKES_OVER
        },
        "queues": ("phones",),
        "case_id": "case-1",
    }
    return Facts(**{**known, **more})


# --- States in words ----------------------------------------------------------------------------

NO_CHAT = "no chat"
ACTIVE_HANDS = ("nobody", "queue line-1", "mine ivan", "reserved ivan", "assigned ivan")
ENDED_HANDS = ("assigned ivan", "reserved ivan", "nobody")
STATES: tuple[str, ...] = (
    NO_CHAT,
    *(f"active {status}: {hands}" for status in ("open", "pending", "closed") for hands in ACTIVE_HANDS),
    *(f"ended {status}: {hands}" for status in ("open", "pending") for hands in ENDED_HANDS),
    "ended closed: assigned ivan",
)

HANDS_FIELDS = ("assignee", "line", "pinned_to", "reserved_for")
LAST_AUTHOR = {"open": CUSTOMER, "pending": staff("ivan"), "closed": CUSTOMER}


def hands(words: str) -> dict[str, str | None]:
    """The four fields of who has a chat."""
    fields: dict[str, str | None] = dict.fromkeys(HANDS_FIELDS)
    held, _, pinned = words.partition(" +pinned ")
    how, _, who = held.partition(" ")
    if how == "queue":
        fields["line"] = who
    elif how != "nobody":
        fields["assignee"], fields["line"] = who, LINE_OF.get(who)
        if how != "assigned":
            fields[{"mine": "pinned_to", "reserved": "reserved_for"}[how]] = who
    if pinned:
        fields["pinned_to"] = pinned
    return fields


def chat(words: str, **more: Any) -> ChatState:
    """A chat in the state that the words describe, five minutes after its last message."""
    nothing = ChatState(channel="telegram", conversation="42", customer="c-1")
    if words == NO_CHAT:
        return nothing
    phase, _, who = words.partition(": ")
    activity, status = phase.split()
    held = hands(who)
    known: dict[str, Any] = {
        **nothing.model_dump(),
        "activity": Activity(activity),
        "status": Status(status),
        **held,
        "case_id": "case-0" if phase == "ended closed" else "case-1",
        "labels": ("billing", "refund"),
        "last_author": LAST_AUTHOR[status],
        "last_message_at": EARLIER,
        "opened_at": EARLIER,
        "wrote_at": EARLIER,
        "customer_wrote_at": EARLIER,
        "staff_wrote_at": EARLIER if status == "pending" else None,
        "waiting_since": EARLIER if status == "open" else None,
        "held_since": EARLIER,
        "holders": {"line-1": "ivan"} if "ivan" in who else {},
        "timed": {"slow": EARLIER},
    }
    return ChatState(**{**known, **more})


def tab(words: str) -> str | None:
    """The tab in which staff find a chat in this state."""
    if words == NO_CHAT:
        return None
    phase, _, who = words.partition(": ")
    if phase.startswith("ended"):
        return "unanswered" if phase == "ended open" else "ended"
    if "+pinned" in who:
        return "mine"
    return {"mine": "mine", "reserved": "reserved"}.get(who.split()[0], "new")


class Move(NamedTuple):
    """One state before, and the state after, or ``None`` if that is an ``IllegalTransition``."""

    before: str
    after: str | None


def moves(table: str) -> Iterator[Move]:
    """Spell out a table, one move for each state."""
    rows = [row.partition("#")[0].strip() for row in table.strip().splitlines()]
    pairs = [tuple(part.strip() for part in row.split("->")) for row in rows if row]
    for before in STATES:
        found = [after for pattern, after in pairs if _matches(pattern, before)]
        assert len(found) == 1, f"{before!r} is met by {len(found)} rows of the table:{table}"
        yield Move(before, _after(before, found[0]))


def _matches(pattern: str, words: str) -> bool:
    if pattern == "any chat":
        return words != NO_CHAT and not words.startswith("ended closed")
    if ":" not in pattern:
        return words == pattern or words.startswith(f"{pattern}: ")
    if words == NO_CHAT:
        return False
    phase, _, who = words.partition(": ")
    wanted, _, wanted_hands = pattern.partition(": ")
    activity, status = wanted.split()
    if wanted == "ended any" and phase == "ended closed":
        return False  # final is never meant by "any"
    return (
        phase.split()[0] == activity
        and status in ("any", phase.split()[1])
        and (wanted_hands == "any" or who in wanted_hands.split(" | "))
    )


def _after(before: str, after: str) -> str | None:
    if after == "illegal":
        return None
    if after == "=":
        return before
    phase, _, who = before.partition(": ")
    new_phase, _, new_who = after.partition(": ")
    activity, status = new_phase.split()
    if status == "=":
        status = phase.split()[1]
    if activity == "=":
        activity = phase.split()[0]
    return f"{activity} {status}: {who if new_who == '=' else new_who}"
