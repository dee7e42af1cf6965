"""Every state of a chat and every action of a rule, and what an event and its rules do together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest

from baton.contract import (
    Action,
    AddNote,
    AgentMessage,
    Assign,
    ChangeLabels,
    CustomerMessage,
    End,
    Fired,
    Pin,
    Reply,
    SetStatus,
    Status,
    Tell,
    TimedDue,
)
from baton.errors import IllegalTransition
from baton.model.chat.model import apply, fold, settle
from baton.model.decision import Decision
from baton.model.facts import Facts
from tests.unit.chat.world import (
    CUSTOMER,
    EARLIER,
    LINE_OF,
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

NEVER = """
    no chat      -> illegal
    any chat     -> illegal
    ended closed -> illegal
"""
NOTHING_MOVES = """
    no chat      -> illegal
    any chat     -> =
    ended closed -> =
"""

ACTIONS: dict[str, tuple[Action, str]] = {
    "assign Petra": (
        Assign(staff="petra"),
        """
        no chat                           -> illegal
        active open: any                  -> active open: mine petra
        active pending: any               -> active pending: reserved petra
        active closed: any                -> active closed: mine petra  # the customer wrote last
        ended any: assigned ivan | nobody -> ended =: assigned petra
        ended any: reserved ivan          -> ended =: reserved petra
        ended closed                      -> ended closed: assigned petra
        """,
    ),
    "assign somebody of line 1, who is Ivan": (
        Assign(staff="ivan", line="line-1"),
        """
        no chat                           -> illegal
        active open: any                  -> active open: mine ivan
        active pending: any               -> active pending: reserved ivan
        active closed: any                -> active closed: mine ivan
        ended any: assigned ivan | nobody -> ended =: assigned ivan
        ended any: reserved ivan          -> ended =: reserved ivan
        ended closed                      -> ended closed: assigned ivan
        """,
    ),
    "assign line 2, where nobody is available": (
        Assign(line="line-2"),
        """
        no chat         -> illegal
        active any: any -> active =: queue line-2
        ended any: any  -> ended =: queue line-2
        ended closed    -> ended closed: queue line-2
        """,
    ),
    "assign nobody": (
        Assign(),
        """
        no chat         -> illegal
        active any: any -> active =: nobody
        ended any: any  -> ended =: nobody
        ended closed    -> ended closed: nobody
        """,
    ),
    "pin to Petra": (
        Pin(staff="petra"),
        """
        no chat                                               -> illegal
        active any: nobody                                    -> active =: nobody +pinned petra
        active any: queue line-1                              -> active =: queue line-1 +pinned petra
        active any: mine ivan | reserved ivan | assigned ivan -> active =: assigned ivan +pinned petra
        ended any: any                                        -> illegal
        ended closed                                          -> illegal
        """,
    ),
    "pin to Ivan": (
        Pin(staff="ivan"),
        """
        no chat                                               -> illegal
        active any: nobody                                    -> active =: nobody +pinned ivan
        active any: queue line-1                              -> active =: queue line-1 +pinned ivan
        active any: mine ivan | reserved ivan | assigned ivan -> active =: mine ivan
        ended any: any                                        -> illegal
        ended closed                                          -> illegal
        """,
    ),
    "pin to Lena, who does not work with chats": (Pin(staff="lena"), NEVER),
    "pin to somebody unknown": (Pin(staff="ghost"), NEVER),
    "end": (
        End(),
        """
        no chat                                               -> illegal
        active any: nobody                                    -> ended =: nobody
        active any: queue line-1                              -> ended =: queue line-1
        active any: mine ivan | reserved ivan | assigned ivan -> ended =: assigned ivan
        ended any: any                                        -> =
        ended closed                                          -> =
        """,
    ),
    **{
        f"end as {status}": (
            End(status=status),
            f"""
            no chat                                               -> illegal
            active any: nobody                                    -> ended {status}: nobody
            active any: queue line-1                              -> ended {status}: queue line-1
            active any: mine ivan | reserved ivan | assigned ivan -> ended {status}: assigned ivan
            ended any: any                                        -> ended {status}: =
            ended closed                                          -> illegal
            """,
        )
        for status in (Status.OPEN, Status.PENDING)
    },
    "end as closed": (
        End(status=Status.CLOSED),
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
    **{
        f"set the status to {status}": (
            SetStatus(status=status),
            f"""
            no chat         -> illegal
            active any: any -> active {status}: =
            ended any: any  -> ended {status}: =
            ended closed    -> illegal
            """,
        )
        for status in (Status.OPEN, Status.PENDING)
    },
    "set the status to closed": (
        SetStatus(status=Status.CLOSED),
        """
        no chat                                  -> illegal
        active any: any                          -> active closed: =
        ended any: assigned ivan | reserved ivan -> ended closed: assigned ivan
        ended any: nobody                        -> ended closed: nobody
        ended closed                             -> illegal
        """,
    ),
    "change labels": (ChangeLabels(add=("vip",), remove=("refund",)), NOTHING_MOVES),
    "write a note": (AddNote(text="передано линии 1"), NOTHING_MOVES),
    "reply": (Reply(text="Мы ответим завтра 🙂"), NOTHING_MOVES),
    "notify": (Tell(staff=("ivan",), reason="VIP"), NOTHING_MOVES),
}


def _rows() -> Iterator[Any]:
    for name, (action, table) in ACTIONS.items():
        for before, after in moves(table):
            yield pytest.param(action, before, after, id=f"{name}-{before}")


@pytest.mark.parametrize(("action", "before", "after"), list(_rows()))
def test_an_action_in_a_state_leads_to(action: Action, before: str, after: str | None) -> None:
    state = chat(before)
    if after is None:
        with pytest.raises(IllegalTransition):
            apply(state, action, facts())
        assert state == chat(before)
        return

    found = apply(state, action, facts())

    phase, _, who = after.partition(": ")
    expected = {**state.model_dump(), **hands(who)}
    expected["activity"], expected["status"] = phase.split()
    if expected["status"] != "open":
        expected["waiting_since"] = None
    if isinstance(action, ChangeLabels):
        expected["labels"] = ("billing", "vip")
    if isinstance(action, Assign | Pin) and action.staff:
        expected["holders"] = {**expected["holders"], LINE_OF[action.staff]: action.staff}
    if (state.assignee, state.line) != (expected["assignee"], expected["line"]):
        expected["held_since"] = NOW
    assert found.model_dump() == expected
    assert found.tab == tab(after)
    assert state == chat(before), "the state before the action was changed in place"


def test_the_tables_have_every_kind_of_action() -> None:
    kinds = get_args(get_args(Action)[0])

    assert {type(action) for action, _ in ACTIONS.values()} == set(kinds)


# --- An event and its rules ---------------------------------------------------------------------


def decided(*actions: Action, world: Facts | None = None, **more: Any) -> Decision:
    return Decision(facts=world or facts(), fired=(Fired(rule="r", actions=actions),), **more)


HANDOFF = (End(status=Status.PENDING), Assign(staff="ivan", line="line-1"))


@pytest.mark.parametrize("actions", [HANDOFF, HANDOFF[::-1]], ids=["end, then assign", "assign, then end"])
@pytest.mark.parametrize(
    "before",
    ["ended open: nobody", "ended pending: reserved ivan", "active open: nobody", "active open: mine ivan"],
)
def test_ending_and_assigning_in_one_decision_neither_pins_nor_reserves(
    before: str, actions: tuple[Action, ...]
) -> None:
    event = AgentMessage(id="e-1", author=staff("lena"))

    after = settle(chat(before), event, decided(*actions)).state

    assert (after.phase.value, after.assignee, after.line) == ("ended · pending", "ivan", "line-1")
    assert (after.pinned_to, after.reserved_for, after.tab) == (None, None, "ended")


@pytest.mark.parametrize("actions", [HANDOFF, HANDOFF[::-1]], ids=["end, then assign", "assign, then end"])
def test_closing_and_assigning_in_one_decision_is_final_and_has_an_assignee(
    actions: tuple[Action, ...],
) -> None:
    closing = tuple(End(status=Status.CLOSED) if isinstance(action, End) else action for action in actions)

    after = settle(
        chat("active open: nobody"), AgentMessage(id="e-1", author=staff("lena")), decided(*closing)
    ).state

    assert (after.final, after.assignee, after.pinned_to, after.reserved_for) == (True, "ivan", None, None)


def test_a_later_rule_sees_what_an_earlier_one_changed() -> None:
    decision = Decision(
        facts=facts(),
        fired=(
            Fired(rule="first", actions=(Assign(staff="oleg"),)),
            Fired(rule="second", actions=(Assign(staff="petra"), ChangeLabels(add=("vip",)))),
        ),
    )

    after = settle(chat(NO_CHAT), AgentMessage(id="e-1", author=staff("lena")), decision).state

    assert (after.assignee, after.reserved_for, after.labels) == ("petra", "petra", ("vip",))
    assert after.holders == {"line-2": "oleg", "line-1": "petra"}


def test_settling_is_folding_where_no_rule_fired() -> None:
    before, event = chat("ended pending: reserved ivan"), CustomerMessage(id="e-1", author=CUSTOMER)

    settled, folded = settle(before, event, Decision(facts=facts()))

    assert folded == fold(before, event, facts())
    assert settled == folded.state


def test_settling_notes_for_which_moment_a_timed_rule_fired_and_forgets_no_other() -> None:
    event = CustomerMessage(id="e-1", author=CUSTOMER)

    after = settle(chat("active open: mine ivan"), event, decided(timed={"reminder": NOW})).state

    assert after.timed == {"slow": EARLIER, "reminder": NOW}


@pytest.mark.parametrize("due", [3, 0, -3], ids=["later", "now", "overdue"])
def test_an_event_may_make_a_timed_rule_due_at_once(due: int) -> None:
    before = chat("active open: mine ivan", wake_at=NOW + timedelta(hours=9))
    event = CustomerMessage(id="e-1", author=CUSTOMER)

    after = settle(before, event, decided(wake_at=NOW + timedelta(minutes=due))).state

    assert after.wake_at == NOW + timedelta(minutes=due)


@pytest.mark.parametrize(
    ("due", "wakes"), [(3, True), (0, False), (-3, False)], ids=["later", "now", "overdue"]
)
def test_looking_at_the_time_never_asks_for_another_look_at_once(due: int, wakes: bool) -> None:
    before = chat("active open: mine ivan", wake_at=NOW)
    at = NOW + timedelta(minutes=due)

    after = settle(before, TimedDue(id="e-1", author=SYSTEM), decided(wake_at=at)).state

    assert after.wake_at == (at if wakes else None)
