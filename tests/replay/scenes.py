"""What the golden histories show: one scene for each situation that a release must be able to replay.

The scenes of chats are here, those of tickets in ``ticketscenes``.

Each scene plays in a rig of its own and returns the workflows whose histories it leaves behind. Time is
skipped by the server, so that the scenes are quick and their histories hold real timers.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from baton.contract import HANDLE, POKE, SUBMIT, Presence
from baton.desk.client import DeskClient
from baton.errors import IllegalTransition, UnknownStaff
from lab.rig import CHANNEL, NO_RULES, Rig, event, eventually, rules_but
from tests.arguments import ENCRYPTED, ODD_ARGUMENTS, READABLE, invalid
from tests.replay.outagescenes import OUTAGE_SCENES
from tests.replay.scene import Scene
from tests.replay.ticketscenes import TICKET_SCENES
from tests.waiting import refused


async def situation_1(rig: Rig, chat: str) -> None:
    """Line 2 writes first, the customer answers after an idle end."""
    await rig.staff(chat, "lena")
    await rig.fast_forward(chat, minutes=11)
    await rig.customer(chat)


async def situation_2(rig: Rig, chat: str) -> None:
    """Line 2 writes in an ended chat, the customer answers."""
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "chat_ended", status="pending")
    await rig.staff(chat, "lena")
    await rig.customer(chat)


async def situation_3a(rig: Rig, chat: str) -> None:
    """Line 2 is the first to answer a new chat."""
    await rig.customer(chat)
    await rig.staff(chat, "lena")
    await rig.customer(chat)


async def situation_3b(rig: Rig, chat: str) -> None:
    """Line 2 takes over a chat that line 1 holds."""
    await rig.customer(chat)
    await rig.staff(chat, "ivan")
    await rig.staff(chat, "lena")
    await rig.customer(chat)


async def situation_4(rig: Rig, chat: str) -> None:
    """The customer activates an ended chat of line 1."""
    await rig.customer(chat)
    await rig.staff(chat, "ivan")
    await rig.by("ivan", chat, "chat_ended")
    await rig.customer(chat)


async def closed_and_next(rig: Rig, chat: str) -> None:
    """A chat is closed, and events that arrived after the closing begin the next one in the same run."""
    await rig.stop_worker()
    for item in (
        event("customer_message", "customer"),
        event("taken", "ivan"),
        event("chat_ended", "ivan", status="closed"),
        event("customer_message", "customer", text="One more thing"),
    ):
        await rig.client.chat(CHANNEL, chat).submit(item, customer="c")
    await rig.start_worker()
    await rig.settled(chat)


async def closed(rig: Rig, chat: str) -> None:
    """A chat from its first message to its completed workflow."""
    await rig.customer(chat)
    await rig.staff(chat, "petra")
    await rig.by("petra", chat, "labels_changed", add=["vip"])
    await rig.by("petra", chat, "note_added", text="Paid in cash.")
    await rig.by("petra", chat, "status_set", status="closed")
    await rig.by("petra", chat, "chat_ended")
    await rig.handle(chat).result()


async def refusals(rig: Rig, chat: str) -> None:
    """Events refused by the validator, by the decision, as signals, and undecodable ones."""
    await rig.customer(chat)
    await refused(UnknownStaff, rig.by("ivan", chat, "assigned", staff="nobody"))
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "chat_ended", status="pending")
    await refused(IllegalTransition, rig.by("ivan", chat, "taken"))
    await rig.client.chat(CHANNEL, chat).submit(event("taken", "ivan"))
    await rig.handle(chat).signal(SUBMIT, "nonsense")
    await rig.settled(chat)


async def odd_arguments(rig: Rig, chat: str) -> None:
    """No argument, two, and payloads that cannot be read, by signal and by update."""
    await rig.customer(chat)
    handle = rig.handle(chat)
    for arguments in ODD_ARGUMENTS:
        await handle.signal(SUBMIT, args=arguments)
        await invalid(handle.execute_update(HANDLE, args=arguments))
    await handle.signal(POKE, args=[READABLE, ENCRYPTED])
    await rig.by("ivan", chat, "taken")
    await rig.settled(chat)


async def duplicates(rig: Rig, chat: str) -> None:
    """The same event by update under another ID, and by signal."""
    message = event("customer_message", "customer")
    await rig.send(chat, message)
    await rig.handle(chat).execute_update(HANDLE, message, id=f"{message['id']}-again")
    await rig.client.chat(CHANNEL, chat).submit(message, customer="c")
    await rig.settled(chat)


async def ghost(rig: Rig, chat: str) -> None:
    """A late duplicate of a closed chat opens no new chat."""
    message = event("customer_message", "customer")
    await rig.send(chat, message)
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()
    await rig.client.chat(CHANNEL, chat).submit(message, customer="c")
    await rig.handle(chat).result()


async def long_talk(rig: Rig, chat: str) -> None:
    """So many messages arrive that the workflow continues as new; a rule answers some of them."""
    await rig.customer(chat)
    first = (await rig.handle(chat).describe()).run_id
    while (await rig.handle(chat).describe()).run_id == first:
        await rig.staff(chat, "ivan")
        await rig.customer(chat)
    await rig.settled(chat)


async def quiet_end(rig: Rig, chat: str) -> None:
    """A run ends in a task of its own, while customers and staff write by updates and signals."""
    await rig.customer(chat)
    first = (await rig.handle(chat).describe()).run_id
    while (await rig.handle(chat).describe()).run_id == first:
        await rig.client.chat(CHANNEL, chat).submit(event("customer_message", "customer", text="By signal."))
        await asyncio.gather(rig.staff(chat, "ivan"), rig.customer(chat))
    await rig.customer(chat)
    await rig.settled(chat)


async def many_at_once(rig: Rig, chat: str) -> None:
    """Messages that arrive together are taken one after another in few tasks."""
    await asyncio.gather(*(rig.customer(chat, f"Message {number}") for number in range(12)))
    await rig.settled(chat)


async def nobody_there(rig: Rig, chat: str) -> None:
    """Line 2 hands off while line 1 is away; then somebody in line 1 comes online."""
    for staff in ("ivan", "petra"):
        await rig.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
    await rig.staff(chat, "lena")
    await rig.customer(chat)
    await rig.presence("petra", Presence.ONLINE)
    came = event("presence_changed", "system", staff="petra", presence="online")
    await rig.client.chat(CHANNEL, chat).submit(came)
    await rig.settled(chat)


async def left(rig: Rig, chat: str) -> None:
    """The holder of an open chat goes offline; after the grace, the chat is given to somebody else."""
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.presence("ivan", Presence.OFFLINE)
    gone = event("presence_changed", "system", staff="ivan", presence="offline")
    await rig.client.chat(CHANNEL, chat).submit(gone)
    await rig.fast_forward(chat, minutes=4)
    await rig.settled(chat)


async def thanks(rig: Rig, chat: str) -> None:
    """A message after closing is offered to the previous assignee, who does not react."""
    await closed(rig, chat)
    await rig.customer(chat, "Thanks!")
    await rig.fast_forward(chat, minutes=3)
    await rig.settled(chat)


async def waiting_too_long(rig: Rig, chat: str) -> None:
    """A timed rule fires for a customer who has waited for five minutes."""
    await rig.customer(chat)
    await rig.fast_forward(chat, minutes=6)
    await rig.settled(chat)


async def empty(rig: Rig, chat: str) -> None:
    """A start whose event was refused ends itself."""
    await refused(UnknownStaff, rig.staff(chat, "stranger"))
    await rig.handle(chat).result()


async def cancelled(rig: Rig, chat: str) -> None:
    """Somebody cancels the workflow in the UI."""
    await rig.customer(chat)
    await rig.handle(chat).cancel()
    await eventually(lambda: _is_over(rig, chat), "the chat was not cancelled")


async def revived(rig: Rig, chat: str) -> None:
    """Somebody terminates the workflow in the UI; the chat goes on by the next message, and is closed."""
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.settled(chat)
    await rig.handle(chat).terminate()
    await rig.customer(chat, "Are you there?")
    await rig.staff(chat, "ivan")
    await rig.by("ivan", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()


async def directory(rig: Rig, chat: str) -> None:
    """Whoever has the chat is removed from the directory, and a colleague gets it."""
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.settled(chat)
    document = dict((await desk.directory()).directory)
    staff = {key: member for key, member in document["staff"].items() if key != "ivan"}
    await desk.change_directory({**document, "staff": staff})

    async def moved() -> bool:
        return (await rig.snapshot(chat)).pinned_to == "petra"

    await eventually(moved, "the chat stayed with somebody who does not work here any more")
    await rig.by("petra", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()


async def reset(rig: Rig, chat: str) -> None:
    """An operator resets a chat to its first task; its events are taken in once more."""
    await rig.customer(chat)
    await rig.staff(chat, "lena")
    await rig.settled(chat)
    await rig.reset(chat)

    async def both_are_back() -> bool:
        return len(await rig.client.chat(CHANNEL, chat).timeline()) >= 2

    await eventually(both_are_back, "events are missing after the reset")


ONE_AT_A_TIME = """
lines: {line-1: {}, line-2: {}}
staff: {ivan: {line: line-1, max_chats: 1}, lena: {line: line-2}}
"""


async def queued(rig: Rig, chat: str) -> None:
    """Two chats of a line that has room for one: the second idles out of the queue, and gets the place."""
    first = f"{chat}-first"
    for one in (first, chat):
        await rig.customer(one)
        await rig.by("lena", one, "assigned", line="line-1")
    await rig.fast_forward(chat, minutes=11)
    await rig.by("ivan", first, "chat_ended", status="closed")

    async def given() -> bool:
        return (await rig.snapshot(chat)).pinned_to == "ivan"

    await eventually(given, "the place was not given to the chat that waits")


async def from_a_phone(rig: Rig, chat: str) -> None:
    """Somebody who is offline answers, and keeps the chat for the grace when the customer writes again."""
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
    await rig.staff(chat, "ivan", "From the train.")
    await rig.customer(chat, "Thanks, and one more thing.")
    await rig.fast_forward(chat, minutes=4)


async def bounced(rig: Rig, chat: str) -> None:
    """A message of a closed chat was not delivered: a new run, in which somebody has it again."""
    await rig.customer(chat)
    await rig.staff(chat, "ivan", message_id="out-1")
    await rig.by("ivan", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()
    await rig.by("system", chat, "delivery_failed", message_id="out-1")
    await rig.settled(chat)


async def merged(rig: Rig, chat: str) -> None:
    """A duplicate is merged into another chat; what comes later is forwarded, in its run and in another."""
    target = f"{chat}-target"
    await rig.customer(target)
    await rig.by("petra", target, "taken")
    await rig.customer(chat, "The same")
    await rig.settled(chat)
    await rig.stop_worker()
    for one in (
        event("merged_into", "ivan", case=f"chat:{CHANNEL}:{target}"),
        event("customer_message", "customer", text="And also this"),
    ):
        await rig.client.chat(CHANNEL, chat).submit(one, customer="c")
    await rig.start_worker()
    await rig.handle(chat).result()
    await rig.customer(chat, "And that")
    await rig.handle(chat).result()
    await rig.settled(target)


async def _is_over(rig: Rig, chat: str) -> bool:
    return (await rig.handle(chat).describe()).close_time is not None


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
        revived,
        reset,
        directory,
        from_a_phone,
        bounced,
    )
} | {
    "waiting_too_long": Scene(waiting_too_long, {"rules": rules_but(add={"timed": [WAITED]})}),
    "queued": Scene(
        queued,
        {"directory": ONE_AT_A_TIME, "rules": NO_RULES, "templates": NO_RULES, "online": ("ivan", "lena")},
        cases=("{}", "{}-first"),
    ),
    "merged": Scene(merged, cases=("{}", "{}-target")),
    "long_talk": Scene(long_talk, impatient=True),
    "quiet_end": Scene(quiet_end, impatient=True),
}

SCENES = CHAT_SCENES | TICKET_SCENES | OUTAGE_SCENES
