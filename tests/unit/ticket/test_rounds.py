"""A department that was asked is withdrawn, declines or is asked once more: what happens to the round.

Source: section 4 of the design.
"""

from __future__ import annotations

import pytest

from baton.contract import DepartmentState
from baton.errors import DepartmentsWaiting, IllegalTransition, NotAllowed, UnknownLabel
from baton.templates.drafting import drafted
from tests.unit.ticket.world import LABELS, MARKER, Ticket, answered, collecting, composing

ANSWERED, ASKED = DepartmentState.ANSWERED, DepartmentState.ASKED
DECLINED, WITHDRAWN = DepartmentState.DECLINED, DepartmentState.WITHDRAWN

# --- Withdrawing --------------------------------------------------------------------------------


async def test_removing_the_label_of_one_that_is_asked_withdraws_it() -> None:
    ticket = await collecting()

    await ticket.withdraw("billing")

    assert ticket.states() == {"billing": WITHDRAWN, "delivery": ASKED, "warranty": ASKED}
    assert set(ticket.state.labels) == {"delivery", "warranty", MARKER}
    assert ticket.told == {"no longer asked": ("billing",)}
    assert ticket.stage == "collecting"


async def test_if_the_last_label_is_withdrawn_the_last_contributor_composes() -> None:
    ticket = await collecting()
    await ticket.note("dan")
    await ticket.note("bella")

    state = await ticket.withdraw("warranty")

    assert (ticket.stage, ticket.prompted, state.composer) == ("composing", ["bella"], "bella")
    assert state.draft.final


async def test_if_nobody_contributed_the_ticket_returns_to_triage_and_its_dispatcher() -> None:
    ticket = await collecting()

    state = await ticket.withdraw(*LABELS, by="dora")

    assert (ticket.stage, state.assignee, state.status) == ("triage", "petra", "open")
    assert (ticket.prompted, state.prompts) == ([], 0)
    assert ticket.told["nobody has answered"] == ("petra",)


async def test_where_the_dispatcher_has_left_everyone_is_told_that_nobody_has_answered() -> None:
    ticket = await collecting(["billing"])
    ticket.gone("petra")

    state = await ticket.withdraw("billing", by="dora")

    assert (ticket.stage, state.assignee) == ("triage", None)
    assert ticket.told["nobody has answered"] == ("everyone",)


async def test_asking_after_a_return_to_triage_is_a_round_with_its_own_prompt() -> None:
    ticket = await collecting(["billing"])
    await ticket.withdraw("billing")

    await ticket.ask("delivery")
    await ticket.note("dan")

    assert (ticket.state.round, ticket.prompted) == (2, ["dan"])


async def test_removing_the_label_of_one_that_has_answered_withdraws_nothing() -> None:
    ticket = await collecting(label_off="  []")
    await ticket.note("bella")

    await ticket.withdraw("billing")

    assert ticket.states()["billing"] is ANSWERED
    assert "billing" not in ticket.state.labels


async def test_replacing_the_last_label_by_another_goes_on_with_the_round() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("bella")

    await ticket.do("labels_changed", "petra", remove=["delivery"], add=["warranty"])

    assert (ticket.stage, ticket.prompted, ticket.state.round) == ("collecting", [], 1)
    assert ticket.states() == {"billing": ANSWERED, "delivery": WITHDRAWN, "warranty": ASKED}


# --- Declining ----------------------------------------------------------------------------------


async def test_declining_to_a_department_that_was_not_asked_asks_it() -> None:
    ticket = await collecting(["billing"])

    await ticket.decline("billing", to="delivery")

    assert ticket.states() == {"billing": DECLINED, "delivery": ASKED}
    billing = ticket.state.department("billing")
    assert billing is not None
    assert (billing.blocks, billing.declined_to, billing.due_at) == (False, "delivery", None)
    assert ticket.state.labels == ("delivery",)
    assert ticket.told == {
        "billing declined: not ours": ("petra",),
        "asked: billing declined: not ours": ("delivery",),
    }
    await ticket.note("dan")
    assert ticket.prompted == ["dan"]


async def test_declining_to_one_that_is_asked_already_asks_nobody() -> None:
    ticket = await collecting(["billing", "delivery"])
    asked_at = [one.asked_at for one in ticket.state.departments if one.label == "delivery"]

    await ticket.decline("billing", to="delivery")

    assert ticket.states() == {"billing": DECLINED, "delivery": ASKED}
    assert [one.asked_at for one in ticket.state.departments if one.label == "delivery"] == asked_at
    assert "delivery" not in [label for told in ticket.told.values() for label in told]


@pytest.mark.parametrize("to", [None, "delivery"], ids=["to nobody", "to one that has answered"])
async def test_without_anybody_in_its_place_a_decline_blocks_the_round(to: str | None) -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("dan")

    await ticket.decline("billing", to=to)

    assert ticket.states() == {"billing": DECLINED, "delivery": ANSWERED}
    assert (ticket.stage, ticket.state.blocking, ticket.prompted) == ("collecting", ("billing",), [])
    assert "billing" in ticket.state.labels
    assert ticket.told == {"billing declined: not ours": ("petra",)}


async def test_a_blocked_round_ends_when_the_dispatcher_withdraws_the_department() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("dan")
    await ticket.decline("billing")

    await ticket.withdraw("billing")

    assert (ticket.states()["billing"], ticket.prompted) == (WITHDRAWN, ["dan"])
    assert ticket.state.labels == (MARKER,)


async def test_a_blocked_round_goes_on_when_the_dispatcher_redirects_the_question() -> None:
    ticket = await collecting(["billing"])
    await ticket.decline("billing")

    await ticket.decline("billing", by="petra", to="warranty")

    assert ticket.states() == {"billing": DECLINED, "warranty": ASKED}
    assert (ticket.state.blocking, ticket.state.labels) == ((), ("warranty",))


@pytest.mark.parametrize("to", [None, "delivery"], ids=["to nobody", "to one that has answered"])
async def test_a_redirection_that_leads_nowhere_is_refused(to: str | None) -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("dan")
    await ticket.decline("billing")

    with pytest.raises(IllegalTransition, match="'billing' stays declined: name a department that was not"):
        await ticket.decline("billing", by="petra", to=to)


async def test_a_member_cannot_redirect_what_was_declined() -> None:
    ticket = await collecting(["billing"])
    await ticket.decline("billing")

    with pytest.raises(NotAllowed, match="bella cannot decline for 'billing': only its dispatcher can"):
        await ticket.decline("billing", to="delivery")


@pytest.mark.parametrize("by", ["ivan", "dan"], ids=["a stranger", "a member of another department"])
async def test_nobody_declines_for_a_department_that_is_not_theirs(by: str) -> None:
    ticket = await collecting(["billing", "delivery"])
    before = ticket.state

    with pytest.raises(NotAllowed, match=f"{by} cannot decline for 'billing': only a member of 'billing' or"):
        await ticket.decline("billing", by=by)

    assert ticket.state == before


@pytest.mark.parametrize("by", ["petra", "dora"], ids=["the dispatcher", "somebody with the role"])
async def test_a_dispatcher_may_decline_for_a_department(by: str) -> None:
    ticket = await collecting(["billing"])

    await ticket.decline("billing", by=by, to="warranty")

    assert ticket.states() == {"billing": DECLINED, "warranty": ASKED}


async def test_where_the_dispatcher_has_left_everyone_is_told_of_a_blocked_round() -> None:
    ticket = await collecting(["billing", "delivery"])
    ticket.gone("petra")

    await ticket.decline("billing")

    assert ticket.told == {"billing declined: not ours": ("everyone",)}


async def test_without_a_dispatcher_everyone_is_told_of_a_blocked_round() -> None:
    ticket = Ticket()
    await ticket.ask("billing", by="system")

    await ticket.decline("billing")

    assert ticket.told == {"billing declined: not ours": ("everyone",)}


@pytest.mark.parametrize(
    ("label", "to", "why"),
    [
        ("warranty", None, "'warranty' is not asked, so it cannot decline"),
        ("delivery", None, "'delivery' is not asked, so it cannot decline"),
        ("billing", "billing", "'billing' cannot hand the question on to itself"),
    ],
    ids=["never asked", "has answered", "to itself"],
)
async def test_a_decline_that_makes_no_sense_is_refused(label: str, to: str | None, why: str) -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("dan")

    with pytest.raises(IllegalTransition, match=why):
        await ticket.decline(label, to=to)


@pytest.mark.parametrize("to", ["vip", "delivry"])
async def test_declining_to_what_is_no_department_is_refused(to: str) -> None:
    ticket = await collecting(["billing"])

    with pytest.raises(UnknownLabel, match="is not the label of a department"):
        await ticket.decline("billing", to=to)


async def test_if_the_last_one_declines_to_one_that_is_withdrawn_it_is_asked_after_all() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.withdraw("delivery")

    await ticket.decline("billing", to="delivery")

    assert ticket.states() == {"billing": DECLINED, "delivery": ASKED}


async def test_a_department_that_handed_the_question_on_can_get_it_back() -> None:
    """The question has nowhere to go but back: the dispatcher has to deal with it."""
    ticket = await collecting(["billing"])
    await ticket.decline("billing", to="delivery")

    await ticket.decline("delivery", to="billing")

    assert ticket.state.blocking == ("delivery",)
    assert ticket.stage == "collecting"


async def test_a_department_that_has_declined_can_be_asked_again() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.decline("billing")

    await ticket.again("billing")

    assert (ticket.states()["billing"], ticket.state.blocking) == (ASKED, ())


# --- Asking again -------------------------------------------------------------------------------


async def test_asking_again_while_composing_recalls_the_draft_and_tells_the_composer() -> None:
    ticket = await composing()

    state = await ticket.again("billing", question="With VAT?")

    assert (ticket.stage, state.round, state.composer) == ("collecting", 2, None)
    assert ticket.states() == {"billing": ASKED, "delivery": ANSWERED, "warranty": ANSWERED}
    assert "billing" in state.labels
    assert ticket.told["recalled: another department is asked"] == ("wanda",)
    assert ticket.told["asked again: With VAT?"] == ("billing",)
    assert not state.draft.final
    assert state.draft.composer is None


@pytest.mark.parametrize("how", ["by a label", "by a template"])
async def test_adding_a_department_while_composing_recalls_the_draft_too(how: str) -> None:
    ticket = await composing(["billing", "warranty"])

    await (ticket.ask("delivery") if how == "by a label" else ticket.apply())

    assert (ticket.stage, ticket.state.round, ticket.state.composer) == ("collecting", 2, None)
    assert ticket.told["recalled: another department is asked"] == ("wanda",)


async def test_a_composer_who_asks_another_department_is_not_told_of_it() -> None:
    ticket = await composing(["billing"])

    await ticket.ask("delivery", by="bella")

    assert (ticket.stage, ticket.told["asked"]) == ("collecting", ("delivery",))
    assert "recalled: another department is asked" not in ticket.told


async def test_a_rule_that_asks_another_department_recalls_the_draft_and_tells_the_composer() -> None:
    ticket = await composing(["billing"], more_rules=VIP_ASKS)

    await ticket.do("labels_changed", "system", add=["vip"])

    assert ticket.states() == {"billing": ANSWERED, "delivery": ASKED}
    assert ticket.told["recalled: another department is asked"] == ("bella",)
    assert ticket.told["asked"] == ("delivery",)


async def test_a_rule_that_withdraws_the_last_department_tells_the_dispatcher() -> None:
    ticket = await collecting(
        ["billing"], more_rules=VIP_ASKS.replace("add labels: [delivery]", VIP_WITHDRAWS)
    )

    await ticket.do("labels_changed", "system", add=["vip"])

    assert (ticket.stage, ticket.state.assignee) == ("triage", "petra")
    assert ticket.told == {"no longer asked": ("billing",), "nobody has answered": ("petra",)}


VIP_ASKS = """
  - id: vip
    name: For a VIP
    cases: tickets
    when: {event.added_labels: vip}
    then: [add labels: [delivery]]
"""
VIP_WITHDRAWS = "remove labels: [billing]"


async def test_after_a_recall_the_next_last_note_prompts_once_more_with_all_the_notes() -> None:
    ticket = await composing()
    await ticket.again("billing")

    await ticket.note("bella", "with VAT")

    assert (ticket.stage, ticket.prompted, ticket.state.prompts) == ("composing", ["wanda", "bella"], 2)
    assert all(text in drafted(ticket.state) for text in ("bella says", "with VAT", "dan says", "wanda says"))


async def test_after_a_recall_the_composer_cannot_send_the_reply_unless_a_dispatcher_forces_it() -> None:
    ticket = await composing()
    await ticket.ask("vip")
    await ticket.again("billing")

    for by in ("wanda", "petra"):
        with pytest.raises(DepartmentsWaiting, match="the reply would pass over billing"):
            await ticket.reply(by)
    with pytest.raises(NotAllowed, match="wanda cannot force the reply"):
        await ticket.reply("wanda", force=True)
    state = await ticket.reply("petra", force=True)

    assert (ticket.stage, state.replies, ticket.states()["billing"]) == ("answered", 1, WITHDRAWN)
    assert set(state.labels) == {MARKER, "vip"}


async def test_a_recall_that_is_withdrawn_prompts_the_last_contributor_of_the_new_round() -> None:
    ticket = await composing()
    await ticket.again("billing")

    await ticket.withdraw("billing")

    assert (ticket.stage, ticket.prompted, ticket.state.round) == ("composing", ["wanda", "wanda"], 2)


async def test_asking_again_after_the_reply_is_a_new_round_with_only_the_new_notes() -> None:
    ticket = await answered()

    await ticket.again("billing")
    await ticket.note("bella", "corrected")

    assert (ticket.stage, ticket.state.round, ticket.prompted) == ("composing", 2, ["wanda", "bella"])
    assert drafted(ticket.state) == "Dear customer,\nBilling, Bella: corrected"
    await ticket.reply("bella")
    assert ticket.state.replies == 2


async def test_a_note_between_the_reply_and_the_new_question_stands_in_the_new_draft() -> None:
    ticket = await answered()

    await ticket.note("dan", "it arrived")
    await ticket.again("billing")
    await ticket.note("bella", "corrected")

    assert drafted(ticket.state) == "Dear customer,\nBilling, Bella: corrected\nDelivery, Dan: it arrived"


@pytest.mark.parametrize(
    ("label", "why"),
    [("warranty", "'warranty' was never asked: add its label"), ("billing", "'billing' is asked already")],
)
async def test_only_who_was_asked_and_is_not_asked_now_can_be_asked_again(label: str, why: str) -> None:
    ticket = await collecting(["billing"])

    with pytest.raises(IllegalTransition, match=why):
        await ticket.again(label)


async def test_each_round_has_its_own_prompt_and_composer() -> None:
    ticket = await answered(["billing", "delivery"])
    for label, by in (("billing", "bella"), ("delivery", "dan"), ("billing", "lena")):
        await ticket.again(label)
        await ticket.note(by)
        assert ticket.state.composer == by
        await ticket.reply(by)

    assert (ticket.prompted, ticket.state.prompts, ticket.state.replies) == (
        ["dan", "bella", "dan", "lena"],
        4,
        4,
    )
