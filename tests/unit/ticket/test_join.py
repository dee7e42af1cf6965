"""Departments are asked and answer: the author of the last note writes the reply, and is asked for it once.

Source: section 4 of the design.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from baton.contract import (
    MAX_DEPARTMENTS,
    MAX_NOTES_SIZE,
    ChangeLabels,
    Department,
    DepartmentState,
    LabelsChanged,
    TicketStage,
)
from baton.errors import IllegalTransition, InvalidEvent, UnknownLabel
from baton.model.facts import AskedOf, Facts
from baton.model.ticket.model import apply, fold
from baton.model.ticket.state import TicketState
from baton.templates.drafting import drafted
from lab.simulation import MORNING
from tests.unit.ticket.world import (
    LABELS,
    MARKER,
    MEMBER,
    ORDER,
    Ticket,
    answered,
    collecting,
    composing,
)

ANSWERED, ASKED = DepartmentState.ANSWERED, DepartmentState.ASKED

# --- Asking -------------------------------------------------------------------------------------


async def test_a_template_asks_marks_instructs_notifies_and_writes_to_the_customer() -> None:
    ticket = Ticket()
    await ticket.customer()

    state = await ticket.apply()

    assert (state.stage, state.status, state.dispatcher, state.round) == ("collecting", "open", "petra", 1)
    assert ticket.states() == dict.fromkeys(ORDER, ASKED), "in the order of the template"
    assert state.labels == (*ORDER, MARKER)
    assert state.template == "all-three"
    assert ticket.did == ["update_case", "send_message", "notify"]
    write, message, _ = ticket.effects
    assert getattr(write, "notes", None) == ("Please answer, Warranty, Billing, Delivery. Petra",)
    assert getattr(message, "text", None) == "We are on it."
    assert ticket.told == {"template all-three applied": ("dora",), "asked": ORDER}


async def test_a_template_adds_only_absent_departments_and_those_asked_stay() -> None:
    ticket = await collecting(["billing"])
    asked_at = ticket.state.departments[0].asked_at

    state = await ticket.apply(by="dora")

    assert ticket.states() == dict.fromkeys(ORDER, ASKED)
    billing = state.department("billing")
    assert billing is not None
    assert billing.asked_at == asked_at
    assert ticket.told["asked"] == ("warranty", "delivery")
    assert "Please answer, Warranty, Delivery. Dora" in str(ticket.effects[0])
    assert (state.dispatcher, state.round) == ("petra", 1), "the first who asked, and the same round"


async def test_a_template_leaves_out_a_department_that_has_answered_and_takes_one_that_was_withdrawn() -> (
    None
):
    ticket = await collecting(["billing", "delivery", "warranty"])
    await ticket.note("bella")
    await ticket.withdraw("delivery")

    await ticket.apply()

    assert ticket.states() == {"warranty": ASKED, "billing": ANSWERED, "delivery": ASKED}
    assert ticket.told["asked"] == ("delivery",)


@pytest.mark.parametrize("stage", ["collecting", "composing", "answered"])
async def test_a_template_with_nobody_left_to_ask_is_refused_and_nothing_of_it_stays(stage: str) -> None:
    begin = {"collecting": collecting, "composing": composing, "answered": answered}[stage]
    ticket = await begin()
    before = ticket.state

    with pytest.raises(IllegalTransition, match="all its departments are asked or have answered"):
        await ticket.apply("two")

    assert ticket.state == before


async def test_an_unknown_template_is_refused_with_the_nearest_name() -> None:
    ticket = Ticket()

    with pytest.raises(InvalidEvent, match="there is no template 'all-tree'; did you mean all-three"):
        await ticket.apply("all-tree")

    assert not ticket.state.exists


async def test_a_label_by_hand_asks_a_department_and_the_marker_comes_with_the_second() -> None:
    ticket = await collecting(["billing"])
    assert ticket.state.labels == ("billing",)

    state = await ticket.ask("delivery", by="dora")

    assert set(state.labels) == {"billing", "delivery", MARKER}
    assert (state.dispatcher, ticket.told) == ("petra", {"asked": ("delivery",)})


async def test_the_marker_does_not_come_with_a_second_department_in_place_of_a_withdrawn_one() -> None:
    ticket = await collecting(["billing"])

    await ticket.withdraw("billing")
    await ticket.ask("delivery")

    assert ticket.state.labels == ("delivery",)


async def test_a_label_that_is_no_department_s_asks_nobody() -> None:
    ticket = Ticket()

    state = await ticket.ask("vip")

    assert (state.stage, state.labels, state.departments) == ("triage", ("vip",), ())
    assert state.dispatcher is None, "nobody was asked"


async def test_a_label_that_is_there_already_asks_nobody_anew() -> None:
    ticket = await collecting(["billing"])
    before = ticket.state.departments

    await ticket.ask("billing")

    assert (ticket.state.departments, ticket.told) == (before, {})


async def test_a_rule_can_ask_and_withdraw_and_no_rule_becomes_dispatcher() -> None:
    more = """
  - id: ask
    name: Ask
    cases: tickets
    when: {event.added_labels: vip}
    then: [add labels: [billing, delivery]]
  - {id: no, name: No, cases: tickets, when: {event.removed_labels: vip}, then: [remove labels: [billing]]}
"""
    ticket = Ticket(more)
    await ticket.customer()

    await ticket.ask("vip", by="system")
    assert ticket.states() == {"billing": ASKED, "delivery": ASKED}
    assert set(ticket.state.labels) == {"vip", "billing", "delivery", MARKER}
    assert ticket.state.dispatcher is None

    await ticket.withdraw("vip", by="system")
    assert ticket.states() == {"billing": DepartmentState.WITHDRAWN, "delivery": ASKED}


async def test_asking_makes_the_ticket_open_so_that_a_filter_for_open_tickets_finds_it() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("status_set", "petra", status="pending")

    assert (await ticket.ask("billing")).status == "open"


def _asked(number: int) -> tuple[TicketState, Facts]:
    labels = tuple(f"d-{one}" for one in range(number))
    departments = tuple(Department(label=one, state=ASKED, asked_at=MORNING) for one in labels)
    state = TicketState(
        ticket_id="t",
        customer="c",
        case_id="case",
        stage=TicketStage.COLLECTING,
        status=None,
        labels=labels,
        departments=departments,
        round=1,
    )
    known = {f"d-{one}": AskedOf(key=f"k-{one}") for one in range(number + 2)}
    return state, Facts(now=MORNING, departments=known)


def test_a_ticket_asks_two_hundred_departments_and_not_one_more() -> None:
    event = Ticket().event("labels_changed", "petra", add=[f"d-{MAX_DEPARTMENTS - 1}"])
    assert isinstance(event, LabelsChanged)

    full, facts = _asked(MAX_DEPARTMENTS - 1)
    assert len(fold(full, event, facts).state.departments) == MAX_DEPARTMENTS

    full, facts = _asked(MAX_DEPARTMENTS)
    with pytest.raises(InvalidEvent, match="at most 200 departments"):
        fold(full, event.model_copy(update={"add": (f"d-{MAX_DEPARTMENTS}",)}), facts)
    with pytest.raises(InvalidEvent, match="at most 200 departments"):
        apply(full, ChangeLabels(add=(f"d-{MAX_DEPARTMENTS}",)), facts)


# --- Answering: however the notes arrive, there is one prompt -----------------------------------


@pytest.mark.parametrize("order", list(permutations(LABELS)), ids="-".join)
async def test_in_any_order_the_author_of_the_last_note_is_prompted_once(order: tuple[str, ...]) -> None:
    ticket = Ticket()
    await ticket.apply()

    for label in order:
        assert ticket.prompted == []
        await ticket.note(MEMBER[label], f"about {label}")

    last = MEMBER[order[-1]]
    assert (ticket.stage, ticket.prompted, ticket.state.prompts) == ("composing", [last], 1)
    assert (ticket.state.composer, ticket.state.assignee, ticket.state.draft.composer) == (last, last, last)
    assert ticket.state.labels == (MARKER,)
    assert [line.split(",")[0] for line in drafted(ticket.state).splitlines()[1:]] == [
        "Warranty",
        "Billing",
        "Delivery",
    ], "the draft has the order of the template, not of the notes"


@pytest.mark.parametrize("order", list(permutations(LABELS)), ids="-".join)
@pytest.mark.parametrize("together", [0, 1], ids=["the first two at once", "the last two at once"])
async def test_two_notes_of_the_same_moment_lead_to_one_prompt(order: tuple[str, ...], together: int) -> None:
    ticket = await collecting()
    for position, label in enumerate(order):
        ticket.tick = timedelta(0) if position == together + 1 else timedelta(seconds=1)
        await ticket.note(MEMBER[label])

    moments = [one.answered_at for label in order if (one := ticket.state.department(label))]
    assert moments[together] == moments[together + 1]
    assert (ticket.prompted, ticket.state.prompts) == ([MEMBER[order[-1]]], 1)
    assert ticket.state.composer == MEMBER[order[-1]]


@pytest.mark.parametrize("order", list(permutations(LABELS)), ids="-".join)
async def test_doubled_notes_answer_once_and_never_prompt_again(order: tuple[str, ...]) -> None:
    ticket = await collecting()
    for label in order:
        for _ in range(2):
            await ticket.note(MEMBER[label])

    assert (ticket.prompted, ticket.state.prompts) == ([MEMBER[order[-1]]], 1)
    assert [len(ticket.texts(label)) for label in LABELS] == [2, 2, 2]


async def test_a_note_for_two_departments_answers_both_and_stands_in_the_draft_once() -> None:
    ticket = await collecting(["billing", "warranty"])

    await ticket.note("lena", "both fine")

    assert ticket.states() == {"billing": ANSWERED, "warranty": ANSWERED}
    assert ticket.state.labels == (MARKER,)
    assert ticket.prompted == ["lena"]
    assert drafted(ticket.state) == "Dear customer,\nBilling and Warranty, Lena: both fine"


async def test_a_note_that_names_its_label_answers_only_that_one() -> None:
    ticket = await collecting(["billing", "warranty"])

    await ticket.note("lena", label="warranty")

    assert ticket.states() == {"billing": ASKED, "warranty": ANSWERED}
    assert ticket.state.labels == ("billing", MARKER)


async def test_a_note_that_is_no_answer_is_kept_and_the_label_too() -> None:
    ticket = await collecting(["billing"])

    await ticket.note("bella", "I am still looking", answers=False)

    assert (ticket.states(), ticket.state.labels) == ({"billing": ASKED}, ("billing",))
    assert ticket.texts("billing") == ["I am still looking"]
    assert ticket.prompted == []


async def test_an_instruction_answers_nothing_even_if_its_author_belongs_to_the_department() -> None:
    ticket = await collecting(["billing"])

    await ticket.note("bella", "Please look", instruction=True)

    assert (ticket.states(), ticket.texts("billing")) == ({"billing": ASKED}, [])


@pytest.mark.parametrize(
    ("label", "state"),
    [(None, ASKED), ("delivery", ASKED), ("billing", ANSWERED)],
    ids=["no label", "another's label", "the label"],
)
async def test_a_dispatcher_s_note_answers_only_where_it_names_the_label(
    label: str | None, state: DepartmentState
) -> None:
    ticket = Ticket()
    await ticket.ask("billing", by="bella")  # a member, who is the dispatcher here

    await ticket.note("bella", **({"label": label} if label else {}))

    assert ticket.states() == {"billing": state}


async def test_a_dispatcher_of_no_department_answers_in_the_place_of_one_by_its_label() -> None:
    ticket = await collecting()

    await ticket.note("petra", "they told me on the phone", label="delivery")

    assert ticket.states()["delivery"] is ANSWERED
    assert ticket.texts("delivery") == ["they told me on the phone"]


@pytest.mark.parametrize("by", ["ivan", "dora", "system"])
@pytest.mark.parametrize("label", [None, "billing"], ids=["no label", "a label"])
async def test_anybody_else_s_note_is_recorded_and_answers_nothing(by: str, label: str | None) -> None:
    ticket = await collecting(["billing"])
    before = ticket.state

    await ticket.note(by, **({"label": label} if label else {}))

    if (by, label) == ("dora", "billing"):
        assert ticket.states() == {"billing": ANSWERED}, "the role dispatches, too"
    else:
        assert ticket.state == before


async def test_a_member_s_note_with_another_department_s_label_answers_nothing() -> None:
    ticket = await collecting(["billing", "delivery"])

    await ticket.note("bella", label="delivery")

    assert ticket.states() == {"billing": ASKED, "delivery": ASKED}


async def test_a_note_with_a_label_that_is_no_department_s_is_refused_with_the_nearest() -> None:
    ticket = await collecting(["billing"])

    with pytest.raises(UnknownLabel, match="'biling' is not the label of a department; did you mean billing"):
        await ticket.note("bella", label="biling")


async def test_the_join_is_the_model_s_own_and_needs_no_rule() -> None:
    ticket = await composing(label_off="  []")

    assert (ticket.stage, ticket.prompted) == ("composing", ["wanda"])
    assert set(ticket.state.labels) == {*LABELS, MARKER}, "only the labels are left for people to remove"


async def test_a_late_note_is_credited_to_those_of_its_authors_departments_that_answered() -> None:
    """Lena is in billing, which answers, and in warranty, which declines."""
    ticket = await collecting(["billing", "warranty", "delivery"])
    await ticket.note("bella")
    await ticket.decline("warranty", to="delivery")
    await ticket.note("dan")

    await ticket.note("lena", "One more thing")

    assert (ticket.texts("billing"), ticket.texts("warranty")) == (["bella says", "One more thing"], [])
    assert ticket.told == {"a late note": ("dan",)}
    assert ticket.state.contributed[-1] == "lena"


async def test_a_late_note_from_nobody_but_one_that_declined_is_only_recorded() -> None:
    ticket = await collecting(["billing", "warranty"])
    await ticket.decline("warranty", to="billing")
    await ticket.note("bella")
    before = ticket.state

    await ticket.note("wanda", "It is not ours")

    assert (ticket.state.departments, ticket.told) == (before.departments, {})
    assert ticket.state.contributed == ("bella",)
    await ticket.note("wanda", "On second thoughts", label="warranty")
    assert ticket.texts("warranty") == ["On second thoughts"], "whoever names the label means it"


async def test_no_departments_is_never_all_answered() -> None:
    ticket = Ticket()
    await ticket.customer()

    await ticket.note("bella")
    await ticket.do("labels_changed", "petra", remove=["billing"])

    assert (ticket.stage, ticket.prompted, ticket.state.prompts) == ("triage", [], 0)


async def test_the_last_department_s_members_are_told_once_and_see_what_the_others_wrote() -> None:
    ticket = await collecting()

    await ticket.note("bella", "paid")
    assert ticket.told == {}
    await ticket.note("dan", "on its way")

    assert ticket.told == {"last to answer: see what the others wrote": ("warranty",)}
    draft = ticket.state.draft
    assert (draft.final, draft.composer) == (False, None)
    assert drafted(ticket.state).splitlines()[1:] == [
        "Billing, Bella: paid",
        "Delivery, Dan: on its way",
        "missing: Warranty",
    ]
    await ticket.note("wanda", "one more question", answers=False)
    assert ticket.told == {}, "they know"


async def test_who_is_asked_alone_is_not_told_that_they_are_last() -> None:
    ticket = await collecting(["billing"])

    assert ticket.told == {"asked": ("billing",)}
    assert drafted(ticket.state) == ""


async def test_the_dispatcher_is_told_of_a_department_to_which_nobody_belongs() -> None:
    ticket = await collecting(["delivery"])
    ticket.gone("wanda", "lena")

    await ticket.ask("billing", "warranty")
    assert ticket.told == {"asked": ("billing", "warranty"), "nobody answers for warranty": ("petra",)}

    await ticket.note("bella")
    assert ticket.told == {}
    ticket.gone("petra")
    await ticket.note("dan")
    assert ticket.told["nobody answers for warranty"] == ("everyone",), "it is the last, and nobody knows"


async def test_a_rule_that_asks_another_department_at_the_last_note_prevents_the_prompt() -> None:
    more = """
  - id: also-delivery
    name: Delivery, too
    cases: tickets
    when: {event.kind: note_added, event.author: bella}
    then: [add labels: [delivery]]
"""
    ticket = await collecting(["billing"], more_rules=more)

    await ticket.note("bella")

    assert (ticket.stage, ticket.prompted, ticket.state.prompts) == ("collecting", [], 0)
    assert (ticket.state.round, ticket.state.composer) == (1, None)
    assert ticket.told.get("recalled: another department is asked") is None
    await ticket.note("dan")
    assert (ticket.prompted, ticket.state.prompts) == (["dan"], 1)
    assert "bella says" in drafted(ticket.state)


# --- Late notes ---------------------------------------------------------------------------------


async def test_a_late_note_while_composing_amends_the_draft_and_prompts_nobody_again() -> None:
    ticket = await composing()

    await ticket.note("bella", "correction")

    assert "bella says" in drafted(ticket.state)
    assert "correction" in drafted(ticket.state)
    assert (ticket.state.composer, ticket.prompted) == ("wanda", ["wanda"])
    assert ticket.told == {"a late note": ("wanda",)}


async def test_the_composer_s_own_late_note_tells_nobody() -> None:
    ticket = await composing()

    await ticket.note("wanda", "and this")

    assert (ticket.told, "and this" in drafted(ticket.state)) == ({}, True)


async def test_a_late_note_after_the_reply_is_recorded_and_the_composer_told() -> None:
    ticket = await answered()

    await ticket.note("bella", "too late")

    assert (ticket.stage, ticket.prompted) == ("answered", ["wanda"])
    assert ticket.texts("billing")[-1] == "too late"
    assert ticket.told == {"a late note": ("wanda",)}


async def test_a_late_note_after_the_customer_has_written_again_is_told_to_whoever_has_the_ticket() -> None:
    ticket = await answered()
    await ticket.customer()

    await ticket.note("bella", "late")

    assert (ticket.stage, ticket.told) == ("triage", {"a late note": ("wanda",)})


async def test_a_late_note_of_a_department_that_has_declined_or_was_withdrawn_answers_nothing() -> None:
    ticket = await collecting()
    await ticket.withdraw("billing")

    await ticket.note("bella", "I had this ready")

    assert ticket.states()["billing"] is DepartmentState.WITHDRAWN
    assert ticket.texts("billing") == ["I had this ready"]


# --- What a ticket can carry --------------------------------------------------------------------


async def test_notes_beyond_what_a_ticket_carries_are_cut_and_still_answer() -> None:
    ticket = await collecting()
    for number in range(5):
        await ticket.note("bella", str(number) * 99_000, answers=False)

    await ticket.note("bella", "ж" * 90_000)

    assert ticket.states()["billing"] is ANSWERED
    assert len(ticket.texts("billing")) == 6
    assert ticket.texts("billing")[-1].endswith("[… cut: the help desk has the whole note]")
    carried = sum(len(note.text.encode()) for one in ticket.state.departments for note in one.notes)
    assert carried < MAX_NOTES_SIZE + 6 * 100
    await ticket.note("dan")
    await ticket.note("wanda")
    assert ticket.prompted == ["wanda"]


async def test_state_and_snapshot_go_through_json_and_come_back() -> None:
    ticket = await composing()
    await ticket.customer()
    snapshot = ticket.state.snapshot()

    assert TicketState.model_validate_json(ticket.state.model_dump_json()) == ticket.state
    assert type(snapshot).model_validate_json(snapshot.model_dump_json()) == snapshot
    assert snapshot.departments == ticket.state.departments
