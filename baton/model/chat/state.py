"""The state of a chat: everything that outlives a task, in one structure that can be stored."""

from __future__ import annotations

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatSnapshot,
    ChatStart,
    Instant,
    Payload,
    Status,
    Tab,
)
from baton.model.chat.lifecycle import FINAL, Phase
from baton.model.facts import people


class ChatState(Payload, frozen=False):
    """A chat: the fields of the snapshot, and what is needed to go on from here.

    Only the modules of ``baton.model.chat`` change one, and only a copy of their own. A container in it is
    replaced, never changed in place.
    """

    channel: str
    conversation: str
    customer: str
    case_id: str | None = None
    activity: Activity | None = None
    status: Status | None = None
    assignee: str | None = None
    line: str | None = None
    """The assignee's home line, or that of the queue in which the chat waits."""
    pinned_to: str | None = None
    reserved_for: str | None = None
    labels: tuple[str, ...] = ()
    last_author: Author | None = None
    last_message_at: Instant | None = None
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    previous_case: str | None = None
    ticket_id: str | None = None
    """The ticket that this chat opened, or was linked to, last."""
    tickets: tuple[str, ...] = ()
    """All tickets to which the chat is linked; what the customer writes is copied there."""
    merged_into: str | None = None
    """The workflow of the case that hears what is written here, if this was its duplicate."""
    merged_from: tuple[str, ...] = ()
    """The workflows of the cases that were merged into this one."""

    opened_at: Instant | None = None
    wrote_at: Instant | None = None
    """The idle clock: when the last message of customer or staff arrived."""
    customer_wrote_at: Instant | None = None
    staff_wrote_at: Instant | None = None
    held_since: Instant | None = None
    """Since when the present assignee or queue has had the chat."""
    idle_after: float = 600.0
    """Seconds without a message after which the chat ends."""
    offer_until: Instant | None = None
    """Set while the reservation is only an offer: when it ends."""
    wake_at: Instant | None = None
    """When a timed rule may come due or somebody's grace may end."""
    handed_on_by: str | None = None
    """Who handed it to their own line, and must not get it back; cleared when somebody else gets it."""
    answered_by: tuple[str, ...] = ()
    """Who of the staff has written since the customer's last message, in order."""
    acted_at: dict[str, Instant] = {}
    """When those who have it last did something in it by hand while they were not online."""
    holders: dict[str, str] = {}
    """The last holder in each line, of this chat or the one before."""
    timed: dict[str, Instant] = {}
    """The moment for which each timed rule last fired."""

    @staticmethod
    def before_first(start: ChatStart) -> ChatState:
        """The state before the first message."""
        return ChatState(
            channel=start.channel,
            conversation=start.conversation,
            customer=start.customer,
            case_id=start.case_id,
        )

    def anew(self) -> ChatState:
        """What there is before the first message of the next chat here, whatever this one was like."""
        place = {name: getattr(self, name) for name in ("channel", "conversation", "customer")}
        return ChatState.before_first(ChatStart(**place))

    @property
    def phase(self) -> Phase:
        return Phase.of(self.activity, self.status)

    @property
    def active(self) -> bool:
        return self.activity is Activity.ACTIVE

    @property
    def exists(self) -> bool:
        return self.activity is not None

    @property
    def final(self) -> bool:
        """Ended and closed: nothing but a new chat can follow."""
        return self.phase is FINAL

    @property
    def customer_wrote_last(self) -> bool:
        return self.last_author is not None and self.last_author.type is AuthorType.CUSTOMER

    @property
    def linked_tickets(self) -> tuple[str, ...]:
        """All tickets of this chat; one that an older release opened is only in ``ticket_id``."""
        return people([*self.tickets, self.ticket_id])

    @property
    def tab(self) -> Tab | None:
        """Where staff find the chat; none before the first message. Source: design, section 3."""
        if not self.exists:
            return None
        if self.active:
            if self.pinned_to:
                return Tab.MINE
            return Tab.RESERVED if self.reserved_for else Tab.NEW
        return Tab.UNANSWERED if self.status is Status.OPEN else Tab.ENDED

    @property
    def holder(self) -> str | None:
        """Whose load this chat counts towards: an active chat that is pinned or reserved."""
        return (self.pinned_to or self.reserved_for) if self.active else None

    @property
    def queue(self) -> str | None:
        """The line for whose next free place the chat waits, if it does.

        Either nobody has it, or it has ended while the customer still waits. Source: design, section 9.
        """
        if self.active:
            return self.line if self.holder is None and self.assignee is None else None
        return self.line if self.exists and self.status is Status.OPEN else None

    def snapshot(self) -> ChatSnapshot:
        """The chat as the world may see it."""
        return ChatSnapshot(**{name: getattr(self, name) for name in ChatSnapshot.model_fields})

    def head(self) -> ChatSnapshot:
        """What an answer carries: for a chat, the whole snapshot."""
        return self.snapshot()

    def without_texts(self) -> ChatState:
        """The chat itself: it keeps no texts."""
        return self
