"""Whole stories: the source's four situations, and what a help desk meets in its first week.

What the rules of the situations do is written out here; the tests of the rules check that the shipped rules
do it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from baton.contract import (
    Action,
    AgentMessage,
    Assign,
    Author,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    End,
    Fired,
    Idle,
    MergedInto,
    MessageChanged,
    Pin,
    Status,
    StatusSet,
    Taken,
    Tell,
)
from baton.model.chat.audience import newly_told
from baton.model.chat.model import settle
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.facts import Facts, Previous
from tests.unit.chat.world import CUSTOMER, NO_CHAT, NOW, SYSTEM, chat, facts, staff

EVERYONE = Tell(everyone=True, reason="new")
END = End(status=Status.PENDING)
TO_LINE_1 = Assign(staff="ivan", line="line-1")


def customer(text: str = "Добрый день! Где мой заказ? 📦") -> CustomerMessage:
    return CustomerMessage(id="c", author=CUSTOMER, text=text)


def agent(name: str) -> AgentMessage:
    return AgentMessage(id="a", author=staff(name), text="Отвечу через минуту ☎️")


IDLE = Idle(id="i", author=SYSTEM)


class Step(NamedTuple):
    """An event, what the rules do about it, and how the world is then."""

    event: ChatEvent
    actions: tuple[Action, ...] = ()
    world: Facts = facts()


class Story:
    """A chat on its way through events; ``told`` collects who was told after each."""

    def __init__(self, state: ChatState) -> None:
        self.state = state
        self.told: list[tuple[Tell, ...]] = []

    def goes_on(self, *steps: Step | ChatEvent) -> Story:
        for step in steps:
            event, actions, world = step if isinstance(step, Step) else Step(step)
            fired = (Fired(rule="r", actions=actions),) if actions else ()
            before = self.state
            self.state, folded = settle(before, event, Decision(facts=world, fired=fired))
            audience = newly_told(before, self.state, event)
            self.told.append((*((audience,) if audience else ()), *folded.told))
        return self

    @property
    def shows(self) -> tuple[Any, ...]:
        state = self.state
        return (state.phase.value, state.tab, state.assignee, state.pinned_to, state.reserved_for)


def story(*steps: Step | ChatEvent, begins: str = NO_CHAT) -> Story:
    return Story(chat(begins)).goes_on(*steps)


def mine(*people: str) -> tuple[Tell, ...]:
    return tuple(Tell(staff=(name,), reason="mine") for name in people)


# --- The source's four situations ---------------------------------------------------------------


@pytest.mark.parametrize("begins", [NO_CHAT, "ended closed: assigned ivan"], ids=["no chat", "closed"])
def test_1_lena_writes_first_and_ivan_is_reserved(begins: str) -> None:
    opened = story(Step(agent("lena"), (TO_LINE_1,)), begins=begins)

    assert opened.shows == ("active · pending", "reserved", "ivan", None, "ivan")
    assert opened.state.line == "line-1"
    assert opened.told == [()]


@pytest.mark.parametrize("between", [(), (IDLE,)], ids=["while the chat is active", "after an idle end"])
def test_1_the_customers_reply_lands_in_ivans_mine_and_never_in_new(between: Iterable[ChatEvent]) -> None:
    replied = story(Step(agent("lena"), (TO_LINE_1,)), *between, customer())

    assert replied.shows == ("active · open", "mine", "ivan", "ivan", None)
    assert replied.told[-1] == mine("ivan")


def test_1_a_second_message_of_lenas_changes_nothing_of_the_reservation() -> None:
    again = story(Step(agent("lena"), (TO_LINE_1,)), agent("lena"))

    assert again.shows == ("active · pending", "reserved", "ivan", None, "ivan")


@pytest.mark.parametrize("status", ["open", "pending"])
def test_2_lena_writes_in_an_ended_chat_and_it_ends_again_for_ivan(status: str) -> None:
    handed = story(Step(agent("lena"), (END, TO_LINE_1)), begins=f"ended {status}: nobody")
    replied = story(Step(agent("lena"), (END, TO_LINE_1)), customer(), begins=f"ended {status}: nobody")

    assert handed.shows == ("ended · pending", "ended", "ivan", None, None)
    assert handed.told == [()]
    assert replied.shows == ("active · open", "new", "ivan", None, None)


def test_3a_lena_answers_a_new_chat_first_and_it_ends_for_ivan() -> None:
    handed = story(customer(), Step(agent("lena"), (END, TO_LINE_1)))

    assert handed.shows == ("ended · pending", "ended", "ivan", None, None)
    assert handed.told == [(EVERYONE,), ()]


def test_3b_lena_takes_over_from_ivan_and_it_ends_for_ivan() -> None:
    taken_over = story(agent("lena"), begins="active open: mine ivan")
    handed = story(Step(agent("lena"), (END, TO_LINE_1)), begins="active open: mine ivan")

    assert taken_over.shows == ("active · pending", "mine", "lena", "lena", None)
    assert handed.shows == ("ended · pending", "ended", "ivan", None, None)


def test_4_with_the_rule_only_ivan_is_told_and_without_it_everyone() -> None:
    with_rule = story(Step(customer(), (Pin(staff="ivan"),)), begins="ended pending: assigned ivan")
    without = story(customer(), begins="ended pending: assigned ivan")

    assert (with_rule.shows, with_rule.told) == (
        ("active · open", "mine", "ivan", "ivan", None),
        [mine("ivan")],
    )
    assert (without.shows, without.told) == (("active · open", "new", "ivan", None, None), [(EVERYONE,)])


def test_a_chat_that_lena_took_stays_hers_when_she_writes() -> None:
    hers = story(customer(), Taken(id="t", author=staff("lena")), agent("lena"), customer())

    assert hers.shows == ("active · open", "mine", "lena", "lena", None)


# --- The first week -----------------------------------------------------------------------------


def test_two_reply_at_once_the_first_holds_and_both_are_told() -> None:
    both = story(customer(), agent("ivan"), agent("petra"))

    assert both.shows == ("active · pending", "mine", "ivan", "ivan", None)
    assert both.told == [(EVERYONE,), (), (Tell(staff=("ivan", "petra"), reason="two replied"),)]


def test_the_same_customer_on_two_channels_has_two_chats_and_one_person() -> None:
    second = story(Step(customer(), (), facts(other_holder="ivan")), agent("ivan"))

    assert second.told[0] == (Tell(staff=("ivan",), reason="offered"),)
    assert second.shows == ("active · pending", "mine", "ivan", "ivan", None)


@pytest.mark.parametrize("deleted", [False, True], ids=["edited", "deleted"])
def test_an_edited_or_deleted_message_moves_nothing_and_tells_nobody(deleted: bool) -> None:
    event = MessageChanged(id="m", author=CUSTOMER, message_id="m-1", deleted=deleted)
    before = chat("active pending: mine ivan")

    after = Story(before).goes_on(event)

    assert (after.state, after.told) == (before, [()])


def test_a_failed_delivery_in_an_ended_chat_is_found_in_unanswered() -> None:
    failed = story(
        Step(DeliveryFailed(id="d", author=SYSTEM, message_id="m-1"), (), facts(message_author="lena")),
        begins="ended pending: assigned ivan",
    )

    assert failed.shows == ("ended · open", "unanswered", "ivan", None, None)
    assert failed.told == [(Tell(staff=("lena", "ivan"), reason="delivery failed"),)]


def test_a_colleague_of_line_1_who_writes_in_anothers_ended_chat_becomes_its_assignee() -> None:
    after = story(agent("petra"), begins="ended pending: reserved ivan")

    assert after.shows == ("active · pending", "mine", "petra", "petra", None)


def test_a_group_of_customers_is_one_chat() -> None:
    family = [CustomerMessage(id=f"c-{n}", author=Author(type=CUSTOMER.type, id=f"семья-{n}")) for n in "12"]

    after = story(*family)

    assert after.shows == ("active · open", "new", None, None, None)
    assert after.told == [(EVERYONE,), ()]


@pytest.mark.parametrize(
    "begins", [NO_CHAT, "ended closed: assigned ivan", "ended open: nobody", "active pending: reserved ivan"]
)
def test_a_blocked_customers_message_opens_and_moves_nothing_and_tells_nobody(begins: str) -> None:
    blocked = story(Step(customer(), (), facts(blocked=True)), begins=begins)

    assert (blocked.state, blocked.told) == (chat(begins), [()])


def test_staff_may_still_write_to_a_blocked_customer() -> None:
    after = story(Step(agent("ivan"), (), facts(blocked=True)))

    assert after.shows == ("active · pending", "mine", "ivan", "ivan", None)


def test_thanks_after_closing_is_a_new_chat_that_remembers_the_one_before() -> None:
    previous = Previous(case_id="case-0", assignee="petra", holders={"line-1": "petra"})
    thanks = story(
        Step(customer("Спасибо 🙏"), (), facts(previous=previous)), begins="ended closed: assigned ivan"
    )

    assert thanks.shows == ("active · open", "reserved", None, None, "petra")
    assert (thanks.state.case_id, thanks.state.previous_case) == ("case-1", "case-0")
    assert thanks.state.holders == {"line-1": "petra"}
    assert (thanks.state.labels, thanks.state.timed, thanks.state.staff_wrote_at) == ((), {}, None)


def test_a_chat_has_the_case_id_that_the_help_desk_gives_or_else_that_of_the_start() -> None:
    start = ChatState(channel="telegram", conversation="42", customer="c-1", case_id="from-the-start")

    named = Story(start).goes_on(Step(customer(), (), facts(case_id=None)))
    next_one = story(customer(), begins="ended closed: assigned ivan")

    assert named.state.case_id == "from-the-start"
    assert next_one.state.case_id == "case-1"


def test_a_duplicate_is_merged_and_nothing_follows_but_a_new_chat() -> None:
    merged = story(MergedInto(id="m", author=staff("ivan"), case="case-7"), begins="active open: mine ivan")

    assert merged.shows == ("ended · closed", "ended", "ivan", None, None)
    assert merged.goes_on(customer()).state.phase.value == "active · open"


def test_a_customer_who_says_thanks_while_the_chat_is_closed_but_active_opens_it_again() -> None:
    closing = StatusSet(id="s", author=staff("ivan"), status=Status.CLOSED)
    closed = story(closing, begins="active open: mine ivan")
    assert closed.shows == ("active · closed", "mine", "ivan", "ivan", None)

    assert closed.goes_on(customer()).shows == ("active · open", "mine", "ivan", "ivan", None)


def test_closed_and_then_idle_is_final() -> None:
    after = story(
        StatusSet(id="s", author=staff("ivan"), status=Status.CLOSED), IDLE, begins="active open: mine ivan"
    )

    assert (after.state.final, after.state.pinned_to) == (True, None)


def test_a_whole_day() -> None:
    day = story(
        customer(),
        agent("ivan"),
        customer(),
        Taken(id="t", author=staff("petra")),
        agent("petra"),
        IDLE,
        customer("Всё ещё не работает 😕"),
        agent("petra"),
        ChatEnded(id="e", author=staff("petra"), status=Status.CLOSED),
    )

    assert day.shows == ("ended · closed", "ended", "petra", None, None)
    assert day.told == [(EVERYONE,), (), (), (), (), (), (EVERYONE,), (), ()]
    assert day.state.holders == {"line-1": "petra"}


def test_a_message_that_arrives_late_is_dated_by_its_writer_and_counts_from_its_arrival() -> None:
    written = NOW - timedelta(days=1)
    late = CustomerMessage(id="c", author=CUSTOMER, at=written)

    after = story(late).state

    assert (after.last_message_at, after.wrote_at, after.opened_at) == (written, NOW, NOW)
