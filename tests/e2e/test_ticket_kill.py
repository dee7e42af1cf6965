"""A worker is killed (-9) at each step from the last note to the sent reply. One prompt, one reply.

Every moment has a ticket of its own, and one worker dies in the middle of all of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial

from baton.contract import TicketStage
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from helpdesks.caserows import ticket_of
from lab.departments import ANSWERS, QUIET, RULES, prompts_of, replies_of
from lab.ledger import applied_keys, cases_of, events_of
from lab.ledger import replies_of as replies_kept
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from tests.e2e.test_kill import start_stuck, wait_until_stuck

TELLING = (
    RULES
    + """
  - id: tell-the-dispatcher
    name: The dispatcher hears that all have answered
    cases: tickets
    when: {event.answered_labels: is set, case.stage: composing}
    then: [{notify: {staff: [dora], text: All have answered}}]
"""
)

OF_THE_NOTE = ("decide", "remove_label", "prompt_reply", "notify")
OF_THE_REPLY = ("decide", "send_reply")
IN_A_CHAT = ("before send_reply", "after send_reply", "before tell_case", "after tell_case")


def _around(steps: tuple[str, ...]) -> list[str]:
    return [f"{when} {step}" for step in steps for when in ("before", "after")]


async def _all_but_the_last_note(rig: Rig, ticket: str) -> None:
    await rig.asked(ticket, QUIET)
    await rig.note("ada", ticket)
    await rig.note("ben", ticket)


async def _in_a_chat(rig: Rig, chat: str, ticket: str) -> None:
    await rig.customer(chat, "Three questions.")
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)

    async def copied() -> bool:
        return len(await events_of(rig.desk, ticket, "customer_message")) == 1

    await eventually(copied, f"{ticket} was not opened")
    await rig.on_ticket("ivan", ticket, "template_applied", template=QUIET)
    for who in ("ada", "ben", "cem"):
        await rig.note(who, ticket)


async def _reply(rig: Rig, ticket: str) -> None:
    outcome = await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
    assert outcome.snapshot.stage is TicketStage.ANSWERED


async def test_a_killed_worker_doubles_no_prompt_and_no_reply(open_separate: RigOpener) -> None:
    noted = {fresh("note"): moment for moment in _around(OF_THE_NOTE)}
    replied = {fresh("reply"): moment for moment in _around(OF_THE_REPLY)}
    in_chats = {fresh("chat"): (fresh("of-chat"), moment) for moment in IN_A_CHAT}
    async with open_separate(rules=TELLING) as rig:
        await asyncio.gather(
            *(_all_but_the_last_note(rig, ticket) for ticket in (*noted, *replied)),
            *(_in_a_chat(rig, chat, ticket) for chat, (ticket, _) in in_chats.items()),
        )
        await asyncio.gather(*(rig.note("cem", ticket) for ticket in replied))
        tickets = [*noted, *replied, *(ticket for ticket, _ in in_chats.values())]
        for ticket in tickets:
            await rig.settled(f"ticket:{ticket}")
        await rig.stop_worker()
        before = Counter(await applied_keys(rig.desk))

        # What a ticket tells its chat counts as a moment of the chat.
        stuck = {**noted, **replied} | {
            chat if "tell_case" in moment else ticket: moment for chat, (ticket, moment) in in_chats.items()
        }
        doomed = await start_stuck(rig, ",".join(f"{case}={moment}" for case, moment in stuck.items()))
        notes = {ticket: event("note_added", "cem", text="The last one.") for ticket in noted}
        for ticket, note in notes.items():
            await rig.client.ticket(ticket).note(note)
        writing = [*replied, *(ticket for ticket, _ in in_chats.values())]
        sending = [asyncio.ensure_future(_reply(rig, ticket)) for ticket in writing]
        await wait_until_stuck(doomed, set(stuck))
        doomed.kill()
        await doomed.wait()
        await rig.start_worker()

        await asyncio.gather(*sending)
        for ticket in noted:
            await eventually(partial(_composing, rig, ticket), f"{ticket} is not composing")
            await rig.settled(f"ticket:{ticket}")
            assert await prompts_of(rig, ticket) == ["cem"], noted[ticket]
            await _reply(rig, ticket)
        for ticket in tickets:
            await rig.settled(f"ticket:{ticket}")
        for ticket in tickets:
            await _check(rig, ticket, {**noted, **replied}.get(ticket, ticket))
        for chat, (_, moment) in in_chats.items():
            await _check_chat(rig, chat, moment)
        new = Counter(await applied_keys(rig.desk)) - before
        assert all(times == 1 for times in new.values()), new
        told = Counter((row.staff, row.case_id, row.reason) for row in await rig.desk.notices("dora", 1000))
        assert told == {
            ("dora", (await rig.ticket(ticket)).case_id, "All have answered"): 1 for ticket in tickets
        }


async def _composing(rig: Rig, ticket: str) -> bool:
    return (await rig.ticket(ticket)).stage is TicketStage.COMPOSING


async def _check(rig: Rig, ticket: str, moment: str) -> None:
    """One of everything, in the workflow and in the help desk alike."""
    now = await rig.ticket(ticket)
    assert (now.stage, now.prompts, now.replies, now.round) == (TicketStage.ANSWERED, 1, 1, 1), moment
    assert (now.composer, now.assignee, now.labels) == ("cem", "cem", ("several-departments",)), moment
    assert await prompts_of(rig, ticket) == ["cem"], moment
    assert await replies_of(rig, ticket) == 1, moment
    assert [kept.text for kept in await replies_kept(rig.desk, now.case_id)] == ["All in one."], moment
    (row,) = await cases_of(rig.desk, ticket)
    whole = await rig.desk.kept(CaseRef.at(f"ticket:{ticket}"))
    assert whole is not None, moment
    assert isinstance(whole.state, TicketState), moment
    assert (whole.state.snapshot(), whole.state.head()) == (now, ticket_of(row)), moment
    kept = Counter(row.kind for row in await events_of(rig.desk, ticket))
    assert (kept["note_added"], kept["send_reply"]) == (len(ANSWERS), 1), moment
    timeline = await rig.client.ticket(ticket).timeline()
    assert [entry for entry in timeline if entry.refused] == [], moment
    assert failed_tasks(await rig.history(f"ticket:{ticket}")) == [], moment


async def _check_chat(rig: Rig, chat: str, moment: str) -> None:
    async def heard() -> bool:
        return (await rig.snapshot(chat)).status == "pending"

    await eventually(heard, f"{moment}: the chat did not hear of the reply")
    await rig.settled(chat)
    timeline = await rig.client.chat(CHANNEL, chat).timeline()
    assert [entry.kind for entry in timeline].count("reply_sent") == 1, moment
    assert (await rig.snapshot(chat)).assignee == "ivan", moment
    kept = await events_of(rig.desk, chat, "reply_sent")
    assert [row.text for row in kept] == ["All in one."], moment
    assert failed_tasks(await rig.history(chat)) == [], moment
