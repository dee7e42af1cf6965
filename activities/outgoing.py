"""What is told elsewhere: the workflows of the subscribers, and the calls about them."""

from __future__ import annotations

from temporalio import activity
from temporalio.client import Client
from temporalio.common import MetricMeter, WorkflowIDConflictPolicy

from activities.calls import call
from activities.looking import keep_looking
from activities.refusing import refusing
from baton.desk.outgoing import (
    DEAD_LETTERS,
    MAIL,
    REPLAY_LETTERS,
    SET_SUBSCRIBER,
    SUBSCRIBER_WORKFLOW,
    SUBSCRIBERS,
    TEND_SUBSCRIBER,
    DeadLetter,
    DeadQuery,
    Replay,
    Replayed,
    Subscriber,
    SubscriberChange,
    SubscriberQuery,
    SubscriberStart,
    Way,
    subscriber_workflow_id,
)
from baton.desk.ways import END_WAYS, SET_MAIL, SHOW_WAYS, MailWishes, PersonsWay, WaysEnd, WaysQuery
from baton.settings import Settings
from baton.temporal import metrics
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outgoing.letters import Letters
from helpdesks.outgoing.mail import MailServer
from helpdesks.outgoing.subscribers import Subscribers


class OutgoingCalls:
    """The calls about subscribers. What is secret about one never crosses Temporal."""

    def __init__(self, desk: EmbeddedHelpDesk, task_queue: str) -> None:
        self._desk = desk
        self._subscribers = desk.subscribers
        self._letters = desk.letters
        self._ways = desk.ways
        self._task_queue = task_queue

    @call(SUBSCRIBERS)
    async def all(self) -> list[Subscriber]:
        """Everybody who is told something."""
        return await self._subscribers.all()

    @call(DEAD_LETTERS)
    async def dead(self, query: DeadQuery) -> list[DeadLetter]:
        """What was not delivered and is not tried any more."""
        with refusing():
            await self._subscribers.one(query.subscriber)
        return await self._letters.dead(query.subscriber, query.limit)

    @call(REPLAY_LETTERS)
    async def replay(self, replay: Replay) -> Replayed:
        """Let dead letters wait again."""
        with refusing():
            await self._subscribers.one(replay.subscriber)
        return Replayed(letters=await self._letters.replay(replay.subscriber, replay.ids, replay.since))

    @call(SET_SUBSCRIBER)
    async def set_state(self, change: SubscriberChange) -> Subscriber:
        """Pause a subscriber, or let it go on."""
        with refusing():
            return await self._subscribers.change(change.subscriber, {"state": change.state})

    @call(TEND_SUBSCRIBER)
    async def tend(self, query: SubscriberQuery) -> None:
        """Begin to deliver to a subscriber that was just made."""
        with refusing():
            await self._subscribers.one(query.subscriber)
        await start_subscriber(activity.client(), query.subscriber, self._task_queue)

    @call(SHOW_WAYS)
    async def show_ways(self, query: WaysQuery) -> list[PersonsWay]:
        """How people are told elsewhere. Whoever lists everybody sees no whole address."""
        return await self._ways.of(query.staff)

    @call(SET_MAIL)
    async def set_mail(self, wishes: MailWishes) -> list[PersonsWay]:
        """Tell somebody by e-mail from now on."""
        directory = (await self._desk.directory()).directory
        with refusing():
            directory.require_staff(wishes.staff)
            await self._ways.set(wishes.staff, Way.EMAIL, wishes, subscriber=MAIL, address=wishes.address)
        return await self._ways.of(wishes.staff)

    @call(END_WAYS)
    async def end_ways(self, end: WaysEnd) -> list[PersonsWay]:
        """Tell somebody nothing any more, also somebody who has left. Returns the ways that stay."""
        await self._ways.end(end.staff, end.way)
        return await self._ways.of(end.staff)


async def mail_server(subscribers: Subscribers, settings: Settings) -> MailServer | None:
    """The mail server of the settings; with one, people can be told by e-mail. Raises ``SettingsError``."""
    server = MailServer.of(settings)
    if server is not None:
        await subscribers.make(Way.EMAIL, "people's e-mail", None, subscriber_id=MAIL)
    return server


async def tend_subscribers(client: Client, letters: Letters, task_queue: str, meter: MetricMeter) -> None:
    """Start the deliveries of every subscriber, and of those that come, until cancelled; and show how many
    letters wait, and how many are dead.

    Whoever makes a subscriber starts its deliveries, too, unless it dies in between. A look that fails leaves
    the numbers as they were: see `activities.looking`.
    """
    tended: set[str] = set()

    async def tend() -> None:
        found = await letters.backlogs()
        for one in found.keys() - tended:
            await start_subscriber(client, one, task_queue)
            tended.add(one)
        for one in tended:
            waiting, dead = found.get(one, (0, 0))  # a gauge cannot be taken back
            metrics.LETTERS_WAITING.set(meter, waiting, subscriber=one)
            metrics.LETTERS_DEAD.set(meter, dead, subscriber=one)

    await keep_looking(tend, meter, of="letters", failed="cannot see to the deliveries of subscribers")


async def start_subscriber(client: Client, subscriber: str, task_queue: str) -> None:
    """Start the deliveries to a subscriber, unless they run already."""
    await client.start_workflow(
        SUBSCRIBER_WORKFLOW,
        SubscriberStart(subscriber=subscriber),
        id=subscriber_workflow_id(subscriber, task_queue),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"what {subscriber} is told",
    )
