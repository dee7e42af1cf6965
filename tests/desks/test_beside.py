"""Cases of a desk that stands beside the ledger, on the real server; the desk is on paper."""

from __future__ import annotations

import pytest

from baton.contract import DepartmentState, Presence, Status, TicketStage
from baton.errors import DeskRefused, HelpDeskUnavailable
from baton.model.effects import CaseRef
from helpdesks.outside.adapter import Changes, Shown
from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from lab.paper import PaperDesk
from lab.rig import Rig, eventually, failed_tasks, fresh
from tests.desks.looking import feed_of, look

LABELS = frozenset({"billing", "delivery", "warranty"})


async def test_three_departments_answer_and_one_reply_goes_out(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.asks(ticket, "petra", *LABELS)
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.sheets[ticket].shows["labels"] == LABELS | {"several-departments"}

    for who in ("ada", "ben"):
        paper.notes(ticket, who, f"{who} has looked.")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.sheets[ticket].shows["labels"] == {"warranty", "several-departments"}

    paper.notes(ticket, "cem", "Within the warranty.")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.sheets[ticket].shows == {
        "status": Status.OPEN,
        "assignee": "cem",
        "line": None,
        "labels": {"several-departments"},
    }
    draft = paper.texts(ticket, to_customer=False)[-1]
    assert "cem writes the reply" in draft
    assert "ada has looked." in draft

    await paper_rig.on_ticket("cem", ticket, "send_reply", text="It is all in order.")
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.texts(ticket, to_customer=True) == ["It is all in order."]
    assert paper.sheets[ticket].shows["status"] is Status.PENDING
    status = await look(paper_rig, paper)
    assert (status.told, status.refused, status.passed_over) == (5, 0, 0), "Baton's own came back as events"
    assert failed_tasks(await paper_rig.history(f"ticket:{ticket}")) == []


async def test_the_composer_replies_by_hand(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.labels(ticket, "petra", "billing", "delivery")
    paper.notes(ticket, "ada", "Paid.")
    paper.answers(ticket, "ben", "It arrives tomorrow, and it is paid.")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    now = await paper_rig.ticket(ticket)
    assert (now.stage, now.status, now.replies) == (TicketStage.ANSWERED, Status.PENDING, 1)
    assert all(one.state is DepartmentState.ANSWERED for one in now.departments)
    assert paper.texts(ticket, to_customer=True) == [], "the reply went out twice"
    assert paper.sheets[ticket].shows["status"] is Status.PENDING


async def test_what_is_refused_is_put_back_with_the_reason(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.labels(ticket, "petra", "billing")
    await look(paper_rig, paper)
    paper.sets(ticket, "petra", Status.CLOSED)
    paper.labels(ticket, "petra", "biling")
    status = await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert status.refused == 2
    assert paper.sheets[ticket].shows["status"] is Status.OPEN
    assert paper.sheets[ticket].shows["labels"] == {"billing"}
    refusals = [text for text in paper.texts(ticket, to_customer=False) if text.startswith("Not done: ")]
    assert len(refusals) == 2
    assert "billing" in refusals[0]
    assert "did you mean billing?" in refusals[1]


async def test_what_is_refused_is_put_back_also_if_that_broke_off_before(
    paper_rig: Rig, paper: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, show, failures = fresh("T"), paper.show, 1
    paper.writes(ticket, "carol")
    paper.labels(ticket, "petra", "billing")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")

    async def failing(desk_id: str) -> Shown:
        nonlocal failures
        if failures:
            failures -= 1
            raise HelpDeskUnavailable("away, for a test")
        return await show(desk_id)

    monkeypatch.setattr(paper, "show", failing)
    paper.sets(ticket, "petra", Status.CLOSED)
    status = await look(paper_rig, paper)
    assert (failures, status.refused) == (0, 1)
    assert paper.sheets[ticket].shows["status"] is Status.OPEN


async def test_what_was_changed_after_a_refused_change_stays(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.labels(ticket, "petra", "billing")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    paper.sets(ticket, "petra", Status.CLOSED)
    paper.sets(ticket, "petra", Status.PENDING)
    before = len(paper.journal)
    assert (await look(paper_rig, paper)).refused == 1
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.sheets[ticket].shows["status"] is Status.PENDING
    assert (await paper_rig.ticket(ticket)).status is Status.PENDING
    assert [heard.shows for _, heard in paper.journal[before:] if "status" in heard.shows] == []


async def test_the_dead_ticket_of_before_is_left_alone(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.journal.clear()
    paper.assigns(ticket, "petra", "ada")
    status = await look(paper_rig, paper)
    assert (status.heard, status.told, status.passed_over) == (1, 0, 1)
    assert paper.texts(ticket, to_customer=False) == []


async def test_a_worker_that_was_away_hears_everything_once(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    await look(paper_rig, paper)
    await paper_rig.stop_worker()
    paper.labels(ticket, "petra", "billing")
    paper.notes(ticket, "ada", "Paid.")
    await paper_rig.start_worker()
    status = await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert status.told == 3
    assert [entry.kind for entry in await paper_rig.client.ticket(ticket).timeline()] == [
        "customer_message",
        "labels_changed",
        "note_added",
    ]


async def test_a_feed_that_was_terminated_goes_on_where_it_was(paper_rig: Rig, paper: PaperDesk) -> None:
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    await look(paper_rig, paper)
    await paper_rig.stop_worker()
    await feed_of(paper_rig, "paper").terminate("by mistake")
    paper.labels(ticket, "petra", "billing")
    await paper_rig.start_worker()
    status = await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert status.told == 1
    timeline = await paper_rig.client.ticket(ticket).timeline()
    assert [entry.kind for entry in timeline] == ["customer_message", "labels_changed"]


async def test_a_person_who_was_faster_keeps_the_ticket(paper_rig: Rig, paper: PaperDesk) -> None:
    """The last note makes its author the composer; at the desk somebody else has got the ticket meanwhile."""
    ticket = fresh("T")
    paper.writes(ticket, "carol")
    paper.labels(ticket, "petra", "billing")
    await look(paper_rig, paper)
    paper.notes(ticket, "ada", "Paid.")
    paper.assigns(ticket, "petra", "dora")
    await look(paper_rig, paper)
    await paper_rig.settled(f"ticket:{ticket}")
    assert paper.sheets[ticket].shows["assignee"] == "dora"
    assert (await paper_rig.ticket(ticket)).assignee == "dora"


async def test_whoever_comes_and_goes_at_the_desk_does_so_here(paper_rig: Rig, paper: PaperDesk) -> None:
    paper.presences = {"ada": Presence.ONLINE, "ivan": Presence.OFFLINE, "stranger": Presence.ONLINE}
    paper.writes(fresh("T"), "carol")
    await look(paper_rig, paper)
    attendance = await paper_rig.desk.presence()
    assert attendance["ada"].presence is Presence.ONLINE
    assert attendance["ivan"].presence is Presence.OFFLINE
    assert "stranger" not in attendance


async def test_another_interval_counts_from_the_next_look_on(paper_rig: Rig, paper: PaperDesk) -> None:
    await paper_rig.stop_worker()
    paper_rig.beside = Beside(DeskMapping(desk="paper", url="https://paper.example", every=1), paper)
    await paper_rig.start_worker()
    await look(paper_rig, paper)
    ticket = fresh("T")
    paper.writes(ticket, "carol")  # and nobody says that there is something new

    async def heard() -> bool:
        return await paper_rig.desk.kept(CaseRef.at(f"ticket:{ticket}")) is not None

    await eventually(heard, "the feed did not look by itself")


async def test_a_desk_that_refuses_to_be_read_is_read_from_there_later(
    paper_rig: Rig, paper: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, refusals = fresh("T"), 2
    changes = paper.changes

    async def refusing(cursor: str | None, most: int) -> Changes:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise DeskRefused("paper shows nothing to this login")
        return await changes(cursor, most)

    monkeypatch.setattr(paper, "changes", refusing)
    paper.writes(ticket, "carol")
    status = await look(paper_rig, paper)
    assert (refusals, status.told) == (0, 1)
    assert await paper_rig.desk.kept(CaseRef.at(f"ticket:{ticket}")) is not None
