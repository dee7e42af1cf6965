"""Who in a line gets a chat, who replaces somebody who is away, and how a chat leaves a queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton.contract import (
    Assign,
    Assigned,
    ChatEvent,
    CustomerMessage,
    Idle,
    Pin,
    Presence,
    PresenceChanged,
    SystemMessage,
    Taken,
    TimedDue,
)
from baton.model.chat.model import apply, fold, named
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate, Facts, MissingLine, Person, Previous
from baton.model.staffing import choose
from tests.unit.chat.world import CUSTOMER, NO_CHAT, NOW, SYSTEM, chat, facts, staff

WROTE = CustomerMessage(id="e-1", author=CUSTOMER, text="?")
NEW = "active open: nobody"
CLOCK = TimedDue(id="t", author=SYSTEM)


def member(name: str, **more: Any) -> Candidate:
    return Candidate(**{"staff": name, "available": True, **more})


def line_1(*members: Candidate, **more: Any) -> Facts:
    return facts(lines={"line-1": members}, **more)


def hours_ago(hours: int) -> Any:
    return NOW - timedelta(hours=hours)


# --- The order of preference --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "members", "chosen"),
    [
        (
            chat("active open: assigned ivan", holders={"line-1": "petra"}),
            (member("ivan", load=4), member("petra", load=0)),
            "ivan",
        ),
        (
            chat("active open: assigned ivan", holders={"line-1": "petra"}),
            (member("ivan", available=False), member("petra", load=4), member("zoya")),
            "petra",
        ),
        (
            chat("active open: assigned lena", holders={"line-2": "lena", "line-1": "petra"}),
            (member("ivan", load=0), member("petra", load=4)),
            "petra",
        ),
        (
            chat(NEW, holders={"line-1": "petra"}),
            (member("ivan", load=1), member("petra", available=False), member("zoya", load=2)),
            "ivan",
        ),
        (
            chat(NEW),
            (
                member("ivan", load=1, last_assigned_at=hours_ago(9)),
                member("petra", load=0, last_assigned_at=NOW),
            ),
            "petra",
        ),
        (
            chat(NEW),
            (
                member("ivan", load=1, last_assigned_at=hours_ago(1)),
                member("petra", load=1, last_assigned_at=hours_ago(2)),
            ),
            "petra",
        ),
        (chat(NEW), (member("ivan", last_assigned_at=hours_ago(99)), member("petra")), "petra"),
        (chat(NEW), (member("petra"), member("ivan")), "ivan"),
        (chat(NEW), (member("ivan", available=False), member("petra", available=False)), None),
        (chat(NEW), (), None),
    ],
    ids=[
        "the assignee first, whatever the load",
        "then the line's last holder, whatever the load",
        "the last holder of this line, not of another",
        "a last holder who is away is passed over",
        "then the fewest active chats",
        "then the longest time without a new one",
        "somebody who never had one has waited longest",
        "then the ID",
        "nobody is available",
        "nobody is in the line",
    ],
)
def test_a_line_gives_a_chat_to(state: ChatState, members: tuple[Candidate, ...], chosen: str | None) -> None:
    assert choose("line-1", state, line_1(*members)) == chosen
    assert choose("line-1", state, line_1(*reversed(members))) == chosen, "the order of members decided"


def test_the_last_holder_of_the_previous_chat_is_preferred_in_the_next_one() -> None:
    world = facts(previous=Previous(case_id="case-0", holders={"line-1": "ivan"}))

    opened = fold(chat(NO_CHAT), WROTE, world).state

    assert opened.holders == {"line-1": "ivan"}
    assert choose("line-1", opened, world) == "ivan"


def test_by_habit_only_people_who_usually_work_with_chats_are_considered() -> None:
    world = facts()

    assert choose("line-2", chat(NEW), world) == "lena"
    assert choose("line-2", chat(NEW), world, habit=True) == "oleg"
    assert choose("phones", chat(NEW), world, habit=True) is None


def test_by_habit_even_the_assignee_is_passed_over_who_rarely_works_with_chats() -> None:
    assert choose("line-2", chat("active open: assigned lena"), facts(), habit=True) == "oleg"


@pytest.mark.parametrize(
    ("state", "event", "line"),
    [
        (NEW, Assigned(id="e-1", author=staff("lena"), line="line-2"), "line-2"),
        ("active open: queue line-1", WROTE, "line-1"),
        ("active open: assigned ivan", WROTE, "line-1"),
        ("active open: mine ivan", TimedDue(id="e-1", author=SYSTEM), "line-1"),
    ],
    ids=["a transfer to a line", "a queue is looked at again", "a replacement", "a redistribution"],
)
def test_members_that_nobody_looked_up_are_asked_for(state: str, event: ChatEvent, line: str) -> None:
    with pytest.raises(MissingLine) as missing:
        fold(chat(state), event, facts(away=("ivan",), lines={}))

    assert missing.value.line == line


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("active open: mine ivan", WROTE),
        ("active open: nobody", WROTE),
        (NO_CHAT, WROTE),
        ("ended pending: reserved ivan", WROTE),
        ("active open: mine ivan", Taken(id="e-1", author=staff("petra"))),
        ("active open: queue line-1", SystemMessage(id="e-1", author=SYSTEM)),
    ],
    ids=["a holder who is there", "New", "a first message", "a reservation", "taking", "a bot"],
)
def test_what_needs_no_line_asks_for_none(state: str, event: ChatEvent) -> None:
    assert fold(chat(state), event, facts(lines={})).state.exists


# --- Replacement --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        "active open: mine ivan",
        "active pending: reserved ivan",
        "active open: assigned ivan",
        "ended pending: reserved ivan",
        "ended open: assigned ivan",
    ],
)
def test_whoever_replaces_somebody_away_is_responsible_and_has_the_chat_in_mine(state: str) -> None:
    after = fold(chat(state), WROTE, facts(away=("ivan",))).state

    assert (after.assignee, after.pinned_to, after.line) == ("petra", "petra", "line-1")
    assert (after.reserved_for, after.tab, after.held_since) == (None, "mine", NOW)


def test_somebody_whom_the_directory_no_longer_knows_is_away_for_good() -> None:
    state = chat("active open: mine ivan", assignee="ghost", pinned_to="ghost", holders={})

    after = fold(state, WROTE, facts()).state

    assert (after.assignee, after.pinned_to, after.line) == ("petra", "petra", "line-1")


def test_somebody_unknown_without_a_line_leaves_the_chat_to_everyone() -> None:
    state = chat("active open: nobody", assignee="ghost", pinned_to="ghost")

    after = fold(state, WROTE, facts()).state

    assert (after.assignee, after.pinned_to, after.line, after.tab) == (None, None, None, "new")


def test_a_replacement_works_with_chats_by_habit() -> None:
    after = fold(chat("active open: mine lena"), WROTE, facts(away=("lena",))).state

    assert (after.assignee, after.pinned_to) == ("oleg", "oleg")


def test_a_queue_is_better_than_a_replacement_who_rarely_works_with_chats() -> None:
    after = fold(chat("active open: mine oleg"), WROTE, facts(away=("oleg",))).state

    assert (after.assignee, after.pinned_to, after.line) == (None, None, "line-2")


def test_the_queue_of_a_line_that_has_somebody_for_chats_takes_the_chat_when_nobody_is_there() -> None:
    after = fold(chat("active open: mine lena"), WROTE, facts(away=("lena", "oleg"))).state

    assert (after.assignee, after.line, after.tab) == (None, "line-2", "new")


def test_a_queue_that_nobody_watches_by_habit_is_replaced_by_new_for_everyone() -> None:
    after = fold(chat("active open: mine maria"), WROTE, facts(away=("maria",))).state

    assert (after.assignee, after.line, after.tab) == (None, None, "new")


def test_a_chat_pinned_to_somebody_away_goes_to_that_persons_line_not_to_the_assignees() -> None:
    state = chat("active open: assigned lena +pinned ivan")

    after = fold(state, WROTE, facts(away=("ivan",))).state

    assert (after.assignee, after.pinned_to, after.line) == ("petra", "petra", "line-1")


def test_nobody_is_replaced_for_having_many_chats() -> None:
    after = fold(chat("active open: mine ivan"), WROTE, facts(full=("ivan",))).state

    assert after.pinned_to == "ivan"


def test_within_the_grace_nobody_is_replaced() -> None:
    world = facts()
    leaving = Person(line="line-1", away=False, away_at=NOW + timedelta(minutes=2))
    world = world.model_copy(update={"people": {**world.people, "ivan": leaving}})

    assert fold(chat("active open: mine ivan"), WROTE, world).state.pinned_to == "ivan"


def test_an_assignee_who_is_there_is_not_replaced_and_gets_no_pin_without_a_rule() -> None:
    after = fold(chat("ended open: assigned ivan"), WROTE, facts()).state

    assert (after.assignee, after.pinned_to, after.tab) == ("ivan", None, "new")


# --- Queues -------------------------------------------------------------------------------------

COMES = PresenceChanged(id="e-1", author=staff("petra"), staff="petra", presence=Presence.ONLINE)


def test_a_chat_leaves_its_queue_for_whoever_the_line_prefers_not_for_whoever_came() -> None:
    state = chat("active open: queue line-1", holders={"line-1": "ivan"})

    assert fold(state, COMES, facts()).state.pinned_to == "ivan"


def test_a_queue_waits_on_while_nobody_is_available() -> None:
    state = chat("active open: queue line-1")

    assert fold(state, COMES, facts(away=("ivan",), full=("petra",))).state == state


def test_a_chat_that_a_rule_pinned_does_not_wait_in_a_queue() -> None:
    state = apply(chat("active open: queue line-1"), Pin(staff="ivan"), facts())

    assert fold(state, COMES, facts()).state == state


def test_a_chat_that_has_ended_waits_for_the_customer_and_is_not_handed_out() -> None:
    state = fold(chat("active pending: queue line-1"), Idle(id="i", author=SYSTEM), facts()).state

    waiting = fold(state, COMES, facts()).state
    answered = fold(waiting, WROTE, facts()).state

    assert waiting == state
    assert (answered.tab, answered.pinned_to) == ("mine", "petra")


def test_somebody_who_comes_online_without_chats_empties_no_queue() -> None:
    event = PresenceChanged(id="e-1", author=staff("petra"), staff="petra", presence=Presence.WITHOUT_CHATS)
    state = chat("active open: queue line-1")

    assert fold(state, event, facts()).state == state


# --- Handing on ---------------------------------------------------------------------------------


def handed(state: ChatState, by: str = "ivan", world: Facts | None = None, **more: Any) -> ChatState:
    """Somebody gives the chat to line 1."""
    given = Assigned(id="a", author=staff(by), line="line-1", **more)
    return fold(state, given, world or facts()).state


def comes(name: str) -> PresenceChanged:
    return PresenceChanged(id="p", author=staff(name), staff=name, presence=Presence.ONLINE)


@pytest.mark.parametrize(
    "state",
    [
        "active open: mine ivan",
        "active pending: mine ivan",
        "active open: assigned ivan",
        "active pending: reserved ivan",
        "active open: assigned lena +pinned ivan",
        "ended pending: assigned ivan",
        "ended open: reserved ivan",
    ],
)
def test_whoever_hands_a_chat_to_their_own_line_hands_it_on_and_never_gets_it_back(state: str) -> None:
    alone = facts(away=("petra",))

    to_petra = handed(chat(state))
    waits = handed(chat(state), world=alone)
    again = handed(waits, world=alone)

    assert (to_petra.assignee, to_petra.handed_on_by) == ("petra", None)
    for queued in (waits, again):
        assert (queued.assignee, queued.line, queued.holder, queued.handed_on_by) == (
            None,
            "line-1",
            None,
            "ivan",
        )
    for event in (comes("ivan"), WROTE, CLOCK):
        still = fold(waits, event, alone).state
        assert (still.assignee, still.handed_on_by) == (None, "ivan"), event.kind
    assert choose("line-1", waits, facts()) == "petra"


def test_what_was_handed_on_goes_to_the_colleague_who_comes_or_to_whoever_takes_it() -> None:
    waits = handed(chat("active open: mine ivan"), world=facts(away=("petra",)))

    colleague = fold(waits, comes("petra"), facts()).state
    back = fold(waits, Taken(id="t", author=staff("ivan")), facts()).state
    pinned = apply(waits, Pin(staff="ivan"), facts())
    given = fold(waits, Assigned(id="a", author=staff("petra"), staff="ivan"), facts()).state
    elsewhere = fold(
        waits, Assigned(id="a", author=staff("petra"), line="line-2"), facts(away=("oleg", "lena"))
    )
    nobodys = fold(waits, Assigned(id="a", author=staff("petra")), facts()).state

    assert (colleague.pinned_to, colleague.handed_on_by) == ("petra", None)
    assert (back.pinned_to, back.handed_on_by) == ("ivan", None)
    assert (pinned.pinned_to, pinned.handed_on_by) == ("ivan", None)
    assert (given.pinned_to, given.handed_on_by) == ("ivan", None)
    assert (elsewhere.state.line, elsewhere.state.handed_on_by) == ("line-2", None)
    assert (nobodys.line, nobodys.handed_on_by) == (None, None)
    assert fold(colleague, CLOCK, facts(away=("petra",))).state.assignee == "ivan", (
        "another turn, another choice"
    )


@pytest.mark.parametrize(
    ("by", "state"),
    [("petra", "active open: mine ivan"), ("lena", "active open: mine ivan"), ("ivan", NEW)],
    ids=["a colleague gives it", "somebody of another line gives it", "it was nobody's"],
)
def test_who_gives_what_they_did_not_have_excludes_nobody(by: str, state: str) -> None:
    given = handed(chat(state), by, facts(away=("petra",)))

    assert (given.assignee, given.handed_on_by) == ("ivan", None)


def test_a_program_says_from_whom_it_takes_a_chat() -> None:
    state = chat("active open: mine ivan")
    taken = Assigned(id="a", author=SYSTEM, line="line-1", not_to="ivan")

    waits = fold(state, taken, facts(away=("petra",))).state

    assert fold(state, taken, facts()).state.pinned_to == "petra"
    assert (waits.assignee, waits.line, waits.handed_on_by) == (None, "line-1", "ivan")


def test_a_rule_that_gives_a_chat_to_its_line_does_not_give_it_back_either() -> None:
    waits = handed(chat("active open: mine ivan"), world=facts(away=("petra",)))

    queued = apply(
        waits, Assign(staff=choose("line-1", waits, facts(away=("petra",))), line="line-1"), facts()
    )

    assert (queued.assignee, queued.handed_on_by) == (None, "ivan")


def test_an_explicit_assignment_to_an_unwatched_queue_is_respected() -> None:
    after = apply(chat(NEW), Assign(line="phones"), facts(away=("maria",)))

    assert (after.assignee, after.line) == (None, "phones")


@pytest.mark.parametrize("state", [NEW, "active open: mine lena", "ended open: assigned ivan"])
def test_no_chat_waits_in_the_queue_of_a_line_in_which_nobody_is(state: str) -> None:
    night = facts(lines={"night": ()}, empty_lines=("night",))
    handed = Assigned(id="a", author=staff("lena"), line="night", not_to="ivan")

    by_hand, by_rule = fold(chat(state), handed, night).state, apply(chat(state), Assign(line="night"), night)

    for after in (by_hand, by_rule):
        assert (after.assignee, after.line, after.queue, after.handed_on_by) == (None, None, None, None)


# --- Whom a decision must know ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        (NO_CHAT, WROTE, ()),
        ("active open: mine ivan", WROTE, ("ivan",)),
        ("active open: assigned lena +pinned ivan", WROTE, ("lena", "ivan")),
        ("active open: mine ivan", Taken(id="e", author=staff("petra")), ("petra", "ivan")),
        (
            "active open: mine ivan",
            Assigned(id="e", author=staff("lena"), staff="petra"),
            ("lena", "petra", "ivan"),
        ),
        ("active open: nobody", Assigned(id="e", author=SYSTEM, line="line-1"), ()),
        ("active open: mine ivan", COMES, ("petra", "ivan")),
    ],
    ids=["nobody", "holder", "assignee and holder", "author", "transfer", "by a system", "presence"],
)
def test_a_decision_must_know_everybody_whom_chat_or_event_names(
    state: str, event: ChatEvent, expected: tuple[str, ...]
) -> None:
    assert named(chat(state), event) == expected


# --- Since when ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "event", "begins_anew"),
    [
        ("active open: mine ivan", Taken(id="e", author=staff("petra")), True),
        ("active open: mine ivan", Taken(id="e", author=staff("ivan")), False),
        ("active open: mine ivan", WROTE, False),
        ("active open: mine ivan", Assigned(id="e", author=staff("ivan")), True),
        ("active open: nobody", WROTE, False),
        ("ended closed: assigned ivan", WROTE, True),
    ],
    ids=["another person", "the same person", "a message", "released", "still nobody", "a new chat"],
)
def test_the_time_of_an_assignment_counts_from_the_last_change_of_hands(
    state: str, event: ChatEvent, begins_anew: bool
) -> None:
    before = chat(state)
    after = fold(before, event, facts()).state

    assert after.held_since == (NOW if begins_anew else before.held_since)
