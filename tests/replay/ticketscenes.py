"""The scenes of tickets: see ``scenes``. Each department has its own person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from activities.reviving import go_on
from baton.contract import NOTE_ADDED, SUBMIT, Presence, TicketStage, parse_ticket_event
from baton.desk.client import DeskClient
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from baton.model.effects import CaseRef
from lab.departments import ANSWERS, QUIET, SEPARATE_RIG
from lab.ledger import events_of
from lab.rig import Rig, event, eventually
from tests.arguments import ODD_ARGUMENTS
from tests.replay.scene import Play, Scene
from tests.waiting import refused

TWO = "billing-and-delivery"
DUE = """
version: 1
templates:
  - id: due
    name: With due times
    departments: [billing, delivery]
    note: Please answer.
    notify: {departments: true}
    message: You will hear from us.
    due:
      billing: {answer within hours: 8, remind before hours: 2}
      delivery: {answer within hours: 20}
"""


def _of(ticket: str) -> str:
    return f"ticket:{ticket}"


async def _reaches(rig: Rig, ticket: str, stage: TicketStage) -> None:
    async def there() -> bool:
        return (await rig.ticket(ticket)).stage is stage

    await eventually(there, f"{ticket} did not come to {stage}")


async def _answers(rig: Rig, ticket: str, *staff: str) -> None:
    for who in staff:
        await rig.note(who, ticket, f"By {who}.")


async def ticket_answered(rig: Rig, ticket: str) -> None:
    """Three departments, from the customer's message to the reply and the completed workflow."""
    await rig.asked(ticket, QUIET)
    await _answers(rig, ticket, *ANSWERS.values())
    await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
    await rig.on_ticket("cem", ticket, "status_set", status="closed")
    await rig.handle(_of(ticket)).result()


async def ticket_odd_arguments(rig: Rig, ticket: str) -> None:
    """Notes without an argument, with two, and in payloads that cannot be read."""
    await rig.asked(ticket, TWO)
    for arguments in ODD_ARGUMENTS:
        await rig.handle(_of(ticket)).signal(NOTE_ADDED, args=arguments)
    await _answers(rig, ticket, "ada")
    await rig.settled(_of(ticket))


async def ticket_last_one_replies(rig: Rig, ticket: str) -> None:
    """The last department sends the reply instead of a note, and closes the ticket with it."""
    await rig.asked(ticket, TWO)
    await _answers(rig, ticket, "ada")
    await rig.on_ticket("ben", ticket, "send_reply", text="All in one.", status="closed")
    await rig.handle(_of(ticket)).result()


async def ticket_redirected(rig: Rig, ticket: str) -> None:
    """A department hands the question on; another one declines and blocks, until the dispatcher redirects."""
    await rig.asked(ticket, TWO)
    await rig.on_ticket(
        "ada", ticket, "department_declined", label="billing", to="warranty", reason="not about money"
    )
    await rig.on_ticket("ben", ticket, "department_declined", label="delivery", reason="not about parcels")
    await _answers(rig, ticket, "cem")
    await rig.on_ticket("petra", ticket, "labels_changed", remove=["delivery"])
    await _answers(rig, ticket, "ben", "cem")
    await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
    await _answers(rig, ticket, "cem")


async def ticket_due(rig: Rig, ticket: str) -> None:
    """A reminder, an escalation, and due times that pause while the ticket waits for its customer."""
    await rig.asked(ticket, "due")
    await rig.fast_forward(_of(ticket), hours=6, minutes=1)
    await rig.fast_forward(_of(ticket), hours=2)
    await rig.on_ticket("petra", ticket, "status_set", status="pending")
    await rig.fast_forward(_of(ticket), hours=30)
    await rig.on_ticket("customer", ticket, "customer_message", text="Here it is.")
    await _answers(rig, ticket, "ada")
    await rig.fast_forward(_of(ticket), hours=13)
    await _answers(rig, ticket, "ben")


async def ticket_recalled(rig: Rig, ticket: str) -> None:
    """A draft is recalled: another department is asked, later one again; each round has its prompt."""
    await rig.asked(ticket, TWO)
    await _answers(rig, ticket, "ada", "ben")
    await rig.on_ticket("petra", ticket, "labels_changed", add=["warranty"])
    await refused(DepartmentsWaiting, rig.on_ticket("ben", ticket, "status_set", status="closed"))
    await _answers(rig, ticket, "cem")
    await rig.on_ticket("petra", ticket, "department_asked_again", label="billing", question="Sure?")
    await rig.on_ticket("customer", ticket, "customer_message", text="Any news?")
    await rig.on_ticket("petra", ticket, "send_reply", text="In short.", force=True)


async def ticket_refusals(rig: Rig, ticket: str) -> None:
    """Events refused by the validator, by the decision, as signals, and undecodable ones."""
    await rig.asked(ticket, QUIET)
    await refused(IllegalTransition, rig.on_ticket("petra", ticket, "template_applied", template=QUIET))
    await refused(InvalidEvent, rig.on_ticket("petra", ticket, "template_applied", template="none"))
    await refused(
        NotAllowed, rig.on_ticket("ben", ticket, "department_declined", label="billing", reason="?")
    )
    await refused(UnknownLabel, rig.on_ticket("petra", ticket, "labels_changed", add=["nonsense"]))
    await refused(DepartmentsWaiting, rig.on_ticket("ada", ticket, "send_reply", text="Too early."))
    closing = event("status_set", "petra", status="closed")
    await rig.client.ticket(ticket).submit(closing)
    await rig.handle(_of(ticket)).signal(SUBMIT, "nonsense")
    await rig.handle(_of(ticket)).signal(NOTE_ADDED, {"text": "by nobody"})
    await rig.settled(_of(ticket))


async def ticket_notes_at_once(rig: Rig, ticket: str) -> None:
    """Notes that arrived while nobody worked, one of them twice, are folded in one task."""
    await rig.asked(ticket, QUIET)
    await rig.settled(_of(ticket))
    await rig.stop_worker()
    notes = [event("note_added", who, text=f"By {who}.") for who in ANSWERS.values()]
    await asyncio.gather(*(rig.client.ticket(ticket).note(note) for note in [*notes, notes[0]]))
    await rig.start_worker()
    await _reaches(rig, ticket, TicketStage.COMPOSING)


async def _until_next_run(rig: Rig, ticket: str) -> None:
    first = (await rig.handle(_of(ticket)).describe()).run_id
    while (await rig.handle(_of(ticket)).describe()).run_id == first:
        await rig.note("cem", ticket, "A part of it.", answers=False)


async def ticket_long(rig: Rig, ticket: str) -> None:
    """A ticket that continues as new while departments are asked, and while its reply is written."""
    await rig.asked(ticket, QUIET)
    await _until_next_run(rig, ticket)
    await _answers(rig, ticket, *ANSWERS.values())
    await _until_next_run(rig, ticket)
    await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")


async def ticket_handed_over(rig: Rig, ticket: str) -> None:
    """The composer leaves, and after the grace somebody else writes the reply."""
    for who in ANSWERS.values():
        await rig.presence(who, Presence.ONLINE, ago=timedelta(hours=1))
    await rig.asked(ticket, QUIET)
    await _answers(rig, ticket, *ANSWERS.values())
    await rig.presence("cem", Presence.OFFLINE)
    gone = event("presence_changed", "system", staff="cem", presence="offline")
    await rig.client.ticket(ticket).submit(gone)
    await rig.fast_forward(_of(ticket), minutes=4)

    async def handed_over() -> bool:
        return (await rig.ticket(ticket)).composer == "ben"

    await eventually(handed_over, "the draft stayed with somebody who is away")
    await rig.on_ticket("ben", ticket, "send_reply", text="All in one.")


async def _taken_in(rig: Rig, name: str, kind: str, times: int) -> None:
    """Wait for a signal from another case. Asking the workflow itself would disturb it if it has no cache."""

    async def there() -> bool:
        return len(await events_of(rig.desk, name, kind)) == times

    await eventually(there, f"{name} has not {times} × {kind}")


async def ticket_of_chat(rig: Rig, case: str) -> None:
    """A chat opens a ticket; its reply goes out in the chat."""
    await rig.customer(case, "Three questions.")
    await rig.by("ivan", case, "taken")
    await rig.by("ivan", case, "ticket_opened", ticket_id=case)

    await _taken_in(rig, case, "customer_message", 2)  # in the chat, and in the ticket
    await rig.on_ticket("ivan", case, "template_applied", template=TWO)
    await rig.by("ivan", case, "chat_ended", status="pending")
    await _answers(rig, case, "ada", "ben")
    await rig.on_ticket("ben", case, "send_reply", text="All in one.")

    await _taken_in(rig, case, "reply_sent", 1)
    await rig.customer(case, "Thank you!")


async def ticket_forced(rig: Rig, ticket: str) -> None:
    """A ticket is closed by force and with a reason while a department is still asked."""
    await rig.asked(ticket, QUIET)
    await _answers(rig, ticket, "ada")
    await refused(DepartmentsWaiting, rig.on_ticket("petra", ticket, "status_set", status="closed"))
    await rig.on_ticket("petra", ticket, "status_set", status="closed", force=True, reason="It is spam.")
    await rig.handle(_of(ticket)).result()


async def ticket_merged(rig: Rig, ticket: str) -> None:
    """A duplicate ends in another ticket."""
    await rig.asked(ticket, TWO)
    await rig.on_ticket("customer", f"{ticket}-target", "customer_message", text="The same.")
    await rig.on_ticket("petra", ticket, "merged_into", case=_of(f"{ticket}-target"))
    await rig.handle(_of(ticket)).result()
    await rig.on_ticket("customer", ticket, "customer_message", text="And also this.")
    await rig.handle(_of(ticket)).result()
    await rig.settled(_of(f"{ticket}-target"))


async def ticket_bounced(rig: Rig, ticket: str) -> None:
    """A message of a closed ticket was not delivered: a new run, in triage."""
    await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
    await rig.on_ticket("petra", ticket, "agent_message", text="Here.", message_id="out-1")
    await rig.on_ticket("petra", ticket, "status_set", status="closed")
    await rig.handle(_of(ticket)).result()
    await rig.on_ticket("system", ticket, "delivery_failed", message_id="out-1")
    await rig.settled(_of(ticket))


async def ticket_outlives_its_chat(rig: Rig, ticket: str) -> None:
    """The chat is closed; its customer writes again, and once more after the reply has opened a chat."""
    await rig.customer(ticket, "Where is it?")
    await rig.by("ivan", ticket, "taken")
    await rig.by("ivan", ticket, "ticket_opened", ticket_id=ticket)
    await rig.by("ivan", ticket, "chat_ended", status="closed")
    await rig.handle(ticket).result()
    await rig.customer(ticket, "Is anybody there?")
    await rig.by("ivan", ticket, "taken")
    await rig.by("ivan", ticket, "chat_ended", status="closed")
    await rig.handle(ticket).result()
    await rig.on_ticket("petra", ticket, "taken")
    await rig.on_ticket("petra", ticket, "send_reply", text="Here.")
    await rig.settled(_of(ticket))

    async def answered() -> bool:
        return (await rig.snapshot(ticket)).status == "pending"

    await eventually(answered, "the reply opened no chat")
    await rig.customer(ticket, "Thank you")
    await rig.settled(ticket)


async def ticket_again(rig: Rig, ticket: str) -> None:
    """The customer writes to an answered ticket, and once more to the closed one: a new run."""
    await ticket_last_one_replies(rig, ticket)
    await rig.on_ticket("customer", ticket, "customer_message", text="One more thing.")
    await rig.on_ticket("petra", ticket, "template_applied", template=TWO)
    await rig.on_ticket("petra", ticket, "labels_changed", remove=["billing", "delivery"])


async def ticket_reset(rig: Rig, ticket: str) -> None:
    """An operator resets a ticket to its first task; its events are taken in once more.

    All of them are updates. Signals among them would also be folded in the order in which they came, but each
    later replay would see them first: a replay learns of an update only where it was accepted.
    """
    await rig.asked(ticket, TWO)
    for who in ("ada", "ben"):
        await rig.on_ticket(who, ticket, NOTE_ADDED, text=f"By {who}.")
    await rig.on_ticket("ben", ticket, "send_reply", text="All in one.")
    await rig.settled(_of(ticket))
    await rig.reset(_of(ticket))
    await _reaches(rig, ticket, TicketStage.ANSWERED)


async def ticket_cancelled(rig: Rig, ticket: str) -> None:
    """Somebody cancels the workflow in the UI."""
    await rig.asked(ticket, TWO)
    await rig.handle(_of(ticket)).cancel()

    async def over() -> bool:
        return (await rig.handle(_of(ticket)).describe()).close_time is not None

    await eventually(over, "the ticket was not cancelled")


async def ticket_revived(rig: Rig, ticket: str) -> None:
    """The workflow is terminated twice: it goes on by the command, and then by a note."""
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    await rig.asked(ticket, TWO)
    await _answers(rig, ticket, "ada")
    await rig.settled(_of(ticket))
    await rig.handle(_of(ticket)).terminate()
    await desk.revive(_of(ticket))
    await _revived(rig, ticket)
    await rig.handle(_of(ticket)).terminate()
    kept = await rig.desk.kept(CaseRef.at(_of(ticket)))
    assert kept is not None
    note = parse_ticket_event(event("note_added", "ben", text="By ben."))
    await go_on(rig.client.temporal, rig.settings.task_queue, kept, SUBMIT, [note])
    await _reaches(rig, ticket, TicketStage.COMPOSING)
    await rig.on_ticket("ben", ticket, "send_reply", text="All in one.", status="closed")
    await rig.handle(_of(ticket)).result()


async def ticket_directory(rig: Rig, ticket: str) -> None:
    """A department gets another label, another one loses its only member, and then the dispatcher goes."""
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    await rig.asked(ticket, TWO)
    await _answers(rig, ticket, "ada")
    for part, key, fields in (
        ("departments", "billing", {"label": "invoices"}),
        ("staff", "ben", None),
        ("staff", "petra", None),
    ):
        await rig.settled(_of(ticket))
        heard = await _changes_heard(rig, ticket)
        document = dict((await desk.directory()).directory)
        entries = {**document[part], key: {**document[part][key], **(fields or {})}}
        if fields is None:
            del entries[key]
        await desk.change_directory({**document, part: entries})

        async def has_heard(before: int = heard) -> bool:
            return await _changes_heard(rig, ticket) > before

        await eventually(has_heard, f"{ticket} did not hear that the directory has changed")
    await rig.on_ticket("ivan", ticket, "labels_changed", remove=["delivery"])
    await rig.on_ticket("ada", ticket, "send_reply", text="All in one.", status="closed")
    await rig.handle(_of(ticket)).result()


async def _changes_heard(rig: Rig, ticket: str) -> int:
    lines = await rig.client.ticket(ticket).timeline()
    return sum(line.kind == "directory_changed" for line in lines)


async def _revived(rig: Rig, ticket: str) -> None:
    async def there() -> bool:
        return "revived" in [entry.kind for entry in await rig.client.ticket(ticket).timeline()]

    await eventually(there, f"{ticket} does not go on")
    await rig.settled(_of(ticket))


CASES: dict[Play, tuple[str, ...]] = {
    ticket_of_chat: ("{}", "ticket:{}"),
    ticket_outlives_its_chat: ("{}", "ticket:{}"),
    ticket_merged: ("ticket:{}", "ticket:{}-target"),
}


def _scene(play: Play) -> Scene:
    return Scene(
        play,
        SEPARATE_RIG | ({"templates": DUE} if play is ticket_due else {}),
        impatient=play is ticket_long,
        cases=CASES.get(play, ("ticket:{}",)),
    )


TICKET_SCENES: dict[str, Scene] = {
    play.__name__: _scene(play)
    for play in (
        ticket_answered,
        ticket_odd_arguments,
        ticket_last_one_replies,
        ticket_redirected,
        ticket_due,
        ticket_recalled,
        ticket_refusals,
        ticket_notes_at_once,
        ticket_long,
        ticket_handed_over,
        ticket_of_chat,
        ticket_forced,
        ticket_merged,
        ticket_bounced,
        ticket_outlives_its_chat,
        ticket_again,
        ticket_reset,
        ticket_cancelled,
        ticket_revived,
        ticket_directory,
    )
}
