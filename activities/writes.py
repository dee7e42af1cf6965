"""What carries decisions out: ``reassign``, ``update_case``, ``send_message``, ``notify``.

Each is done at least once; the help desk recognises the key of what it has done before.
"""

from __future__ import annotations

from temporalio import activity

from baton.effects import NOTIFY, REASSIGN, SEND_MESSAGE, UPDATE_CASE, CaseWrite, Message, Notice
from helpdesks.base import HelpDesk


class Writing:
    """The writing activities and the help desk that they write to.

    All raise ``HelpDeskUnavailable``, and are then tried again.
    """

    def __init__(self, desk: HelpDesk) -> None:
        self._desk = desk

    @activity.defn(name=REASSIGN)
    async def reassign(self, write: CaseWrite) -> bool:
        """Assignee, ending and status in one call. False if it had been done before."""
        return await self._desk.write_case(write)

    @activity.defn(name=UPDATE_CASE)
    async def update_case(self, write: CaseWrite) -> bool:
        """Any other fields of a case, in one call. False if it had been done before."""
        return await self._desk.write_case(write)

    @activity.defn(name=SEND_MESSAGE)
    async def send_message(self, message: Message) -> bool:
        """A message of a rule to the customer. False if it had been sent before."""
        return await self._desk.send_message(message)

    @activity.defn(name=NOTIFY)
    async def notify(self, notice: Notice) -> tuple[str, ...]:
        """Tell everybody who must know; returns who was told now."""
        return await self._desk.notify(notice)
