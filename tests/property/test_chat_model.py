"""Whatever happens to a chat, in whatever order: these things always hold."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.contract import (
    FORWARDED_KINDS,
    MESSAGE_KINDS,
    REOPENING_KINDS,
    Action,
    AddNote,
    AgentMessage,
    Assign,
    Assigned,
    Author,
    AuthorType,
    ChangeLabels,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    DirectoryChanged,
    End,
    Idle,
    LabelsChanged,
    MergedInto,
    MessageChanged,
    NoteAdded,
    Pin,
    Presence,
    PresenceChanged,
    SetStatus,
    Status,
    StatusSet,
    SystemMessage,
    Tab,
    Taken,
    TimedDue,
)
from baton.errors import IllegalTransition, Refused
from baton.model.chat.audience import audience, newly_told
from baton.model.chat.clock import next_due
from baton.model.chat.model import apply, check, fold, opens
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, MissingLine, Previous
from tests.unit.chat.world import LINE_OF, NOW, SYSTEM, facts, staff

STAFF = (*LINE_OF, "ghost")
LINES = ("line-1", "line-2", "phones")
LABELS = ("vip", "Возврат", "🔥")

people = st.sampled_from(STAFF)
statuses = st.sampled_from(Status)
authors = people.map(staff)
customers = st.sampled_from(("c-1", "c-2")).map(lambda name: Author(type=AuthorType.CUSTOMER, id=name))
labels = st.lists(st.sampled_from(LABELS), max_size=3).map(tuple)
times = st.none() | st.integers(-7200, 7200).map(lambda seconds: NOW + timedelta(seconds=seconds))


def event(kind: type[Any], author: st.SearchStrategy[Author], **fields: st.SearchStrategy[Any]) -> Any:
    return st.builds(kind, id=st.just("e"), author=author, at=times, **fields)


systems = st.just(SYSTEM)
message_ids = st.just("m-1")
events: st.SearchStrategy[ChatEvent] = st.one_of(
    event(CustomerMessage, customers),
    event(AgentMessage, authors),
    event(SystemMessage, systems),
    event(MessageChanged, customers, message_id=message_ids),
    event(DeliveryFailed, systems, message_id=message_ids),
    event(NoteAdded, authors, text=st.just("")),
    event(Taken, authors),
    event(ChatEnded, authors, status=st.none() | statuses),
    event(StatusSet, authors, status=statuses),
    event(Assigned, authors, staff=people),
    event(Assigned, authors, line=st.sampled_from(LINES)),
    event(Assigned, authors),
    event(LabelsChanged, authors, add=labels, remove=labels),
    people.flatmap(
        lambda who: event(
            PresenceChanged, st.just(staff(who)), staff=st.just(who), presence=st.sampled_from(Presence)
        )
    ),
    event(DirectoryChanged, systems),
    event(MergedInto, authors, case=st.just("case-9")),
    event(Idle, systems),
    event(TimedDue, systems),
)

actions: st.SearchStrategy[Action] = st.one_of(
    st.sampled_from(tuple(LINE_OF)).map(lambda who: Assign(staff=who)),
    st.sampled_from(tuple(LINE_OF)).map(lambda who: Assign(staff=who, line=LINE_OF[who])),
    st.sampled_from(LINES).map(lambda line: Assign(line=line)),
    st.just(Assign()),
    people.map(lambda who: Pin(staff=who)),
    st.builds(End, status=st.none() | statuses),
    st.builds(SetStatus, status=statuses),
    st.builds(ChangeLabels, add=labels, remove=labels),
    st.just(AddNote(text="")),
)

subsets = st.sets(st.sampled_from(tuple(LINE_OF))).map(tuple)
worlds: st.SearchStrategy[Facts] = st.builds(
    facts,
    away=subsets,
    full=subsets,
    blocked=st.sampled_from((False, False, False, True)),
    other_holder=st.none() | people,
    previous=st.none()
    | st.builds(
        Previous,
        case_id=st.just("case-0"),
        assignee=st.none() | people,
        holders=st.sampled_from(({}, {"line-1": "petra"}, {"line-1": "ghost"})),
    ),
    queues=st.sampled_from(((), ("phones",), LINES)),
)
steps = st.tuples(events, worlds, st.lists(actions, max_size=3))
stories = st.lists(steps, min_size=1, max_size=25)

START = ChatState(channel="telegram", conversation="42", customer="c-1")


class _Chats:
    """Takes one chat through a story, and gives every case an ID and every step a later time."""

    def __init__(self) -> None:
        self.state = START
        self.now = NOW

    def world(self, given_facts: Facts, number: int) -> Facts:
        self.now = NOW + timedelta(minutes=number)
        opening = self.state.final or not self.state.exists
        case_id = f"case-{number}" if opening else self.state.case_id
        return given_facts.model_copy(update={"now": self.now, "case_id": case_id})


def assert_sound(chat: ChatState, now: datetime) -> None:
    """What holds in every state."""
    assert not (chat.pinned_to and chat.reserved_for)
    assert (chat.activity is None) == (chat.status is None)
    if not chat.exists:
        assert chat == START
        return
    assert isinstance(chat.tab, Tab)
    assert chat.case_id is not None
    assert (chat.tab is Tab.MINE) == (chat.pinned_to is not None)
    assert (chat.tab is Tab.RESERVED) == (chat.active and chat.reserved_for is not None)
    assert (chat.tab in (Tab.UNANSWERED, Tab.ENDED)) == (not chat.active)
    if not chat.active:
        assert chat.pinned_to is None
        assert chat.offer_until is None
    if chat.final:
        assert chat.reserved_for is None
    if chat.offer_until is not None:
        assert chat.reserved_for is not None
        assert chat.assignee is None
        assert chat.line is None, "nobody has put it there"
    if chat.handed_on_by is not None and not chat.final:
        assert (chat.assignee, chat.holder) == (None, None), "it waits in the queue of a line"
        assert chat.line is not None
    if chat.assignee is not None:
        assert chat.line == LINE_OF.get(chat.assignee)
    assert len(set(chat.labels)) == len(chat.labels)
    assert chat.last_author is not None
    assert chat.last_author.type is not AuthorType.SYSTEM
    assert chat.last_message_at is not None
    assert chat.wrote_at is not None
    assert chat.last_message_at <= chat.wrote_at <= now
    assert (next_due(chat) is not None) >= chat.active
    assert (audience(chat) is None) or chat.active
    assert ChatState.model_validate_json(chat.model_dump_json()) == chat


def assert_in_somebodys_hands(chat: ChatState) -> None:
    """What holds once the chat has heard of a change: only a chat in which nobody has to act may wait."""
    assert "ghost" not in chat.holders.values()
    if chat.status is Status.OPEN or not chat.active:
        assert "ghost" not in (chat.assignee, chat.pinned_to, chat.reserved_for)


@settings(max_examples=250)
@given(stories)
def test_every_state_that_events_and_actions_can_reach_is_sound(story: list[Any]) -> None:
    chats = _Chats()
    for number, (happened, given_facts, acted) in enumerate(story):
        world = chats.world(given_facts, number)
        before, written = chats.state, chats.state.model_dump_json()
        try:
            after = fold(before, happened, world).state
        except Refused:
            assert before.model_dump_json() == written
            continue
        assert before.model_dump_json() == written, "fold changed its input"
        assert_sound(after, chats.now)
        if isinstance(happened, DirectoryChanged):
            assert_in_somebodys_hands(after)
        for action in acted:
            unchanged = after.model_dump_json()
            try:
                acted_on = apply(after, action, world)
            except IllegalTransition:
                continue
            finally:
                assert after.model_dump_json() == unchanged, "apply changed its input"
            after = acted_on
            assert_sound(after, chats.now)
        chats.state = after


@settings(max_examples=150)
@given(stories)
def test_an_event_is_refused_exactly_where_it_can_be_foreseen(story: list[Any]) -> None:
    """The validator sees what the fold does: an accepted event is never refused later.

    Except one that belongs to a message and comes to no living chat: only the ledger knows that message.
    """
    chats = _Chats()
    for number, (happened, given_facts, _) in enumerate(story):
        world = chats.world(given_facts, number)
        foreseen: type[Refused] | None = None
        try:
            check(chats.state, happened)
        except Refused as refusal:
            foreseen = type(refusal)
        of_a_message = happened.kind in (REOPENING_KINDS | FORWARDED_KINDS) - MESSAGE_KINDS
        if foreseen is None and of_a_message and (chats.state.final or not chats.state.exists):
            with suppress(IllegalTransition):
                chats.state = fold(chats.state, happened, world).state
        elif foreseen is None:
            chats.state = fold(chats.state, happened, world).state
        else:
            assert foreseen is IllegalTransition
            with pytest.raises(foreseen):
                fold(chats.state, happened, world)


@settings(max_examples=150)
@given(stories)
def test_folding_again_gives_the_same_also_after_json(story: list[Any]) -> None:
    chats = _Chats()
    for number, (happened, given_facts, _) in enumerate(story):
        world = chats.world(given_facts, number)
        try:
            folded = fold(chats.state, happened, world)
        except Refused:
            continue
        from_history = fold(
            ChatState.model_validate_json(chats.state.model_dump_json()),
            type(happened).model_validate_json(happened.model_dump_json()),
            Facts.model_validate_json(world.model_dump_json()),
        )
        assert from_history == folded
        chats.state = folded.state


@settings(max_examples=150)
@given(stories)
def test_nothing_but_a_refusal_or_a_missing_line_is_ever_raised_and_the_line_is_enough(
    story: list[Any],
) -> None:
    chats = _Chats()
    for number, (happened, given_facts, _) in enumerate(story):
        world = chats.world(given_facts, number)
        bare = world.model_copy(update={"lines": {}})
        try:
            chats.state = fold(chats.state, happened, bare).state
        except Refused:
            continue
        except MissingLine as missing:
            with_line = bare.model_copy(update={"lines": {missing.line: world.lines[missing.line]}})
            found = fold(chats.state, happened, with_line)
            assert found == fold(chats.state, happened, world), "other lines decided, too"
            chats.state = found.state


@settings(max_examples=200)
@given(stories)
def test_an_audience_is_notified_at_most_once_for_one_change_and_never_without_one(
    story: list[Any],
) -> None:
    chats = _Chats()
    for number, (happened, given_facts, _) in enumerate(story):
        world = chats.world(given_facts, number)
        before = chats.state
        try:
            after = fold(before, happened, world).state
        except Refused:
            continue
        told = newly_told(before, after, happened)
        if told is not None:
            assert told == audience(after)
            assert before.case_id != after.case_id or told != audience(before)
            assert bool(told.staff) + (told.line is not None) + told.everyone == 1
        assert newly_told(after, after, happened) is None
        if world.blocked and isinstance(happened, CustomerMessage):
            assert (after, told) == (before, None)
        chats.state = after


@settings(max_examples=150)
@given(stories)
def test_only_a_message_or_a_waiting_customer_activates_and_a_new_chat_follows_a_final_one_only(
    story: list[Any],
) -> None:
    chats = _Chats()
    for number, (happened, given_facts, _) in enumerate(story):
        world = chats.world(given_facts, number)
        before = chats.state
        try:
            after = fold(before, happened, world).state
        except Refused:
            assert before.final or not before.exists or not before.active
            continue
        is_message = isinstance(happened, CustomerMessage | AgentMessage)
        activated = after.active and not before.active
        if activated and not is_message:
            assert opens(before, happened) or before.tab is Tab.UNANSWERED, "nobody waited"
        if before.final and after != before:
            assert after.case_id != before.case_id
        assert (after.case_id != before.case_id) <= opens(before, happened)
        if isinstance(happened, CustomerMessage) and before.offer_until is not None and not before.final:
            assert (after.pinned_to, after.assignee, after.line) == (None, None, None), "nobody accepted it"
        if not is_message and after.case_id == before.case_id:
            clocks = ("last_author", "last_message_at", "customer_wrote_at", "staff_wrote_at")
            assert all(getattr(after, name) == getattr(before, name) for name in clocks)
            assert activated or after.wrote_at == before.wrote_at
        chats.state = after
