"""What a chat does about a change of the directory, besides what the table of states says.

Source: section 10 of the design.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.contract import CustomerMessage, DirectoryChanged
from baton.model.chat.audience import newly_told
from baton.model.chat.model import fold, settle
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.effects import CaseWrite
from baton.model.facts import AskedOf, Facts
from baton.model.reactions import reactions
from tests.unit.chat.world import CUSTOMER, LINE_OF, NOW, SYSTEM, chat, facts

WROTE = CustomerMessage(id="e-2", author=CUSTOMER, text="?")
CHANGED = DirectoryChanged(id="e-1", author=SYSTEM)


def hands(state: ChatState) -> tuple[str | None, ...]:
    return state.assignee, state.line, state.pinned_to, state.reserved_for


def write_of(before: ChatState, world: Facts, event: DirectoryChanged = CHANGED) -> CaseWrite | None:
    """What is written to the help desk, which knows nothing of the change."""
    decision = Decision(facts=world)
    effects = reactions(before, event, decision, settle(before, event, decision))
    return next((effect for effect in effects if isinstance(effect, CaseWrite)), None)


def test_an_offer_to_somebody_who_is_gone_ends_and_everyone_sees_the_chat() -> None:
    offered = chat("active open: nobody", reserved_for="ivan", offer_until=NOW + timedelta(minutes=1))

    after = fold(offered, CHANGED, facts(gone=("ivan",))).state

    assert hands(after) == (None, None, None, None)
    assert after.offer_until is None
    told = newly_told(offered, after, CHANGED)
    assert told is not None
    assert told.everyone


def test_an_offer_to_somebody_who_is_here_stands() -> None:
    offered = chat("active open: nobody", reserved_for="petra", offer_until=NOW + timedelta(minutes=1))

    assert fold(offered, CHANGED, facts(gone=("ivan",))).state == offered


def test_whoever_changes_lines_takes_the_chats_along() -> None:
    moved = facts(line_of={**LINE_OF, "ivan": "line-2"})

    assert hands(fold(chat("active open: mine ivan"), CHANGED, moved).state) == (
        "ivan",
        "line-2",
        "ivan",
        None,
    )
    assert hands(fold(chat("ended pending: assigned ivan"), CHANGED, moved).state) == (
        *("ivan", "line-2"),
        *(None, None),
    )


@pytest.mark.parametrize(
    ("full", "pinned"),
    [((), "ivan"), (("ivan",), "oleg"), (("ivan", "oleg"), None)],
    ids=["room", "full", "all"],
)
def test_what_waits_in_unanswered_goes_along_to_where_there_is_room(
    full: tuple[str, ...], pinned: str | None
) -> None:
    moved = facts(line_of={**LINE_OF, "ivan": "line-2"}, full=full)

    after = fold(chat("ended open: assigned ivan"), CHANGED, moved).state

    assert (after.line, after.pinned_to, after.active) == ("line-2", pinned, pinned is not None)


def test_a_chat_pinned_to_another_than_its_assignee_who_is_gone_is_that_persons() -> None:
    before = chat("active open: assigned ivan +pinned lena")

    after = fold(before, CHANGED, facts(gone=("ivan",))).state

    assert hands(after) == ("lena", "line-2", "lena", None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("active open: assigned ivan +pinned lena", ("ivan", "line-1", "ivan", None)),
        ("active pending: assigned ivan +pinned lena", ("ivan", "line-1", None, "ivan")),
    ],
)
def test_whoever_is_responsible_gets_back_what_was_pinned_to_somebody_who_is_gone(
    before: str, after: tuple[str | None, ...]
) -> None:
    assert hands(fold(chat(before), CHANGED, facts(gone=("lena",))).state) == after


def test_a_reservation_of_somebody_who_is_gone_falls_to_the_assignee_also_after_the_end() -> None:
    before = chat("ended pending: assigned ivan", reserved_for="lena")

    assert hands(fold(before, CHANGED, facts(gone=("lena",))).state) == ("ivan", "line-1", None, "ivan")


def test_a_pending_chat_that_stayed_goes_on_when_its_customer_answers() -> None:
    gone = facts(gone=("ivan",), away=("petra",))
    before = fold(chat("active pending: reserved ivan"), CHANGED, gone).state
    assert hands(before) == ("ivan", "line-1", None, "ivan")

    assert hands(fold(before, WROTE, gone).state) == (None, "line-1", None, None)
    everybody_gone = facts(gone=("ivan", "petra"), empty_lines=("line-1",))
    assert hands(fold(before, WROTE, everybody_gone).state) == (None, None, None, None), "in New for everyone"


def test_a_label_of_a_department_is_exchanged_for_the_one_that_it_has_now() -> None:
    before = chat("active open: mine ivan")
    event = DirectoryChanged(id="e-1", author=SYSTEM, former_labels={"billing": "accounts"})
    world = facts(departments={"invoices": AskedOf(key="accounts")})

    after = fold(before, event, world).state

    assert after.labels == ("invoices", "refund")
    write = write_of(before, world, event)
    assert write is not None
    assert (write.do, write.add_labels, write.remove_labels) == ("update_case", ("invoices",), ("billing",))


def test_the_help_desk_is_told_who_has_the_chat_now() -> None:
    write = write_of(chat("active open: mine ivan"), facts(gone=("ivan",)))

    assert write is not None
    assert (write.do, write.assignee, write.pinned_to) == ("reassign", "petra", "petra")


def test_nothing_is_written_where_nothing_has_changed() -> None:
    assert write_of(chat("active open: mine ivan"), facts()) is None
