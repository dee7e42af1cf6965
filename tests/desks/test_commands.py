"""``baton desk``, on the real server; the desk is on paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from activities.deskhearing import DeskHearing, Heard
from baton.cli.desk.beside import MEANINGS
from baton.contract import Status, TicketStage
from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.outside.adapter import Capability, Finding, HeardThere
from lab.paper import PaperDesk
from lab.rig import Rig, fresh
from tests.commands import Baton
from tests.desks.looking import look


@pytest.fixture
def baton(paper_rig: Rig, tmp_path: Path) -> Baton:
    return Baton(paper_rig, tmp_path)


def test_every_capability_has_its_words() -> None:
    assert MEANINGS.keys() == set(Capability)


async def test_what_the_desk_can_and_how_far_it_was_read(
    baton: Baton, paper_rig: Rig, paper: PaperDesk
) -> None:
    paper.capabilities = frozenset({Capability.NOTES, Capability.LABELS})
    said = await baton("desk", "capabilities")
    assert said.startswith("paper at https://paper.example")
    assert "yes  write notes that only staff see" in said
    assert "no   end a chat without closing it" in said

    paper.writes(fresh("T"), "carol")
    await look(paper_rig, paper)
    status = await baton("desk", "status")
    assert "Events told to cases    1" in status
    assert "baton looks at paper now" in (await baton("desk", "look")).lower()

    checked = await baton.run("desk", "check")
    assert checked.code == 1
    assert "not mapped: ivan, petra, ada" in checked.out
    assert await baton("desk", "setup", "--dry-run") == "Everything that Baton needs is there.\n"


async def test_what_is_open_is_taken_over_as_it_is(baton: Baton, paper_rig: Rig, paper: PaperDesk) -> None:
    tickets = sorted(fresh("T") for _ in range(3))
    for ticket in tickets:
        paper.writes(ticket, "carol", "An old question.")
        paper.writes(ticket, "carol", "A new question.")
    paper.assigns(tickets[0], "petra", "ada")
    paper.labels(tickets[0], "petra", "billing")
    paper.answers(tickets[1], "ivan", "We are on it.")
    paper.sets(tickets[1], "ivan", Status.PENDING)
    paper.sets(tickets[2], "ivan", Status.CLOSED)
    before = {ticket: dict(paper.sheets[ticket].shows) for ticket in tickets}

    dry = await baton.run("desk", "import", "--dry-run")
    assert (dry.code, dry.err) == (0, "2 of 3 looked at\n2 of 3 looked at\n"), dry
    assert "2 cases would be taken over, with 8 events" in dry.out
    done = await baton.run("desk", "import")
    assert "2 cases taken over, with 8 events" in done.out
    for ticket in tickets[:2]:
        await paper_rig.settled(f"ticket:{ticket}")

    first, second = [await paper_rig.ticket(ticket) for ticket in tickets[:2]]
    assert (first.stage, first.status, first.assignee) == (TicketStage.COLLECTING, Status.OPEN, "ada")
    assert [one.label for one in first.departments] == ["billing"]
    assert (second.stage, second.status) == (TicketStage.TRIAGE, Status.PENDING)
    assert {ticket: dict(paper.sheets[ticket].shows) for ticket in tickets} == before, "the desk was changed"

    again = await baton.run("desk", "import")
    assert "0 cases taken over" in again.out
    assert "2 cases known already" in again.out


async def test_an_import_that_broke_off_in_a_case_goes_on_there(
    baton: Baton, paper_rig: Rig, paper: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, hear, told = fresh("T"), DeskHearing.hear, 0
    paper.writes(ticket, "carol", "An old question.")
    paper.assigns(ticket, "petra", "ada")

    async def broken(self: DeskHearing, heard: HeardThere) -> Heard:
        nonlocal told
        told += 1
        if told == 2:
            raise HelpDeskUnavailable("the worker dies, for a test")
        return await hear(self, heard)

    monkeypatch.setattr(DeskHearing, "hear", broken)
    assert "1 case taken over, with 3 events" in (await baton.run("desk", "import")).out
    await paper_rig.settled(f"ticket:{ticket}")
    assert (await paper_rig.ticket(ticket)).assignee == "ada"
    assert "1 case known already" in (await baton.run("desk", "import")).out


async def test_the_embedded_help_desk_is_none_to_be_checked(rig: Rig, tmp_path: Path) -> None:
    baton = Baton(rig, tmp_path)
    assert (await baton("desk", "capabilities")).startswith("embedded\n")
    for command in ("check", "status", "look", "setup", "import"):
        refused = await baton.run("desk", command)
        assert refused.code == 1, command
        assert "people work in the embedded help desk; to have another" in refused.err, command


async def test_what_the_desk_refuses_is_said_at_once(
    baton: Baton, paper: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing() -> Sequence[Finding]:
        raise DeskRefused("paper knows no such account")

    monkeypatch.setattr(paper, "check", refusing)
    said = await baton.run("desk", "check")
    assert (said.code, said.err) == (1, "Error: paper knows no such account\n")
