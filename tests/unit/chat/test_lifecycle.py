"""The lifecycle as one table: every phase, every trigger, and the whole phase afterwards.

The table is written out by hand and shares nothing with the one it tests.
"""

from __future__ import annotations

import gc
import re
from typing import Any

import pytest

from baton.contract import Activity, Status
from baton.errors import IllegalTransition, Refused
from baton.model import machine
from baton.model.chat import lifecycle
from baton.model.chat.lifecycle import FINAL, Phase, Trigger, after, allows, diagram

PHASES = {
    "none": Phase.NONE,
    "A/open": Phase.ACTIVE_OPEN,
    "A/pend": Phase.ACTIVE_PENDING,
    "A/clos": Phase.ACTIVE_CLOSED,
    "E/open": Phase.ENDED_OPEN,
    "E/pend": Phase.ENDED_PENDING,
    "E/clos": Phase.ENDED_CLOSED,
}

# A = active, E = ended; a dash is an IllegalTransition.
TABLE = """
    trigger            none    A/open  A/pend  A/clos  E/open  E/pend  E/clos
    customer_message   A/open  A/open  A/open  A/open  A/open  A/open  -
    agent_message      A/pend  A/pend  A/pend  A/pend  A/pend  A/pend  -
    take               -       A/open  A/pend  A/clos  A/open  -       -
    resume             -       -       -       -       A/open  -       -
    idle               -       E/open  E/pend  E/clos  -       -       -
    end                -       E/open  E/pend  E/clos  -       -       -
    end_open           -       E/open  E/open  E/open  -       -       -
    end_pending        -       E/pend  E/pend  E/pend  -       -       -
    end_closed         -       E/clos  E/clos  E/clos  -       -       -
    set_open           -       A/open  A/open  A/open  E/open  E/open  -
    set_pending        -       A/pend  A/pend  A/pend  E/pend  E/pend  -
    set_closed         -       A/clos  A/clos  A/clos  E/clos  E/clos  -
    close_and_end      -       E/clos  E/clos  E/clos  E/clos  E/clos  -
    ticket_reply       A/pend  A/pend  A/pend  A/pend  E/pend  E/pend  -
    delivery_failed    A/open  A/open  A/open  A/open  E/open  E/open  -
    merged_from        A/open  A/open  A/pend  A/clos  E/open  E/pend  -
    record             -       A/open  A/pend  A/clos  E/open  E/pend  -
"""


def _moves() -> list[tuple[str, str, str]]:
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(row[0], source, dest) for row in rows for source, dest in zip(header[1:], row[1:], strict=True)]


MOVES = _moves()


@pytest.mark.parametrize(("trigger", "source", "dest"), MOVES, ids=[f"{t}-from-{s}" for t, s, _ in MOVES])
def test_a_trigger_in_a_phase_leads_to(trigger: str, source: str, dest: str) -> None:
    if dest == "-":
        with pytest.raises(IllegalTransition):
            after(PHASES[source], Trigger(trigger))
    else:
        assert after(PHASES[source], Trigger(trigger)) is PHASES[dest]
    assert allows(PHASES[source], Trigger(trigger)) is (dest != "-")


def test_the_table_has_every_trigger_in_every_phase() -> None:
    assert {(trigger, PHASES[source]) for trigger, source, _ in MOVES} == {
        (trigger.value, phase) for trigger in Trigger for phase in Phase
    }


@pytest.mark.parametrize(
    ("phase", "activity", "status"),
    [
        (Phase.NONE, None, None),
        (Phase.ACTIVE_OPEN, "active", "open"),
        (Phase.ACTIVE_PENDING, "active", "pending"),
        (Phase.ACTIVE_CLOSED, "active", "closed"),
        (Phase.ENDED_OPEN, "ended", "open"),
        (Phase.ENDED_PENDING, "ended", "pending"),
        (Phase.ENDED_CLOSED, "ended", "closed"),
    ],
    ids=lambda value: value.name if isinstance(value, Phase) else str(value),
)
def test_a_phase_is_an_activity_and_a_status(phase: Phase, activity: str | None, status: str | None) -> None:
    assert (phase.activity, phase.status) == (activity, status)
    assert Phase.of(phase.activity, phase.status) is phase


@pytest.mark.parametrize(
    ("activity", "status"), [(Activity.ACTIVE, None), (None, Status.OPEN)], ids=["no status", "no activity"]
)
def test_there_is_no_half_a_phase(activity: Activity | None, status: Status | None) -> None:
    with pytest.raises(KeyError):
        Phase.of(activity, status)


def test_ended_is_not_closed_and_only_both_together_are_final() -> None:
    assert FINAL is Phase.ENDED_CLOSED
    assert [phase for phase in Phase if not any(allows(phase, trigger) for trigger in Trigger)] == [FINAL]


@pytest.mark.parametrize(
    ("phase", "trigger", "why"),
    [
        (Phase.NONE, Trigger.TAKE, "take needs a chat, and there is none: only a message starts one"),
        (
            FINAL,
            Trigger.SET_OPEN,
            "set_open: the chat is ended and closed, which is final; only a message starts another",
        ),
        (
            Phase.ENDED_PENDING,
            Trigger.TAKE,
            "take is not possible while the chat is ended · pending; it needs an active chat",
        ),
    ],
    ids=["no chat", "final", "ended"],
)
def test_a_refusal_says_why_and_what_would_be_needed(phase: Phase, trigger: Trigger, why: str) -> None:
    with pytest.raises(Refused) as refused:
        after(phase, trigger)

    assert (refused.value.type, str(refused.value)) == ("IllegalTransition", why)


# --- The diagram --------------------------------------------------------------------------------


def _arrows_of_the_table() -> set[tuple[str, str, str]]:
    """Every (from, to, trigger) of one side that moves, read from the table above."""
    arrows = set()
    for trigger, source, dest in MOVES:
        if dest == "-":
            continue
        old, new = PHASES[source], PHASES[dest]
        sides: list[tuple[Any, Any]] = [(old.activity, new.activity), (old.status, new.status)]
        arrows |= {(start or "[*]", end, trigger) for start, end in sides if start != end}
    return arrows


def test_the_diagram_shows_what_the_table_says() -> None:
    drawn = re.findall(r"^        (\S+) --> (\S+) : (.+)$", diagram(), flags=re.MULTILINE)

    shown = [(start, end, trigger) for start, end, triggers in drawn for trigger in triggers.split(", ")]

    assert set(shown) == _arrows_of_the_table()
    assert len(shown) == len(set(shown)), "an arrow is drawn twice"


def test_the_diagram_is_mermaid_with_the_two_sides_next_to_each_other() -> None:
    lines = diagram().splitlines()

    assert lines[0] == "stateDiagram-v2"
    assert "    state chat {" in lines
    assert "        --" in lines
    assert lines[-2:] == ["    }", "    chat --> [*] : ended and closed"]


# --- The machine --------------------------------------------------------------------------------


def test_the_shared_machine_keeps_nothing_of_the_chats_it_moved() -> None:
    for _ in range(5_000):
        after(Phase.NONE, Trigger.CUSTOMER_MESSAGE)
        with pytest.raises(IllegalTransition):
            after(FINAL, Trigger.TAKE)
    gc.collect()

    assert lifecycle._MACHINE._machine.models == []
    assert [thing for thing in gc.get_objects() if isinstance(thing, machine._Holder)] == []


def test_a_trigger_leaves_no_trace_in_the_next_one() -> None:
    ended = after(after(Phase.NONE, Trigger.AGENT_MESSAGE), Trigger.IDLE)

    assert after(Phase.NONE, Trigger.CUSTOMER_MESSAGE) is Phase.ACTIVE_OPEN
    assert after(ended, Trigger.RECORD) is Phase.ENDED_PENDING
