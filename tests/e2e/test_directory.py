"""A change of the directory reaches living cases, on the real server and help desk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

import activities.spreading
import activities.telling
from baton.contract import BaseEvent, DepartmentState, Presence, Status, Tab, TicketStage
from baton.desk.api import Concerns, InboxQuery, TicketQuery
from baton.desk.client import DeskClient
from baton.documents.directory import Directory
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from lab.departments import QUIET, prompts_of
from lab.notices import to_each
from lab.rig import CHANNEL, Rig, eventually, fresh
from tests.commands import Baton
from tests.conftest import RigOpener

ASKED = DepartmentState.ASKED


def desk_of(rig: Rig) -> DeskClient:
    return DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def proposed(rig: Rig, **parts: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """The directory with other fields for some entries; ``None`` removes one."""
    document = dict((await desk_of(rig).directory()).directory)
    for part, changed in parts.items():
        entries = dict(document[part])
        for key, fields in changed.items():
            entries[key] = None if fields is None else {**entries.get(key, {}), **fields}
        document[part] = {key: entry for key, entry in entries.items() if entry is not None}
    return document


async def change(rig: Rig, **parts: Mapping[str, Mapping[str, Any] | None]) -> Concerns:
    """Change the directory; returns what was said of it beforehand."""
    document = await proposed(rig, **parts)
    concerns = await desk_of(rig).preview_directory(document)
    await desk_of(rig).change_directory(document)
    return concerns


async def heard(rig: Rig, case: str, times: int = 1) -> None:
    """Wait until a case has heard of so many changes of the directory, and has done what follows."""
    is_ticket = case.startswith("ticket:")

    async def has_heard() -> bool:
        client = (
            rig.client.ticket(case.removeprefix("ticket:")) if is_ticket else rig.client.chat(CHANNEL, case)
        )
        lines = await client.timeline()
        return sum(line.event_id.startswith("directory:") for line in lines) >= times

    await eventually(has_heard, f"{case} did not hear that the directory has changed")
    await rig.settled(case)


async def told(rig: Rig, ticket: str) -> list[tuple[str, str]]:
    rows = await rig.desk.notices(None, 1000)
    return sorted((row.staff, row.reason) for row in rows if row.ticket_id == ticket)


class TestSomebodyIsGone:
    async def test_chats_in_every_role(self, rig: Rig) -> None:
        pinned, pending, unanswered, offered = (fresh(name) for name in ("mine", "pending", "idle", "offer"))
        for chat in (pinned, pending, unanswered, offered):
            await rig.customer(chat)
            await rig.by("ivan", chat, "taken")
        await rig.staff(pending, "ivan")
        await rig.by("ivan", unanswered, "chat_ended", status="open")
        await rig.by("ivan", offered, "chat_ended", status="closed")
        await rig.handle(offered).result()
        assert (await rig.customer(offered, "Thanks!")).snapshot.reserved_for == "ivan"
        for chat in (pinned, pending, unanswered, offered):
            await rig.settled(chat)

        concerns = await change(rig, staff={"ivan": None})

        assert (concerns.chats, concerns.tickets) == (4, 0)
        assert [(one.reason, one.cases) for one in concerns.reasons] == [("ivan is gone, and has it", 4)]
        for chat in (pinned, pending, unanswered, offered):
            await heard(rig, chat)
        now = await rig.snapshot(pinned)
        assert (now.assignee, now.pinned_to, now.line) == ("petra", "petra", "line-1")
        now = await rig.snapshot(pending)
        assert (now.assignee, now.reserved_for, now.pinned_to) == ("petra", "petra", None)

        async def is_hers() -> bool:
            return (await rig.snapshot(unanswered)).pinned_to == "petra"

        await eventually(is_hers, "nobody has the unanswered chat")
        now = await rig.snapshot(offered)
        assert (now.tab, now.reserved_for, now.line) == (Tab.NEW, None, None)

    async def test_a_ticket_in_triage(self, rig: Rig) -> None:
        ticket = fresh("T")
        await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
        await rig.on_ticket("petra", ticket, "assigned", staff="ivan")
        await rig.settled(f"ticket:{ticket}")

        await change(rig, staff={"ivan": None})
        await heard(rig, f"ticket:{ticket}")

        assert (await rig.ticket(ticket)).assignee == "petra"
        (row,) = [row for row in await rig.desk.tickets(TicketQuery()) if row.ticket_id == ticket]
        assert row.assignee == "petra", "and so does the help desk"
        assert ("petra", "assigned") in await told(rig, ticket)

    async def test_the_composer(self, open_separate: RigOpener) -> None:
        async with open_separate() as rig:
            ticket = fresh("T")
            await rig.asked(ticket, QUIET)
            for who in ("ada", "ben"):
                await rig.note(who, ticket)
            left = await rig.on_ticket("petra", ticket, "labels_changed", remove=["warranty"])
            assert (left.snapshot.stage, left.snapshot.composer) == (TicketStage.COMPOSING, "ben")
            await rig.presence("ada", Presence.ONLINE)
            await rig.settled(f"ticket:{ticket}")

            concerns = await change(rig, staff={"ben": None})
            await heard(rig, f"ticket:{ticket}")

            assert {one.reason for one in concerns.reasons} == {
                "ben is gone, and has it",
                "ben is gone, and is to write its reply",
            }
            assert (concerns.chats, concerns.tickets) == (0, 1)
            now = await rig.ticket(ticket)
            assert (now.stage, now.composer, now.assignee) == (TicketStage.COMPOSING, "ada", "ada")
            assert ("ada", "you write the reply now") in await told(rig, ticket)
            assert await prompts_of(rig, ticket) == ["ben"], "no second prompt"

    async def test_the_dispatcher_of_a_round_that_was_blocked_before(self, open_separate: RigOpener) -> None:
        async with open_separate() as rig:
            await change(rig, staff={"dora": {"line": "line-1", "roles": ["dispatcher"]}})
            await rig.presence("dora", Presence.ONLINE)
            ticket = fresh("T")
            await rig.asked(ticket, QUIET)
            declined = await rig.on_ticket(
                "ben", ticket, "department_declined", label="delivery", reason="not ours"
            )
            assert declined.snapshot.dispatcher == "petra"
            await rig.settled(f"ticket:{ticket}")

            await change(rig, staff={"petra": None})
            await heard(rig, f"ticket:{ticket}")

            assert (await rig.ticket(ticket)).dispatcher is None
            assert ("dora", "nobody answers for delivery") in await told(rig, ticket)
            await rig.on_ticket("dora", ticket, "labels_changed", remove=["delivery"])
            assert not any(one.blocks for one in (await rig.ticket(ticket)).departments)


class TestDepartments:
    async def test_the_last_member_of_an_asked_department_is_removed(self, rig: Rig) -> None:
        ticket = fresh("T")
        await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
        await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery", "billing"])
        await rig.settled(f"ticket:{ticket}")

        concerns = await change(rig, staff={"maria": None}, departments={"delivery": {"lead": "ivan"}})
        await heard(rig, f"ticket:{ticket}")

        assert [one.reason for one in concerns.reasons] == ["it asks delivery, and nobody is left there"]
        delivery = (await rig.ticket(ticket)).departments[0]
        assert (delivery.label, delivery.state, delivery.blocks) == ("delivery", ASKED, True)
        assert ("petra", "nobody answers for delivery") in await told(rig, ticket)
        await rig.note("lena", ticket, "Paid.")
        await rig.on_ticket("petra", ticket, "labels_changed", remove=["delivery"])
        assert (await rig.ticket(ticket)).stage is TicketStage.COMPOSING, "the round ends"

    async def test_a_department_is_removed(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(templates="version: 1\ntemplates: []\n") as rig:
            ticket = fresh("T")
            await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
            await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery"])
            await rig.settled(f"ticket:{ticket}")

            await change(rig, staff={"maria": {"departments": []}}, departments={"delivery": None})
            await heard(rig, f"ticket:{ticket}")

            assert (await rig.ticket(ticket)).departments[0].blocks
            assert ("petra", "nobody answers for delivery") in await told(rig, ticket)

    async def test_another_label_while_asked_answered_and_composing(self, rig: Rig) -> None:
        asked, answered, composing = (fresh(name) for name in ("asked", "answered", "composing"))
        for ticket in (asked, answered, composing):
            await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
            await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery", "billing"])
        for ticket in (answered, composing):
            await rig.note("maria", ticket, "On its way.")
        await rig.note("lena", composing, "Paid.")
        for ticket in (asked, answered, composing):
            await rig.settled(f"ticket:{ticket}")

        concerns = await change(rig, departments={"delivery": {"label": "shipping"}})
        for ticket in (asked, answered, composing):
            await heard(rig, f"ticket:{ticket}")

        assert [(one.reason, one.cases) for one in concerns.reasons] == [("delivery is called shipping", 3)]
        listed = await rig.desk.tickets(TicketQuery(department="delivery"))
        assert [row.ticket_id for row in listed if row.ticket_id in (asked, answered)] == [asked]

        async def is_found() -> bool:
            query = f"Labels = 'shipping' AND WorkflowId = 'ticket:{asked}'"
            return (await rig.client.temporal.count_workflows(query)).count == 1

        await eventually(is_found, "the Temporal UI does not find the ticket by its new label")
        await rig.note("maria", asked, "On its way.")
        states = {one.label: one.state for one in (await rig.ticket(asked)).departments}
        assert states == {"shipping": DepartmentState.ANSWERED, "billing": ASKED}
        await rig.note("lena", answered, "Paid.")
        await rig.settled(f"ticket:{answered}")
        for ticket in (answered, composing):
            text = (await rig.draft(ticket)).text
            assert "On its way." in text
            assert "Paid." in text
            kept = await rig.desk.kept(CaseRef.at(f"ticket:{ticket}"))
            assert kept is not None
            assert isinstance(kept.state, TicketState)
            notes = [note.text for one in kept.state.departments for note in one.notes]
            assert sorted(notes) == ["On its way.", "Paid."], "the prompt is drafted from these"
        again = await rig.on_ticket("petra", composing, "department_asked_again", label="shipping")
        assert [one.label for one in again.snapshot.departments if one.state is ASKED] == ["shipping"]


class TestLines:
    async def test_a_line_is_removed_with_a_queue(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig() as rig:
            await change(rig, lines={"night": {}}, staff={"nina": {"line": "night"}})
            chat, ticket = fresh("queue"), fresh("T")
            await rig.customer(chat)
            await rig.by("petra", chat, "assigned", line="night")
            await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
            await rig.on_ticket("petra", ticket, "assigned", line="night")
            assert (await rig.snapshot(chat)).line == (await rig.ticket(ticket)).line == "night"
            for case in (chat, f"ticket:{ticket}"):
                await rig.settled(case)

            await change(rig, lines={"night": None}, staff={"nina": {"line": "line-1"}})
            for case in (chat, f"ticket:{ticket}"):
                await heard(rig, case)

            now = await rig.snapshot(chat)
            assert (now.tab, now.line, now.assignee) == (Tab.NEW, None, None)
            assert (await rig.ticket(ticket)).line is None
            rows = await rig.desk.notices("ivan", 1000)
            reasons = [row.reason for row in rows if row.ticket_id == ticket]
            assert reasons.count("new") == 2, "when it came, and now"

    async def test_what_is_given_to_a_line_in_which_nobody_is_everyone_sees(self, rig: Rig) -> None:
        await change(rig, lines={"night": {}})
        chat, ticket = fresh("queue"), fresh("T")
        await rig.customer(chat)
        await rig.by("petra", chat, "taken")
        await rig.by("petra", chat, "assigned", line="night")
        await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
        await rig.on_ticket("petra", ticket, "taken")
        await rig.on_ticket("petra", ticket, "assigned", line="night")

        now = await rig.snapshot(chat)
        assert (now.tab, now.assignee, now.line) == (Tab.NEW, None, None)
        rows = await rig.desk.inbox(InboxQuery(staff="ivan", tab=Tab.NEW))
        assert [row.conversation for row in rows] == [chat]
        assert (await rig.ticket(ticket)).line is None
        for case in (chat, f"ticket:{ticket}"):
            await rig.settled(case)
        rows_of = [row for row in to_each(await rig.desk.notices(None, 1000)) if row.staff == "ivan"]
        assert [row.reason for row in rows_of if row.ticket_id == ticket].count("new") == 2
        assert [row.reason for row in rows_of if row.case_id == now.case_id].count("new") == 2

    async def test_a_closed_chat_of_a_line_that_is_gone_comes_back_for_everyone(
        self, open_a_rig: RigOpener
    ) -> None:
        async with open_a_rig(rules="version: 1\n", templates="version: 1\n") as rig:
            await change(rig, lines={"night": {}}, staff={"nina": {"line": "night"}})
            chat, message = fresh("bounce"), fresh("out")
            await rig.staff(chat, "nina", message_id=message)
            await rig.by("nina", chat, "chat_ended", status="closed")
            await rig.handle(chat).result()
            await change(rig, lines={"night": None}, staff={"nina": None})

            now = (await rig.by("system", chat, "delivery_failed", message_id=message)).snapshot
            assert (now.tab, now.status, now.assignee, now.line) == (Tab.NEW, Status.OPEN, None, None)
            rows = await rig.desk.inbox(InboxQuery(staff="ivan", tab=Tab.NEW))
            assert [row.conversation for row in rows] == [chat]

    async def test_a_line_has_another_key(self, rig: Rig, open_a_rig: RigOpener) -> None:
        async with open_a_rig(rules="version: 1\n") as rig:
            mine, queue = fresh("mine"), fresh("queue")
            await rig.customer(mine)
            await rig.by("ivan", mine, "taken")
            for staff in ("ivan", "petra"):
                await rig.presence(staff, Presence.WITHOUT_CHATS)
            await rig.customer(queue)
            await rig.by("lena", queue, "assigned", line="line-1")
            for case in (mine, queue):
                await rig.settled(case)

            await change(
                rig,
                lines={"line-1": None, "tier-1": {}},
                staff={"ivan": {"line": "tier-1"}, "petra": {"line": "tier-1"}},
            )
            for case in (mine, queue):
                await heard(rig, case)

            now = await rig.snapshot(mine)
            assert (now.pinned_to, now.line) == ("ivan", "tier-1")
            now = await rig.snapshot(queue)
            assert (now.tab, now.line) == (Tab.NEW, None)


class TestTelling:
    async def test_an_activity_that_dies_half_way_tells_the_rest(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chats = [fresh("half") for _ in range(4)]
        for chat in chats:
            await rig.customer(chat)
            await rig.by("ivan", chat, "taken")
            await rig.settled(chat)
        mute, submit = {f"chat:{CHANNEL}:{chats[1]}"}, activities.telling.submit

        async def submit_but(workflow_id: str, event: BaseEvent) -> bool:
            if workflow_id in mute:
                raise RPCError("takes no signal", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
            return await submit(workflow_id, event)

        monkeypatch.setattr(activities.telling, "submit", submit_but)
        monkeypatch.setattr(activities.spreading, "SIGNALS_AT_ONCE", 1)
        await change(rig, staff={"ivan": None})

        for chat in (chats[0], *chats[2:]):
            await heard(rig, chat)
        assert (await rig.snapshot(chats[1])).pinned_to == "ivan"
        mute.clear()
        await heard(rig, chats[1])
        for chat in chats:
            assert (await rig.snapshot(chat)).pinned_to == "petra"
            lines = await rig.client.chat(CHANNEL, chat).timeline()
            assert sum(line.event_id.startswith("directory:") for line in lines) == 1, "told once"

    async def test_a_case_that_was_closed_by_force_goes_on(self, rig: Rig) -> None:
        chat = fresh("forced")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        await rig.handle(chat).terminate(reason="a mistake")

        await change(rig, staff={"ivan": None})

        async def moved() -> bool:
            return (await rig.snapshot(chat)).pinned_to == "petra"

        await eventually(moved, "the chat stayed with somebody who does not work here any more")

    async def test_a_change_that_is_repeated_tells_nobody_twice(self, rig: Rig) -> None:
        chat = fresh("twice")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        await change(rig, staff={"ivan": None})
        await heard(rig, chat)
        document = (await desk_of(rig).directory()).directory

        again = await desk_of(rig).change_directory(document)

        assert again.version == (await desk_of(rig).directory()).version
        assert await desk_of(rig).preview_directory(document) == Concerns()

    async def test_whoever_is_gone_is_not_online_when_added_again(self, rig: Rig) -> None:
        await change(rig, staff={"ivan": None})

        async def offline() -> bool:
            return (await rig.desk.presence())["ivan"].presence is Presence.OFFLINE

        await eventually(offline, "somebody who does not work here any more is online")


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


async def test_the_commands_say_who_is_concerned_and_want_yes(baton: Baton, rig: Rig) -> None:
    chat = fresh("cli")
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.settled(chat)
    shown = await baton("directory", "show")
    (baton.folder / "same.yaml").write_text(shown)

    refused = await baton.run("staff", "remove", "ivan")
    assert refused.code == 1
    assert "This would concern 1 chat" in refused.err
    assert "ivan" in (await desk_of(rig).directory()).directory["staff"], "nothing was changed"

    dry = await baton("directory", "apply", "same.yaml", "--dry-run")
    assert "No living case is concerned.\nThe directory stays at version 1." in dry

    done = await baton("staff", "remove", "ivan", "--yes")
    assert "ivan is gone, and has it" in done
    await heard(rig, chat)
    assert (await rig.snapshot(chat)).pinned_to == "petra"
    assert Directory.model_validate((await desk_of(rig).directory()).directory).staff.keys() == {
        "petra",
        "lena",
        "oleg",
        "maria",
    }


async def test_the_link_finds_the_cases(rig: Rig) -> None:
    chat, other = fresh("link"), fresh("other")
    for conversation, who in ((chat, "ivan"), (other, "petra")):
        await rig.customer(conversation)
        await rig.by(who, conversation, "taken")
        await rig.settled(conversation)
    concerns = await desk_of(rig).preview_directory(await proposed(rig, staff={"ivan": None}))

    (reason,) = concerns.reasons

    assert reason.first == (f"chat:{CHANNEL}:{chat}",)
    names = ", ".join(f"'{name}'" for name in reason.first)

    async def found() -> bool:
        return (await rig.client.temporal.count_workflows(f"WorkflowId IN ({names})")).count == 1

    await eventually(found, "the query of the link does not find the case")
    assert (await rig.snapshot(chat)).status is Status.OPEN
    assert (await rig.snapshot(chat)).pinned_to == "ivan", "nothing was changed"
