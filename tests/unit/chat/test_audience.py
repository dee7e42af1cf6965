"""Who is told about a chat: only those it concerns, once, and nobody about what they did themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.contract import (
    AgentMessage,
    Assign,
    Assigned,
    Author,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    Idle,
    NoteAdded,
    Presence,
    PresenceChanged,
    ReplySent,
    Taken,
    Tell,
    TimedDue,
)
from baton.model.chat.audience import audience, newly_told
from baton.model.chat.model import apply, fold
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, Previous
from tests.unit.chat.world import CUSTOMER, NO_CHAT, NOW, SYSTEM, chat, facts, staff

WROTE = CustomerMessage(id="e-1", author=CUSTOMER)
EVERYONE = Tell(everyone=True, reason="new")
LINE_1 = Tell(line="line-1", reason="new")
IVAN = Tell(staff=("ivan",), reason="mine")
PETRA = Tell(staff=("petra",), reason="mine")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (NO_CHAT, None),
        ("active open: nobody", EVERYONE),
        ("active open: assigned ivan", EVERYONE),
        ("active open: queue line-1", LINE_1),
        ("active open: mine ivan", IVAN),
        ("active open: nobody +pinned ivan", IVAN),
        ("active open: queue line-1 +pinned ivan", IVAN),
        ("active pending: reserved ivan", None),
        ("ended open: nobody", None),
        ("ended open: queue line-1", None),
        ("ended pending: reserved ivan", None),
        ("ended closed: assigned ivan", None),
    ],
)
def test_a_chat_concerns(state: str, told: Tell | None) -> None:
    assert audience(chat(state)) == told


def test_an_offered_chat_concerns_the_person_to_whom_it_is_offered() -> None:
    state = chat("active open: reserved ivan", offer_until=NOW + timedelta(minutes=2))

    assert audience(state) == Tell(staff=("ivan",), reason="offered")


def told(before: str, event: ChatEvent, world: Facts | None = None) -> Tell | None:
    state = chat(before)
    return newly_told(state, fold(state, event, world or facts()).state, event)


@pytest.mark.parametrize(
    ("before", "event", "expected"),
    [
        (NO_CHAT, WROTE, EVERYONE),
        ("ended closed: assigned ivan", WROTE, EVERYONE),
        ("ended open: nobody", WROTE, EVERYONE),
        ("ended open: assigned ivan", WROTE, EVERYONE),
        ("ended pending: reserved ivan", WROTE, IVAN),
        ("active pending: reserved ivan", WROTE, IVAN),
        ("active open: nobody", WROTE, None),
        ("active pending: mine ivan", WROTE, None),
        ("active open: assigned ivan", WROTE, None),
        ("active open: mine ivan", Assigned(id="e", author=staff("ivan"), staff="petra"), PETRA),
        ("active open: mine ivan", Assigned(id="e", author=staff("ivan")), EVERYONE),
        ("active open: nobody", Assigned(id="e", author=SYSTEM, staff="ivan"), IVAN),
        ("active open: nobody", Idle(id="e", author=SYSTEM), None),
        ("active open: mine ivan", NoteAdded(id="e", author=staff("petra"), text=""), None),
    ],
    ids=[
        "a new chat: everyone",
        "a new chat after a final one: everyone",
        "it enters New again: everyone",
        "activated, assigned, not pinned: everyone",
        "activated for whom it was reserved: only Ivan",
        "the reply to whom it was reserved: only Ivan",
        "another message in New: nobody again",
        "another message in Mine: nobody again",
        "another message, assigned in New: nobody again",
        "a transfer: the new holder",
        "released: everyone",
        "assigned by a system: Ivan",
        "ended: nobody",
        "a note: nobody",
    ],
)
def test_an_event_tells(before: str, event: ChatEvent, expected: Tell | None) -> None:
    assert told(before, event) == expected


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (NO_CHAT, AgentMessage(id="e", author=staff("ivan"))),
        ("active open: nobody", AgentMessage(id="e", author=staff("ivan"))),
        ("active open: nobody", Taken(id="e", author=staff("ivan"))),
        ("active open: mine petra", Taken(id="e", author=staff("ivan"))),
        ("active open: nobody", Assigned(id="e", author=staff("ivan"), staff="ivan")),
    ],
    ids=["writes first", "answers", "takes", "takes from a colleague", "assigns to oneself"],
)
def test_nobody_is_told_what_they_did_themselves(before: str, event: ChatEvent) -> None:
    assert told(before, event) is None


def test_a_customer_with_the_same_id_as_a_member_of_staff_hides_nothing_from_them() -> None:
    event = CustomerMessage(id="e", author=Author(type=CUSTOMER.type, id="ivan"))

    assert told("ended pending: reserved ivan", event) == IVAN


def test_whoever_gets_a_chat_from_the_queue_by_coming_online_is_told() -> None:
    comes = PresenceChanged(id="e", author=staff("petra"), staff="petra", presence=Presence.ONLINE)

    assert told("active open: queue line-1", comes) == PETRA


def test_a_chat_that_falls_into_a_queue_is_told_to_its_line_only() -> None:
    clock = TimedDue(id="e", author=SYSTEM)

    assert told("active open: mine ivan", clock, facts(away=("ivan", "petra"))) == LINE_1


def test_a_replacement_is_told() -> None:
    assert told("active open: mine ivan", WROTE, facts(away=("ivan",))) == PETRA


def test_when_an_offer_ends_everyone_is_told_and_before_only_the_one() -> None:
    world = facts(previous=Previous(case_id="case-0", assignee="ivan"))
    first = chat(NO_CHAT)
    second = fold(first, WROTE, world).state
    clock = TimedDue(id="e-2", author=SYSTEM)
    third = fold(second, clock, facts(now=NOW + timedelta(minutes=2))).state

    assert newly_told(first, second, WROTE) == Tell(staff=("ivan",), reason="offered")
    assert newly_told(second, third, clock) == EVERYONE


def test_what_a_rule_gives_to_somebody_is_told_to_that_person_alone() -> None:
    before = chat("ended open: assigned ivan")
    after = apply(fold(before, WROTE, facts()).state, Assign(staff="petra"), facts())

    assert newly_told(before, after, WROTE) == PETRA


def test_a_blocked_customer_is_heard_by_nobody() -> None:
    state = chat(NO_CHAT)
    folded = fold(state, WROTE, facts(blocked=True))

    assert (folded.told, newly_told(state, folded.state, WROTE)) == ((), None)


# --- More than the audience ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "writer",
    ["petra", "maria"],
    ids=["a colleague of the line", "somebody whose line takes nothing over"],
)
def test_when_two_reply_at_once_the_first_holds_and_both_are_told(writer: str) -> None:
    state = chat("active pending: mine ivan", last_author=staff("ivan"))

    after, heard = fold(state, AgentMessage(id="e", author=staff(writer)), facts())

    assert (after.pinned_to, after.assignee) == ("ivan", "ivan")
    assert heard == (Tell(staff=("ivan", writer), reason="two replied"),)


@pytest.mark.parametrize(
    "state",
    [
        chat("active open: mine ivan"),
        chat("active pending: mine ivan", last_author=staff("petra")),
        chat("active pending: reserved ivan"),
    ],
    ids=["the customer waited for an answer", "Petra goes on writing", "only reserved for Ivan"],
)
def test_one_who_replies_alone_is_told_nothing(state: ChatState) -> None:
    assert fold(state, AgentMessage(id="e", author=staff("petra")), facts()).told == ()


def test_all_who_answered_the_same_message_are_told_once_whoever_was_first() -> None:
    def told(state: ChatState, *writers: str) -> tuple[ChatState, list[tuple[str, ...]]]:
        heard: list[tuple[str, ...]] = []
        for writer in writers:
            state, tells = fold(state, AgentMessage(id="e", author=staff(writer)), facts())
            assert all(tell.reason == "two replied" for tell in tells)
            heard.append(tuple(name for tell in tells for name in tell.staff))
        return state, heard

    waiting = chat("active open: mine ivan")

    assert told(waiting, "ivan", "petra", "ivan", "petra")[1] == [(), ("ivan", "petra"), (), ()]
    assert told(waiting, "petra", "ivan", "petra")[1] == [(), ("petra", "ivan"), ()], "the holder was second"
    over, heard = told(waiting, "ivan", "oleg")
    assert (over.pinned_to, heard) == ("oleg", [(), ("ivan", "oleg")]), "the second one took over"
    assert told(waiting, "lena", "ivan")[1] == [(), ("lena", "ivan")], "and so did the first"
    assert told(chat("active open: reserved ivan"), "maria", "ivan")[1] == [(), ("maria", "ivan")]
    assert told(chat("active open: nobody"), "ivan", "petra")[1] == [(), ("ivan", "petra")]
    three = [(), ("ivan", "petra"), ("ivan", "petra", "oleg"), ()]
    assert told(waiting, "ivan", "petra", "oleg", "petra")[1] == three
    again = fold(over, WROTE, facts()).state
    assert told(again, "ivan", "oleg")[1] == [(), ("ivan", "oleg")], "another message, other answers"


@pytest.mark.parametrize(
    "state",
    [
        fold(chat(NO_CHAT), AgentMessage(id="e", author=staff("ivan")), facts()).state,
        fold(
            fold(chat("active open: mine ivan"), AgentMessage(id="e", author=staff("ivan")), facts()).state,
            Idle(id="e", author=SYSTEM),
            facts(),
        ).state,
    ],
    ids=["there is no message to answer", "the chat had ended meanwhile"],
)
def test_a_message_that_does_not_answer_what_another_answered_tells_nobody(state: ChatState) -> None:
    assert fold(state, AgentMessage(id="e", author=staff("petra")), facts()).told == ()


def test_a_tickets_reply_is_no_second_answer() -> None:
    answered = fold(chat("active open: mine ivan"), AgentMessage(id="e", author=staff("ivan")), facts()).state
    replied = fold(answered, ReplySent(id="e", author=staff("maria"), message_id="m"), facts())

    assert replied.told == ()
    assert fold(replied.state, AgentMessage(id="e", author=staff("ivan")), facts()).told == ()


def test_a_holder_who_writes_twice_is_told_nothing() -> None:
    state = chat("active pending: mine ivan")

    assert fold(state, AgentMessage(id="e", author=staff("ivan")), facts()).told == ()


@pytest.mark.parametrize(
    ("state", "writer", "heard"),
    [
        ("active pending: mine ivan", "petra", ("petra", "ivan")),
        ("active pending: mine ivan", "ivan", ("ivan",)),
        ("ended pending: assigned ivan", None, ("ivan",)),
        ("active pending: nobody", "petra", ("petra",)),
    ],
    ids=["writer and assignee", "who are the same", "the writer is unknown", "there is no assignee"],
)
def test_of_a_failed_delivery_writer_and_assignee_are_told(
    state: str, writer: str | None, heard: tuple[str, ...]
) -> None:
    event = DeliveryFailed(id="e", author=SYSTEM, message_id="m-1")

    after, tells = fold(chat(state), event, facts(message_author=writer))

    assert (after.status, tells) == ("open", (Tell(staff=heard, reason="delivery failed"),))


@pytest.mark.parametrize(
    ("state", "away", "heard"),
    [
        ("active pending: nobody", (), Tell(everyone=True, reason="delivery failed")),
        ("ended pending: nobody", (), Tell(everyone=True, reason="delivery failed")),
        ("active pending: queue line-1", (), Tell(line="line-1", reason="delivery failed")),
        ("ended pending: assigned ivan", ("ivan",), Tell(everyone=True, reason="delivery failed")),
        ("active pending: mine ivan", ("ivan",), Tell(staff=("petra",), reason="delivery failed")),
        ("active pending: mine ivan", ("ivan", "petra"), Tell(line="line-1", reason="delivery failed")),
    ],
    ids=["nobody's", "ended", "in a queue", "the assignee left", "another one has it", "the line has it"],
)
def test_of_a_failed_delivery_somebody_who_is_there_is_told(
    state: str, away: tuple[str, ...], heard: Tell
) -> None:
    event = DeliveryFailed(id="e", author=SYSTEM, message_id="m-1")

    assert fold(chat(state), event, facts(away=away)).told == (heard,)
