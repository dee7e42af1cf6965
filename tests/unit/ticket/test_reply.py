"""The reply, the customer, the composer's absence, and how a ticket is closed and reopened.

Source: section 4 of the design.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton.contract import DepartmentState, Presence
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownStaff
from baton.model.effects import ConsolidatedReply
from baton.model.facts import Previous
from baton.templates.drafting import drafted
from baton.templates.loading import parse_templates
from tests.unit.ticket.world import LABELS, MARKER, MEMBER, Ticket, answered, collecting, company, composing

ASKED, WITHDRAWN = DepartmentState.ASKED, DepartmentState.WITHDRAWN
ANSWERED = DepartmentState.ANSWERED

# --- The reply ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["wanda", "petra", "dora"], ids=["composer", "dispatcher", "the role"])
async def test_the_composer_or_a_dispatcher_sends_the_one_reply(by: str) -> None:
    ticket = await composing()

    state = await ticket.reply(by, "Dear Ms Weber")

    assert (ticket.stage, state.status, state.replies) == ("answered", "pending", 1)
    assert (state.labels, state.composer, state.assignee) == ((MARKER,), "wanda", "wanda")
    assert (drafted(state), state.draft.round) == ("", 0)
    (sent,) = ticket.effects
    assert isinstance(sent, ConsolidatedReply)
    assert (sent.text, sent.author.id, sent.round) == ("Dear Ms Weber", by, 1)


@pytest.mark.parametrize("by", ["bella", "ivan"], ids=["another contributor", "a stranger"])
async def test_nobody_else_sends_the_reply(by: str) -> None:
    ticket = await composing()
    before = ticket.state

    with pytest.raises(NotAllowed, match=f"{by} cannot send the reply: wanda is to write it"):
        await ticket.reply(by)

    assert ticket.state == before


@pytest.mark.parametrize("by", ["wanda", "petra"])
@pytest.mark.parametrize("force", [False, True], ids=["as usual", "by force"])
async def test_a_second_reply_is_refused(by: str, force: bool) -> None:
    ticket = await answered()

    with pytest.raises(
        IllegalTransition, match=r"^send_reply is not possible while the ticket is in answered"
    ):
        await ticket.reply(by, force=force)

    assert ticket.state.replies == 1


@pytest.mark.parametrize(
    ("status", "stage"), [("open", "answered"), ("pending", "answered"), ("closed", "closed")]
)
async def test_the_reply_may_say_another_status(status: str, stage: str) -> None:
    ticket = await composing()

    state = await ticket.reply("wanda", status=status)

    assert (state.status, state.stage, state.replies) == (status, stage, 1)
    assert ticket.did == ["send_reply"]


async def test_a_reply_that_was_sent_in_the_help_desk_is_reported_and_not_sent_again() -> None:
    ticket = await composing()

    state = await ticket.do("reply_sent", "wanda", message_id="m-1", text="Dear customer")

    assert (ticket.stage, state.status, state.replies) == ("answered", "pending", 1)
    assert ticket.effects == ()


async def test_a_reported_reply_by_a_stranger_counts_and_the_composer_hears_of_it() -> None:
    """The customer has the reply already: refusing the news would lead to a second one."""
    ticket = await composing()
    composer = ticket.state.composer

    state = await ticket.do("reply_sent", "ivan", message_id="m-1")

    assert (ticket.stage, state.replies, state.composer) == ("answered", 1, composer)
    assert ticket.told == {"ivan has sent the reply": (composer,)}


async def test_a_ticket_that_waited_for_its_customer_is_open_for_its_composer() -> None:
    ticket = await collecting(("billing",))
    await ticket.do("status_set", "petra", status="pending")

    state = await ticket.note(MEMBER["billing"])

    assert (ticket.stage, state.status, state.paused_at) == ("composing", "open", None)


async def test_a_reply_that_is_being_written_cannot_be_assigned_to_nobody() -> None:
    ticket = await composing()

    with pytest.raises(IllegalTransition, match="assign the ticket to a person"):
        await ticket.do("assigned", "petra")


async def test_more_notes_than_a_ticket_carries_still_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baton.model.ticket.answering.MAX_NOTES", 2)
    ticket = await collecting(("billing", "delivery"))
    for _ in range(3):
        await ticket.note(MEMBER["billing"], answers=False)

    state = await ticket.note(MEMBER["billing"])

    assert [len(one.notes) for one in state.departments] == [2, 0]
    assert state.asked == ("delivery",)


@pytest.mark.parametrize("kind", ["send_reply", "reply_sent"])
async def test_the_last_department_may_send_the_reply_instead_of_a_note(kind: str) -> None:
    ticket = await collecting()
    await ticket.note("bella")
    await ticket.note("dan")

    fields = {"text": "Dear customer"} if kind == "send_reply" else {"message_id": "m-1"}
    state = await ticket.do(kind, "lena", **fields)

    warranty = state.department("warranty")
    assert warranty is not None
    assert (warranty.state, warranty.answered_by) == (ANSWERED, "lena")
    assert (ticket.stage, state.composer, state.assignee) == ("answered", "lena", "lena")
    assert (ticket.prompted, state.prompts, state.replies) == ([], 0, 1)
    assert state.labels == (MARKER,)


@pytest.mark.parametrize("by", ["dan", "petra"], ids=["of another department", "the dispatcher"])
async def test_only_the_last_department_s_member_sends_it_without_a_note(by: str) -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("dan")

    with pytest.raises(DepartmentsWaiting, match="the reply would pass over billing"):
        await ticket.reply(by)


async def test_while_two_are_asked_a_member_cannot_send_the_reply() -> None:
    ticket = await collecting(["billing", "delivery"])

    with pytest.raises(DepartmentsWaiting, match="the reply would pass over billing, delivery"):
        await ticket.reply("bella")


async def test_a_blocked_department_cannot_be_answered_by_a_reply() -> None:
    ticket = await collecting(["billing"])
    await ticket.decline("billing")

    with pytest.raises(DepartmentsWaiting, match="billing declined: withdraw or redirect it"):
        await ticket.reply("bella")


async def test_a_dispatcher_may_force_the_reply_over_departments_that_are_asked() -> None:
    ticket = await collecting()
    await ticket.note("bella")

    state = await ticket.reply("dora", force=True)

    assert (ticket.stage, state.replies, state.prompts, state.composer) == ("answered", 1, 0, "dora")
    assert ticket.states() == {"billing": ANSWERED, "delivery": WITHDRAWN, "warranty": WITHDRAWN}
    assert state.labels == (MARKER,)


async def test_without_departments_the_assignee_or_a_dispatcher_may_reply() -> None:
    ticket = Ticket()
    await ticket.customer()
    with pytest.raises(NotAllowed, match="nobody is to write it, or the dispatcher"):
        await ticket.reply("ivan")
    await ticket.do("taken", "ivan")

    assert (await ticket.reply("ivan")).stage == "answered"


async def test_a_shared_account_may_send_the_last_answer_and_is_no_composer_by_that() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("bella")

    state = await ticket.reply("desk")

    assert (ticket.stage, state.composer, state.assignee) == ("answered", None, None)
    assert (await ticket.customer()).assignee == "petra"


# --- The customer -------------------------------------------------------------------------------


async def test_a_first_message_opens_a_ticket_in_triage() -> None:
    ticket = Ticket()

    state = await ticket.customer()

    assert (state.stage, state.status, state.case_id, state.previous_case) == (
        "triage",
        "open",
        "simulated-1",
        None,
    )


async def test_everyone_is_told_once_of_a_ticket_that_is_expected_of_nobody() -> None:
    """A chat in New tells everyone, too (section 3 of the design): otherwise nobody would look for it."""
    ticket = Ticket()

    await ticket.customer()
    assert ticket.told == {"new": ("everyone",)}

    await ticket.customer()
    assert ticket.told == {}

    await ticket.do("assigned", "petra", staff="ivan")
    await ticket.do("assigned", "petra")
    assert ticket.told == {"new": ("everyone",)}


@pytest.mark.parametrize(
    ("then", "told"),
    [
        ("assign: {staff: ivan}", {"assigned": ("ivan",)}),
        ("assign: {line: front}", {"assigned": ("line front",)}),
        ("notify: {staff: [petra], text: Look}", {"Look": ("petra",)}),
        ("add labels: [billing]", {"asked": ("billing",)}),
    ],
)
async def test_where_a_rule_sees_to_a_new_ticket_not_everyone_is_told(
    then: str, told: dict[str, tuple[str, ...]]
) -> None:
    rule = f"""
incoming:
  - id: new-ticket
    name: A new ticket
    cases: tickets
    then: [{then}]
"""
    ticket = Ticket(rule)

    await ticket.customer()

    assert ticket.told == told


async def test_while_departments_are_asked_the_customer_is_shown_to_all_that_are() -> None:
    ticket = await collecting()
    await ticket.note("bella")
    before = ticket.state.departments

    await ticket.customer("and another thing")

    assert ticket.told == {"the customer wrote": ("delivery", "warranty")}
    assert (ticket.stage, ticket.state.status, ticket.state.departments) == ("collecting", "open", before)


async def test_while_departments_are_asked_a_message_of_staff_leaves_the_status_open() -> None:
    ticket = await collecting()

    state = await ticket.do("agent_message", "ivan", text="We are on it")

    assert (state.status, ticket.states()) == ("open", dict.fromkeys(LABELS, ASKED))


async def test_while_the_reply_is_written_the_composer_is_told_and_the_draft_marked() -> None:
    ticket = await composing()

    await ticket.customer()

    assert ticket.told == {"the customer wrote": ("wanda",)}
    assert (ticket.stage, ticket.state.draft.stale, ticket.prompted) == ("composing", True, ["wanda"])
    await ticket.note("bella", "late")
    assert ticket.state.draft.stale, "until it is written anew, by a person"


async def test_after_the_reply_the_customer_s_message_returns_to_the_last_composer() -> None:
    ticket = await answered()
    await ticket.do("assigned", "petra", staff="ivan")

    state = await ticket.customer("Not all of it")

    assert (state.stage, state.status, state.assignee) == ("triage", "open", "wanda")
    assert ticket.told == {"the customer wrote": ("wanda",)}
    assert set(ticket.states().values()) == {ANSWERED}, "nobody is asked again by itself"


async def test_in_triage_the_assignee_is_told_and_a_message_of_staff_waits_for_the_customer() -> None:
    ticket = Ticket()
    await ticket.customer()
    state = await ticket.do("agent_message", "ivan", text="One moment")
    assert (state.status, state.assignee) == ("pending", "ivan")

    state = await ticket.customer()

    assert (state.status, ticket.told) == ("open", {"the customer wrote": ("ivan",)})


async def test_a_blocked_customer_opens_no_ticket_and_moves_none() -> None:
    ticket = Ticket()
    ticket.desk.blocked = True
    await ticket.customer()
    assert not ticket.state.exists
    ticket.desk.blocked = False
    await ticket.customer()
    await ticket.do("status_set", "petra", status="pending")
    before = ticket.state

    ticket.desk.blocked = True
    await ticket.customer()

    assert (ticket.state, ticket.effects) == (before, ())


async def test_a_reply_that_was_not_delivered_opens_the_ticket_and_tells_those_concerned() -> None:
    ticket = await answered()
    ticket.desk.writers["m-1"] = "petra"

    state = await ticket.do("delivery_failed", "system", message_id="m-1")

    assert (state.status, ticket.told) == ("open", {"delivery failed": ("petra", "wanda")})


@pytest.mark.parametrize(("dispatcher", "heard"), [("petra", "petra"), ("system", "everyone")])
async def test_of_a_message_in_nobody_s_name_that_was_not_delivered_somebody_is_told(
    dispatcher: str, heard: str
) -> None:
    ticket = Ticket()
    await ticket.ask("billing", by=dispatcher)
    assert ticket.state.assignee is None

    await ticket.do("delivery_failed", "system", message_id="m-1")

    assert ticket.told == {"delivery failed": (heard,)}


async def test_after_the_reply_the_ticket_of_a_composer_who_left_returns_to_its_dispatcher() -> None:
    ticket = await answered()
    ticket.gone("wanda")

    assert (await ticket.customer()).assignee == "petra"
    assert ticket.told == {"the customer wrote": ("petra",)}


async def test_after_the_reply_everyone_is_told_where_nobody_is_left_who_knows_the_ticket() -> None:
    ticket = await answered()
    ticket.gone("wanda", "petra")

    assert (await ticket.customer()).assignee is None
    assert ticket.told == {"the customer wrote": ("everyone",)}


# --- The composer -------------------------------------------------------------------------------

GRACE = 180
"""Seconds: ``Policy.offline_grace``."""


async def test_a_composer_who_is_away_beyond_the_grace_hands_over_to_the_latest_who_is_there() -> None:
    ticket = await composing()
    for staff in ("bella", "dan", "wanda"):
        ticket.is_now(staff, Presence.ONLINE)
    await ticket.leave("wanda")
    assert ticket.state.composer == "wanda", "within the grace"

    made = await ticket.after(seconds=GRACE + 1)

    assert [event.kind for event in made] == ["timed_due"]
    assert (ticket.state.composer, ticket.state.assignee) == ("dan", "dan")
    assert ticket.state.draft.composer == "dan"
    assert (ticket.prompted, ticket.state.prompts) == (["wanda"], 1), "no second prompt"
    assert ticket.told == {"you write the reply now": ("dan",)}


async def test_a_composer_who_comes_back_within_the_grace_stays_composer() -> None:
    ticket = await composing()
    await ticket.leave("wanda")
    ticket.is_now("wanda", Presence.ONLINE)
    await ticket.do("presence_changed", "system", staff="wanda", presence="online")

    assert await ticket.after(hours=1) == []
    assert ticket.state.composer == "wanda"


async def test_without_another_contributor_who_is_there_the_dispatcher_writes_the_reply() -> None:
    ticket = await composing(["warranty"])
    await ticket.leave("wanda")

    await ticket.after(seconds=GRACE + 1)

    assert (ticket.state.composer, ticket.state.assignee) == ("petra", "petra")


async def test_where_nobody_else_can_the_composer_stays_and_nobody_wakes_up_again_for_it() -> None:
    ticket = Ticket()
    await ticket.ask("warranty", by="system")
    await ticket.note("wanda")
    await ticket.leave("wanda")

    assert [event.kind for event in await ticket.after(days=7)] == ["timed_due"]
    assert ticket.state.composer == "wanda"


async def test_a_composer_who_leaves_the_directory_hands_over_at_once() -> None:
    ticket = await composing(["billing", "warranty"])
    ticket.is_now("bella", Presence.ONLINE)
    staff = {key: member for key, member in company().staff.items() if key != "wanda"}
    ticket.desk.directory = company().model_copy(update={"staff": staff})

    await ticket.do("presence_changed", "system", staff="wanda", presence="offline")

    assert ticket.state.composer == "bella"


async def test_whoever_has_just_answered_is_there_whatever_the_presence_says() -> None:
    ticket = await collecting(["billing", "delivery"])
    ticket.is_now("dan", Presence.OFFLINE, ticket.now - timedelta(days=1))
    await ticket.note("bella")

    await ticket.note("dan")

    assert ticket.state.composer == "dan"
    assert [event.kind for event in await ticket.after(seconds=GRACE + 2)] == ["timed_due"]
    assert ticket.state.composer == "petra", "bella never said that she is there"


async def test_a_shared_account_s_note_counts_but_it_is_never_composer() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("bella")

    await ticket.note("desk")

    assert ticket.states()["delivery"] is ANSWERED
    assert (ticket.state.composer, ticket.prompted) == ("bella", ["bella"])


async def everybodys() -> Ticket:
    """A ticket whose reply is to be written, and nobody could be named who does."""
    ticket = Ticket()
    await ticket.ask("delivery", by="system")
    await ticket.note("desk")
    assert (ticket.stage, ticket.prompted, ticket.state.assignee) == ("composing", [None], None)
    return ticket


async def test_where_everyone_was_prompted_everyone_is_told_what_follows() -> None:
    ticket = await everybodys()
    await ticket.note("desk", "correction")
    assert ticket.told == {"a late note": ("everyone",)}
    await ticket.customer()
    assert ticket.told == {"the customer wrote": ("everyone",)}
    await ticket.ask("billing", by="system")
    assert ticket.told["recalled: another department is asked"] == ("everyone",)

    ticket = await everybodys()
    await ticket.close(force=True, reason="sold")
    assert ticket.told == {"closed": ("everyone",)}


async def test_only_a_shared_account_having_answered_the_dispatcher_composes() -> None:
    ticket = await collecting(["delivery"])

    await ticket.note("desk")

    assert (ticket.state.composer, ticket.prompted) == ("petra", ["petra"])


async def test_with_nobody_who_can_compose_everyone_is_prompted() -> None:
    ticket = Ticket()
    await ticket.ask("delivery", by="system")

    await ticket.note("desk")

    assert (ticket.stage, ticket.state.composer, ticket.prompted) == ("composing", None, [None])


@pytest.mark.parametrize(
    ("kind", "by", "fields", "told"),
    [
        ("taken", "ivan", {}, {}),
        ("assigned", "petra", {"staff": "ivan"}, {"assigned": ("ivan",)}),
    ],
)
async def test_by_hand_the_reply_moves_to_another_composer(
    kind: str, by: str, fields: dict[str, Any], told: dict[str, Any]
) -> None:
    ticket = await composing()

    state = await ticket.do(kind, by, **fields)

    assert (state.composer, state.assignee, state.draft.composer) == ("ivan", "ivan", "ivan")
    assert (ticket.told, state.prompts) == (told, 1)
    with pytest.raises(NotAllowed):
        await ticket.reply("wanda")
    assert (await ticket.reply("ivan")).stage == "answered"


@pytest.mark.parametrize(("kind", "fields"), [("taken", {}), ("assigned", {"staff": "desk"})])
async def test_a_shared_account_cannot_become_composer_by_hand(kind: str, fields: dict[str, Any]) -> None:
    ticket = await composing()

    with pytest.raises(IllegalTransition, match="desk is an account that several people use"):
        await ticket.do(kind, "petra" if fields else "desk", **fields)


async def test_while_departments_are_asked_a_move_by_hand_names_no_composer() -> None:
    ticket = await collecting()

    state = await ticket.do("assigned", "petra", staff="ivan")

    assert (state.assignee, state.composer) == ("ivan", None)


async def test_a_ticket_assigned_to_somebody_unknown_is_refused() -> None:
    ticket = await collecting()

    with pytest.raises(UnknownStaff, match="there is nobody 'nemo'"):
        await ticket.do("assigned", "petra", staff="nemo")


async def test_another_composer_finds_a_draft_that_names_them() -> None:
    ticket = await composing()
    ticket.templates = parse_templates(SIGNED, "templates.yaml", company())
    await ticket.note("bella", "late")
    assert drafted(ticket.state) == "Yours, Wanda"

    await ticket.do("taken", "ivan")

    assert (drafted(ticket.state), ticket.state.draft.composer) == ("Yours, Ivan", "ivan")


SIGNED = """
version: 1
draft: "Yours, {% if composer %}{{ composer.name }}{% else %}nobody{% endif %}"
templates: [{id: two, name: Two, departments: [accounts, parcels], note: Please answer.}]
"""


async def test_who_takes_the_ticket_from_a_queue_by_coming_online_writes_the_reply() -> None:
    ticket = await composing()
    await ticket.do("assigned", "petra", line="front")
    assert (ticket.state.assignee, ticket.state.composer) == (None, "wanda")
    assert ticket.told == {"assigned": ("line front",)}

    ticket.is_now("ivan", Presence.ONLINE)
    state = await ticket.do("presence_changed", "system", staff="ivan", presence="online")

    assert (state.assignee, state.composer, ticket.told) == ("ivan", "ivan", {"assigned": ("ivan",)})


async def test_whom_a_rule_assigns_the_ticket_is_told_once_and_writes_the_reply() -> None:
    ticket = await composing(more_rules=TO_IVAN)

    state = await ticket.customer()

    assert (state.assignee, state.composer) == ("ivan", "ivan")
    assert ticket.told == {"the customer wrote": ("wanda",), "assigned": ("ivan",)}
    await ticket.customer()
    assert ticket.told == {"the customer wrote": ("ivan",)}


TO_IVAN = """
  - id: to-ivan
    name: To Ivan
    cases: tickets
    when: {event.kind: customer_message, case.stage: composing}
    then: [assign: {staff: ivan}]
"""


# --- Handing on ---------------------------------------------------------------------------------


async def test_whoever_hands_a_ticket_to_their_own_line_hands_it_on_and_never_gets_it_back() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("taken", "ivan")
    ticket.is_now("ivan", Presence.ONLINE)

    await ticket.do("assigned", "ivan", line="front")
    assert (ticket.state.assignee, ticket.state.line, ticket.state.handed_on_by) == (None, "front", "ivan")
    await ticket.do("presence_changed", "system", staff="ivan", presence="online")
    await ticket.do("assigned", "ivan", line="front")
    assert (ticket.state.assignee, ticket.state.handed_on_by) == (None, "ivan")

    ticket.is_now("petra", Presence.ONLINE)
    state = await ticket.do("presence_changed", "system", staff="petra", presence="online")
    assert (state.assignee, state.handed_on_by) == ("petra", None)


async def test_the_giver_may_take_a_ticket_again_by_hand() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("taken", "ivan")
    await ticket.do("assigned", "ivan", line="front")

    state = await ticket.do("taken", "ivan")

    assert (state.assignee, state.handed_on_by) == ("ivan", None)


async def test_a_composer_who_hands_the_reply_on_is_composer_no_more() -> None:
    ticket = await composing()
    ticket.is_now("wanda", Presence.ONLINE)

    state = await ticket.do("assigned", "wanda", line="experts")
    assert (state.assignee, state.composer, state.line) == (None, None, "experts")
    assert ticket.told == {"assigned": ("line experts",)}
    with pytest.raises(NotAllowed, match="wanda cannot send the reply"):
        await ticket.reply("wanda")

    ticket.is_now("bella", Presence.ONLINE)
    state = await ticket.do("presence_changed", "system", staff="bella", presence="online")
    assert (state.assignee, state.composer, ticket.prompted) == ("bella", "bella", ["wanda"])


async def test_a_program_says_from_whom_it_takes_a_ticket() -> None:
    ticket = await composing()
    ticket.is_now("wanda", Presence.ONLINE)

    state = await ticket.do("assigned", "system", line="experts", not_to="wanda")
    assert (state.assignee, state.composer, state.handed_on_by) == (None, None, "wanda")


# --- Two answers --------------------------------------------------------------------------------


async def test_two_who_answer_the_same_message_of_a_ticket_are_both_told_once() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("agent_message", "ivan", text="On its way")
    assert ticket.told == {}

    await ticket.do("agent_message", "petra", text="It is lost")
    assert ticket.told == {"two replied": ("ivan", "petra")}
    await ticket.do("agent_message", "ivan", text="Is it?")
    assert ticket.told == {}

    await ticket.customer()
    await ticket.do("agent_message", "petra", text="Sorry")
    assert ticket.told == {}
    await ticket.reply("ivan")
    assert ticket.told == {"two replied": ("petra", "ivan")}, (
        "nobody was asked: it is an answer like any other"
    )


async def test_the_one_reply_of_a_round_is_no_second_answer() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("agent_message", "ivan", text="We ask")
    await ticket.ask("billing")
    await ticket.note("bella")

    await ticket.reply("bella")

    assert ticket.told == {}


# --- Closing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (collecting, "closing would pass over billing, delivery, warranty, asked and not yet answered"),
        (composing, "closing would pass over the reply that wanda is to write"),
    ],
    ids=["while departments are asked", "while composing"],
)
async def test_closing_over_somebody_is_refused_with_the_reason(begin: Any, why: str) -> None:
    ticket = await begin()
    before = ticket.state

    with pytest.raises(DepartmentsWaiting, match=why):
        await ticket.close()

    assert ticket.state == before


@pytest.mark.parametrize("begin", [collecting, composing], ids=["collecting", "composing"])
async def test_a_person_can_force_it_with_a_reason_which_is_kept(begin: Any) -> None:
    ticket = await begin()

    state = await ticket.close(force=True, reason="the customer called")

    assert (state.stage, state.status, state.closed_because) == ("closed", "closed", "the customer called")
    assert state.waiting == ()
    assert state.labels == (MARKER,)


@pytest.mark.parametrize("reason", ["", "  "])
async def test_force_without_a_reason_is_refused(reason: str) -> None:
    ticket = await collecting()

    with pytest.raises(InvalidEvent, match="closing by force needs a reason"):
        await ticket.close(force=True, reason=reason)


async def test_a_program_cannot_force() -> None:
    ticket = await collecting()

    with pytest.raises(NotAllowed, match="only a person can close a ticket by force"):
        await ticket.close("system", force=True, reason="cleaning up")


@pytest.mark.parametrize("begin", [collecting, composing], ids=["collecting", "composing"])
async def test_a_rule_cannot_force_and_its_action_is_skipped_with_the_reason(begin: Any) -> None:
    more = (
        "  - {id: c, name: C, cases: tickets, when: {event.added_labels: vip}, then: [set status: closed]}\n"
    )
    ticket = await begin(more_rules=more)

    state = await ticket.ask("vip")

    assert not state.final
    (fired,) = ticket.fired
    assert [why.partition(" would")[0] for why in fired.skipped] == ["closing by a rule"]


async def test_a_rule_may_close_where_nobody_is_passed_over() -> None:
    more = (
        "  - {id: c, name: C, cases: tickets, when: {event.added_labels: vip}, then: [set status: closed]}\n"
    )
    ticket = await answered(more_rules=more)

    assert (await ticket.ask("vip")).stage == "closed"


@pytest.mark.parametrize("by", ["petra", "system"])
async def test_an_answered_ticket_is_closed_by_anybody_without_force(by: str) -> None:
    ticket = await answered()

    state = await ticket.close(by)

    assert (state.stage, state.status, state.closed_because) == ("closed", "closed", None)


async def test_merging_withdraws_the_departments_and_closes() -> None:
    ticket = await collecting()
    await ticket.note("bella")

    state = await ticket.do("merged_into", "petra", case="ticket:t-2")

    assert (state.stage, state.status, state.closed_because) == ("closed", "closed", "merged into ticket:t-2")
    assert ticket.states() == {"billing": ANSWERED, "delivery": WITHDRAWN, "warranty": WITHDRAWN}
    assert state.labels == (MARKER,)
    assert ticket.told == {"no longer asked": ("delivery", "warranty")}
    assert ticket.prompted == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("merged_into", {"case": "ticket:t-2"}),
        ("status_set", {"status": "closed", "force": True, "reason": "sold"}),
    ],
)
async def test_who_writes_the_reply_is_told_that_none_is_needed(kind: str, fields: dict[str, Any]) -> None:
    ticket = await composing()

    await ticket.do(kind, "petra", **fields)

    assert ticket.told == {"closed": ("wanda",)}


# --- Opening it again ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "by", "fields"),
    [
        ("agent_message", "ivan", {}),
        ("template_applied", "petra", {"template": "two"}),
        ("labels_changed", "petra", {"add": ["vip"]}),
        ("note_added", "bella", {"text": "late"}),
        ("send_reply", "wanda", {"text": "again"}),
        ("status_set", "petra", {"status": "open"}),
        ("merged_into", "petra", {"case": "ticket:t-2"}),
    ],
)
async def test_only_its_customer_opens_a_closed_ticket_again(
    kind: str, by: str, fields: dict[str, Any]
) -> None:
    ticket = await answered()
    await ticket.close()

    with pytest.raises(IllegalTransition, match="the ticket is closed, which is final"):
        await ticket.do(kind, by, **fields)


async def test_a_later_message_opens_it_anew_and_knows_the_case_before() -> None:
    ticket = await answered()
    closed = await ticket.close()
    ticket.desk.previous = Previous(case_id=closed.case_id or "", assignee="wanda", holders=closed.holders)

    state = await ticket.customer()

    assert (state.stage, state.status, state.previous_case) == ("triage", "open", closed.case_id)
    assert state.case_id != closed.case_id
    assert (state.ticket_id, state.customer, state.subject) == ("t-1", "c", "Paper")
    assert (state.departments, state.labels, state.round, state.prompts, state.replies) == ((), (), 0, 0, 0)
    assert state.holders == closed.holders
    assert state.holders["experts"] == "wanda"


async def test_where_an_earlier_case_was_closed_elsewhere_only_the_customer_begins_a_new_run() -> None:
    ticket = Ticket()
    ticket.desk.previous = Previous(case_id="case-0")

    with pytest.raises(IllegalTransition, match="t-1 is closed; only its customer's message opens it again"):
        await ticket.apply()
    assert (await ticket.customer()).previous_case == "case-0"


@pytest.mark.parametrize(
    ("kind", "by", "fields", "stage"),
    [
        ("customer_message", "customer", {}, "triage"),
        ("agent_message", "ivan", {}, "triage"),
        ("ticket_opened", "ivan", {"ticket_id": "t-1"}, "triage"),
        ("labels_changed", "petra", {"add": ["vip"]}, "triage"),
        ("labels_changed", "petra", {"add": ["billing"]}, "collecting"),
        ("template_applied", "petra", {"template": "two"}, "collecting"),
    ],
)
async def test_what_opens_a_ticket(kind: str, by: str, fields: dict[str, Any], stage: str) -> None:
    ticket = Ticket()

    state = await ticket.do(kind, by, **fields)

    assert (state.stage, state.case_id) == (stage, "simulated-1")


@pytest.mark.parametrize(
    ("kind", "by", "fields"),
    [
        ("note_added", "bella", {"text": "?"}),
        ("taken", "ivan", {}),
        ("status_set", "petra", {"status": "closed"}),
        ("send_reply", "petra", {"text": "?"}),
        ("department_asked_again", "petra", {"label": "billing"}),
    ],
)
async def test_nothing_else_opens_one(kind: str, by: str, fields: dict[str, Any]) -> None:
    ticket = Ticket()

    with pytest.raises(IllegalTransition, match="there is none yet: a message, a template or a label begins"):
        await ticket.do(kind, by, **fields)
