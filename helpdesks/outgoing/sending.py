"""A letter is sent by the way of its subscriber: by HTTP, or to a person by e-mail."""

from __future__ import annotations

from collections.abc import Sequence

from baton.desk.outgoing import MAIL, Way
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outgoing.client import Outbound, Sent
from helpdesks.outgoing.letter import LetterRow
from helpdesks.outgoing.mail import Mailer

GONE = Sent("there is no such subscriber any more", target=False, final=True)
LEFT = Sent("this person is no longer in the directory", target=False, final=True)
NO_ADDRESS = Sent("this person has no address any more", target=False, final=True)


class Sender:
    """Sends letters.

    Args:
        mailer: None if this worker has no mail server.
    """

    def __init__(self, desk: EmbeddedHelpDesk, outbound: Outbound, mailer: Mailer | None) -> None:
        self._desk = desk
        self._outbound = outbound
        self._mailer = mailer

    async def send(self, letters: Sequence[LetterRow]) -> Sent:
        """One attempt with letters that go out as one. Raises what the ledger raises."""
        first = letters[0]
        if first.staff is None:
            return await self._by_http(letters)
        if first.staff not in (await self._desk.directory()).directory.staff:
            return LEFT
        by_mail = first.subscriber == MAIL
        sent = await (self._by_mail if by_mail else self._by_http)(letters)
        await self._desk.ways.noted(first.staff, Way.EMAIL if by_mail else Way.CHAT, sent.why or None)
        return sent

    async def _by_http(self, letters: Sequence[LetterRow]) -> Sent:
        target = await self._desk.subscribers.target(letters[0].subscriber)
        return GONE if target is None else await self._outbound.send(target, letters)

    async def _by_mail(self, letters: Sequence[LetterRow]) -> Sent:
        address = await self._desk.ways.address(letters[0].staff or "")
        if address is None or self._mailer is None:
            return NO_ADDRESS
        return await self._mailer.send(address, letters)
