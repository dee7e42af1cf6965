"""The state of a ticket: everything that outlives a task, in one structure that can be stored."""

from __future__ import annotations

from collections.abc import Callable

from baton.contract import (
    Author,
    AuthorType,
    Department,
    DepartmentState,
    Draft,
    Instant,
    Note,
    Payload,
    Status,
    TicketSnapshot,
    TicketStage,
    TicketStart,
)
from baton.model.ticket.lifecycle import UNFINISHED


class DraftSources(Payload):
    """What a draft is rendered from besides the notes: the directory and the templates as they were then.

    A decision carries only what is new, so that a history has each name and each template once.
    """

    template: str | None = None
    """The text of the template's draft; if empty or ``None``, the built-in one."""
    departments: dict[str, str] = {}
    """By label: the names of departments whose name differs from their label."""
    zones: dict[str, str] = {}
    """By label: the time zones of departments that have one."""
    people: dict[str, str] = {}
    """By ID: the names of people whose name differs from their ID."""

    def beside(self, known: DraftSources) -> DraftSources:
        """The part of these that is not known yet."""
        return DraftSources(
            template=self.template if (self.template or "") != (known.template or "") else None,
            departments=_new(self.departments, known.departments),
            zones=_new(self.zones, known.zones),
            people=_new(self.people, known.people),
        )

    def with_(self, new: DraftSources) -> DraftSources:
        """These, updated with what is new."""
        return DraftSources(
            template=self.template if new.template is None else new.template,
            departments={**self.departments, **new.departments},
            zones={**self.zones, **new.zones},
            people={**self.people, **new.people},
        )


def _new(wanted: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if known.get(key) != value}


def whose_turn(stage: TicketStage | None, status: Status | None, assignee: str | None) -> str | None:
    """The assignee, if it is for the assignee to look at a ticket or to answer it."""
    turn = stage in (TicketStage.TRIAGE, TicketStage.COMPOSING) and status is Status.OPEN
    return assignee if turn else None


class TicketState(Payload, frozen=False):
    """A ticket: the fields of the snapshot, and what is needed to go on from here.

    Only the modules of ``baton.model.ticket`` change one, and only a copy of their own. A container in it is
    replaced, never changed in place.
    """

    ticket_id: str
    customer: str
    subject: str = ""
    channel: str | None = None
    conversation: str | None = None
    case_id: str | None = None
    stage: TicketStage | None = None
    status: Status | None = None
    assignee: str | None = None
    line: str | None = None
    """The assignee's home line, or that of the queue in which the ticket waits."""
    composer: str | None = None
    dispatcher: str | None = None
    """Who first asked departments."""
    labels: tuple[str, ...] = ()
    departments: tuple[Department, ...] = ()
    """All that were ever asked, in the order of the template, then the others."""
    template: str | None = None
    round: int = 0
    prompted_round: int = 0
    """The last round whose composer was prompted."""
    replied_round: int = 0
    """The last round that the customer has had a reply to: its notes are not drafted again."""
    prompts: int = 0
    replies: int = 0
    contributed: tuple[str, ...] = ()
    """Who wrote notes for departments that the customer has had no reply to, in the order in which they were
    folded: several notes may have the same time."""
    noted_at: dict[str, Instant] = {}
    """When each of these last wrote."""
    noted_round: int = 0
    """The latest round of any note."""
    stale_round: int = 0
    """The latest round in which something changed that departments had already answered."""
    draft: Draft = Draft()
    """Without its text, which is rendered when it is read (`baton.templates.drafting`)."""
    sources: DraftSources = DraftSources()
    paused_at: Instant | None = None
    last_author: Author | None = None
    last_message_at: Instant | None = None
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    previous_case: str | None = None
    closed_because: str | None = None
    merged_into: str | None = None
    """The workflow of the case that hears what is written here, if this was its duplicate."""
    merged_from: tuple[str, ...] = ()
    """The workflows of the cases that were merged into this one."""

    opened_at: Instant | None = None
    wrote_at: Instant | None = None
    customer_wrote_at: Instant | None = None
    staff_wrote_at: Instant | None = None
    held_since: Instant | None = None
    """Since when the present assignee or queue has had the ticket."""
    composing_since: Instant | None = None
    """Since when the present composer has been the composer."""
    wake_at: Instant | None = None
    """When a timed rule may come due, or somebody's absence begins to count."""
    handed_on_by: str | None = None
    """Who handed it to their own line, and must not get it back; cleared when somebody else gets it."""
    answered_by: tuple[str, ...] = ()
    """Who of the staff has written since the customer's last message, in order."""
    acted_at: dict[str, Instant] = {}
    """When those who have it last did something in it by hand while they were not online."""
    holders: dict[str, str] = {}
    """The last holder in each line."""
    timed: dict[str, Instant] = {}
    """The moment for which each timed rule last fired."""

    @staticmethod
    def before_first(start: TicketStart) -> TicketState:
        """The state before the first event."""
        return TicketState(
            ticket_id=start.ticket_id,
            customer=start.customer,
            subject=start.subject,
            channel=start.channel,
            conversation=start.conversation,
        )

    def anew(self) -> TicketState:
        """What there is before the next first event of this ticket, whatever it was like."""
        return TicketState.before_first(
            TicketStart(**{name: getattr(self, name) for name in TicketStart.model_fields})
        )

    @property
    def exists(self) -> bool:
        return self.stage is not None

    @property
    def final(self) -> bool:
        """Closed: nothing but a new run can follow."""
        return self.stage is TicketStage.CLOSED

    @property
    def unfinished(self) -> bool:
        """Whether closing would pass over somebody who is asked, or over a reply that is being written."""
        return self.stage in UNFINISHED

    @property
    def holder(self) -> str | None:
        """Whose load of tickets this one counts towards: it is that person's turn to do something."""
        return whose_turn(self.stage, self.status, self.assignee)

    @property
    def queue(self) -> str | None:
        """The line for whose next free place the ticket waits, if it does."""
        return self.line if self.exists and not self.final and self.assignee is None else None

    @property
    def customer_wrote_last(self) -> bool:
        return self.last_author is not None and self.last_author.type is AuthorType.CUSTOMER

    @property
    def asked(self) -> tuple[str, ...]:
        """The labels of the departments that are asked now."""
        return tuple(one.label for one in self.departments if one.state is DepartmentState.ASKED)

    @property
    def blocking(self) -> tuple[str, ...]:
        """The labels of departments that declined and were not replaced by another."""
        return tuple(one.label for one in self.departments if one.blocks)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The labels of the departments that the round waits for."""
        return tuple(
            one.label for one in self.departments if one.blocks or one.state is DepartmentState.ASKED
        )

    def department(self, label: str) -> Department | None:
        return next((one for one in self.departments if one.label == label), None)

    @property
    def due_at(self) -> Instant | None:
        """When the next answer is due; none while the ticket waits for the customer."""
        if self.paused_at is not None:
            return None
        dues = (one.due_at for one in self.departments if one.state is DepartmentState.ASKED)
        return min((at for at in dues if at is not None), default=None)

    def snapshot(self) -> TicketSnapshot:
        """The ticket as the world may see it."""
        return TicketSnapshot(**{name: getattr(self, name) for name in TicketSnapshot.model_fields})

    def head(self) -> TicketSnapshot:
        """The ticket without its notes: what an answer carries, so that answers do not grow with them."""
        return self.without_notes().snapshot()

    def without_notes(self) -> TicketState:
        """A copy that says only how many notes there are."""
        return self._with_notes(lambda notes: ())

    def without_texts(self) -> TicketState:
        """A copy that says who wrote notes and when, but not what: a decision needs no more."""
        return self._with_notes(
            lambda notes: tuple(note.model_copy(update={"text": ""}) if note.text else note for note in notes)
        )

    def _with_notes(self, change: Callable[[tuple[Note, ...]], tuple[Note, ...]]) -> TicketState:
        changed = (
            one.model_copy(update={"notes": change(one.notes)}) if one.notes else one
            for one in self.departments
        )
        return self.model_copy(update={"departments": tuple(changed)})
