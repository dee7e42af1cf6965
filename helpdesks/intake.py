"""The embedded help desk as ``decide`` sees it: the facts about one event, and taking it in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from baton.contract import Author, AuthorType, ChatSnapshot, Status, TicketSnapshot
from baton.model.chat.state import ChatState
from baton.model.decision import CaseSnapshot, CaseState, Kept
from baton.model.effects import CaseRef, Effect
from baton.model.facts import Previous
from baton.model.previous import previous_of
from helpdesks import keeping, queries
from helpdesks.arrival import Arrival
from helpdesks.caserows import author_of, is_over, rest_of, snapshot_of
from helpdesks.directories import Directories
from helpdesks.known import CaseAt, KnownEvent, VersionedDirectory
from helpdesks.places import place_of
from helpdesks.queues import EmbeddedQueues
from helpdesks.takingin import TakingIn


class EmbeddedIntake(EmbeddedQueues):
    """A `helpdesks.base.Intake`. Lasts as long as the transaction of its event."""

    def __init__(self, arrival: Arrival, directories: Directories) -> None:
        super().__init__(
            arrival.connection,
            directories,
            arrival.locks,
            source=f"{arrival.case_id}:{arrival.event.id}",
            now=arrival.now,
            case_id=arrival.case_id,
            own=arrival.case,
        )
        self._arrival = arrival
        self._kind, self._placed = arrival.place.kind, arrival.placed

    def known_event(self) -> KnownEvent | None:
        found = self._arrival.found
        if found.known_id is None:
            return None
        row = self._arrival.own_row(found.known_case) if found.known_case is not None else None
        snapshot = snapshot_of(row) if row else self._before_first()
        return KnownEvent(found.known_case, found.known_at, found.known_chain, snapshot)

    def directory(self) -> VersionedDirectory:
        return self._directories.at_version(self.connection, self._arrival.found.version or 0)

    def previous(self) -> Previous | None:
        rows = self.connection.execute(
            queries.PREVIOUS[self._kind],
            {**self._placed, "case_id": self._arrival.case_id},
        )
        row = rows.one_or_none()
        if row is None:
            return None
        # Not the columns that people see: what the last rule did may still be on its way there.
        closed = row.status == Status.CLOSED
        return previous_of(keeping.state_of(row), row.decided_at, closed=closed)

    def other_holder(self) -> str | None:
        holder: str | None = self.connection.scalar(
            queries.OTHER_HOLDER[self._kind],
            {**self._placed, "customer": self._arrival.before.customer},
        )
        return holder

    def author_of(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> str | None:
        author = self._sender_of(message_id, elsewhere)
        return author.id if author is not None and author.type is AuthorType.STAFF else None

    def was_sent(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> bool:
        return self._sender_of(message_id, elsewhere) is not None

    def _sender_of(self, message_id: str, elsewhere: Iterable[CaseRef]) -> Author | None:
        for place in (self._arrival.place, *(place_of(one) for one in elsewhere)):
            author = self.connection.scalar(
                queries.SENDER[place.kind], {**place.columns, "message_id": message_id}
            )
            if author is None and place.kind == "ticket":
                # The ID that a reply has in the chat that its ticket is linked to: see `activities.writes`.
                case_id, _, event_id = message_id.partition(":")
                replied = {**place.columns, "of_case": case_id, "event_id": event_id}
                author = self.connection.scalar(queries.REPLIER, replied)
            if author is not None:
                return author_of(author)
        return None

    def case_at(self, case: CaseRef) -> CaseAt | None:
        place = place_of(case)
        row = self.connection.execute(keeping.LATEST[place.kind], place.columns).one_or_none()
        if row is None:
            return None
        return CaseAt(is_over(row), rest_of(row).get("merged_into"))

    def blocked(self) -> bool:
        return bool(self._arrival.found.blocked)

    def case_id(self) -> str:
        return self._arrival.case_id

    def lost(self) -> Kept | None:
        return keeping.lost(self.connection, self._arrival.place, self._arrival.chain)

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
        taking_in = TakingIn(self._arrival, folded, settled, rules)
        taking_in.carry_out(effects, waiting, opened=opened)

    def _before_first(self) -> CaseSnapshot:
        case = self._arrival.before
        if isinstance(case, ChatState):
            return ChatSnapshot(channel=case.channel, conversation=case.conversation, customer=case.customer)
        return TicketSnapshot(
            ticket_id=case.ticket_id,
            customer=case.customer,
            subject=case.subject,
            channel=case.channel,
            conversation=case.conversation,
        )
