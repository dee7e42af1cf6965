"""The stages of a ticket as one table: every stage, every step, the stage afterwards.

The table is written out by hand and shares nothing with the one it tests.
"""

from __future__ import annotations

import re

import pytest

from baton.contract import TICKET_KINDS, TicketStage
from baton.errors import IllegalTransition, Refused
from baton.model.ticket.lifecycle import UNFINISHED, Stage, Step, allows, diagram, step
from baton.model.ticket.model import HANDLING

STAGES = {
    "none": Stage.NONE,
    "triage": Stage.TRIAGE,
    "coll": Stage.COLLECTING,
    "comp": Stage.COMPOSING,
    "answ": Stage.ANSWERED,
    "closed": Stage.CLOSED,
}

# A dash is an IllegalTransition.
TABLE = """
    step              none    triage  coll    comp    answ    closed
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


def _steps() -> list[tuple[str, str, str]]:
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(row[0], source, dest) for row in rows for source, dest in zip(header[1:], row[1:], strict=True)]


STEPS = _steps()


@pytest.mark.parametrize(("by", "source", "dest"), STEPS, ids=[f"{by}-from-{s}" for by, s, _ in STEPS])
def test_a_step_in_a_stage_leads_to(by: str, source: str, dest: str) -> None:
    if dest == "-":
        with pytest.raises(IllegalTransition):
            step(STAGES[source], Step(by))
    else:
        assert step(STAGES[source], Step(by)) is STAGES[dest]
    assert allows(STAGES[source], Step(by)) is (dest != "-")


def test_the_table_has_every_step_in_every_stage() -> None:
    assert {(by, STAGES[source]) for by, source, _ in STEPS} == {
        (by.value, stage) for by in Step for stage in Stage
    }


@pytest.mark.parametrize("stage", TicketStage)
def test_a_stage_is_shown_as_it_stands_in_the_contract(stage: TicketStage) -> None:
    assert Stage.of(stage).shown is stage


def test_before_the_first_event_there_is_no_stage() -> None:
    assert Stage.of(None) is Stage.NONE
    assert Stage.NONE.shown is None


def test_closed_is_final_and_collecting_and_composing_are_unfinished() -> None:
    final = [stage for stage in Stage if not any(allows(stage, by) for by in Step)]

    assert final == [Stage.CLOSED]
    assert set(UNFINISHED) == {
        stage for stage in Stage if allows(stage, Step.FORCE_CLOSE) and not allows(stage, Step.CLOSE)
    }


@pytest.mark.parametrize(
    ("stage", "by", "why"),
    [
        (
            Stage.NONE,
            Step.RECORD,
            "record needs a ticket, and there is none yet: a message, a template or a label begins it",
        ),
        (
            Stage.CLOSED,
            Step.ASK,
            "ask: the ticket is closed, which is final; only its customer's message opens it again",
        ),
        (
            Stage.ANSWERED,
            Step.REPLY,
            "reply is not possible while the ticket is in answered: it was sent. Write a message, or ask a "
            "department again",
        ),
    ],
    ids=["no ticket", "closed", "answered"],
)
def test_a_refusal_says_why(stage: Stage, by: Step, why: str) -> None:
    with pytest.raises(Refused) as refused:
        step(stage, by)

    assert (refused.value.type, str(refused.value)) == ("IllegalTransition", why)


def test_the_model_handles_every_kind_of_event() -> None:
    assert {kind.model_fields["kind"].default for kind in HANDLING} == TICKET_KINDS


def test_the_diagram_shows_what_the_table_says() -> None:
    drawn = re.findall(r"^    (\S+) --> (\S+) : (.+)$", diagram(), flags=re.MULTILINE)
    shown = {(start, end, by) for start, end, steps in drawn for by in steps.split(", ")}
    arrows = {
        ("[*]" if source == "none" else STAGES[source].value, STAGES[dest].value, by)
        for by, source, dest in STEPS
        if dest not in ("-", source)
    }

    assert shown == arrows
    assert diagram().startswith("stateDiagram-v2\n")
    assert diagram().endswith("    closed --> [*]\n")
