"""A desk that stands beside the ledger: effects are carried out there, once, and looked at afterwards.

Four things are true of every help desk that was ever tried, and this is where each is minded:

* An answer that sounds like success is no proof. What was written is read again and compared.
* Nothing guards against somebody else's write in between. What a person has changed is left alone.
* What is done twice is done twice. Each text has a mark, which is looked for before a text is repeated.
* Not everything can be expressed. What cannot is said in a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from baton.contract import Author
from baton.errors import DeskRefused
from baton.model.effects import (
    CaseWrite,
    ConsolidatedReply,
    Escalation,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from helpdesks.base import Desk
from helpdesks.deliveries import Deliveries, Progress, Seen
from helpdesks.ledger import Once
from helpdesks.outside.adapter import Adapter, Capability, Change, Difference, Saying
from helpdesks.outside.expressing import END_IT, changed_by_others, merged, unexpressed, wanted

_OVER = (Progress.DONE, Progress.OVERTAKEN)


class OutsideDesk:
    """A `helpdesks.base.Desk` by means of an adapter.

    Args:
        own: the ledger's side: what is kept there of each effect, such as who was told.
        notices: whether people are told by a note on the case; else the desk tells them by itself.
    """

    def __init__(self, own: Desk, deliveries: Deliveries, adapter: Adapter, *, notices: bool = True) -> None:
        self._own = own
        self._deliveries = deliveries
        self._adapter = adapter
        self._notices = notices

    async def write_case(self, write: CaseWrite) -> bool:
        progress = await self._deliveries.begin_write(write)
        if progress in _OVER:
            return False
        desk_id = self._adapter.desk_id(write.case)
        if desk_id is not None:
            seen = await self._bring(desk_id, write, progress)
            missing = tuple(unexpressed(write, self._adapter.capabilities, seen.shows))
            # A chat is asked to be ended as often as somebody has activated it there.
            new = [sentence for sentence in missing if sentence not in seen.told or sentence == END_IT]
            for number, text in enumerate([*write.notes, *new]):
                await self._say(desk_id, Saying(text, to_customer=False), f"{write.key}:{number}", progress)
            if missing != seen.told:
                await self._deliveries.tell(self._adapter.name, desk_id, missing)
            unseen = Capability.END_CHAT not in self._adapter.capabilities
            if write.activity is not None and unseen and "activity" not in seen.unknown:
                now = Difference(activity=write.activity)  # as far as anybody can know
                await self._deliveries.heard(self._adapter.name, desk_id, now, None)
        await self._deliveries.done(write.key)
        return True

    async def send_message(self, message: Message) -> bool:
        progress = await self._deliveries.begin(message)
        await self._own.send_message(message)
        return await self._deliver(message, [Saying(message.text, to_customer=True)], progress)

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        progress = await self._deliveries.begin(reply)
        await self._own.send_reply(reply)
        sayings = [Saying(reply.text, to_customer=True, author=reply.author)]
        if Capability.AUTHOR not in self._adapter.capabilities:
            sayings.append(Saying(_written_by(reply.author), to_customer=False))
        return await self._deliver(reply, sayings, progress)

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        progress = await self._deliveries.begin(prompt)
        await self._own.prompt_reply(prompt, draft)
        whom = prompt.composer or "Whoever reads this first"
        text = f"All departments have answered. {whom} writes the reply to the customer."
        if draft:
            text = f"{text} A draft of it:\n\n{draft}"
        return await self._deliver(prompt, [Saying(text, to_customer=False)], progress)

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        told = await self._own.notify(notice)
        await self._tell(notice, told, "; ".join(dict.fromkeys(one.reason for one in notice.tell)))
        return told

    async def remind(self, reminder: Reminder) -> tuple[str, ...]:
        told = await self._own.remind(reminder)
        await self._tell(reminder, told, f"the answer of {reminder.label} is due {_at(reminder)}")
        return told

    async def escalate(self, escalation: Escalation) -> tuple[str, ...]:
        told = await self._own.escalate(escalation)
        await self._tell(escalation, told, f"the answer of {escalation.label} was due {_at(escalation)}")
        return told

    async def _tell(self, effect: Notice | Reminder | Escalation, told: Sequence[str], what: str) -> None:
        if told and self._notices:
            progress = await self._deliveries.begin(effect)
            await self._deliver(
                effect, [Saying(f"For {', '.join(told)}: {what}", to_customer=False)], progress
            )

    async def _deliver(self, effect: Once, sayings: Sequence[Saying], progress: Progress) -> bool:
        """Say it at the desk. False if that was done before."""
        if progress in _OVER:
            return False
        desk_id = self._adapter.desk_id(effect.case)
        if desk_id is not None:
            for number, saying in enumerate(sayings):
                await self._say(desk_id, saying, f"{effect.key}:{number}", progress)
        await self._deliveries.done(effect.key)
        return True

    async def _say(self, desk_id: str, saying: Saying, key: str, progress: Progress) -> None:
        if progress is Progress.UNKNOWN and await self._adapter.has_said(desk_id, key):
            return
        await self._adapter.say(desk_id, saying, key)

    async def _bring(self, desk_id: str, write: CaseWrite, progress: Progress) -> Seen:
        """Make the desk show this, but for what a person has changed there meanwhile.

        Returns what was known of the case before.
        """
        name = self._adapter.name
        to = wanted(write, self._adapter.capabilities)
        seen = await self._deliveries.seen(name, desk_id, write)
        if "labels" in to and "labels" in seen.unknown:
            to["labels"] = (seen.shows["labels"] | set(write.add_labels)) - set(write.remove_labels)
        if all(seen.shows.get(field) == value for field, value in to.items()):
            return seen
        now = (await self._adapter.show(desk_id)).is_now
        on_their_way = changed_by_others(now, seen.shows) - seen.settled
        if progress is Progress.UNKNOWN:
            # What shows what was wanted may be this write's own doing, of which it had no answer.
            on_their_way -= {field for field, value in to.items() if now.get(field) == value}
        change = merged(to, now, seen.shows, on_their_way | seen.unknown)
        for _ in range(2):
            if not change:
                break
            await self._adapter.change(desk_id, change, write.key)
            after = (await self._adapter.show(desk_id)).is_now
            change = _not_done(change, before=now, after=after)
            now = after
        if change:
            fields = ", ".join(f"{field} {value!r}" for field, value in change.items())
            raise DeskRefused(
                f"{name} took the change of case {desk_id} and does not show it: {fields}. Look at the "
                f"rights of Baton's account there, and run `baton desk check`"
            )
        left = on_their_way | seen.unknown
        shows = {field: value for field, value in now.items() if field in to and field not in left}
        await self._deliveries.wrote(name, desk_id, cast(Change, shows), on_their_way)
        return seen


def _not_done(change: Change, before: Change, after: Change) -> Change:
    """The part of a change that left a field as it was. What became a third thing, somebody else changed."""
    left = {
        field: value
        for field, value in change.items()
        if after.get(field) != value and after.get(field) == before.get(field)
    }
    return cast(Change, left)


def _written_by(author: Author) -> str:
    return f"The reply above was written by {author.id}."


def _at(effect: Reminder | Escalation) -> str:
    return f"{effect.due_at:%Y-%m-%d %H:%M} UTC"
