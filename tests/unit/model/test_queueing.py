"""Who gets the places of a line: those who have waited longest, as far as there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.contract import Activity, Status, TicketStage
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate
from baton.model.queueing import Waiting, hand_out, waits_since
from baton.model.ticket.state import TicketState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STAFF = ("ivan", "olga", "petra")


class Moment(NamedTuple):
    """A line with its queue."""

    waiting: Sequence[Waiting]
    members: Sequence[Candidate]
    room: Mapping[str, int]

    def given(self) -> dict[str, str]:
        return hand_out(self.waiting, self.members, self.room)

    def may_get(self, one: Waiting, staff: str) -> bool:
        """Whether somebody who has room is right for a case."""
        (member,) = (member for member in self.members if member.staff == staff)
        habit = one.assignee in (None, staff) or member.chats
        return member.available and staff != one.handed_on_by and habit


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    somebody = st.none() | st.sampled_from((*STAFF, "lena"))
    waiting = [
        Waiting(f"c{number}", draw(somebody), draw(somebody), draw(somebody))
        for number in range(draw(st.integers(0, 8)))
    ]
    members = [
        Candidate(
            staff=staff,
            available=draw(st.booleans()),
            chats=draw(st.booleans()),
            load=draw(st.integers(0, 3)),
            last_assigned_at=draw(st.none() | st.sampled_from([NOW, NOW - timedelta(minutes=1)])),
        )
        for staff in STAFF
    ]
    return Moment(waiting, members, {staff: draw(st.integers(-1, 3)) for staff in STAFF})


@given(moments())
def test_nobody_gets_more_than_there_is_room_and_only_who_is_right(moment: Moment) -> None:
    given_to = moment.given()
    for staff, number in Counter(given_to.values()).items():
        assert number <= moment.room[staff]
    assert set(given_to) <= {one.case_id for one in moment.waiting}
    assert all(
        moment.may_get(one, given_to[one.case_id]) for one in moment.waiting if one.case_id in given_to
    )


@given(moments())
def test_nobody_overtakes(moment: Moment) -> None:
    """Whoever is not served could not have had any of the places that those behind got."""
    given_to = moment.given()
    for position, one in enumerate(moment.waiting):
        if one.case_id not in given_to:
            behind = [given_to[it.case_id] for it in moment.waiting[position:] if it.case_id in given_to]
            assert not any(moment.may_get(one, staff) for staff in behind)


@given(moments())
def test_no_place_stays_empty_while_somebody_waits_who_may_have_it(moment: Moment) -> None:
    given_to = moment.given()
    used = Counter(given_to.values())
    empty = [staff for staff in STAFF if moment.room[staff] > used[staff]]
    for one in moment.waiting:
        if one.case_id not in given_to:
            assert not any(moment.may_get(one, staff) for staff in empty)


@given(moments(), st.randoms())
def test_the_result_depends_on_nothing_else(moment: Moment, random: Any) -> None:
    members = list(moment.members)
    random.shuffle(members)
    room = {member.staff: moment.room[member.staff] for member in members}
    assert list(Moment(moment.waiting, members, room).given().items()) == list(moment.given().items())


@given(moments())
def test_who_comes_later_changes_nothing_for_those_before(moment: Moment) -> None:
    given_to = moment.given()
    for number in range(len(moment.waiting)):
        first = Moment(moment.waiting[:number], moment.members, moment.room).given()
        assert first == {
            one.case_id: given_to[one.case_id] for one in moment.waiting[:number] if one.case_id in given_to
        }


def members(*staff: str, **fields: Any) -> list[Candidate]:
    return [Candidate(staff=one, available=True, **fields) for one in staff]


def gives(waiting: Iterable[Waiting], line: Sequence[Candidate], **room: int) -> dict[str, str]:
    return hand_out(waiting, line, room)


def test_places_are_spread_over_those_who_have_the_fewest() -> None:
    queue = [Waiting(f"c{number}") for number in range(5)]
    line = [*members("ivan", load=2), *members("petra")]
    assert gives(queue, line, ivan=1, petra=3) == {"c0": "petra", "c1": "petra", "c2": "ivan", "c3": "petra"}


def test_who_just_got_one_comes_after_who_has_as_many() -> None:
    line = [*members("ivan", load=1, last_assigned_at=NOW), *members("petra")]
    queue = [Waiting("c0"), Waiting("c1")]
    assert gives(queue, line, ivan=2, petra=2) == {"c0": "petra", "c1": "ivan"}


def test_the_last_holder_is_asked_first_and_the_assignee_before_that() -> None:
    line = members("ivan", "olga", "petra")
    queue = [Waiting("c0", last_holder="petra"), Waiting("c1", assignee="olga", last_holder="petra")]
    assert gives(queue, line, ivan=9, olga=9, petra=9) == {"c0": "petra", "c1": "olga"}


def test_who_handed_a_case_on_does_not_get_it_and_the_next_in_the_queue_does() -> None:
    queue = [Waiting("c0", handed_on_by="ivan"), Waiting("c1")]
    assert gives(queue, members("ivan"), ivan=1) == {"c1": "ivan"}


def test_in_place_of_an_assignee_only_who_works_with_chats_is_asked() -> None:
    phones = members("ivan", chats=False)
    assert gives([Waiting("c0", assignee="petra")], phones, ivan=1) == {}
    assert gives([Waiting("c0", assignee="ivan")], phones, ivan=1) == {"c0": "ivan"}
    assert gives([Waiting("c0")], phones, ivan=1) == {"c0": "ivan"}


# --- Since when, and where -------------------------------------------------------------------------

CHAT = ChatState(
    channel="telegram",
    conversation="42",
    customer="c-1",
    activity=Activity.ACTIVE,
    status=Status.OPEN,
    opened_at=NOW,
)
TICKET = TicketState(
    ticket_id="T-1", customer="c-1", stage=TicketStage.TRIAGE, status=Status.OPEN, opened_at=NOW
)


@pytest.mark.parametrize("case", [CHAT, TICKET], ids=["chat", "ticket"])
def test_a_case_waits_since_the_first_unanswered_message_or_else_since_it_was_handed_over(
    case: ChatState | TicketState,
) -> None:
    first, handed = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    jumped = {"last_message_at": datetime(1999, 1, 1, tzinfo=UTC)}
    assert waits_since(case.model_copy(update=jumped)) == NOW
    assert waits_since(case.model_copy(update={**jumped, "held_since": handed})) == handed
    both = {**jumped, "waiting_since": first, "held_since": handed}
    assert waits_since(case.model_copy(update=both)) == first


@pytest.mark.parametrize(
    ("fields", "queue"),
    [
        ({"line": "line-1"}, "line-1"),
        ({}, None),
        ({"line": "line-1", "assignee": "ivan"}, None),
        ({"line": "line-1", "assignee": "ivan", "pinned_to": "ivan"}, None),
        ({"line": "line-1", "activity": Activity.ENDED}, "line-1"),
        ({"line": "line-1", "activity": Activity.ENDED, "assignee": "ivan"}, "line-1"),
        ({"activity": Activity.ENDED}, None),
        ({"line": "line-1", "activity": Activity.ENDED, "status": Status.PENDING}, None),
        ({"line": "line-1", "activity": Activity.ENDED, "status": Status.CLOSED}, None),
    ],
    ids=[
        "queue",
        "everyone's",
        "assigned",
        "somebody's",
        "idled out",
        "left",
        "nobody's",
        "pending",
        "closed",
    ],
)
def test_a_chat_waits_for_its_line_if_nobody_has_it_or_if_it_is_unanswered(
    fields: dict[str, Any], queue: str | None
) -> None:
    assert CHAT.model_copy(update=fields).queue == queue


@pytest.mark.parametrize(
    ("fields", "holder", "queue"),
    [
        ({"assignee": "ivan"}, "ivan", None),
        ({"assignee": "ivan", "stage": TicketStage.COMPOSING}, "ivan", None),
        ({"assignee": "ivan", "stage": TicketStage.COLLECTING}, None, None),
        ({"assignee": "ivan", "stage": TicketStage.ANSWERED}, None, None),
        ({"assignee": "ivan", "status": Status.PENDING}, None, None),
        ({"line": "line-1"}, None, "line-1"),
        ({"line": "line-1", "stage": TicketStage.CLOSED, "status": Status.CLOSED}, None, None),
    ],
)
def test_a_ticket_takes_a_place_while_it_is_its_assignees_turn(
    fields: dict[str, Any], holder: str | None, queue: str | None
) -> None:
    ticket = TICKET.model_copy(update=fields)
    assert (ticket.holder, ticket.queue) == (holder, queue)
