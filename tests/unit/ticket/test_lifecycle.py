"""The stages of a ticket as one table: every stage, every trigger, and the stage afterwards.

The table is written out by hand and shares nothing with the one it tests.
"""

from __future__ import annotations

import re

import pytest

from baton.contract import TICKET_KINDS, TicketStage
from baton.errors import IllegalTransition, Refused
from baton.model.ticket.lifecycle import UNFINISHED, Trigger, after, allows, diagram
from baton.model.ticket.model import HANDLING

STAGES: dict[str, TicketStage | None] = {
    "none": None,
    "triage": TicketStage.TRIAGE,
    "coll": TicketStage.COLLECTING,
    "comp": TicketStage.COMPOSING,
    "answ": TicketStage.ANSWERED,
    "closed": TicketStage.CLOSED,
}

# A dash is an IllegalTransition.
TABLE = """
    trigger           none    triage  coll    comp    answ    closed
    open              triage  -       -       -       -       -
    ask               -       coll    coll    coll    coll    -
    join              -       -       comp    -       -       -
    return            -       -       triage  -       -       -
    reply             -       answ    answ    answ    -       -
    customer_message  -       triage  coll    comp    triage  -
    close             -       closed  -       -       closed  -
    force_close       -       closed  closed  closed  closed  -
    merge             -       closed  closed  closed  closed  -
    record            -       triage  coll    comp    answ    -
"""


def _moves() -> list[tuple[str, str, str]]:
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(row[0], source, dest) for row in rows for source, dest in zip(header[1:], row[1:], strict=True)]


MOVES = _moves()


@pytest.mark.parametrize(("by", "source", "dest"), MOVES, ids=[f"{by}-from-{s}" for by, s, _ in MOVES])
def test_a_trigger_in_a_stage_leads_to(by: str, source: str, dest: str) -> None:
    if dest == "-":
        with pytest.raises(IllegalTransition):
            after(STAGES[source], Trigger(by))
    else:
        assert after(STAGES[source], Trigger(by)) is STAGES[dest]
    assert allows(STAGES[source], Trigger(by)) is (dest != "-")


def test_the_table_has_every_trigger_in_every_stage() -> None:
    assert {(by, STAGES[source]) for by, source, _ in MOVES} == {
        (by.value, stage) for by in Trigger for stage in (None, *TicketStage)
    }


def test_closed_is_final_and_collecting_and_composing_are_unfinished() -> None:
    final = [stage for stage in TicketStage if not any(allows(stage, by) for by in Trigger)]

    assert final == [TicketStage.CLOSED]
    assert set(UNFINISHED) == {
        stage
        for stage in TicketStage
        if allows(stage, Trigger.FORCE_CLOSE) and not allows(stage, Trigger.CLOSE)
    }


@pytest.mark.parametrize(
    ("stage", "by", "why"),
    [
        (
            None,
            Trigger.RECORD,
            "record needs a ticket, and there is none yet: a message, a template or a label begins it",
        ),
        (
            TicketStage.CLOSED,
            Trigger.ASK,
            "ask: the ticket is closed, which is final; only its customer's message opens it again",
        ),
        (
            TicketStage.ANSWERED,
            Trigger.REPLY,
            "reply is not possible while the ticket is in answered: it was sent. Write a message, or ask a "
            "department again",
        ),
    ],
    ids=["no ticket", "closed", "answered"],
)
def test_a_refusal_says_why(stage: TicketStage | None, by: Trigger, why: str) -> None:
    with pytest.raises(Refused) as refused:
        after(stage, by)

    assert (refused.value.type, str(refused.value)) == ("IllegalTransition", why)


def test_the_model_handles_every_kind_of_event() -> None:
    assert {kind.model_fields["kind"].default for kind in HANDLING} == TICKET_KINDS


def test_the_diagram_shows_what_the_table_says() -> None:
    drawn = re.findall(r"^    (\S+) --> (\S+) : (.+)$", diagram(), flags=re.MULTILINE)
    shown = {(start, end, by) for start, end, triggers in drawn for by in triggers.split(", ")}
    arrows = {
        (STAGES[source] or "[*]", STAGES[dest], by) for by, source, dest in MOVES if dest not in ("-", source)
    }

    assert shown == arrows
    assert diagram().startswith("stateDiagram-v2\n")
    assert diagram().endswith("    closed --> [*]\n")
