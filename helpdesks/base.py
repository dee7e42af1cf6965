"""The two sides of a help desk: the ledger, which is Baton's own, and the desk, where people work.

The ledger keeps the cases, the bodies of messages and notes, the directory, everybody's presence and who
waits. Baton asks it for facts and lets it take events in. The desk carries effects out. Each effect has a key
and is applied once, however often it is sent: activities run at least once.

The embedded help desk is both, on one database. Another desk stands beside its ledger: `helpdesks.outside`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from baton.contract import CustomerMessage, Event, Presence, Tell
from baton.desk.api import InboxQuery, InboxRow, NoticeRow, ShownRules, TicketQuery, TicketRow
from baton.desk.reports import Report, ReportQuery
from baton.desk.said import MessageRow
from baton.documents.directory import Directory
from baton.documents.directorychange import DirectoryDifference
from baton.model.decision import CaseState, Kept
from baton.model.effects import (
    CaseRef,
    CaseWrite,
    ConsolidatedReply,
    Effect,
    Escalation,
    Forward,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.model.facts import Previous
from helpdesks.known import (
    Attendance,
    CaseAt,
    Concerned,
    Heard,
    Kind,
    KnownEvent,
    Queued,
    Standing,
    StillWaiting,
    VersionedDirectory,
)

T = TypeVar("T")


class Queues(Protocol):
    """Who waits, and who has room, in one transaction: what is read stays true until it ends."""

    def directory(self) -> VersionedDirectory:
        """The directory as it is now."""

    def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        """The presence of these people; those who never had one are left out."""

    def load(self, staff: Iterable[str], kind: Kind) -> Mapping[str, int]:
        """How many cases of this kind each of these has or is promised to get, without the one being decided.

        Of chats, the active ones, pinned or reserved; of tickets, the open ones that are theirs to look at or
        to answer. Two cases that are assigned at the same moment see each other.
        """

    def standing(self, staff: Iterable[str], kind: Kind) -> Sequence[Standing]:
        """How busy each of these is, as `load` counts, and whether they are there."""

    def first(
        self, staff: Iterable[str], kind: Kind, fits: Callable[[Standing], bool], most: int
    ) -> Sequence[Standing]:
        """The first ``most`` of these who are online and ``fits``: those with the fewest cases, of these
        whoever was assigned nothing for the longest time, of these the first by name."""

    def waiting(self, line: str, kind: Kind, until: datetime, most: int) -> Sequence[Queued]:
        """At most so many who wait in a queue since ``until`` or longer, the longest first.

        Without those to whom somebody else has just promised a place, and without the case being decided.
        """

    def promise(self, places: Mapping[str, str], kind: Kind) -> None:
        """Promise places: by case ID, who has it. Repeating it from the same source changes nothing."""

    def redeem(self, line: str) -> str | None:
        """Take back what was promised to the case being decided, in this queue; returns who had the place."""


class Intake(Queues, Protocol):
    """One event on its way in: facts are read and the event is taken in, in one transaction."""

    def known_event(self) -> KnownEvent | None:
        """The same event, if it was taken in before."""

    def previous(self) -> Previous | None:
        """The case before this one in the same conversation, or of the same ticket, with all its tickets."""

    def other_holder(self) -> str | None:
        """Who holds another active chat of the same customer; the latest, if several do."""

    def author_of(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> str | None:
        """Which member of staff wrote a message of this conversation or ticket, or of one of those
        ``elsewhere``."""

    def was_sent(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> bool:
        """Whether a message with this ID was sent to the customer, by staff or by a program."""

    def case_at(self, case: CaseRef) -> CaseAt | None:
        """The latest case of any conversation or ticket. Only the place in ``case`` needs to be correct."""

    def blocked(self) -> bool:
        """Whether the customer is blocked."""

    def case_id(self) -> str:
        """The ID of the case that this event opens: always the same for the same event."""

    def lost(self) -> Kept | None:
        """The case of this conversation or ticket that is not ``done``, if another chain of runs opened it.

        With the latest events of the place (``seen``). A place has one workflow at a time. So a new chain
        finds such a case only if the workflow of that one was closed by force.
        """

    def take_in(
        self,
        folded: CaseState,
        settled: CaseState,
        rules: Sequence[str],
        effects: Sequence[Effect] = (),
        waiting: Collection[str] = (),
        *,
        opened: bool,
    ) -> None:
        """Keep the event with its body, and the case as the event itself left it (``folded``).

        What the rules change (``settled``) follows as an effect; it already counts for load. What no effect
        carries, such as the departments of a ticket, is kept as the rules leave it. An event with an earlier
        ``now`` than the last one taken in changes nothing; only its body is kept, if it is not known yet.
        ``opened`` is false for a message that is recorded but opened no case.

        The case is kept whole, with the effects not yet carried out: those already kept whose keys are in
        ``waiting``, and ``effects``, which follow from this event.

        Raises ``InvalidEvent`` if the case's ID belongs to another conversation or ticket.
        """


class Desk(Protocol):
    """Where people work: what Baton decides about a case is carried out here, each effect once.

    Every method raises ``HelpDeskUnavailable`` when trying again may work, and ``DeskRefused`` when it never
    will.
    """

    async def write_case(self, write: CaseWrite) -> bool:
        """Carry out a change of a case. False if it, or a later one, had been carried out before.

        If the change was overtaken, only its notes are kept.
        """

    async def send_message(self, message: Message) -> bool:
        """Send a message to the customer, once."""

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        """Tell people, once; returns who was told.

        Everyone, or a line, means: those of them who are online now, whatever their habit. A department,
        named by its label, means all its members. Nobody is told who is not in the directory. If none of
        those who are meant is there, somebody else is told, too: see `helpdesks.audience`.
        """

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        """Ask the composer for the reply, once, and keep the draft; without a composer, all who are online.

        False if it had been done before.
        """

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        """Send the consolidated reply to the customer, exactly once. False if it had been sent before."""

    async def remind(self, reminder: Reminder) -> tuple[str, ...]:
        """Tell all members of a department, once, that its answer is due soon; returns who was told."""

    async def escalate(self, escalation: Escalation) -> tuple[str, ...]:
        """Tell the person named, or all who are online, once, that an answer is overdue.

        Returns who was told.
        """


class Ledger(Protocol):
    """What Baton keeps, whatever the desk is.

    Every method raises ``HelpDeskUnavailable`` when trying again may work.
    """

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        """Take one event in, as ``decide`` says, in a transaction. It leaves no trace if ``decide`` raises.

        ``decide`` runs in another thread, and may run again if the transaction could not be committed.

        ``chain`` names the chain of workflow runs (the ID of its first run, which continue-as-new and reset
        keep); it is stored with the event. An event that another chain took in is a late duplicate; one
        that the same chain took in is a retry.
        """

    async def queues(self, source: str, now: datetime, look: Callable[[Queues], T]) -> T:
        """Look at queues apart from any event, in a transaction; ``look`` runs as ``decide`` in `intake`.

        ``source`` names what makes promises here: made again, they are the same.
        """

    async def tell(self, key: str, tell: Tell, at: datetime) -> tuple[str, ...]:
        """As `Desk.notify`, about no single case: once for each ``key``."""

    async def kept(self, case: CaseRef) -> Kept | None:
        """The latest case of a conversation or ticket, whole, with the notes of its departments.

        Only the place in ``case`` needs to be correct.
        """

    async def set_presence(self, staff: str, presence: Presence, at: datetime) -> Attendance:
        """Note what a person is doing from ``at`` on; no change if they were already doing it, or if
        something later is known."""

    async def set_presences(
        self, staff: Sequence[str], presence: Presence, at: datetime
    ) -> Mapping[str, Attendance]:
        """As `set_presence`, for several people in one transaction; by person, in this order."""

    async def presence(self) -> Mapping[str, Attendance]:
        """Everybody's presence."""

    async def touched_by(self, staff: str) -> Sequence[CaseRef]:
        """The cases that a person's presence concerns: living chats assigned, pinned or reserved to that
        person, living tickets assigned to that person or composed by them, and what is in the queue of that
        person's line."""

    async def directory(self, version: int | None = None) -> VersionedDirectory:
        """The directory as it is now, or as it was at a version; version 0 is empty."""

    async def concerned_by(self, change: DirectoryDifference) -> Sequence[Concerned]:
        """The living cases that refer to what a change of the directory takes away or renames."""

    async def change_directory(self, directory: Directory, *, based_on: int | None) -> VersionedDirectory:
        """Replace the directory. ``based_on`` guards against another change in between.

        Raises ``NotAllowed`` if there was one. Repeating a change that went through is not one.
        """

    async def keep_rules(self, digest: str, source: str) -> None:
        """Keep a rule set under its digest, so that old decisions can be explained."""

    async def kept_rules(self, digest: str) -> ShownRules | None:
        """The rule set whose digest begins so, if one was kept."""

    async def block_customer(self, customer: str, *, blocked: bool) -> None:
        """Block or unblock a customer."""

    async def load(self, staff: Iterable[str], kind: Kind, at: datetime) -> Mapping[str, int]:
        """How many cases of this kind each of these has, or is just being given.

        Those without any may be left out.
        """

    async def still_waiting(self, line: str | None, at: datetime) -> StillWaiting:
        """What somebody of this line, or of none, finds waiting."""

    async def inbox(self, query: InboxQuery, at: datetime | None = None) -> Sequence[InboxRow]:
        """List chats, those that have waited longest first, with the reason at that time, by default now."""

    async def tickets(self, query: TicketQuery, at: datetime | None = None) -> Sequence[TicketRow]:
        """List tickets that are not closed: those that are due first, then those that have waited longest.

        With the reason why they wait, as `inbox`.
        Raises ``UnknownLabel`` for a department that the directory does not have.
        """

    async def customer_messages(self, case: CaseRef) -> Sequence[CustomerMessage]:
        """What the customer wrote in this case, in order, as the events that brought it."""

    async def note_forwarded(self, forward: Forward) -> bool:
        """Note that everything was forwarded to the other case, so that the merged one is done.

        False if that was noted before.
        """

    async def heard(self, case: CaseRef, event_id: str) -> Heard | None:
        """An event of a conversation or ticket, if it was taken in. Only the place in ``case`` needs to be
        correct."""

    async def notices(self, staff: str | None, limit: int) -> Sequence[NoticeRow]:
        """What people were told, latest first: one row for each notice and reason.

        ``staff`` limits it to what this person was told.
        """

    async def messages(self, case: CaseRef, limit: int) -> Sequence[MessageRow]:
        """The latest messages, notes and drafts of a conversation or ticket, in all its cases, oldest first.

        Only the place in ``case`` needs to be correct.
        """

    async def report(self, query: ReportQuery, at: datetime | None = None) -> Report:
        """Figures about a period, or about now. See `helpdesks.reports.making` for what it raises."""

    async def identity(self) -> str:
        """What tells the database of this help desk from any other: random, and the same for ever."""
