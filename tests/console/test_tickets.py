"""Tickets on the console: the list, and the page of a ticket, with a worker behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from baton.contract import DepartmentState, TicketStage
from baton.desk.accounts import Role
from lab.rig import Rig, event, fresh
from tests.console.conftest import Site
from tests.console.working import do, form_of, submit, texts_of, working_site

ALL = "three-departments"


@pytest.fixture
async def site(rig: Rig) -> AsyncIterator[Site]:
    """A console with a worker behind it."""
    async with working_site(rig) as opened:
        yield opened


async def opened(rig: Rig, **beside: str) -> str:
    """A ticket whose customer has written."""
    ticket = fresh("T")
    await rig.to_ticket(ticket, event("customer_message", "customer", text="Three questions."), **beside)
    return ticket


async def test_departments_answer_and_the_composer_sends_one_reply(rig: Rig, site: Site) -> None:
    ticket = await opened(rig, subject="Parcel 4711")
    path = f"/tickets/{ticket}"
    async with site.signed_in("petra", Role.DISPATCHER) as petra:
        assert (await do(petra, path, "apply", template=ALL)).status_code == 303
    async with site.signed_in("maria") as maria, site.signed_in("lena") as lena:
        listed = (await maria.get("/tickets?department=delivery")).text
        assert path in listed
        assert "Parcel 4711" in listed
        await do(maria, path, "reply", text="We are looking into it.")
        await do(maria, path, "note", text="It arrives tomorrow.")
        await do(lena, path, "note", text="We pay it back.", answers="label:billing")
        assert [one.state for one in (await rig.ticket(ticket)).departments] == [
            *(DepartmentState.ANSWERED, DepartmentState.ANSWERED, DepartmentState.ASKED)
        ]
        await do(lena, path, "note", text="It is covered.")
        assert (await rig.ticket(ticket)).composer == "lena"
        assert path in (await lena.get("/tickets")).text

        page = await lena.get(path)
        assert "It arrives tomorrow." in page.text.partition('rows="12">')[2]
        await rig.on_ticket("customer", ticket, "customer_message", text="And one more.")
        assert "stale: the customer has written since" in (await lena.get(path)).text

        warned = await submit(lena, path, form_of(page, "send"), text="Everything is fine.")
        assert warned.status_code == 409
        assert "the customer has written. Look at both" in warned.text
        assert "Everything is fine.</textarea>" in warned.text
        form = form_of(warned, "send")
        for _ in range(2):
            assert (await submit(lena, path, form, text="Everything is fine.")).status_code == 303
    found = await rig.ticket(ticket)
    assert (found.stage, found.replies, found.status) == (TicketStage.ANSWERED, 1, "pending")
    assert (await texts_of(rig, f"ticket:{ticket}")).count("Everything is fine.") == 1


async def test_a_department_declines_and_is_asked_again(rig: Rig, site: Site) -> None:
    ticket = await opened(rig)
    path = f"/tickets/{ticket}"
    await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery"])
    async with site.signed_in("maria") as maria:
        empty = await do(maria, path, "decline", label="delivery", reason=" ")
        assert "Write something first." in empty.text
        await do(maria, path, "decline", label="delivery", to="warranty", reason="It is broken.")
        page = (await maria.get(path)).text
        assert "declined, to warranty" in page
        assert "It is broken." in page
    async with site.signed_in("petra", Role.DISPATCHER) as petra:
        await do(petra, path, "again", label="delivery", question="Who carried it?")
        assert "Who carried it?" in (await petra.get(path)).text
    states = {one.label: one.state for one in (await rig.ticket(ticket)).departments}
    assert states == {"delivery": DepartmentState.ASKED, "warranty": DepartmentState.ASKED}


async def test_closing_over_departments_needs_a_reason(rig: Rig, site: Site) -> None:
    ticket = await opened(rig)
    path = f"/tickets/{ticket}"
    await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery"])
    async with site.signed_in("ivan") as ivan:
        refused = await do(ivan, path, "close", reason="")
        assert refused.status_code == 409
        assert "delivery" in refused.text.partition('role="alert"')[2].partition("</p>")[0]
        assert (await rig.ticket(ticket)).stage == TicketStage.COLLECTING
        assert (await do(ivan, path, "close", reason="Sent twice.")).status_code == 303
        assert "It is closed (Sent twice.)." in (await ivan.get(path)).text
    assert (await rig.ticket(ticket)).stage == TicketStage.CLOSED


async def test_agents_neither_ask_departments_nor_send_what_others_composed(rig: Rig, site: Site) -> None:
    ticket = await opened(rig)
    path = f"/tickets/{ticket}"
    async with site.signed_in("ivan") as ivan:
        page = await ivan.get(path)
        form = form_of(page, "take")
        forged = [(name, value) for name, value in form if name not in ("deed", "event_id")]
        for deed, fields in (
            ("apply", {"template": ALL}),
            ("labels", {"label": "billing"}),
            ("again", {"label": "billing"}),
            ("send", {"text": "Hello!"}),
        ):
            made_up = [*forged, ("deed", deed), ("event_id", fresh("forged"))]
            answer = await submit(ivan, path, made_up, **fields)
            assert answer.status_code == 403, deed
            assert "This needs the role dispatcher, and you have agent." in answer.text
    assert (await rig.ticket(ticket)).departments == ()


async def test_a_ticket_is_taken_handed_over_and_given_a_status(rig: Rig, site: Site) -> None:
    ticket = await opened(rig)
    path = f"/tickets/{ticket}"
    async with site.signed_in("ivan") as ivan:
        await do(ivan, path, "take")
        assert (await rig.ticket(ticket)).assignee == "ivan"
        await do(ivan, path, "reply", text="We look into it.")
        await do(ivan, path, "status", status="open")
        await do(ivan, path, "labels", label="vip")
        await do(ivan, path, "hand", to="staff:petra")
    found = await rig.ticket(ticket)
    assert (found.assignee, found.status, found.labels) == ("petra", "open", ("vip",))
