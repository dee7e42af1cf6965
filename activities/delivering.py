"""``deliver``: what waits for a subscriber goes to its target, and what comes in meanwhile, too.

It is a long poll: it looks into the ledger twice a second for a minute, which costs Temporal next to nothing
and lets a letter leave within a second. Letters of several cases are delivered side by side, those of one
case one after the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from temporalio import activity
from temporalio.common import MetricMeter

from baton.desk.outgoing import DELIVER, MAIL, Deliver, Delivered
from baton.errors import HelpDeskUnavailable
from baton.temporal import metrics
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outgoing.client import Outbound, Sent
from helpdesks.outgoing.letter import Failure, LetterRow
from helpdesks.outgoing.letters import Letters
from helpdesks.outgoing.mail import Mailer, MailServer
from helpdesks.outgoing.sending import Sender

PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds between two attempts, as the Standard Webhooks specification recommends: after the last, a letter
is dead."""
LONGEST_PROBE = 1800.0
"""The longest that a target which fails is left alone, whatever its letters' own pauses are."""
LOOK_EVERY = 0.5
LONGEST = 60.0
"""Seconds that one delivery takes in new letters."""
AT_ONCE = 8
"""Letters on their way to one target at the same time."""
BEAT = 30.0


class Delivering:
    """The activity.

    Args:
        private: whether targets may have addresses that are not public.
        mail: the server for people's e-mail; None if this worker has none.
        meter: the worker's: it knows the namespace and the task queue.
    """

    def __init__(
        self,
        desk: EmbeddedHelpDesk,
        *,
        private: bool,
        mail: MailServer | None,
        meter: MetricMeter,
    ) -> None:
        self._desk = desk
        self._private = private
        self._mail = mail
        self._meter = meter

    @activity.defn(name=DELIVER)
    async def deliver(self, question: Deliver) -> Delivered:
        """One delivery. Letters that fail are tried again by a later one."""
        if question.subscriber == MAIL and self._mail is None:
            raise HelpDeskUnavailable("this worker has no mail server: set BATON_MAIL_HOST for it")
        async with Outbound(private=self._private) as outbound:
            sender = Sender(self._desk, outbound, Mailer(self._mail) if self._mail else None)
            round_ = _Round(question.subscriber, self._desk.letters, sender, self._meter)
            beating = asyncio.create_task(_beat())
            try:
                return await round_.run(activity.is_worker_shutdown)
            finally:
                beating.cancel()


async def _beat() -> None:
    while True:
        await asyncio.sleep(BEAT)
        activity.heartbeat()


class _Counts(NamedTuple):
    delivered: int = 0
    failed: int = 0
    dead: int = 0


class _Round:
    """One delivery."""

    def __init__(
        self,
        subscriber: str,
        letters: Letters,
        sender: Sender,
        meter: MetricMeter,
    ) -> None:
        self._subscriber = subscriber
        self._letters = letters
        self._sender = sender
        self._meter = meter
        self._counts = _Counts()
        self._last_error: str | None = None

    async def run(self, stopping: Callable[[], bool]) -> Delivered:
        """Deliver for a minute, or until the worker stops."""
        loop = asyncio.get_running_loop()
        until, under_way = loop.time() + LONGEST, dict[str, asyncio.Task[None]]()
        await self._letters.tidy(self._subscriber)
        gone = False
        try:
            while loop.time() < until and not stopping() and not gone:
                gone = not await self._begin(under_way)
                if under_way:
                    await asyncio.wait(
                        under_way.values(), timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED
                    )
                else:
                    await asyncio.sleep(LOOK_EVERY)
                _collect(under_way)
            if under_way:
                await asyncio.wait(under_way.values())
                _collect(under_way)
        finally:
            for task in under_way.values():
                task.cancel()
        return await self._outcome(gone=gone)

    async def _begin(self, under_way: dict[str, asyncio.Task[None]]) -> bool:
        """Begin with what is due and has room. False if there is no such subscriber."""
        now = datetime.now(UTC)
        look = await self._letters.look(self._subscriber, now)
        if look is None:
            return False
        # A target that fails gets one letter at a time.
        room = (1 if look.failures else AT_ONCE) - len(under_way)
        if room <= 0 or not look.may_send(now):
            return True
        due = await self._letters.due(self._subscriber, now, AT_ONCE * 2)
        fresh = [one for one in due if one.about not in under_way][:room]
        for letter in fresh:
            under_way[letter.about] = asyncio.create_task(self._attempt(letter, look.failures))
        return True

    async def _attempt(self, letter: LetterRow, failures: int) -> None:
        began = asyncio.get_running_loop().time()
        together = await self._letters.together(letter)
        sent = await self._sender.send(together)
        took = asyncio.get_running_loop().time() - began
        result = "failed" if sent.why else "delivered"
        metrics.LETTER_ATTEMPTS.count(self._meter, subscriber=self._subscriber, result=result)
        metrics.LETTER_ATTEMPT.time(activity.metric_meter(), took, subscriber=self._subscriber)
        if not sent.why:
            await self._letters.delivered(*together)
            delay = (datetime.now(UTC) - letter.at).total_seconds()
            metrics.LETTER_DELAY.time(activity.metric_meter(), delay, subscriber=self._subscriber)
            self._counts = self._counts._replace(delivered=self._counts.delivered + len(together))
            return
        dead = await self._letters.failed(together, what_follows(sent, letter, failures, datetime.now(UTC)))
        self._last_error = sent.why
        self._counts = self._counts._replace(failed=self._counts.failed + 1, dead=self._counts.dead + dead)

    async def _outcome(self, *, gone: bool) -> Delivered:
        now = datetime.now(UTC)
        look = await self._letters.look(self._subscriber, now)
        waiting, _ = await self._letters.counts(self._subscriber)
        return Delivered(
            **self._counts._asdict(),
            waiting=waiting,
            next_try_at=look.probe_at if look is not None else None,
            last_error=self._last_error,
            gone=gone or look is None,
        )


def _collect(under_way: dict[str, asyncio.Task[None]]) -> None:
    """Forget what is over. Raises what an attempt raised that could not be noted in the ledger."""
    for about, task in list(under_way.items()):
        if task.done():
            del under_way[about]
            task.result()


def what_follows(sent: Sent, letter: LetterRow, failures: int, now: datetime) -> Failure:
    """What becomes of a letter, and of its target, after an attempt that failed.

    Args:
        failures: of the target in a row, before this one.
    """
    if sent.gone:
        return Failure(sent.why, None, off=True)
    if sent.final:
        return Failure(sent.why, None)
    attempts = letter.attempts + 1
    pause = _pause(attempts - 1, sent.pause)
    next_at = now + timedelta(seconds=pause) if attempts <= len(PAUSES) else None
    if not sent.target:
        return Failure(sent.why, next_at)
    probe = min(_pause(min(failures, len(PAUSES) - 1), None), LONGEST_PROBE)
    return Failure(
        sent.why,
        next_at,
        probe_at=now + timedelta(seconds=max(probe, sent.pause or 0.0)),
        failures=failures + 1,
        too_old=now - timedelta(seconds=sum(PAUSES)),
    )


def _pause(number: int, asked: float | None) -> float:
    """The pause after an attempt, with a tenth of jitter, so that not all come back in one moment."""
    if number >= len(PAUSES):
        return 0.0
    pause = PAUSES[number] * random.uniform(1.0, 1.1)
    return max(pause, asked or 0.0)
