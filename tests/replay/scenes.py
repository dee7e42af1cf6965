"""What the golden histories show: one scene for each situation that a release must be able to replay.

The scenes of chats stand here, those of tickets in ``ticketscenes``.

Each scene plays in a house of its own and returns the workflows whose histories it leaves behind. Time is
skipped by the server, so that the scenes are quick and their histories hold real timers.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from baton.contract import HANDLE, POKE, SUBMIT, Presence
from baton.errors import IllegalTransition, UnknownStaff
from tests.arguments import ENCRYPTED, ODD_ARGUMENTS, READABLE, invalid
from tests.house import CHANNEL, House, event, eventually, rules_but
from tests.replay.scene import Scene
from tests.replay.ticketscenes import TICKET_SCENES
from tests.waiting import refused


async def situation_1(house: House, chat: str) -> None:
    """Line 2 writes first, the customer answers after an idle end."""
    await house.staff(chat, "lena")
    await house.fast_forward(chat, minutes=11)
    await house.customer(chat)


async def situation_2(house: House, chat: str) -> None:
    """Line 2 writes in an ended chat, the customer answers."""
    await house.customer(chat)
    await house.by("ivan", chat, "taken")
    await house.by("ivan", chat, "chat_ended", status="pending")
    await house.staff(chat, "lena")
    await house.customer(chat)


async def situation_3a(house: House, chat: str) -> None:
    """Line 2 is the first to answer a new chat."""
    await house.customer(chat)
    await house.staff(chat, "lena")
    await house.customer(chat)


async def situation_3b(house: House, chat: str) -> None:
    """Line 2 takes a chat over that line 1 holds."""
    await house.customer(chat)
    await house.staff(chat, "ivan")
    await house.staff(chat, "lena")
    await house.customer(chat)


async def situation_4(house: House, chat: str) -> None:
    """The customer activates an ended chat of line 1."""
    await house.customer(chat)
    await house.staff(chat, "ivan")
    await house.by("ivan", chat, "chat_ended")
    await house.customer(chat)


async def closed_and_next(house: House, chat: str) -> None:
    """A chat is closed, and events that arrived behind it begin the next one in the same run."""
    await house.stop_worker()
    for item in (
        event("customer_message", "customer"),
        event("taken", "ivan"),
        event("chat_ended", "ivan", status="closed"),
        event("customer_message", "customer", text="One more thing"),
    ):
        await house.client.submit(CHANNEL, chat, item, customer="c")
    await house.start_worker()
    await house.settled(chat)


async def closed(house: House, chat: str) -> None:
    """A chat from its first message to its completed workflow."""
    await house.customer(chat)
    await house.staff(chat, "petra")
    await house.by("petra", chat, "labels_changed", add=["vip"])
    await house.by("petra", chat, "note_added", text="Paid in cash.")
    await house.by("petra", chat, "status_set", status="closed")
    await house.by("petra", chat, "chat_ended")
    await house.handle(chat).result()


async def refusals(house: House, chat: str) -> None:
    """Events refused by the validator, by the decision, as signals, and undecodable ones."""
    await house.customer(chat)
    await refused(UnknownStaff, house.by("ivan", chat, "assigned", staff="nobody"))
    await house.by("ivan", chat, "taken")
    await house.by("ivan", chat, "chat_ended")
    await refused(IllegalTransition, house.by("ivan", chat, "taken"))
    await house.client.submit(CHANNEL, chat, event("taken", "ivan"))
    await house.handle(chat).signal(SUBMIT, "nonsense")
    await house.settled(chat)


async def odd_arguments(house: House, chat: str) -> None:
    """No argument, two, and payloads that cannot be read, by signal and by update."""
    await house.customer(chat)
    handle = house.handle(chat)
    for arguments in ODD_ARGUMENTS:
        await handle.signal(SUBMIT, args=arguments)
        await invalid(handle.execute_update(HANDLE, args=arguments))
    await handle.signal(POKE, args=[READABLE, ENCRYPTED])
    await house.by("ivan", chat, "taken")
    await house.settled(chat)


async def duplicates(house: House, chat: str) -> None:
    """The same event by update under another ID, and by signal."""
    message = event("customer_message", "customer")
    await house.send(chat, message)
    await house.handle(chat).execute_update(HANDLE, message, id=f"{message['id']}-again")
    await house.client.submit(CHANNEL, chat, message, customer="c")
    await house.settled(chat)


async def ghost(house: House, chat: str) -> None:
    """A late duplicate of a closed chat opens none."""
    message = event("customer_message", "customer")
    await house.send(chat, message)
    await house.by("ivan", chat, "taken")
    await house.by("ivan", chat, "chat_ended", status="closed")
    await house.handle(chat).result()
    await house.client.submit(CHANNEL, chat, message, customer="c")
    await house.handle(chat).result()


async def long_talk(house: House, chat: str) -> None:
    """So many messages that the workflow continues as new; a rule answers some of them."""
    await house.customer(chat)
    first = (await house.handle(chat).describe()).run_id
    while (await house.handle(chat).describe()).run_id == first:
        await house.staff(chat, "ivan")
        await house.customer(chat)
    await house.settled(chat)


async def quiet_end(house: House, chat: str) -> None:
    """A run ends in a task of its own, while customers and staff write by updates and signals."""
    await house.customer(chat)
    first = (await house.handle(chat).describe()).run_id
    while (await house.handle(chat).describe()).run_id == first:
        await house.client.submit(CHANNEL, chat, event("customer_message", "customer", text="By signal."))
        await asyncio.gather(house.staff(chat, "ivan"), house.customer(chat))
    await house.customer(chat)
    await house.settled(chat)


async def many_at_once(house: House, chat: str) -> None:
    """Messages that arrive together are taken one after another in few tasks."""
    await asyncio.gather(*(house.customer(chat, f"Message {number}") for number in range(12)))
    await house.settled(chat)


async def nobody_there(house: House, chat: str) -> None:
    """Line 2 hands off while line 1 is away; then somebody of line 1 comes."""
    for staff in ("ivan", "petra"):
        await house.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
    await house.staff(chat, "lena")
    await house.customer(chat)
    await house.presence("petra", Presence.ONLINE)
    came = event("presence_changed", "system", staff="petra", presence="online")
    await house.client.submit(CHANNEL, chat, came)
    await house.settled(chat)


async def left(house: House, chat: str) -> None:
    """The holder of an open chat goes offline; after the grace it is given to somebody else."""
    await house.customer(chat)
    await house.by("ivan", chat, "taken")
    await house.presence("ivan", Presence.OFFLINE)
    gone = event("presence_changed", "system", staff="ivan", presence="offline")
    await house.client.submit(CHANNEL, chat, gone)
    await house.fast_forward(chat, minutes=4)
    await house.settled(chat)


async def thanks(house: House, chat: str) -> None:
    """A message after closing is offered to the previous assignee, who does not react."""
    await closed(house, chat)
    await house.customer(chat, "Thanks!")
    await house.fast_forward(chat, minutes=3)
    await house.settled(chat)


async def waiting_too_long(house: House, chat: str) -> None:
    """A timed rule fires for a customer who has waited for five minutes."""
    await house.customer(chat)
    await house.fast_forward(chat, minutes=6)
    await house.settled(chat)


async def empty(house: House, chat: str) -> None:
    """A start whose event was refused ends itself."""
    await refused(UnknownStaff, house.staff(chat, "stranger"))
    await house.handle(chat).result()


async def cancelled(house: House, chat: str) -> None:
    """Somebody cancels the workflow in the UI."""
    await house.customer(chat)
    await house.handle(chat).cancel()
    await eventually(lambda: _is_over(house, chat), "the chat was not cancelled")


async def reset(house: House, chat: str) -> None:
    """An operator resets a chat to its first task; its events are taken in once more."""
    await house.customer(chat)
    await house.staff(chat, "lena")
    await house.settled(chat)
    await house.reset(chat)

    async def both_are_back() -> bool:
        return len(await house.client.timeline(CHANNEL, chat)) >= 2

    await eventually(both_are_back, "events are missing after the reset")


async def _is_over(house: House, chat: str) -> bool:
    return (await house.handle(chat).describe()).close_time is not None


WAITED = {
    "id": "waited",
    "name": "A customer waits for five minutes",
    "when": {"minutes since customer message": {"at least": 5}, "case.status": "open"},
    "then": [{"add labels": ["vip"]}, {"notify": {"everyone": True, "text": "A customer waits"}}],
}

CHAT_SCENES: dict[str, Scene] = {
    play.__name__: Scene(play)
    for play in (
        situation_1,
        situation_2,
        situation_3a,
        situation_3b,
        situation_4,
        closed,
        closed_and_next,
        refusals,
        odd_arguments,
        duplicates,
        ghost,
        many_at_once,
        nobody_there,
        left,
        thanks,
        empty,
        cancelled,
        reset,
    )
} | {
    "waiting_too_long": Scene(waiting_too_long, {"rules": rules_but(add={"timed": [WAITED]})}),
    "long_talk": Scene(long_talk, impatient=True),
    "quiet_end": Scene(quiet_end, impatient=True),
}

SCENES = CHAT_SCENES | TICKET_SCENES
