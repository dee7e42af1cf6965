"""A change of the directory reaches a ticket: departments with other labels, and people who are gone.

Source: section 10 of the design. Departments: "accounts" has the label "billing", "parcels" "delivery" and
"repairs" "warranty".
"""

from __future__ import annotations

import pytest

from baton.contract import Department, DepartmentState, Presence, TicketStage
from baton.errors import DepartmentsWaiting, IllegalTransition, UnknownLabel
from baton.model.effects import CaseWrite, Escalation, Notice
from baton.model.ticket.story import details, what_happened, who_acts
from baton.templates.drafting import drafted
from tests.unit.ticket.world import MARKER, Ticket, answered, collecting, composing

ASKED, ANSWERED = DepartmentState.ASKED, DepartmentState.ANSWERED


def renamed(ticket: Ticket, **labels: str) -> None:
    """Departments get other labels."""
    ticket.changes(departments={key: {"label": label} for key, label in labels.items()})


def write_of(ticket: Ticket) -> CaseWrite | None:
    """What the last event wrote to the help desk."""
    return next((effect for effect in ticket.effects if isinstance(effect, CaseWrite)), None)


def blocks(ticket: Ticket, label: str) -> bool:
    department = ticket.state.department(label)
    assert department is not None
    return department.blocks


class TestAnotherLabel:
    async def test_the_ticket_knows_its_departments_by_their_keys(self) -> None:
        ticket = await collecting()

        assert {one.label: one.key for one in ticket.state.departments} == {
            "billing": "accounts",
            "delivery": "parcels",
            "warranty": "repairs",
        }

    async def test_the_ticket_gets_the_new_label_and_so_does_the_help_desk(self) -> None:
        ticket = await collecting()
        renamed(ticket, accounts="invoices")

        await ticket.told_of_change()

        assert ticket.states() == {"invoices": ASKED, "delivery": ASKED, "warranty": ASKED}
        assert ticket.state.labels == ("invoices", "delivery", "warranty", MARKER)
        write = write_of(ticket)
        assert write is not None
        assert (write.do, write.add_labels, write.remove_labels) == (
            "update_case",
            ("invoices",),
            ("billing",),
        )
        assert write.labels == ticket.state.labels
        assert ticket.told == {}, "nothing else is asked of anybody"

    async def test_the_story_says_what_it_is_called_now(self) -> None:
        ticket = await collecting(["billing"])
        before = ticket.state
        renamed(ticket, accounts="invoices")
        await ticket.told_of_change()

        assert what_happened(before, ticket.state) == "billing is called invoices now, +invoices, -billing"

    async def test_nothing_is_written_where_nothing_has_changed(self) -> None:
        ticket = await collecting()
        before = ticket.state
        renamed(ticket, parcels="delivery")

        await ticket.told_of_change()

        assert (ticket.state.departments, ticket.state.labels) == (before.departments, before.labels)
        assert ticket.effects == ()

    async def test_a_members_note_answers_even_before_the_ticket_was_told(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        renamed(ticket, accounts="invoices")

        await ticket.note("bella")

        assert ticket.states() == {"invoices": ANSWERED, "delivery": ASKED}
        assert ticket.fired[0].rule == "label-off"
        write = write_of(ticket)
        assert write is not None
        assert write.labels == ("delivery", MARKER)
        assert write.remove_labels == ("billing",), "the help desk does not know the new one yet"

    @pytest.mark.parametrize("label", ["billing", "invoices"])
    async def test_a_note_may_name_the_label_of_before(self, label: str) -> None:
        ticket = await collecting()
        renamed(ticket, accounts="invoices")
        await ticket.told_of_change()

        await ticket.note("petra", label=label)

        assert ticket.states()["invoices"] is ANSWERED

    @pytest.mark.parametrize("label", ["billing", "invoices"])
    async def test_taking_the_label_off_withdraws(self, label: str) -> None:
        ticket = await collecting()
        renamed(ticket, accounts="invoices")
        await ticket.told_of_change()

        await ticket.withdraw(label)

        assert ticket.states()["invoices"] is DepartmentState.WITHDRAWN
        assert ticket.state.labels == ("delivery", "warranty", MARKER)

    async def test_the_last_answer_ends_the_round_and_the_draft_has_the_names_and_notes(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        await ticket.note("bella", "paid")
        renamed(ticket, accounts="invoices", parcels="shipping")
        await ticket.told_of_change()

        await ticket.note("dan", "on its way")

        assert (ticket.stage, ticket.state.composer) == (TicketStage.COMPOSING, "dan")
        assert "Billing, Bella: paid" in drafted(ticket.state)
        assert "Delivery, Dan: on its way" in drafted(ticket.state)

    async def test_in_composing_the_draft_stays_and_is_amended(self) -> None:
        ticket = await composing(["billing", "delivery"])
        draft = drafted(ticket.state)
        renamed(ticket, accounts="invoices")

        await ticket.told_of_change()

        assert drafted(ticket.state) == draft
        assert ticket.prompted == ["dan"], "and nobody is prompted again"
        await ticket.note("bella", "and paid back")
        assert "Billing, Bella: and paid back" in drafted(ticket.state)
        assert ticket.told == {"a late note": ("dan",)}

    async def test_a_department_without_a_name_is_called_as_when_it_answered(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.changes(departments={"accounts": {"name": "billing"}})
        await ticket.note("bella", "paid")
        await ticket.note("dan", "on its way")
        renamed(ticket, accounts="invoices")

        await ticket.told_of_change()

        assert "billing, Bella: paid" in drafted(ticket.state)

    @pytest.mark.parametrize("label", ["billing", "invoices"])
    async def test_one_that_has_answered_is_asked_again(self, label: str) -> None:
        ticket = await composing()
        renamed(ticket, accounts="invoices")
        await ticket.told_of_change()

        if label == "billing":
            with pytest.raises(UnknownLabel):
                await ticket.ask(label)
        await ticket.again(label)

        assert ticket.state.asked == ("invoices",)
        assert ticket.told["asked again"] == ("invoices",)
        assert ticket.state.department("invoices").key == "accounts"  # type: ignore[union-attr]

    async def test_declining_and_being_named_as_another(self) -> None:
        ticket = await collecting(["billing"])
        renamed(ticket, accounts="invoices", repairs="service")
        await ticket.told_of_change()

        await ticket.decline("billing", by="bella", to="service")

        assert ticket.state.asked == ("service",)
        assert ticket.state.department("invoices").declined_to == "service"  # type: ignore[union-attr]
        renamed(ticket, repairs="workshop")
        await ticket.told_of_change()
        assert ticket.state.department("invoices").declined_to == "workshop"  # type: ignore[union-attr]

    async def test_a_template_does_not_ask_a_department_twice(self) -> None:
        ticket = await collecting(["billing"])
        renamed(ticket, accounts="invoices")

        await ticket.apply("two")

        assert ticket.states() == {"invoices": ASKED, "delivery": ASKED}

    async def test_two_departments_exchange_their_labels(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        await ticket.note("bella", "paid")
        renamed(ticket, accounts="tmp")
        renamed(ticket, parcels="billing")
        renamed(ticket, accounts="delivery")

        await ticket.told_of_change()

        assert ticket.states() == {"delivery": ANSWERED, "billing": ASKED}
        assert ticket.texts("delivery") == ["paid"]
        assert ticket.state.labels == ("billing", MARKER)
        await ticket.note("dan")
        assert ticket.stage is TicketStage.COMPOSING

    async def test_a_label_that_goes_from_a_removed_department_to_another(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.changes(
            departments={"accounts": None, "parcels": {"label": "billing"}},
            staff={"bella": {"departments": ()}, "lena": {"departments": ["repairs"]}},
        )

        await ticket.told_of_change()

        assert ticket.states() == {"billing (accounts)": ASKED, "billing": ASKED}
        assert ticket.state.blocking == ("billing (accounts)",)
        await ticket.note("dan")
        assert ticket.states()["billing"] is ANSWERED
        await ticket.withdraw("billing (accounts)")
        assert ticket.stage is TicketStage.COMPOSING

    @pytest.mark.parametrize("told", [{}, {"billing": "accounts"}], ids=["by its label", "by what was told"])
    async def test_a_ticket_of_before_is_found_by_its_label(self, told: dict[str, str]) -> None:
        ticket = await collecting(["billing"])
        ticket.state = ticket.state.model_copy(
            update={
                "departments": tuple(one.model_copy(update={"key": None}) for one in ticket.state.departments)
            }
        )
        if not told:
            await ticket.customer("Hello?")  # from now on it knows the keys
        renamed(ticket, accounts="invoices")

        await ticket.told_of_change(**told)

        assert ticket.states() == {"invoices": ASKED}
        assert ticket.state.blocking == ()


class TestADepartmentWithoutAnybody:
    async def test_the_last_member_of_an_asked_department_is_removed(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.gone("bella", "lena")

        await ticket.told_of_change()

        assert ticket.states() == {"billing": ASKED, "delivery": ASKED}
        assert ticket.state.blocking == ("billing",)
        assert ticket.told == {"nobody answers for billing": ("petra",)}
        await ticket.told_of_change()
        assert ticket.told == {}, "told once"

    async def test_the_department_itself_is_removed(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.changes(departments={"repairs": None}, staff={"wanda": None, "lena": {"departments": []}})
        ticket.changes(departments={"accounts": None}, staff={"bella": {"departments": []}})

        await ticket.told_of_change()

        assert ticket.state.blocking == ("billing",)
        assert ticket.told == {"nobody answers for billing": ("petra",)}

    async def test_the_others_answer_and_the_round_waits_for_the_dispatcher(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        await ticket.note("dan")
        assert (ticket.stage, ticket.state.waiting) == (TicketStage.COLLECTING, ("billing",))
        assert ticket.told == {"nobody answers for billing": ("petra",)}, "it is the last one now"

        await ticket.withdraw("billing")
        assert (ticket.stage, ticket.state.composer) == (TicketStage.COMPOSING, "dan")

    async def test_the_dispatcher_redirects_the_question(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        await ticket.decline("billing", by="petra", to="delivery")

        assert (ticket.state.asked, ticket.state.blocking) == (("delivery",), ())

    async def test_the_dispatcher_answers_for_it(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        await ticket.note("petra", "it was paid", label="billing")

        assert (ticket.stage, ticket.state.waiting) == (TicketStage.COMPOSING, ())
        assert not blocks(ticket, "billing")

    async def test_what_is_refused_says_that_nobody_is_there(self) -> None:
        ticket = await collecting(["billing", "delivery", "warranty"])
        await ticket.decline("warranty")
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        with pytest.raises(DepartmentsWaiting, match="warranty declined; nobody answers for billing"):
            await ticket.close()

    async def test_the_story_says_so(self) -> None:
        ticket = await collecting(["billing"])
        before = ticket.state
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        assert what_happened(before, ticket.state) == "billing asked (blocks)"
        assert who_acts(ticket.state) == "**petra** must see to billing: no answer will come from there."
        assert "**nobody** is there" in details(ticket.state, [], 0)

    async def test_without_another_department_it_stays_blocked(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("bella", "lena")
        await ticket.told_of_change()

        with pytest.raises(IllegalTransition, match="stays without an answer"):
            await ticket.decline("billing", by="petra")

    async def test_somebody_joins_the_department_and_it_is_asked_again(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("bella", "lena")
        await ticket.told_of_change()
        ticket.changes(
            departments={"accounts": {"lead": "nina"}},
            staff={"nina": {"line": "experts", "departments": ["accounts"]}},
        )

        await ticket.told_of_change()

        assert ticket.state.blocking == ()
        assert ticket.told == {"asked": ("billing",)}
        await ticket.note("nina")
        assert ticket.stage is TicketStage.COMPOSING

    async def test_one_that_has_answered_does_not_block(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        await ticket.note("bella", "paid")
        ticket.gone("bella", "lena")

        await ticket.told_of_change()

        assert (ticket.state.blocking, ticket.told) == ((), {})
        await ticket.note("dan")
        assert "Billing, Bella: paid" in drafted(ticket.state)

    async def test_asking_one_without_anybody_blocks_at_once(self) -> None:
        ticket = await collecting(["delivery"])
        ticket.gone("bella", "lena")

        await ticket.ask("billing")

        assert ticket.state.blocking == ("billing",)
        assert ticket.told["nobody answers for billing"] == ("petra",)

    async def test_nobody_is_reminded_where_nobody_is_and_it_is_overdue_nevertheless(self) -> None:
        ticket = Ticket()
        ticket.changes(departments={"accounts": {"answer_within_hours": 4, "remind_before_hours": 1}})
        await ticket.customer()
        await ticket.ask("billing")
        ticket.changes(departments={"accounts": {"lead": "dora"}}, staff={"bella": None, "lena": None})
        await ticket.told_of_change()

        due = await ticket.after(hours=5)

        assert [event.kind for event in due] == ["department_due"]
        assert [effect.to for effect in ticket.effects if isinstance(effect, Escalation)] == ["dora"]


class TestTheDispatcherIsGone:
    async def test_nobody_is_the_dispatcher_until_somebody_asks(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("petra")

        await ticket.told_of_change()

        assert (ticket.state.dispatcher, ticket.told) == (None, {})
        await ticket.ask("delivery", by="ivan")
        assert ticket.state.dispatcher == "ivan"

    async def test_whoever_asks_next_takes_over_from_one_who_is_gone(self) -> None:
        ticket = await collecting(["billing"])
        ticket.gone("petra")

        await ticket.ask("delivery", by="ivan")

        assert ticket.state.dispatcher == "ivan"

    @pytest.mark.parametrize("there", [True, False])
    @pytest.mark.parametrize("how", ["declined", "deserted"])
    async def test_a_round_that_was_blocked_before_becomes_somebody_elses(
        self, how: str, there: bool
    ) -> None:
        ticket = await collecting(["billing", "delivery"])
        if how == "declined":
            await ticket.decline("billing")
        else:
            ticket.gone("bella", "lena")
            await ticket.told_of_change()
        if there:
            ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("petra")

        await ticket.told_of_change()

        assert ticket.told == {"nobody answers for billing": ("dora",) if there else ("everyone",)}

    async def test_dispatcher_and_department_are_gone_together_and_it_is_told_once(self) -> None:
        ticket = await collecting(["billing", "delivery"])
        ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("petra", "bella", "lena")

        await ticket.told_of_change()

        assert ticket.told == {"nobody answers for billing": ("dora",)}
        notices = [effect for effect in ticket.effects if isinstance(effect, Notice)]
        assert [len(notice.tell) for notice in notices] == [1]

    async def test_a_dispatcher_who_is_offline_does_not_stand_in(self) -> None:
        ticket = await collecting(["billing"])
        ticket.is_now("dora", Presence.OFFLINE)
        ticket.gone("petra")
        await ticket.told_of_change()

        await ticket.decline("billing")

        assert ticket.told == {"billing declined: not ours": ("everyone",)}

    async def test_nobody_has_answered(self) -> None:
        ticket = await collecting(["billing"])
        ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("petra")
        await ticket.told_of_change()

        await ticket.withdraw("billing", by="ivan")

        assert (ticket.stage, ticket.state.assignee) == (TicketStage.TRIAGE, None)
        assert ticket.told["nobody has answered"] == ("dora",)


class TestTheComposerIsGone:
    async def test_another_contributor_who_is_there_writes_the_reply(self) -> None:
        ticket = await composing()
        ticket.is_now("bella", Presence.ONLINE)
        ticket.gone("wanda")

        await ticket.told_of_change()

        assert (ticket.state.composer, ticket.state.assignee) == ("bella", "bella")
        assert ticket.told == {"you write the reply now": ("bella",)}
        assert ticket.prompted == ["wanda"], "no second prompt"

    async def test_else_the_dispatcher(self) -> None:
        ticket = await composing()
        ticket.gone("wanda")

        await ticket.told_of_change()

        assert (ticket.state.composer, ticket.state.assignee) == ("petra", "petra")

    async def test_else_any_contributor_who_still_works_here(self) -> None:
        ticket = await composing()
        ticket.gone("wanda", "petra")

        await ticket.told_of_change()

        assert (ticket.state.composer, ticket.state.dispatcher) == ("dan", None)

    async def test_if_nobody_is_left_those_with_the_role_are_told(self) -> None:
        ticket = await composing(["billing"])
        ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("bella", "petra")

        await ticket.told_of_change()

        assert (ticket.state.composer, ticket.state.assignee) == (None, None)
        assert ticket.told == {"nobody is there to write the reply": ("dora",)}
        await ticket.do("taken", "dora")
        assert ticket.state.composer == "dora"

    async def test_after_the_reply_the_customer_reaches_somebody_who_works_here(self) -> None:
        ticket = await answered()
        ticket.gone("wanda")
        await ticket.told_of_change()
        assert (ticket.state.composer, ticket.state.assignee, ticket.told) == (None, None, {})

        await ticket.customer("And now?")

        assert (ticket.stage, ticket.state.assignee) == (TicketStage.TRIAGE, "petra")


class TestTheAssigneeIsGone:
    async def triage(self, assignee: str = "ivan") -> Ticket:
        ticket = Ticket()
        await ticket.customer()
        await ticket.do("assigned", "petra", staff=assignee)
        return ticket

    async def test_in_triage_somebody_of_the_line_gets_it(self) -> None:
        ticket = await self.triage()
        ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("ivan")

        await ticket.told_of_change()

        assert (ticket.state.assignee, ticket.state.line) == ("dora", "front")
        assert ticket.told == {"assigned": ("dora",)}
        write = write_of(ticket)
        assert write is not None
        assert (write.do, write.assignee) == ("reassign", "dora")

    async def test_if_nobody_of_the_line_is_there_everyone_is_told(self) -> None:
        ticket = await self.triage()
        ticket.gone("ivan")

        await ticket.told_of_change()

        assert (ticket.state.assignee, ticket.state.line) == (None, None)
        assert ticket.told == {"new": ("everyone",)}

    async def test_the_dispatcher_gets_it_before_everyone(self) -> None:
        ticket = await self.triage("bella")
        await ticket.ask("billing")
        await ticket.withdraw("billing")
        await ticket.do("assigned", "petra", staff="bella")
        ticket.is_now("petra", Presence.ONLINE)
        ticket.gone("bella")

        await ticket.told_of_change()

        assert ticket.state.assignee == "petra"

    async def test_while_departments_are_asked_it_is_the_dispatchers(self) -> None:
        ticket = await self.triage()
        await ticket.ask("billing")
        ticket.gone("ivan")

        await ticket.told_of_change()

        assert (ticket.state.assignee, ticket.told) == ("petra", {})

    async def test_nobody_who_is_gone_was_the_last_holder_of_a_line(self) -> None:
        ticket = await self.triage()
        await ticket.do("assigned", "petra", staff="bella")
        assert ticket.state.holders == {"front": "ivan", "experts": "bella"}
        ticket.gone("ivan")

        await ticket.told_of_change()

        assert ticket.state.holders == {"experts": "bella"}

    async def test_whoever_changes_the_line_takes_the_ticket_along(self) -> None:
        ticket = await self.triage()
        ticket.changes(staff={"ivan": {"line": "experts"}})

        await ticket.told_of_change()

        assert (ticket.state.assignee, ticket.state.line) == ("ivan", "experts")


class TestALineWithoutAnybody:
    @pytest.mark.parametrize("how", ["gone", "everybody has left it"])
    async def test_what_waits_in_its_queue_goes_to_everyone(self, how: str) -> None:
        ticket = Ticket()
        await ticket.customer()
        ticket.changes(lines={"night": {}}, staff={"nina": {"line": "night"}})
        await ticket.do("assigned", "petra", line="night")
        assert (ticket.state.assignee, ticket.state.line) == (None, "night")
        ticket.changes(
            staff={"nina": {"line": "front"}}, **({"lines": {"night": None}} if how == "gone" else {})
        )

        await ticket.told_of_change()

        assert (ticket.stage, ticket.state.line) == (TicketStage.TRIAGE, None)
        assert ticket.told == {"new": ("everyone",)}

    @pytest.mark.parametrize("had", ["petra", None])
    async def test_a_ticket_that_is_given_to_it_is_there_for_everyone(self, had: str | None) -> None:
        ticket = Ticket()
        await ticket.customer()
        await ticket.do("assigned", "petra", staff=had)
        ticket.changes(lines={"night": {}})

        await ticket.do("assigned", "petra", line="night", not_to="ivan")

        assert (ticket.state.assignee, ticket.state.line, ticket.state.handed_on_by) == (None, None, None)
        assert ticket.told == ({"new": ("everyone",)} if had else {}), "if not told before"

    async def test_a_reply_that_waited_in_its_queue_is_written_by_another(self) -> None:
        ticket = await composing()
        ticket.changes(lines={"night": {}}, staff={"nina": {"line": "night"}})
        await ticket.do("assigned", "petra", staff="nina")
        await ticket.do("assigned", "nina", line="night")
        assert (ticket.state.composer, ticket.state.line, ticket.state.handed_on_by) == (
            None,
            "night",
            "nina",
        )
        ticket.changes(lines={"night": None}, staff={"nina": None})

        await ticket.told_of_change()

        assert (ticket.stage, ticket.state.composer) == (TicketStage.COMPOSING, "petra")
        assert (ticket.state.assignee, ticket.state.handed_on_by) == ("petra", None)
        assert ticket.told == {"you write the reply now": ("petra",)}, "the dispatcher is there"

    async def test_a_reply_is_not_left_to_it(self) -> None:
        ticket = await composing()
        ticket.changes(lines={"night": {}})

        with pytest.raises(IllegalTransition, match="to a line with people"):
            await ticket.do("assigned", "petra", line="night")

    async def test_a_queue_whose_line_is_there_stays(self) -> None:
        ticket = Ticket()
        await ticket.customer()
        await ticket.do("assigned", "petra", line="front")
        ticket.changes(lines={"experts": {"name": "Experts"}})

        await ticket.told_of_change()

        assert (ticket.state.line, ticket.told) == ("front", {})


class TestTheLeadIsGone:
    async def overdue(self) -> Ticket:
        ticket = Ticket()
        ticket.changes(departments={"accounts": {"answer_within_hours": 1}})
        await ticket.customer()
        await ticket.ask("billing")
        await ticket.after(hours=2)
        assert [effect.to for effect in ticket.effects if isinstance(effect, Escalation)] == ["lena"]
        return ticket

    async def test_the_next_lead_is_told_that_an_answer_is_overdue(self) -> None:
        ticket = await self.overdue()
        ticket.changes(departments={"accounts": {"lead": "bella"}}, staff={"lena": None})

        await ticket.told_of_change()

        assert ticket.told == {"overdue: billing": ("bella",)}
        await ticket.told_of_change()
        assert ticket.told == {}

    async def test_another_lead_is_not_told_while_the_former_one_is_here(self) -> None:
        ticket = await self.overdue()
        ticket.changes(departments={"accounts": {"lead": "bella"}})

        await ticket.told_of_change()

        assert ticket.told == {}

    async def test_an_escalation_never_goes_to_a_dispatcher_who_is_gone(self) -> None:
        ticket = Ticket()
        ticket.changes(departments={"accounts": {"answer_within_hours": 1, "lead": None}})
        await ticket.customer()
        await ticket.ask("billing")
        ticket.is_now("dora", Presence.ONLINE)
        ticket.gone("petra")

        await ticket.after(hours=2)

        assert [effect.to for effect in ticket.effects if isinstance(effect, Escalation)] == ["dora"]


def test_a_department_of_an_older_release_has_no_key() -> None:
    old = Department.model_validate(
        {"label": "billing", "state": "asked", "asked_at": "2026-03-02T10:00:00Z"}
    )

    assert (old.key, old.formerly, old.escalated_to) == (None, (), None)
