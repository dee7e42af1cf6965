"""Every state of a chat and every kind of event: who has the chat afterwards.

Read the tables like this: the state of the chat before -> its state after the event. See ``world`` for the
words. Source: the table in section 3 of the design.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from baton.contract import (
    CHAT_KINDS,
    AgentMessage,
    Assigned,
    Author,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    DirectoryChanged,
    Idle,
    LabelsChanged,
    MergedFrom,
    MergedInto,
    MessageChanged,
    NoteAdded,
    PlaceFreed,
    Presence,
    PresenceChanged,
    ReplySent,
    Status,
    StatusSet,
    SystemMessage,
    Taken,
    TicketOpened,
    TimedDue,
)
from baton.errors import IllegalTransition
from baton.model.chat.model import HANDLING, check, fold, opens
from baton.model.facts import AskedOf, Facts, Previous
from tests.unit.chat.world import (
    CUSTOMER,
    HANDS_FIELDS,
    NO_CHAT,
    NOW,
    SYSTEM,
    chat,
    facts,
    hands,
    moves,
    staff,
    tab,
)


class Case(NamedTuple):
    event: ChatEvent
    table: str
    world: Facts = facts()


def customer() -> CustomerMessage:
    return CustomerMessage(id="e-1", author=CUSTOMER, text="Здравствуйте 👋")


def agent(name: str) -> AgentMessage:
    return AgentMessage(id="e-1", author=staff(name), text="Добрый день")


def taken(name: str) -> Taken:
    return Taken(id="e-1", author=staff(name))


def ended(author: Author, status: Status | None = None) -> ChatEnded:
    return ChatEnded(id="e-1", author=author, status=status)


def status_set(status: Status) -> StatusSet:
    return StatusSet(id="e-1", author=staff("petra"), status=status)


def assigned(*, staff_id: str | None = None, line: str | None = None) -> Assigned:
    return Assigned(id="e-1", author=staff("lena"), staff=staff_id, line=line)


def presence(name: str, now: Presence) -> PresenceChanged:
    return PresenceChanged(id="e-1", author=staff(name), staff=name, presence=now)


NOTHING_MOVES = """
    no chat      -> illegal
    any chat     -> =
    ended closed -> illegal
"""

SOMEBODY_HAS_ROOM = """
    no chat                                                        -> illegal
    active open: queue line-1                                      -> active open: mine petra
    active pending: queue line-1                                   -> active pending: reserved petra
    active closed: queue line-1                                    -> active closed: mine petra
    active any: nobody | mine ivan | reserved ivan | assigned ivan -> =
    ended open: assigned ivan | reserved ivan                      -> active open: mine ivan
    ended open: nobody                                             -> =
    ended pending: any                                             -> =
    ended closed                                                   -> illegal
"""

CASES: dict[str, Case] = {
    # --- The customer writes -------------------------------------------------------------------
    "the customer writes, everybody is there": Case(
        customer(),
        """
        no chat                   -> active open: nobody
        active any: nobody        -> active open: nobody
        active any: queue line-1  -> active open: mine petra  # has the fewest chats
        active any: mine ivan     -> active open: mine ivan
        active any: reserved ivan -> active open: mine ivan
        active any: assigned ivan -> active open: assigned ivan
        ended any: assigned ivan  -> active open: assigned ivan  # in New; rule 4 would pin it
        ended any: reserved ivan  -> active open: mine ivan
        ended any: nobody         -> active open: nobody
        ended closed              -> active open: nobody  # a new chat
        """,
    ),
    "the customer writes while Ivan is away": Case(
        customer(),
        """
        no chat                                               -> active open: nobody
        active any: nobody                                    -> active open: nobody
        active any: queue line-1                              -> active open: mine petra
        active any: mine ivan | reserved ivan | assigned ivan -> active open: mine petra
        ended any: assigned ivan | reserved ivan              -> active open: mine petra
        ended any: nobody                                     -> active open: nobody
        ended closed                                          -> active open: nobody
        """,
        facts(away=("ivan",)),
    ),
    "the customer writes while all of line 1 are away": Case(
        customer(),
        """
        no chat                                               -> active open: nobody
        active any: nobody                                    -> active open: nobody
        active any: queue line-1                              -> active open: queue line-1
        active any: mine ivan | reserved ivan | assigned ivan -> active open: queue line-1
        ended any: assigned ivan | reserved ivan              -> active open: queue line-1
        ended any: nobody                                     -> active open: nobody
        ended closed                                          -> active open: nobody
        """,
        facts(away=("ivan", "petra")),
    ),
    "a blocked customer writes": Case(
        customer(),
        """
        no chat      -> =
        any chat     -> =
        ended closed -> =
        """,
        facts(blocked=True),
    ),
    # --- Staff write ---------------------------------------------------------------------------
    "Ivan writes": Case(
        agent("ivan"),
        """
        no chat         -> active pending: mine ivan
        active any: any -> active pending: mine ivan
        ended any: any  -> active pending: mine ivan
        ended closed    -> active pending: mine ivan
        """,
    ),
    "Petra writes, of Ivan's line": Case(
        agent("petra"),
        """
        no chat                                           -> active pending: mine petra
        active any: nobody | queue line-1 | assigned ivan -> active pending: mine petra
        active any: mine ivan         -> active pending: mine ivan    # within a line only "taken" takes over
        active any: reserved ivan -> active pending: mine petra
        ended any: any            -> active pending: mine petra
        ended closed              -> active pending: mine petra
        """,
    ),
    "Lena writes, of line 2, who rarely works with chats": Case(
        agent("lena"),
        """
        no chat                                           -> active pending: mine lena
        active any: nobody | queue line-1 | assigned ivan -> active pending: mine lena
        active any: mine ivan                             -> active pending: mine lena
        active any: reserved ivan                         -> active pending: reserved ivan
        ended any: any                                    -> active pending: mine lena
        ended closed                                      -> active pending: mine lena
        """,
    ),
    "Oleg writes, of line 2, who works with chats": Case(
        agent("oleg"),
        """
        no chat         -> active pending: mine oleg
        active any: any -> active pending: mine oleg
        ended any: any  -> active pending: mine oleg
        ended closed    -> active pending: mine oleg
        """,
    ),
    "Maria writes, whose line takes nothing over": Case(
        agent("maria"),
        """
        no chat                                           -> active pending: mine maria
        active any: nobody | queue line-1 | assigned ivan -> active pending: mine maria
        active any: mine ivan                             -> active pending: mine ivan
        active any: reserved ivan                         -> active pending: reserved ivan
        ended any: any                                    -> active pending: mine maria
        ended closed                                      -> active pending: mine maria
        """,
    ),
    # decide refuses unknown people; this is a history from when the directory still knew them.
    "somebody unknown writes": Case(
        agent("ghost"),
        """
        no chat         -> active pending: mine ghost
        active any: any -> active pending: mine ghost
        ended any: any  -> active pending: mine ghost
        ended closed    -> active pending: mine ghost
        """,
    ),
    # --- What moves nothing --------------------------------------------------------------------
    "a bot writes": Case(SystemMessage(id="e-1", author=SYSTEM, text="Ваш заказ в пути"), NOTHING_MOVES),
    "a message is changed": Case(
        MessageChanged(id="e-1", author=CUSTOMER, message_id="m-1", deleted=True), NOTHING_MOVES
    ),
    "Ivan leaves a note": Case(NoteAdded(id="e-1", author=staff("ivan"), text="проверил"), NOTHING_MOVES),
    "Lena leaves a note": Case(NoteAdded(id="e-1", author=staff("lena"), text="см. договор"), NOTHING_MOVES),
    "labels change": Case(
        LabelsChanged(id="e-1", author=staff("ivan"), add=("vip",), remove=("refund",)), NOTHING_MOVES
    ),
    "the clock wakes the chat, and whoever waits for the line is looked after": Case(
        TimedDue(id="e-1", author=SYSTEM), SOMEBODY_HAS_ROOM
    ),
    "Petra has room for the chat that has waited longest": Case(
        PlaceFreed(id="e-1", author=SYSTEM, staff="petra"), SOMEBODY_HAS_ROOM
    ),
    "the place is gone again": Case(
        PlaceFreed(id="e-1", author=SYSTEM, staff="petra"), NOTHING_MOVES, facts(away=("ivan", "petra"))
    ),
    "another chat is merged into it": Case(
        MergedFrom(id="e-1", author=staff("lena"), case="chat:web:2"), NOTHING_MOVES
    ),
    "a ticket is opened for it": Case(
        TicketOpened(id="e-1", author=staff("lena"), ticket_id="t-1"), NOTHING_MOVES
    ),
    # --- A ticket replies in the chat ----------------------------------------------------------
    "a ticket's reply goes out": Case(
        ReplySent(id="e-1", author=staff("lena"), message_id="m-9"),
        """
        no chat                           -> active pending: nobody  # Lena rarely works with chats
        active any: nobody                -> active pending: nobody
        active any: queue line-1          -> active pending: queue line-1
        active any: mine ivan             -> active pending: mine ivan  # Lena takes nothing over
        active any: reserved ivan         -> active pending: reserved ivan
        active any: assigned ivan         -> active pending: reserved ivan
        ended any: assigned ivan          -> ended pending: reserved ivan  # and is not activated
        ended any: reserved ivan          -> ended pending: reserved ivan
        ended any: nobody                 -> ended pending: nobody
        ended closed                      -> active pending: nobody
        """,
    ),
    **{
        f"a ticket's reply goes out after a chat of Ivan's, {who}": Case(
            ReplySent(id="e-1", author=staff("lena"), message_id="m-9"),
            f"""
            no chat                        -> active pending: {after}
            active any: nobody             -> active pending: nobody
            active any: queue line-1       -> active pending: queue line-1
            active any: mine ivan          -> active pending: mine ivan
            active any: reserved ivan      -> active pending: reserved ivan
            active any: assigned ivan      -> active pending: reserved ivan
            ended any: assigned ivan       -> ended pending: reserved ivan
            ended any: reserved ivan       -> ended pending: reserved ivan
            ended any: nobody              -> ended pending: nobody
            ended closed                   -> active pending: {after}
            """,
            facts(away=away, previous=Previous(case_id="case-0", assignee="ivan", line="line-1")),
        )
        for who, away, after in (
            ("who is there", (), "reserved ivan"),
            ("who is away", ("ivan",), "reserved petra"),
            ("as all of line 1 are", ("ivan", "petra"), "queue line-1"),
        )
    },
    # --- A message did not arrive --------------------------------------------------------------
    "a delivery failed": Case(
        DeliveryFailed(id="e-1", author=SYSTEM, message_id="m-1"),
        """
        no chat         -> illegal
        active any: any -> active open: =
        ended any: any  -> ended open: =
        ended closed    -> illegal  # nothing is known of such a message
        """,
    ),
    **{
        f"a delivery failed after a chat of {whose}": Case(
            DeliveryFailed(id="e-1", author=SYSTEM, message_id="m-1"),
            f"""
            no chat                                     -> active open: {after}
            active any: nobody | queue line-1           -> active open: =
            active any: mine ivan | reserved ivan       -> active open: {now}
            active any: assigned ivan                   -> active open: =
            ended any: any                              -> ended open: =
            ended closed                                -> active open: {after}
            """,
            facts(
                away=away,
                message_known=True,
                message_author="lena",
                previous=Previous(case_id="case-0", assignee=last, line="line-1"),
            ),
        )
        for whose, last, away, now, after in (
            ("Ivan's", "ivan", (), "=", "mine ivan"),
            ("Ivan's, who is away", "ivan", ("ivan",), "mine petra", "mine petra"),
            ("Ivan's, as all of line 1 are", "ivan", ("ivan", "petra"), "queue line-1", "queue line-1"),
            ("somebody's who has left", "ghost", (), "=", "mine petra"),
            ("nobody's", None, (), "=", "nobody"),
        )
    },
    # --- Taking by hand ------------------------------------------------------------------------
    **{
        f"{name} takes it": Case(
            taken(name),
            f"""
            no chat         -> illegal
            active any: any    -> active =: mine {name}
            ended open: any    -> active open: mine {name}  # its customer waits
            ended pending: any -> illegal
            ended closed       -> illegal
            """,
        )
        for name in ("ivan", "petra", "lena", "maria", "ghost")
    },
    # --- Ending --------------------------------------------------------------------------------
    "Ivan ends it": Case(
        ended(staff("ivan")),
        """
        no chat                                               -> illegal
        active any: nobody                                    -> ended =: nobody
        active any: queue line-1                              -> ended =: queue line-1
        active any: mine ivan | reserved ivan | assigned ivan -> ended =: assigned ivan
        ended any: any                                        -> illegal
        ended closed                                          -> illegal
        """,
    ),
    **{
        f"{who} ends it as {status}": Case(
            ended(author, status),
            f"""
            no chat                                               -> illegal
            active any: nobody                                    -> ended {status}: nobody
            active any: queue line-1                              -> ended {status}: queue line-1
            active any: mine ivan | reserved ivan | assigned ivan -> ended {status}: assigned ivan
            ended any: any                                        -> illegal
            ended closed                                          -> illegal
            """,
        )
        for who, author, status in (
            ("Petra", staff("petra"), Status.OPEN),
            ("the customer", CUSTOMER, Status.PENDING),
            ("Ivan", staff("ivan"), Status.CLOSED),
        )
    },
    "nobody writes for ten minutes": Case(
        Idle(id="e-1", author=SYSTEM),
        """
        no chat                               -> illegal
        active any: nobody                    -> ended =: nobody
        active any: queue line-1              -> ended =: queue line-1
        active any: mine ivan | assigned ivan -> ended =: assigned ivan
        active open: reserved ivan            -> ended open: reserved ivan
        active pending: reserved ivan         -> ended pending: reserved ivan
        active closed: reserved ivan          -> ended closed: assigned ivan  # final
        ended any: any                        -> illegal
        ended closed                          -> illegal
        """,
    ),
    # --- The status ----------------------------------------------------------------------------
    **{
        f"the status is set to {status}": Case(
            status_set(status),
            f"""
            no chat         -> illegal
            active any: any -> active {status}: =
            ended any: any  -> ended {status}: =
            ended closed    -> illegal
            """,
        )
        for status in (Status.OPEN, Status.PENDING)
    },
    "the status is set to closed": Case(
        status_set(Status.CLOSED),
        """
        no chat                                  -> illegal
        active any: any                          -> active closed: =
        ended any: assigned ivan | reserved ivan -> ended closed: assigned ivan
        ended any: nobody                        -> ended closed: nobody
        ended closed                             -> illegal
        """,
    ),
    "it is merged into another case": Case(
        MergedInto(id="e-1", author=staff("petra"), case="chat:web:9"),
        """
        no chat                                               -> illegal
        active any: nobody                                    -> ended closed: nobody
        active any: queue line-1                              -> ended closed: queue line-1
        active any: mine ivan | reserved ivan | assigned ivan -> ended closed: assigned ivan
        ended any: assigned ivan | reserved ivan              -> ended closed: assigned ivan
        ended any: nobody                                     -> ended closed: nobody
        ended closed                                          -> illegal
        """,
    ),
    # --- Transfers by hand ---------------------------------------------------------------------
    **{
        f"Lena transfers it to {name}": Case(
            assigned(staff_id=name),
            f"""
            no chat            -> illegal
            active any: any    -> active =: mine {name}
            ended open: any    -> active open: mine {name}  # who is there and has room
            ended pending: any -> ended =: assigned {name}
            ended closed       -> illegal
            """,
        )
        for name in ("ivan", "petra", "lena", "maria")
    },
    "Lena transfers it to Petra, who has no room": Case(
        assigned(staff_id="petra"),
        """
        no chat         -> illegal
        active any: any -> active =: mine petra
        ended any: any  -> ended =: assigned petra  # and to nobody else
        ended closed    -> illegal
        """,
        facts(full=("petra",)),
    ),
    "Lena transfers it to line 1": Case(
        assigned(line="line-1"),
        """
        no chat                                                   -> illegal
        active open: nobody | queue line-1                        -> active open: mine petra
        active open: mine ivan | reserved ivan | assigned ivan    -> active open: mine ivan
        active pending: nobody | queue line-1                     -> active pending: reserved petra
        active pending: mine ivan | reserved ivan | assigned ivan -> active pending: reserved ivan
        active closed: nobody | queue line-1                      -> active closed: mine petra
        active closed: mine ivan | reserved ivan | assigned ivan  -> active closed: mine ivan
        ended open: assigned ivan | reserved ivan                 -> active open: mine ivan
        ended open: nobody                                        -> active open: mine petra
        ended pending: assigned ivan                              -> ended =: assigned ivan
        ended pending: reserved ivan                              -> ended =: reserved ivan
        ended pending: nobody                                     -> ended =: assigned petra
        ended closed                                              -> illegal
        """,
    ),
    "Lena transfers it to line 2": Case(
        assigned(line="line-2"),
        """
        no chat                               -> illegal
        active open: any                      -> active open: mine lena
        active pending: any                   -> active pending: reserved lena
        active closed: any                    -> active closed: mine lena
        ended open: any                       -> active open: mine lena
        ended pending: assigned ivan | nobody -> ended =: assigned lena
        ended pending: reserved ivan          -> ended =: reserved lena  # it follows the assignee
        ended closed                          -> illegal
        """,
    ),
    "Lena transfers it to line 1, where nobody is available": Case(
        assigned(line="line-1"),
        """
        no chat         -> illegal
        active any: any -> active =: queue line-1
        ended any: any  -> ended =: queue line-1
        ended closed    -> illegal
        """,
        facts(away=("ivan",), full=("petra",)),
    ),
    "Lena transfers it to the phones, where nobody is available": Case(
        assigned(line="phones"),
        """
        no chat         -> illegal
        active any: any -> active =: queue phones  # asked for by hand, so the queue it is
        ended any: any  -> ended =: queue phones
        ended closed    -> illegal
        """,
        facts(away=("maria",)),
    ),
    "Lena transfers it to nobody": Case(
        assigned(),
        """
        no chat         -> illegal
        active any: any -> active =: nobody
        ended any: any  -> ended =: nobody
        ended closed    -> illegal
        """,
    ),
    # --- Presence ------------------------------------------------------------------------------
    "Ivan wants no chats now": Case(
        presence("ivan", Presence.WITHOUT_CHATS),
        """
        no chat                                            -> illegal
        active open: mine ivan | reserved ivan             -> active open: mine petra
        active open: nobody | queue line-1 | assigned ivan -> =
        active pending: any                                -> =  # until the customer's reply
        active closed: any                                 -> =
        ended open: assigned ivan | reserved ivan          -> active open: mine petra
        ended open: nobody                                 -> =
        ended pending: any                                 -> =
        ended closed                                       -> illegal
        """,
        facts(away=("ivan",)),
    ),
    "Ivan goes offline, and the grace begins": Case(presence("ivan", Presence.OFFLINE), NOTHING_MOVES),
    "Ivan's grace is over": Case(
        TimedDue(id="e-1", author=SYSTEM),
        """
        no chat                                            -> illegal
        active open: mine ivan | reserved ivan             -> active open: mine petra
        active open: queue line-1                          -> active open: mine petra
        active open: nobody | assigned ivan                -> =
        active pending: queue line-1                       -> active pending: reserved petra
        active pending: nobody | mine ivan | reserved ivan | assigned ivan -> =
        active closed: queue line-1                        -> active closed: mine petra
        active closed: nobody | mine ivan | reserved ivan | assigned ivan  -> =
        ended open: assigned ivan | reserved ivan          -> active open: mine petra
        ended open: nobody                                 -> =
        ended pending: any                                 -> =
        ended closed                                       -> illegal
        """,
        facts(away=("ivan",)),
    ),
    "Ivan's grace is over, and nobody else is there": Case(
        TimedDue(id="e-1", author=SYSTEM),
        """
        no chat                                            -> illegal
        active open: mine ivan | reserved ivan             -> active open: queue line-1
        active open: nobody | queue line-1 | assigned ivan -> =
        active pending: any                                -> =
        active closed: any                                 -> =
        ended any: any                                     -> =
        ended closed                                       -> illegal
        """,
        facts(away=("ivan", "petra")),
    ),
    "Petra comes online": Case(
        presence("petra", Presence.ONLINE),
        """
        no chat                                                        -> illegal
        active open: queue line-1                                      -> active open: mine petra
        active pending: queue line-1                                   -> active pending: reserved petra
        active closed: queue line-1                                    -> active closed: mine petra
        active any: nobody | mine ivan | reserved ivan | assigned ivan -> =
        ended open: assigned ivan | reserved ivan                      -> active open: mine ivan  # its own
        ended open: nobody                                             -> =
        ended pending: any                                             -> =
        ended closed                                                   -> illegal
        """,
    ),
    "Ivan is gone, and Petra is there": Case(
        DirectoryChanged(id="e-1", author=SYSTEM),
        """
        no chat                                                     -> illegal
        active open: mine ivan | reserved ivan | assigned ivan      -> active open: mine petra
        active pending: mine ivan | reserved ivan | assigned ivan   -> active pending: reserved petra
        active closed: any                                          -> =
        active open: nobody | queue line-1                          -> =
        active pending: nobody | queue line-1                       -> =
        ended any: assigned ivan                                    -> ended =: assigned petra
        ended any: reserved ivan                                    -> ended =: reserved petra
        ended any: nobody                                           -> =
        ended closed                                                -> illegal
        """,
        facts(gone=("ivan",)),
    ),
    "Ivan is gone, and nobody is there": Case(
        DirectoryChanged(id="e-1", author=SYSTEM),
        """
        no chat                                                     -> illegal
        active open: mine ivan | reserved ivan | assigned ivan      -> active open: queue line-1
        active pending: any                                         -> =
        active closed: any                                          -> =
        active open: nobody | queue line-1                          -> =
        ended any: assigned ivan | reserved ivan                    -> ended =: queue line-1
        ended any: nobody                                           -> =
        ended closed                                                -> illegal
        """,
        facts(gone=("ivan",), away=("petra",)),
    ),
    "a line is gone, with everybody in it": Case(
        DirectoryChanged(id="e-1", author=SYSTEM),
        """
        no chat                                                     -> illegal
        active open: any                                            -> active open: nobody
        active pending: queue line-1                                -> active pending: nobody
        active closed: queue line-1                                 -> active closed: nobody
        active pending: mine ivan | reserved ivan | assigned ivan   -> =
        active closed: mine ivan | reserved ivan | assigned ivan    -> =
        active pending: nobody                                      -> =
        active closed: nobody                                       -> =
        ended any: any                                              -> ended =: nobody
        ended closed                                                -> illegal
        """,
        facts(gone=("ivan", "petra"), empty_lines=("line-1",)),
    ),
    "a label has changed that the chat does not have": Case(
        DirectoryChanged(id="e-1", author=SYSTEM, former_labels={"delivery": "parcels"}),
        NOTHING_MOVES,
        facts(departments={"shipping": AskedOf(key="parcels")}),
    ),
    "the directory has changed elsewhere": Case(DirectoryChanged(id="e-1", author=SYSTEM), NOTHING_MOVES),
    "Lena comes online, of another line": Case(presence("lena", Presence.ONLINE), NOTHING_MOVES),
    "Petra goes offline, who has nothing to do with it": Case(
        presence("petra", Presence.OFFLINE), NOTHING_MOVES, facts(away=("petra",))
    ),
}

MESSAGES = CustomerMessage | AgentMessage


def _rows() -> Iterator[Any]:
    for name, case in CASES.items():
        for before, after in moves(case.table):
            yield pytest.param(case, before, after, id=f"{name}-{before}")


@pytest.mark.parametrize(("case", "before", "after"), list(_rows()))
def test_an_event_in_a_state_leads_to(case: Case, before: str, after: str | None) -> None:
    event, state = case.event, chat(before)
    if after is None:
        if not opens(state, event):  # otherwise only the facts say whether it does
            with pytest.raises(IllegalTransition):
                check(state, event)
        with pytest.raises(IllegalTransition):
            fold(state, event, case.world)
        assert state == chat(before)
        return

    found = fold(state, event, case.world).state

    assert found.tab == tab(after)
    assert found.model_dump() == _whole(event, before, after, case.world)
    assert state == chat(before), "the state before the event was changed in place"


def _whole(event: ChatEvent, before: str, after: str, world: Facts) -> dict[str, Any]:
    """Every field of the state after an event: what the table says, and what a message notes down."""
    old = chat(before)
    if world.blocked:
        return old.model_dump()
    new_chat = opens(old, event)
    fields = chat(NO_CHAT).model_dump() if new_chat else old.model_dump()
    phase, _, who = after.partition(": ")
    fields["activity"], fields["status"] = phase.split()
    fields |= hands(who)
    if new_chat:
        fields |= {"opened_at": NOW, "case_id": "case-1"}
        fields |= {"previous_case": world.previous.case_id} if world.previous else {}
        fields |= {"wrote_at": NOW} if isinstance(event, DeliveryFailed) else {}
    if isinstance(event, TicketOpened):
        fields |= {"ticket_id": event.ticket_id, "tickets": (event.ticket_id,)}
    if isinstance(event, MergedInto):
        fields["merged_into"] = event.case
    if isinstance(event, MergedFrom):
        fields["merged_from"] = (event.case,)
    if isinstance(event, MESSAGES | ReplySent):
        wrote = "customer_wrote_at" if isinstance(event, CustomerMessage) else "staff_wrote_at"
        fields |= {
            "last_author": event.author.model_dump(),
            "last_message_at": NOW,
            "wrote_at": NOW,
            wrote: NOW,
        }
    elif before.startswith("ended") and fields["activity"] == "active":
        fields["wrote_at"] = NOW  # it does not end at once
    if isinstance(event, CustomerMessage):
        fields["waiting_since"] = fields["waiting_since"] or NOW
    elif isinstance(event, MESSAGES | ReplySent) or fields["status"] != "open":
        fields["waiting_since"] = None
    if isinstance(event, LabelsChanged):
        fields["labels"] = ("billing", "vip")
    if isinstance(event, DirectoryChanged):
        fields["holders"] = {line: who for line, who in old.holders.items() if who in world.people}
    if fields["assignee"] in world.people:
        fields["holders"] = {**fields["holders"], fields["line"]: fields["assignee"]}
    if isinstance(event, AgentMessage) and not new_chat:
        wrote_last = old.last_author == staff("ivan") and old.pinned_to == "ivan"
        others = ("ivan",) if wrote_last and event.author.id != "ivan" else ()
        fields["answered_by"] = (*others, event.author.id)
    if new_chat or any(fields[name] != getattr(old, name) for name in HANDS_FIELDS[:2]):
        fields["held_since"] = NOW
    return fields


def test_the_tables_have_every_kind_of_event() -> None:
    assert {case.event.kind for case in CASES.values()} == CHAT_KINDS
    assert {kind.model_fields["kind"].default for kind in HANDLING} == CHAT_KINDS


@pytest.mark.parametrize("before", [NO_CHAT, "ended closed: assigned ivan"])
@pytest.mark.parametrize("event", [customer(), agent("ivan")], ids=["customer", "agent"])
def test_a_message_opens_a_chat_where_there_is_none_or_a_final_one(before: str, event: ChatEvent) -> None:
    assert opens(chat(before), event)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ("active open: nobody", customer()),
        ("ended open: nobody", agent("ivan")),
        (NO_CHAT, SystemMessage(id="e-1", author=SYSTEM)),
        (NO_CHAT, taken("ivan")),
        ("ended closed: assigned ivan", NoteAdded(id="e-1", author=staff("ivan"), text="")),
    ],
    ids=["active", "ended, not closed", "a bot", "taking nothing", "a note after closing"],
)
def test_nothing_else_opens_a_chat(before: str, event: ChatEvent) -> None:
    assert not opens(chat(before), event)


# --- The edges of the rows ----------------------------------------------------------------------


def test_a_writer_who_works_with_chats_but_whose_line_takes_nothing_over_leaves_a_reservation_alone() -> None:
    world = facts()
    maria = world.people["maria"].model_copy(update={"chats": True})
    world = world.model_copy(update={"people": {**world.people, "maria": maria}})

    after = fold(chat("active open: reserved ivan"), agent("maria"), world).state

    assert (after.reserved_for, after.assignee, after.status) == ("ivan", "ivan", "pending")


def test_the_reply_of_the_person_to_whom_it_is_pinned_leaves_another_assignee_responsible() -> None:
    after = fold(chat("active open: assigned lena +pinned ivan"), agent("ivan"), facts()).state

    assert (after.assignee, after.line, after.pinned_to) == ("lena", "line-2", "ivan")


def test_an_attachment_alone_is_a_message() -> None:
    event = CustomerMessage(id="e-1", author=CUSTOMER, attachments=({"name": "фото.jpg"},))

    after = fold(chat("ended pending: reserved ivan"), event, facts()).state

    assert (after.tab, after.pinned_to, after.last_author) == ("mine", "ivan", CUSTOMER)


def test_every_member_of_a_group_of_customers_may_write() -> None:
    daughter = Author(type=CUSTOMER.type, id="c-1:дочь")

    after = fold(chat("active pending: mine ivan"), CustomerMessage(id="e-1", author=daughter), facts()).state

    assert (after.status, after.last_author, after.customer) == ("open", daughter, "c-1")


def test_a_system_message_keeps_the_idle_clock_and_the_last_author() -> None:
    before = chat("active open: mine ivan")
    after = fold(before, SystemMessage(id="e-1", author=SYSTEM, text="?"), facts()).state

    assert after == before


def test_a_callers_clock_that_runs_ahead_never_dates_a_message_into_the_future() -> None:
    event = CustomerMessage(id="e-1", author=CUSTOMER, at=NOW + timedelta(hours=3))
    after = fold(chat("active open: mine ivan"), event, facts()).state

    assert (after.last_message_at, after.wrote_at, after.customer_wrote_at) == (NOW, NOW, NOW)


def test_a_callers_clock_dates_a_late_message_but_the_idle_clock_runs_by_arrival() -> None:
    written = NOW - timedelta(hours=3)
    event = AgentMessage(id="e-1", author=staff("ivan"), at=written)
    after = fold(chat("active open: mine ivan"), event, facts()).state

    assert (after.last_message_at, after.wrote_at, after.staff_wrote_at) == (written, NOW, NOW)


def test_each_message_takes_over_the_idle_time_of_its_channel() -> None:
    after = fold(chat("active open: mine ivan"), customer(), facts(idle_after=90.0)).state

    assert after.idle_after == 90.0


# --- A ticket's reply ---------------------------------------------------------------------------


def test_a_ticket_s_reply_leaves_a_pin_and_another_assignee_as_they_are() -> None:
    reply = ReplySent(id="e-1", author=staff("lena"), message_id="m-9")

    after = fold(chat("active open: assigned lena +pinned ivan"), reply, facts()).state

    assert (after.status, after.pinned_to, after.assignee, after.reserved_for) == (
        "pending",
        "ivan",
        "lena",
        None,
    )


def test_the_customer_s_answer_to_a_ticket_s_reply_goes_to_the_chat_s_assignee() -> None:
    reply = ReplySent(id="e-1", author=staff("lena"), message_id="m-9")
    replied = fold(chat("ended pending: assigned ivan"), reply, facts()).state

    after = fold(replied, customer(), facts()).state

    assert (after.tab, after.pinned_to, after.assignee) == ("mine", "ivan", "ivan")


def test_a_ticket_s_reply_ends_an_offer() -> None:
    offered = chat("active open: nobody", reserved_for="petra", offer_until=NOW + timedelta(minutes=1))

    after = fold(offered, ReplySent(id="e-1", author=staff("lena"), message_id="m-9"), facts()).state

    assert after.offer_until is None


def test_a_new_chat_has_no_ticket_of_the_one_before() -> None:
    closed = chat("ended closed: assigned ivan", ticket_id="t-1")

    assert fold(closed, customer(), facts()).state.ticket_id is None


# --- Labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("add", "remove", "labels"),
    [
        (("vip",), (), ("billing", "refund", "vip")),
        (("vip", "vip", "billing"), (), ("billing", "refund", "vip")),
        ((), ("billing",), ("refund",)),
        ((), ("never-there",), ("billing", "refund")),
        (("vip",), ("vip",), ("billing", "refund")),
        (("billing",), ("billing",), ("refund",)),
        (("Возврат", "🔥"), (), ("billing", "refund", "Возврат", "🔥")),
        (("Billing",), (), ("billing", "refund", "Billing")),
        ((), (), ("billing", "refund")),
    ],
    ids=[
        "one is added",
        "a doubled one is added once",
        "one is removed",
        "removing what is not there",
        "added and removed: it is removed",
        "added again and removed: it is removed",
        "Cyrillic and emoji",
        "capital letters make another label",
        "nothing",
    ],
)
def test_labels_are_kept_once_and_in_order(
    add: tuple[str, ...], remove: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    event = LabelsChanged(id="e-1", author=staff("ivan"), add=add, remove=remove)

    assert fold(chat("active open: mine ivan"), event, facts()).state.labels == labels
