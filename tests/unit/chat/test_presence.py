"""Offers of new chats, people who come and go, and the times at which a chat looks at the time again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from baton.contract import (
    AgentMessage,
    Assigned,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    Idle,
    NoteAdded,
    Presence,
    PresenceChanged,
    ReplySent,
    Status,
    SystemMessage,
    Taken,
    Tell,
    TimedDue,
)
from baton.model.chat.audience import audience
from baton.model.chat.clock import idle_at, next_due, wake_at
from baton.model.chat.model import fold
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, Person, Previous
from tests.unit.chat.world import CUSTOMER, LINE_OF, NO_CHAT, NOW, SYSTEM, chat, facts, staff

WROTE = CustomerMessage(id="e-1", author=CUSTOMER, text="Спасибо! 🙏")
CLOCK = TimedDue(id="e-2", author=SYSTEM)
FINAL = "ended closed: assigned ivan"
EVERYONE = Tell(everyone=True, reason="new")
OFFERED_UNTIL = NOW + timedelta(minutes=2)


def before(who: str, **more: Any) -> Facts:
    """The customer's previous chat was that person's."""
    return facts(previous=Previous(case_id="case-0", assignee=who, holders={}), **more)


def offered(**more: Any) -> ChatState:
    """A new chat, offered to Ivan for two minutes."""
    state = fold(chat(FINAL), WROTE, before("ivan")).state
    return state.model_copy(update=more)


def later(minutes: float, **more: Any) -> Facts:
    return facts(now=NOW + timedelta(minutes=minutes), **more)


def who(state: ChatState) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    return (state.tab, state.assignee, state.line, state.pinned_to, state.reserved_for)


# --- Who is offered a new chat ------------------------------------------------------------------


def test_thanks_after_closing_is_a_new_chat_offered_to_the_previous_assignee_first() -> None:
    state = fold(chat(FINAL), WROTE, before("ivan")).state

    assert who(state) == ("reserved", None, None, None, "ivan"), "nobody has put it into a line"
    assert (state.phase.value, state.offer_until) == ("active · open", OFFERED_UNTIL)
    assert (state.case_id, state.previous_case, state.labels) == ("case-1", "case-0", ())


def test_the_second_channel_is_offered_to_whoever_has_the_first() -> None:
    state = fold(chat(NO_CHAT), WROTE, before("ivan", other_holder="petra")).state

    assert who(state) == ("reserved", None, None, None, "petra")


def test_the_offer_lasts_as_long_as_the_help_desk_says() -> None:
    state = fold(chat(NO_CHAT), WROTE, before("ivan", offer_for=30.0)).state

    assert state.offer_until == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    "world",
    [
        before("lena"),
        before("ivan", away=("ivan",)),
        before("ivan", full=("ivan",)),
        before("ghost"),
        facts(previous=Previous(case_id="case-0")),
        facts(),
    ],
    ids=[
        "somebody who rarely works with chats",
        "somebody away",
        "somebody who has enough chats",
        "somebody unknown",
        "nobody had the previous one",
        "there is no previous one",
    ],
)
def test_a_new_chat_goes_to_new_for_everyone_where_it_cannot_be_offered(world: Facts) -> None:
    state = fold(chat(NO_CHAT), WROTE, world).state

    assert who(state) == ("new", None, None, None, None)
    assert state.offer_until is None


def test_where_the_first_channels_holder_cannot_take_it_the_previous_assignee_is_asked() -> None:
    state = fold(chat(NO_CHAT), WROTE, before("ivan", other_holder="petra", full=("petra",))).state

    assert state.reserved_for == "ivan"


def test_an_agent_who_opens_a_chat_has_it_and_it_is_offered_to_nobody() -> None:
    state = fold(chat(FINAL), AgentMessage(id="e-1", author=staff("petra")), before("ivan")).state

    assert who(state) == ("mine", "petra", "line-1", "petra", None)
    assert state.offer_until is None


# --- What becomes of an offer -------------------------------------------------------------------


def test_an_offer_that_ends_unanswered_releases_the_chat_to_new_for_everyone() -> None:
    state = fold(offered(), CLOCK, later(2)).state

    assert who(state) == ("new", None, None, None, None)
    assert (state.offer_until, audience(state)) == (None, Tell(everyone=True, reason="new"))


def test_an_offer_that_has_not_ended_stands() -> None:
    assert fold(offered(), CLOCK, later(1.99)).state == offered()


@pytest.mark.parametrize(
    ("event", "holder"),
    [
        (AgentMessage(id="e-2", author=staff("ivan")), "ivan"),
        (AgentMessage(id="e-2", author=staff("petra")), "petra"),
        (Taken(id="e-2", author=staff("ivan")), "ivan"),
        (Taken(id="e-2", author=staff("petra")), "petra"),
        (Assigned(id="e-2", author=staff("ivan"), staff="petra"), "petra"),
        (AgentMessage(id="e-2", author=staff("lena")), "lena"),
        (AgentMessage(id="e-2", author=staff("maria")), "maria"),
    ],
    ids=[
        "Ivan answers",
        "a colleague answers",
        "Ivan takes it",
        "a colleague takes it",
        "a transfer",
        "somebody who rarely works with chats answers first",
        "somebody who takes nothing over answers first",
    ],
)
def test_an_offer_is_over_when_somebody_has_the_chat(event: ChatEvent, holder: str) -> None:
    state = fold(offered(), event, later(1)).state
    after = fold(state, CLOCK, later(2)).state

    assert who(after) == ("mine", holder, LINE_OF[holder], holder, None)
    assert after.offer_until is None


@pytest.mark.parametrize(
    "event",
    [
        NoteAdded(id="e-2", author=staff("ivan"), text=""),
        SystemMessage(id="e-2", author=SYSTEM),
        PresenceChanged(id="e-2", author=staff("lena"), staff="lena", presence=Presence.OFFLINE),
    ],
    ids=["a note", "a bot", "somebody else leaves"],
)
def test_an_offer_stands_whatever_else_happens(event: ChatEvent) -> None:
    assert fold(offered(), event, later(1)).state == offered()


def test_a_customer_who_writes_twice_pins_the_chat_to_nobody() -> None:
    """Customers send two lines in a row; the offer is not accepted by that."""
    twice = fold(offered(), WROTE, later(1)).state
    over = fold(twice, CLOCK, later(2)).state

    assert who(twice) == ("reserved", None, None, None, "ivan")
    assert (twice.offer_until, audience(twice)) == (OFFERED_UNTIL, Tell(staff=("ivan",), reason="offered"))
    assert (who(over), audience(over)) == (("new", None, None, None, None), EVERYONE)


def test_an_offer_whose_time_is_over_ends_at_the_customers_message_if_the_clock_is_late() -> None:
    state = fold(offered(), WROTE, later(2.5)).state

    assert (who(state), audience(state)) == (("new", None, None, None, None), EVERYONE)


@pytest.mark.parametrize(
    "event",
    [
        PresenceChanged(id="e-2", author=staff("ivan"), staff="ivan", presence=Presence.WITHOUT_CHATS),
        WROTE,
        CLOCK,
    ],
    ids=["the presence says so", "found at the customer's message", "found by the clock"],
)
@pytest.mark.parametrize("status", [Status.OPEN, Status.PENDING])
def test_an_offer_to_somebody_who_left_goes_to_everyone(event: ChatEvent, status: Status) -> None:
    """A colleague has not accepted it either."""
    state = fold(offered(status=status), event, later(1, away=("ivan",))).state

    assert (who(state), audience(state)) == (("new", None, None, None, None), EVERYONE)


def test_a_tickets_reply_ends_the_offer_and_binds_nobody() -> None:
    reply = ReplySent(id="e-2", author=staff("maria"), message_id="m-1")

    state = fold(offered(), reply, later(1)).state

    assert (who(state), state.status, audience(state)) == (
        ("new", None, None, None, None),
        Status.PENDING,
        EVERYONE,
    )


def test_an_end_by_hand_ends_the_offer() -> None:
    state = fold(offered(), ChatEnded(id="e-2", author=staff("ivan")), later(1)).state

    assert (state.reserved_for, state.offer_until, state.line, state.tab) == (None, None, None, "unanswered")


def test_an_idle_end_ends_the_offer_and_everyone_is_told() -> None:
    """Until then only the one to whom it was offered has heard of it."""
    state, told = fold(offered(), Idle(id="e-2", author=SYSTEM), later(1))
    after = fold(state, WROTE, later(60)).state

    assert who(state) == ("unanswered", None, None, None, None)
    assert (state.offer_until, told) == (None, (Tell(everyone=True, reason="unanswered"),))
    assert who(after) == ("new", None, None, None, None)


def test_an_idle_end_keeps_a_reservation_and_tells_nobody() -> None:
    state, told = fold(chat("active pending: reserved ivan"), Idle(id="e-2", author=SYSTEM), later(10))

    assert (state.reserved_for, told) == ("ivan", ())


# --- People who leave ---------------------------------------------------------------------------


def test_an_open_chat_is_redistributed_when_the_grace_is_over_and_not_before() -> None:
    leaves = PresenceChanged(id="e-1", author=staff("ivan"), staff="ivan", presence=Presence.OFFLINE)
    grace_ends = NOW + timedelta(minutes=3)
    within = facts()
    leaving = Person(line="line-1", away=False, away_at=grace_ends)
    within = within.model_copy(update={"people": {**within.people, "ivan": leaving}})

    left = fold(chat("active open: mine ivan"), leaves, within).state
    gone = fold(left, CLOCK, later(3, away=("ivan",))).state

    assert left.pinned_to == "ivan"
    assert who(gone) == ("mine", "petra", "line-1", "petra", None)


def test_somebody_who_is_back_within_the_grace_keeps_the_chat() -> None:
    state = chat("active open: mine ivan")
    back = PresenceChanged(id="e-1", author=staff("ivan"), staff="ivan", presence=Presence.ONLINE)

    assert fold(fold(state, back, facts()).state, CLOCK, later(3)).state == state


def test_a_pending_chat_of_somebody_who_left_is_redistributed_at_the_customers_reply() -> None:
    waiting = fold(chat("active pending: mine ivan"), CLOCK, facts(away=("ivan",))).state
    answered = fold(waiting, WROTE, facts(away=("ivan",))).state

    assert waiting.pinned_to == "ivan"
    assert who(answered) == ("mine", "petra", "line-1", "petra", None)


def test_an_open_chat_that_staff_answered_last_is_reserved_for_the_replacement() -> None:
    state = chat("active open: mine ivan", last_author=staff("ivan"))

    after = fold(state, CLOCK, facts(away=("ivan",))).state

    assert who(after) == ("reserved", "petra", "line-1", None, "petra")


def test_when_nobody_is_left_the_chat_waits_in_the_queue_and_the_first_who_comes_gets_it() -> None:
    state = fold(chat("active open: mine ivan"), CLOCK, facts(away=("ivan", "petra"))).state
    comes = PresenceChanged(id="e-3", author=staff("petra"), staff="petra", presence=Presence.ONLINE)

    after = fold(state, comes, facts(away=("ivan",))).state

    assert who(state) == ("new", None, "line-1", None, None)
    assert who(after) == ("mine", "petra", "line-1", "petra", None)


# --- When a chat looks at the time --------------------------------------------------------------


def in_minutes(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("state", "at"),
    [
        (chat(NO_CHAT), None),
        (chat("active open: nobody", wrote_at=NOW), in_minutes(10)),
        (chat("active pending: mine ivan", wrote_at=NOW, idle_after=90.0), in_minutes(1.5)),
        (chat("active closed: mine ivan", wrote_at=NOW), in_minutes(10)),
        (chat("ended open: nobody", wrote_at=NOW), None),
        (chat(FINAL), None),
    ],
    ids=["no chat", "ten minutes", "the channel's own time", "active and closed", "ended", "final"],
)
def test_an_active_chat_ends_when_nobody_wrote_for_the_idle_time(
    state: ChatState, at: datetime | None
) -> None:
    assert idle_at(state) == at


@pytest.mark.parametrize(
    ("offer", "wake", "looks", "due"),
    [
        (None, None, None, in_minutes(10)),
        (2, None, in_minutes(2), in_minutes(2)),
        (None, 3, in_minutes(3), in_minutes(3)),
        (2, 3, in_minutes(2), in_minutes(2)),
        (3, 2, in_minutes(2), in_minutes(2)),
        (None, 30, in_minutes(30), in_minutes(10)),
    ],
    ids=["idle only", "an offer", "a rule", "the offer first", "the rule first", "idle before the rule"],
)
def test_a_chat_looks_again_at_whatever_comes_first(
    offer: int | None, wake: int | None, looks: datetime | None, due: datetime
) -> None:
    state = chat(
        "active open: reserved ivan",
        wrote_at=NOW,
        offer_until=in_minutes(offer) if offer else None,
        wake_at=in_minutes(wake) if wake else None,
    )

    assert (wake_at(state), next_due(state)) == (looks, due)


def test_an_ended_chat_still_looks_at_timed_rules() -> None:
    assert next_due(chat("ended pending: assigned ivan", wake_at=in_minutes(30))) == in_minutes(30)


def test_a_chat_that_is_over_or_not_begun_waits_for_nothing() -> None:
    assert (next_due(chat(NO_CHAT)), next_due(chat(FINAL))) == (None, None)
