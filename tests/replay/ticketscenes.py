"""The scenes of tickets: see ``scenes``. Each department has a person of its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from baton.contract import NOTE_ADDED, SUBMIT, Presence, TicketStage
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from tests.arguments import ODD_ARGUMENTS
from tests.departments import ANSWERS, QUIET, SEPARATE_HOUSE
from tests.house import House, event, eventually
from tests.ledger import events_of
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


async def _reaches(house: House, ticket: str, stage: TicketStage) -> None:
    async def there() -> bool:
        return (await house.ticket(ticket)).stage is stage

    await eventually(there, f"{ticket} did not come to {stage}")


async def _answers(house: House, ticket: str, *staff: str) -> None:
    for who in staff:
        await house.note(who, ticket, f"By {who}.")


async def ticket_answered(house: House, ticket: str) -> None:
    """Three departments, from the customer's message to the reply and the completed workflow."""
    await house.asked(ticket, QUIET)
    await _answers(house, ticket, *ANSWERS.values())
    await house.on_ticket("cem", ticket, "send_reply", text="All in one.")
    await house.on_ticket("cem", ticket, "status_set", status="closed")
    await house.handle(_of(ticket)).result()


async def ticket_odd_arguments(house: House, ticket: str) -> None:
    """Notes without an argument, with two, and in payloads that cannot be read."""
    await house.asked(ticket, TWO)
    for arguments in ODD_ARGUMENTS:
        await house.handle(_of(ticket)).signal(NOTE_ADDED, args=arguments)
    await _answers(house, ticket, "ada")
    await house.settled(_of(ticket))


async def ticket_last_one_replies(house: House, ticket: str) -> None:
    """The last department sends the reply instead of a note, and closes the ticket with it."""
    await house.asked(ticket, TWO)
    await _answers(house, ticket, "ada")
    await house.on_ticket("ben", ticket, "send_reply", text="All in one.", status="closed")
    await house.handle(_of(ticket)).result()


async def ticket_redirected(house: House, ticket: str) -> None:
    """A department hands the question on; another one declines and blocks, until the dispatcher redirects."""
    await house.asked(ticket, TWO)
    await house.on_ticket(
        "ada", ticket, "department_declined", label="billing", to="warranty", reason="not about money"
    )
    await house.on_ticket("ben", ticket, "department_declined", label="delivery", reason="not about parcels")
    await _answers(house, ticket, "cem")
    await house.on_ticket("petra", ticket, "labels_changed", remove=["delivery"])
    await _answers(house, ticket, "ben", "cem")
    await house.on_ticket("cem", ticket, "send_reply", text="All in one.")
    await _answers(house, ticket, "cem")


async def ticket_due(house: House, ticket: str) -> None:
    """A reminder, an escalation, and due times that pause while the ticket waits for its customer."""
    await house.asked(ticket, "due")
    await house.fast_forward(_of(ticket), hours=6, minutes=1)
    await house.fast_forward(_of(ticket), hours=2)
    await house.on_ticket("petra", ticket, "status_set", status="pending")
    await house.fast_forward(_of(ticket), hours=30)
    await house.on_ticket("customer", ticket, "customer_message", text="Here it is.")
    await _answers(house, ticket, "ada")
    await house.fast_forward(_of(ticket), hours=13)
    await _answers(house, ticket, "ben")


async def ticket_recalled(house: House, ticket: str) -> None:
    """A draft is recalled: another department is asked, later one again; each round has its prompt."""
    await house.asked(ticket, TWO)
    await _answers(house, ticket, "ada", "ben")
    await house.on_ticket("petra", ticket, "labels_changed", add=["warranty"])
    await refused(DepartmentsWaiting, house.on_ticket("ben", ticket, "status_set", status="closed"))
    await _answers(house, ticket, "cem")
    await house.on_ticket("petra", ticket, "department_asked_again", label="billing", question="Sure?")
    await house.on_ticket("customer", ticket, "customer_message", text="Any news?")
    await house.on_ticket("petra", ticket, "send_reply", text="In short.", force=True)


async def ticket_refusals(house: House, ticket: str) -> None:
    """Events refused by the validator, by the decision, as signals, and undecodable ones."""
    await house.asked(ticket, QUIET)
    await refused(IllegalTransition, house.on_ticket("petra", ticket, "template_applied", template=QUIET))
    await refused(InvalidEvent, house.on_ticket("petra", ticket, "template_applied", template="none"))
    await refused(
        NotAllowed, house.on_ticket("ben", ticket, "department_declined", label="billing", reason="?")
    )
    await refused(UnknownLabel, house.on_ticket("petra", ticket, "labels_changed", add=["nonsense"]))
    await refused(DepartmentsWaiting, house.on_ticket("ada", ticket, "send_reply", text="Too early."))
    closing = event("status_set", "petra", status="closed")
    await house.client.submit_to_ticket(ticket, closing)
    await house.handle(_of(ticket)).signal(SUBMIT, "nonsense")
    await house.handle(_of(ticket)).signal(NOTE_ADDED, {"text": "by nobody"})
    await house.settled(_of(ticket))


async def ticket_notes_at_once(house: House, ticket: str) -> None:
    """Notes that arrived while nobody worked, one of them twice, are folded in one task."""
    await house.asked(ticket, QUIET)
    await house.settled(_of(ticket))
    await house.stop_worker()
    notes = [event("note_added", who, text=f"By {who}.") for who in ANSWERS.values()]
    await asyncio.gather(*(house.client.add_note(ticket, note) for note in [*notes, notes[0]]))
    await house.start_worker()
    await _reaches(house, ticket, TicketStage.COMPOSING)


async def _until_next_run(house: House, ticket: str) -> None:
    first = (await house.handle(_of(ticket)).describe()).run_id
    while (await house.handle(_of(ticket)).describe()).run_id == first:
        await house.note("cem", ticket, "A part of it.", answers=False)


async def ticket_long(house: House, ticket: str) -> None:
    """A ticket that continues as new while departments are asked, and while its reply is written."""
    await house.asked(ticket, QUIET)
    await _until_next_run(house, ticket)
    await _answers(house, ticket, *ANSWERS.values())
    await _until_next_run(house, ticket)
    await house.on_ticket("cem", ticket, "send_reply", text="All in one.")


async def ticket_handed_over(house: House, ticket: str) -> None:
    """The composer leaves, and after the grace somebody else writes the reply."""
    for who in ANSWERS.values():
        await house.presence(who, Presence.ONLINE, ago=timedelta(hours=1))
    await house.asked(ticket, QUIET)
    await _answers(house, ticket, *ANSWERS.values())
    await house.presence("cem", Presence.OFFLINE)
    gone = event("presence_changed", "system", staff="cem", presence="offline")
    await house.client.submit_to_ticket(ticket, gone)
    await house.fast_forward(_of(ticket), minutes=4)

    async def handed_over() -> bool:
        return (await house.ticket(ticket)).composer == "ben"

    await eventually(handed_over, "the draft stayed with somebody who is away")
    await house.on_ticket("ben", ticket, "send_reply", text="All in one.")


async def _taken_in(house: House, name: str, kind: str, times: int) -> None:
    """Wait for a signal from another case. To ask the workflow itself would disturb one without a cache."""

    async def there() -> bool:
        return len(await events_of(house.desk, name, kind)) == times

    await eventually(there, f"{name} has not {times} × {kind}", within=40)


async def ticket_of_chat(house: House, case: str) -> None:
    """A chat opens a ticket; its reply goes out in the chat."""
    await house.customer(case, "Three questions.")
    await house.by("ivan", case, "taken")
    await house.by("ivan", case, "ticket_opened", ticket_id=case)

    await _taken_in(house, case, "customer_message", 2)  # in the chat, and in the ticket
    await house.on_ticket("ivan", case, "template_applied", template=TWO)
    await house.by("ivan", case, "chat_ended", status="pending")
    await _answers(house, case, "ada", "ben")
    await house.on_ticket("ben", case, "send_reply", text="All in one.")

    await _taken_in(house, case, "reply_sent", 1)
    await house.customer(case, "Thank you!")


async def ticket_forced(house: House, ticket: str) -> None:
    """A ticket is closed over a department that is asked, by force and with a reason."""
    await house.asked(ticket, QUIET)
    await _answers(house, ticket, "ada")
    await refused(DepartmentsWaiting, house.on_ticket("petra", ticket, "status_set", status="closed"))
    await house.on_ticket("petra", ticket, "status_set", status="closed", force=True, reason="It is spam.")
    await house.handle(_of(ticket)).result()


async def ticket_merged(house: House, ticket: str) -> None:
    """A duplicate ends in another ticket."""
    await house.asked(ticket, TWO)
    await house.on_ticket("petra", ticket, "merged_into", case="T-1")
    await house.handle(_of(ticket)).result()


async def ticket_again(house: House, ticket: str) -> None:
    """The customer writes to an answered ticket, and once more to the closed one: a new run."""
    await ticket_last_one_replies(house, ticket)
    await house.on_ticket("customer", ticket, "customer_message", text="One more thing.")
    await house.on_ticket("petra", ticket, "template_applied", template=TWO)
    await house.on_ticket("petra", ticket, "labels_changed", remove=["billing", "delivery"])


async def ticket_reset(house: House, ticket: str) -> None:
    """An operator resets a ticket to its first task; its events are taken in once more.

    All of them are updates. Signals among them would be folded in the order in which they came, too, but each
    later replay would see them first: it learns of an update only where it was accepted.
    """
    await house.asked(ticket, TWO)
    for who in ("ada", "ben"):
        await house.on_ticket(who, ticket, NOTE_ADDED, text=f"By {who}.")
    await house.on_ticket("ben", ticket, "send_reply", text="All in one.")
    await house.settled(_of(ticket))
    await house.reset(_of(ticket))
    await _reaches(house, ticket, TicketStage.ANSWERED)


async def ticket_cancelled(house: House, ticket: str) -> None:
    """Somebody cancels the workflow in the UI."""
    await house.asked(ticket, TWO)
    await house.handle(_of(ticket)).cancel()

    async def over() -> bool:
        return (await house.handle(_of(ticket)).describe()).close_time is not None

    await eventually(over, "the ticket was not cancelled")


def _scene(play: Play) -> Scene:
    return Scene(
        play,
        SEPARATE_HOUSE | ({"templates": DUE} if play is ticket_due else {}),
        impatient=play is ticket_long,
        cases=("{}", "ticket:{}") if play is ticket_of_chat else ("ticket:{}",),
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
        ticket_again,
        ticket_reset,
        ticket_cancelled,
    )
}
