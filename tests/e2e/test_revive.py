"""A case whose workflow is closed by force goes on from the ledger; nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from activities.reviving import Look, look
from baton.contract import Outcome, TicketSnapshot
from baton.errors import HelpDeskUnavailable, IllegalTransition, Unanswered, UnknownStaff
from baton.model.effects import CaseRef, CaseWrite, Notice, Prompt
from baton.temporal import metrics
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing, key_line, new_key
from baton.temporal.plugin import BatonPlugin
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import QUIET, prompts_of, replies_of
from lab.ledger import applied_keys, cases_of, events_of
from lab.notices import to_each
from lab.postgres import fresh_database
from lab.rig import CHANNEL, Rig, becomes, event, eventually, failed_tasks, fresh, open_rig
from lab.server import running_server
from tests.commands import Baton
from tests.conftest import RigOpener
from tests.e2e.test_kill import start_stuck, wait_until_stuck

DUE = """
version: 1
templates:
  - id: due
    name: With due times
    departments: [billing, delivery, warranty]
    note: Please answer.
    due:
      billing: {answer within hours: 8, remind before hours: 2}
      delivery: {answer within hours: 20}
"""


class AwayHelpDesk(EmbeddedHelpDesk):
    """Takes events in; while it is away, it takes no writes, no notices and no prompts."""

    away = False

    async def write_case(self, write: CaseWrite) -> bool:
        self._check()
        return await super().write_case(write)

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        self._check()
        return await super().notify(notice)

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        self._check()
        return await super().prompt_reply(prompt, draft)

    def _check(self) -> None:
        if self.away:
            raise HelpDeskUnavailable("it is away")


async def close_by_force(rig: Rig, case: str, how: str = "terminate") -> None:
    handle = rig.handle(case)
    if how == "cancel":
        await handle.cancel()
    else:
        await handle.terminate(reason="a mistake")

    async def over() -> bool:
        return (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING

    await eventually(over, f"{case} was not closed")


async def lost(rig: Rig, baton: Baton) -> list[str]:
    """The cases that the command lists; it is asked for those of this rig's task queue only."""
    return [one["workflow_id"] for one in (await baton.run("ops", "revive", "--json")).json]


async def listed(rig: Rig, baton: Baton, *cases: str) -> None:
    """Lists lag behind, so wait until exactly these cases are listed as lost."""

    async def now() -> list[str]:
        return sorted(await lost(rig, baton))

    await becomes(now, sorted(rig.handle(case).id for case in cases), "the cases that are lost")


async def revive(rig: Rig, tmp_path: Path, *cases: str) -> list[dict[str, str]]:
    named = [rig.handle(case).id for case in cases]
    said: list[dict[str, str]] = (await Baton(rig, tmp_path).run("ops", "revive", *named, "--json")).json
    return said


async def revived(rig: Rig, case: str, times: int = 1) -> None:
    """Wait until the timeline says that the case goes on, and until it has come to rest."""

    async def there() -> bool:
        timeline = await rig.handle(case).query("timeline")
        return [entry["kind"] for entry in timeline].count("revived") == times

    await eventually(there, f"{case} does not go on")
    await rig.settled(case)


async def unsent(rig: Rig, case: str) -> set[str]:
    """The keys of what the ledger has kept as not yet carried out. There must be some."""
    kept = await rig.desk.kept(CaseRef.at(rig.handle(case).id))
    assert kept is not None
    assert kept.unsent
    return {effect.key for effect in kept.unsent}


async def all_once(rig: Rig, before: Counter[str]) -> set[str]:
    """What was written since; each write is there once."""
    new = Counter(await applied_keys(rig.desk)) - before
    assert all(number == 1 for number in new.values()), new
    notices = to_each(await rig.desk.notices(None, 1000))
    told = Counter((row.staff, row.case_id, row.reason, row.at) for row in notices)
    assert all(number == 1 for number in told.values()), told
    return set(new)


# --- A chat -------------------------------------------------------------------------------------


@pytest.fixture
async def pinned(open_a_rig: RigOpener) -> Any:
    """A rig and a chat that is pinned to Ivan, which the help desk does not know yet."""
    async with open_a_rig(desk_class=AwayHelpDesk) as rig:
        chat = fresh("lost")
        await rig.customer(chat, "Hello?", id=f"{chat}-1")
        await rig.settled(chat)
        rig.desk.away = True  # type: ignore[attr-defined]
        await rig.by("ivan", chat, "taken", id=f"{chat}-2")
        await rig.by("ivan", chat, "assigned", staff="petra", id=f"{chat}-3")
        await rig.by("ivan", chat, "taken", id=f"{chat}-4")
        yield rig, chat


async def test_a_chat_goes_on_by_the_command_as_it_was(pinned: tuple[Rig, str], tmp_path: Path) -> None:
    rig, chat = pinned
    before, written = await rig.snapshot(chat), Counter(await applied_keys(rig.desk))
    baton, waiting = Baton(rig, tmp_path), await unsent(rig, chat)
    await close_by_force(rig, chat)
    await listed(rig, baton, chat)
    (row,) = (await baton.run("ops", "revive", "--json")).json
    assert (row["how"], row["reason"]) == ("terminated", "a mistake")
    shown = await baton("ops", "revive")
    assert [word in shown for word in (rig.handle(chat).id, "terminated", "a mistake")] == [True] * 3
    assert (await baton.run("ops", "revive", "--dry-run")).code == 2
    assert (await baton.run("ops", "revive", chat, "--all")).code == 2
    rig.desk.away = False  # type: ignore[attr-defined]

    (would,) = (await baton.run("ops", "revive", "--all", "--dry-run", "--json")).json
    assert (would["verdict"], would["case"]) == ("would be done", rig.handle(chat).id)
    assert "tab mine" in would["detail"]
    await listed(rig, baton, chat)
    (done,) = (await baton.run("ops", "revive", "--all", "--json")).json
    assert done["verdict"] == "done"

    await revived(rig, chat)
    assert await rig.snapshot(chat) == before
    assert await all_once(rig, written) == waiting
    row = (await cases_of(rig.desk, chat))[-1]
    assert (row.pinned_to, row.tab) == ("ivan", "mine")
    assert await lost(rig, baton) == []
    assert await baton("ops", "revive") == "No case is lost.\n"
    assert "revived" in await baton("chat", "show", f"telegram:{chat}", "--timeline")
    (nothing,) = await revive(rig, tmp_path, chat)
    assert (nothing["verdict"], nothing["detail"]) == ("nothing to do", "it is running")
    await rig.fast_forward(chat, minutes=11)

    async def ended() -> bool:
        return (await rig.snapshot(chat)).activity == "ended"

    await eventually(ended, "the idle end did not come")
    assert failed_tasks(await rig.history(chat)) == []


@pytest.mark.parametrize("how", ["terminate", "cancel"])
async def test_a_chat_goes_on_by_the_customer_s_next_message(
    open_a_rig: RigOpener, tmp_path: Path, how: str
) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        before = await rig.snapshot(chat)
        await close_by_force(rig, chat, how)

        outcome = await rig.customer(chat, "Are you there?")

        assert not outcome.duplicate
        changed = {"last_message_at": outcome.snapshot.last_message_at}
        assert outcome.snapshot == before.model_copy(update=changed)
        await rig.settled(chat)
        assert len(await cases_of(rig.desk, chat)) == 1
        kinds = [entry.kind for entry in await rig.client.chat(CHANNEL, chat).timeline()]
        assert kinds == ["revived", "customer_message"]
        # The decision about the message, not the answer that brought the chat back.
        redecided = await Baton(rig, tmp_path).run("ops", "redecide", f"telegram:{chat}", outcome.event_id)
        assert redecided.code == 0, redecided.err
        assert "customer_message" in redecided.out


async def test_staff_s_message_goes_on_with_a_chat_and_what_is_refused_changes_nothing(
    open_a_rig: RigOpener,
) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        before = await rig.snapshot(chat)
        await close_by_force(rig, chat)

        with pytest.raises(UnknownStaff):
            await rig.staff(chat, "stranger")
        await rig.settled(chat)
        assert await rig.snapshot(chat) == before
        outcome = await rig.staff(chat, "ivan")
        assert (outcome.snapshot.case_id, outcome.snapshot.status) == (before.case_id, "pending")
        await rig.by("ivan", chat, "chat_ended", status="closed")
        summary = await rig.handle(chat).result()
        assert (summary["reason"], summary["chats"]) == ("closed", 1)


async def test_a_late_duplicate_comes_first_and_is_one(open_a_rig: RigOpener) -> None:
    """Also of an event that would not be possible now."""
    async with open_a_rig() as rig:
        chat = fresh("lost")
        first, ending = event("customer_message", "customer", text="Hello?"), event("chat_ended", "ivan")
        await rig.send(chat, first)
        await rig.by("ivan", chat, "taken")
        await rig.send(chat, ending)
        await rig.settled(chat)
        before = await rig.snapshot(chat)
        await close_by_force(rig, chat)

        # By a signal: to an update, the server itself would repeat its earlier answer.
        await rig.client.chat(CHANNEL, chat).submit(first)
        await revived(rig, chat)
        again = await rig.send(chat, first)
        assert (again.duplicate, again.snapshot) == (True, before)
        late = await rig.send(chat, ending)
        assert (late.duplicate, late.snapshot) == (True, before)
        await rig.settled(chat)
        assert len(await cases_of(rig.desk, chat)) == 1
        assert len(await events_of(rig.desk, chat)) == 3


async def test_a_blocked_customer_s_message_goes_on_with_the_case_and_moves_nothing(
    open_a_rig: RigOpener,
) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.by("ivan", chat, "chat_ended", status="pending")
        await rig.settled(chat)
        before = await rig.snapshot(chat)
        await rig.desk.block_customer(f"of-{chat}", blocked=True)
        await close_by_force(rig, chat)

        outcome = await rig.customer(chat, "Let me in")

        assert outcome.snapshot == before
        assert (await events_of(rig.desk, chat))[-1].text == "Let me in"


async def test_a_chat_that_was_closed_is_not_opened_again(open_a_rig: RigOpener, tmp_path: Path) -> None:
    async with open_a_rig() as rig:
        baton, chat = Baton(rig, tmp_path), fresh("closed")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        closed = await rig.by("ivan", chat, "chat_ended", status="closed")
        await rig.handle(chat).result()

        said = await baton.run("ops", "revive", rig.handle(chat).id, "telegram:nobody-42", "--json")
        assert said.code == 1
        verdicts = [(one["verdict"], one["detail"]) for one in said.json]
        assert verdicts == [
            ("nothing to do", "it is closed, and nothing is left to do"),
            ("failed", "the help desk has no case chat:telegram:nobody-42"),
        ]
        await rig.customer(chat, "Thanks")
        assert (await rig.snapshot(chat)).previous_case == closed.snapshot.case_id
        assert (await rig.client.chat(CHANNEL, chat).timeline())[0].kind == "customer_message"


async def test_what_a_closed_chat_had_not_written_is_written_before_the_next_one(
    pinned: tuple[Rig, str], tmp_path: Path
) -> None:
    """The help desk was away when it was closed, and then the workflow was closed by force."""
    rig, chat = pinned
    await rig.by("ivan", chat, "chat_ended", status="closed")
    written, waiting = Counter(await applied_keys(rig.desk)), await unsent(rig, chat)
    await close_by_force(rig, chat)
    await listed(rig, Baton(rig, tmp_path), chat)
    rig.desk.away = False  # type: ignore[attr-defined]

    await revive(rig, tmp_path, chat)

    await rig.handle(chat).result()
    assert await all_once(rig, written) == waiting
    (row,) = await cases_of(rig.desk, chat)
    assert (row.activity, row.status, row.tab) == ("ended", "closed", "ended")
    outcome = await rig.customer(chat)
    assert outcome.snapshot.previous_case == row.case_id
    assert await lost(rig, Baton(rig, tmp_path)) == []


@pytest.mark.parametrize("decisions", ["0", "1"], ids=["the revival", "the event"])
async def test_a_worker_that_dies_after_deciding_about_a_lost_chat_loses_and_doubles_nothing(
    open_a_rig: RigOpener, decisions: str
) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        before, written = await rig.snapshot(chat), Counter(await applied_keys(rig.desk))
        await close_by_force(rig, chat)
        await rig.stop_worker()
        doomed = await start_stuck(rig, "after decide", decisions)
        sending = asyncio.ensure_future(rig.send(chat, event("customer_message", "customer")))
        await wait_until_stuck(doomed, {chat})
        doomed.kill()
        await doomed.wait()
        await rig.start_worker()

        outcome: Outcome = await sending
        assert outcome.snapshot.case_id == before.case_id
        assert not outcome.duplicate
        await revived(rig, chat)
        assert (await rig.snapshot(chat)).pinned_to == "ivan"
        assert len(await cases_of(rig.desk, chat)) == 1
        assert [row.kind for row in await events_of(rig.desk, chat)] == [
            "customer_message",
            "taken",
            "customer_message",
        ]
        await all_once(rig, written)


async def test_a_reset_of_a_case_that_goes_on_finds_it_in_the_ledger_again(open_a_rig: RigOpener) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await close_by_force(rig, chat)
        await rig.customer(chat, "Are you there?")
        await rig.by("ivan", chat, "labels_changed", add=["vip"])
        await rig.settled(chat)
        before = await rig.snapshot(chat)

        await rig.reset(chat)

        await revived(rig, chat)
        assert await rig.snapshot(chat) == before
        assert len(await cases_of(rig.desk, chat)) == 1


async def test_a_case_that_is_closed_by_force_again_goes_on_again(
    open_a_rig: RigOpener, tmp_path: Path
) -> None:
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await close_by_force(rig, chat)
        await rig.customer(chat)
        before = await rig.snapshot(chat)
        await close_by_force(rig, chat)
        await listed(rig, Baton(rig, tmp_path), chat)

        await revive(rig, tmp_path, chat)

        await revived(rig, chat)
        assert await rig.snapshot(chat) == before


# --- Callers ------------------------------------------------------------------------------------


async def test_a_caller_hears_that_a_case_was_closed_by_force(open_a_rig: RigOpener, tmp_path: Path) -> None:
    async with open_a_rig() as rig:
        chat, ticket = fresh("lost"), fresh("T")
        await rig.customer(chat)
        taken, note = event("taken", "ivan"), event("note_added", "lena", text="Paid.")
        await rig.send(chat, taken)
        await rig.asked(ticket, QUIET)
        await rig.client.ticket(ticket).note(note)
        for case in (chat, f"ticket:{ticket}"):
            await rig.settled(case)
            await close_by_force(rig, case)

        ended = event("chat_ended", "ivan")
        words = rf"chat:telegram:{chat} was closed by force \(terminated at .* UTC\)\. Event '{ended['id']}'"
        with pytest.raises(Unanswered, match=words):
            await rig.send(chat, ended)
        with pytest.raises(Unanswered, match=f"`baton ops revive chat:telegram:{chat}`, then send it again"):
            await rig.client.chat(CHANNEL, chat).submit(taken)
        with pytest.raises(Unanswered, match=f"`baton ops revive ticket:{ticket}`"):
            await rig.client.ticket(ticket).note(note)
        with pytest.raises(Unanswered, match=f"`baton ops revive ticket:{ticket}`"):
            await rig.client.ticket(ticket).send(event("send_reply", "ivan", text="Here."))
        assert (await rig.snapshot(chat)).pinned_to == "ivan"
        with pytest.raises(IllegalTransition, match="there is no living chat"):
            await rig.by("ivan", fresh("none"), "taken")

        await revive(rig, tmp_path, chat, f"ticket:{ticket}")
        await revived(rig, chat)
        assert (await rig.send(chat, taken)).duplicate
        outcome = await rig.send(chat, ended)
        assert (outcome.duplicate, outcome.snapshot.activity) == (False, "ended")
        await rig.client.ticket(ticket).note(note)
        await rig.settled(f"ticket:{ticket}")
        assert len(await events_of(rig.desk, ticket, "note_added")) == 1


# --- A ticket -----------------------------------------------------------------------------------


async def told(rig: Rig, ticket: str, reason: str) -> list[str]:
    """Who was told something about a ticket; each person is listed as often as they were told."""
    notices = to_each(await rig.desk.notices(None, 1000))
    return [row.staff for row in notices if row.ticket_id == ticket and row.reason.startswith(reason)]


async def of_two_answers(rig: Rig, ticket: str) -> TicketSnapshot:
    """Billing and delivery have answered; the help desk is away, and no effects have told it so."""
    await rig.asked(ticket, "due")
    await rig.note("ada", ticket, "By Ada.")
    await rig.settled(f"ticket:{ticket}")
    rig.desk.away = True  # type: ignore[attr-defined]
    await rig.note("ben", ticket, "By Ben.")
    return await rig.ticket(ticket)


@pytest.mark.parametrize("by", ["command", "note", "message"])
async def test_a_ticket_goes_on_as_it_was(open_separate: RigOpener, tmp_path: Path, by: str) -> None:
    async with open_separate(templates=DUE, desk_class=AwayHelpDesk) as rig:
        ticket = fresh("T")
        case = f"ticket:{ticket}"
        before = await of_two_answers(rig, ticket)
        draft, written = await rig.draft(ticket), Counter(await applied_keys(rig.desk))
        waiting = await unsent(rig, case)
        await close_by_force(rig, case)
        rig.desk.away = False  # type: ignore[attr-defined]

        if by == "message":
            sent = event("customer_message", "customer", text="Any news?")
            await rig.to_ticket(ticket, sent)
        else:
            (done,) = await revive(rig, tmp_path, case)
            assert "asked: warranty, due" in done["detail"] or "asked: warranty" in done["detail"]
            assert "2 notes" in done["detail"]
        await revived(rig, case)
        now = await rig.ticket(ticket)
        if by == "message":
            moved = {"last_message_at": now.last_message_at, "last_author": now.last_author}
            assert now == before.model_copy(update=moved)
        else:
            assert now == before
        assert await rig.draft(ticket) == draft
        assert waiting <= await all_once(rig, written)

        # The third answer ends the round, as it would have.
        await rig.note("cem", ticket, "By Cem.")
        await rig.settled(case)
        assert await prompts_of(rig, ticket) == ["cem"]
        text = (await rig.draft(ticket)).text
        assert all(said in text for said in ("By Ada.", "By Ben.", "By Cem."))
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await rig.settled(case)
        assert await replies_of(rig, ticket) == 1
        await all_once(rig, written)
        assert failed_tasks(await rig.history(case)) == []


async def test_a_prompt_that_had_not_come_through_comes_once_and_with_the_whole_draft(
    open_separate: RigOpener, tmp_path: Path
) -> None:
    async with open_separate(desk_class=AwayHelpDesk) as rig:
        ticket = fresh("T")
        case = f"ticket:{ticket}"
        await rig.asked(ticket, QUIET)
        for who in ("ada", "ben"):
            await rig.note(who, ticket, f"By {who}.")
        await rig.settled(case)
        rig.desk.away = True  # type: ignore[attr-defined]
        await rig.note("cem", ticket, "By cem.")
        before = await rig.ticket(ticket)
        assert before.stage == "composing"
        await close_by_force(rig, case)
        assert await prompts_of(rig, ticket) == []
        rig.desk.away = False  # type: ignore[attr-defined]

        await revive(rig, tmp_path, case)
        await revived(rig, case)

        assert await rig.ticket(ticket) == before
        assert await prompts_of(rig, ticket) == ["cem"]
        assert before.case_id is not None
        drafts = [
            said.text for said in await rig.desk.messages(CaseRef.at(case), 1000) if "By ada." in said.text
        ]
        assert any(all(f"By {who}." in text for who in ("ada", "ben", "cem")) for text in drafts)
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await rig.settled(case)
        assert (await prompts_of(rig, ticket), await replies_of(rig, ticket)) == (["cem"], 1)


async def test_due_times_go_on(open_separate: RigOpener, tmp_path: Path) -> None:
    async with open_separate(templates=DUE) as rig:
        ticket = fresh("T")
        case = f"ticket:{ticket}"
        await rig.asked(ticket, "due")
        await rig.settled(case)
        before = await rig.ticket(ticket)
        await close_by_force(rig, case)
        await revive(rig, tmp_path, case)
        await revived(rig, case)
        assert await rig.ticket(ticket) == before

        await rig.fast_forward(case, hours=6, minutes=1)
        await becomes(partial(told, rig, ticket, "due soon: billing"), ["ada"], "who was reminded")
        await rig.fast_forward(case, hours=2)
        await becomes(partial(told, rig, ticket, "overdue: billing"), ["dora"], "who was told")


async def test_a_reply_to_a_chat_that_is_lost_goes_on_with_it(open_separate: RigOpener) -> None:
    """So does what the customer writes there, for a lost ticket."""
    async with open_separate() as rig:
        chat, ticket = fresh("lost"), fresh("T")
        case = f"ticket:{ticket}"
        await rig.customer(chat, "Three questions.")
        await rig.by("ivan", chat, "taken")
        await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)

        async def copied(number: int = 1) -> bool:
            return len(await events_of(rig.desk, ticket, "customer_message")) == number

        await eventually(copied, "the ticket was not opened")
        await rig.on_ticket("ivan", ticket, "template_applied", template=QUIET)
        await rig.settled(case)
        await close_by_force(rig, case)
        await rig.customer(chat, "Any news?")

        await eventually(lambda: copied(2), "the message did not reach the ticket")
        await revived(rig, case)
        for who in ("ada", "ben", "cem"):
            await rig.note(who, ticket)
        await close_by_force(rig, chat)
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")

        async def heard() -> bool:
            return len(await events_of(rig.desk, chat, "reply_sent")) == 1

        await eventually(heard, "the chat did not hear of the reply")
        await revived(rig, chat)
        assert ((await rig.snapshot(chat)).status, await replies_of(rig, ticket)) == ("pending", 1)


async def test_an_encrypted_case_goes_on(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(key_line("k1", new_key()) + "\n", encoding="utf-8")
    plugin = BatonPlugin(EncryptionCodec(KeyRing.read(keys), required=True))
    async with (
        running_server(plugin) as environment,
        open_rig(
            environment,
            tmp_path / "rig",
            fresh("queue"),
            encryption_keys_file=keys,
            encryption_required=True,
        ) as rig,
    ):
        chat = fresh("lost")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        before = await rig.snapshot(chat)
        await close_by_force(rig, chat)
        environment_of_keys = {"BATON_ENCRYPTION_KEYS_FILE": str(keys), "BATON_ENCRYPTION_REQUIRED": "true"}
        baton = Baton(rig, tmp_path, **environment_of_keys)
        await listed(rig, baton, chat)

        (done,) = (await baton.run("ops", "revive", "--all", "--json")).json

        assert done["verdict"] == "done"
        await revived(rig, chat)
        assert await rig.snapshot(chat) == before


async def test_lost_cases_go_on_from_postgresql(
    open_separate: RigOpener, postgresql: str, tmp_path: Path
) -> None:
    async with open_separate(database_url=await fresh_database(postgresql)) as rig:
        chat, ticket = fresh("lost"), fresh("T")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        await rig.asked(ticket, QUIET)
        await rig.note("ada", ticket, "By Ada.")
        stood = await rig.snapshot(chat), await rig.ticket(ticket)
        for case in (chat, f"ticket:{ticket}"):
            await rig.settled(case)
            await close_by_force(rig, case)
        await listed(rig, Baton(rig, tmp_path), chat, f"ticket:{ticket}")

        await revive(rig, tmp_path, chat, f"ticket:{ticket}")

        await revived(rig, chat)
        await revived(rig, f"ticket:{ticket}")
        assert (await rig.snapshot(chat), await rig.ticket(ticket)) == stood


# --- The number of lost cases -------------------------------------------------------------------


async def test_the_number_of_lost_cases_stays_when_a_look_fails_and_that_is_logged_once(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("activities.looking.LOOK_EVERY", 0.05)
    shown, looks = list[int](), 0

    def set_(self: metrics.Metric, meter: object, value: int, **labels: str) -> None:
        if self is metrics.LOST_CASES:
            shown.append(value)

    monkeypatch.setattr(metrics.Metric, "set", set_)
    failing = False

    async def looking(*args: Any) -> Look:
        nonlocal looks
        looks += 1
        if failing:
            raise HelpDeskUnavailable("it is away")
        return await look(*args)

    monkeypatch.setattr("activities.lostcases.look", looking)
    async with open_a_rig() as rig:
        chat = fresh("lost")
        await rig.customer(chat)
        await close_by_force(rig, chat)

        async def counted(number: int) -> bool:
            return shown[-1:] == [number]

        await eventually(lambda: counted(1), "the case was not counted")
        failing, before = True, len(shown)

        async def looked_thrice(since: int = looks) -> bool:
            return looks >= since + 3

        await eventually(looked_thrice, "it does not look again")
        assert len(shown) <= before + 1
        assert [one.message for one in caplog.records].count(
            "cannot look for lost cases, baton_lost_cases stays as it was: it is away"
        ) == 1
        failing = False
        await rig.customer(chat)
        await eventually(lambda: counted(0), "the case is still counted")
