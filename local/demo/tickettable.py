"""The tickets that ``baton demo`` plays, and their expected results: only data.

Source: "Joint replies", its example with three departments, and section 4 of the design. In the company of
the demo each department has one person: Ivan answers for billing, Maria for delivery, Lena for warranty.
Petra is the dispatcher, and Oleg leads warranty.

This table is compared with what happened, field by field, after every step, as for chats.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from baton.contract import Status, TicketStage
from local.demo.table import CUSTOMER, IVAN, LENA, MARIA, NOBODY

LABELS_OFF = "label-off-after-answer"

PETRA, OLEG = "petra", "oleg"
BILLING, DELIVERY, WARRANTY = "billing", "delivery", "warranty"
MEMBERS = {BILLING: IVAN, DELIVERY: MARIA, WARRANTY: LENA}
"""Who answers for each department, by its key, which is also its label."""

QUIET = "three-departments-quiet"
"""Shipped: labels and a note, for all three departments."""
PLAIN = "delivery-and-warranty"
"""Shipped. The demo adds a due time for warranty: the same template under two more names."""
IN_TIME, IN_SECONDS = "delivery-and-warranty-in-time", "delivery-and-warranty-in-seconds"
DUE = {IN_TIME: (8.0, 2.0), IN_SECONDS: (6 / 3600, 3 / 3600)}
"""Hours in which warranty has to answer, and how many of them are left when it is reminded. If time cannot
be skipped, they are seconds."""

REMINDED, OVERDUE = "due soon: warranty", "overdue: warranty"
LAST = "last to answer: see what the others wrote"
PROMPT = "prompt"
LATE = "a late note"


@dataclass(frozen=True)
class TicketStep:
    """One thing that somebody does: an event. ``reminder_due`` and ``department_due`` come with the time."""

    by: str
    kind: str
    text: str = ""
    template: str = ""
    label: str = ""
    to: str = ""


@dataclass(frozen=True)
class TicketStand:
    """The state of a ticket after a step."""

    stage: TicketStage
    status: Status
    asked: tuple[str, ...]
    """The departments that still have to answer."""
    labels: tuple[str, ...]
    """The departments' labels on it, under which it is found."""
    assignee: str | None = None
    composer: str | None = None
    prompts: int = 0
    replies: int = 0
    """How many replies the help desk has sent to the customer."""
    drafted: tuple[str, ...] = ()
    """The authors of the notes in the draft, from top to bottom."""
    fired: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    """Who was told what."""


@dataclass(frozen=True)
class TicketEnding:
    """The state of the ticket after each step of the story, and a sentence that says what it means."""

    stands: tuple[TicketStand, ...]
    meaning: str


@dataclass(frozen=True)
class TicketSituation:
    """What happened before, the story itself, and its endings."""

    id: str
    """The part after the first hyphen distinguishes it within its group."""
    title: str
    short: str
    before: tuple[TicketStep, ...]
    story: tuple[TicketStep, ...]
    with_rule: TicketEnding
    without_rule: TicketEnding | None = None
    """None if the story is not about the rule."""

    @property
    def rule(self) -> str:
        return LABELS_OFF

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]

    @property
    def steps(self) -> tuple[TicketStep, ...]:
        return self.before + self.story

    @property
    def waits(self) -> bool:
        """Whether hours must pass."""
        return any(step.by == NOBODY for step in self.steps)

    def endings(self) -> Iterator[tuple[bool, TicketEnding]]:
        """With the rule and, where the story is about it, without it."""
        yield True, self.with_rule
        if self.without_rule is not None:
            yield False, self.without_rule


# --- The same question to three departments, answered in every order ------------------------------

_COLLECTING, _COMPOSING, _ANSWERED = TicketStage.COLLECTING, TicketStage.COMPOSING, TicketStage.ANSWERED
_ALL = tuple(MEMBERS)
_NOTES = {
    BILLING: "You paid twice. The second payment goes back today.",
    DELIVERY: "The parcel left on Monday and arrives tomorrow.",
    WARRANTY: "The warranty covers the strap. We send a new one.",
}


def _note(label: str, text: str = "") -> TicketStep:
    return TicketStep(MEMBERS[label], "note_added", text or _NOTES[label])


def _others(done: Sequence[str], among: Sequence[str] = _ALL) -> tuple[str, ...]:
    """In the order of the template, whatever the order of the answers."""
    return tuple(label for label in among if label not in done)


def _in_order(order: tuple[str, ...]) -> TicketSituation:
    """Three notes in this order: the last of them makes its author the composer.

    One order is enough to see what the rule is for.
    """
    last = MEMBERS[order[-1]]
    stands = [TicketStand(_COLLECTING, Status.OPEN, _ALL, _ALL)]
    for number in range(1, len(order) + 1):
        asked = _others(order[:number])
        stand = TicketStand(_COLLECTING, Status.OPEN, asked, asked, fired=(LABELS_OFF,))
        if len(asked) == 1:
            # The last one finds what the others wrote.
            drafted = tuple(MEMBERS[label] for label in _others(asked))
            stand = replace(stand, drafted=drafted, told=((MEMBERS[asked[0]], LAST),))
        stands.append(stand)
    composing = TicketStand(
        _COMPOSING,
        Status.OPEN,
        (),
        (),
        assignee=last,
        composer=last,
        prompts=1,
        drafted=tuple(MEMBERS.values()),
        fired=(LABELS_OFF,),
        told=((last, PROMPT),),
    )
    answered = replace(
        composing, stage=_ANSWERED, status=Status.PENDING, replies=1, drafted=(), fired=(), told=()
    )
    stands[-1:] = [composing, answered]
    names = [MEMBERS[label] for label in order]
    return TicketSituation(
        id=f"5-{'-'.join(names)}",
        title="A ticket for three departments, each of which answers with a note",
        short="Answers in 6 orders",
        before=(_ASKS_THREE,),
        story=(
            TicketStep(PETRA, "template_applied", template=QUIET),
            *(_note(label) for label in order),
            TicketStep(
                last, "send_reply", "Your money is on its way, and so are the parcel and a new strap."
            ),
        ),
        with_rule=TicketEnding(
            tuple(stands),
            f"{last.capitalize()} answered last, is prompted once, and sends the one reply.",
        ),
        without_rule=None
        if order != _ALL
        else TicketEnding(
            # The ticket itself knows who has answered: only the lists of the departments differ.
            tuple(replace(stand, labels=_ALL, fired=()) for stand in stands),
            "One reply all the same, but each department keeps finding a ticket that it has answered.",
        ),
    )


_ASKS_THREE = TicketStep(
    CUSTOMER, "customer_message", "I paid twice, the parcel is late, and the strap of my clock is torn."
)

# --- Handed on, late, overdue ---------------------------------------------------------------------

_DECLINES = "The parcel was late: pay the postage back."
_TWO = (DELIVERY, WARRANTY)
_HANDED_ON = (WARRANTY, BILLING)
_WAITS = TicketStand(_COLLECTING, Status.OPEN, _HANDED_ON, _HANDED_ON)
_WAITS_FOR_LENA = replace(_WAITS, asked=(WARRANTY,), labels=(WARRANTY,), drafted=(IVAN,))
_LENA_COMPOSES = TicketStand(
    _COMPOSING,
    Status.OPEN,
    (),
    (),
    assignee=LENA,
    composer=LENA,
    prompts=1,
    drafted=(LENA, IVAN),
    fired=(LABELS_OFF,),
    told=((LENA, PROMPT),),
)

_LATE_TICKET = TicketSituation(
    id="6",
    title="A question is handed on, and an answer is late",
    short="Handed on, and late",
    before=(TicketStep(CUSTOMER, "customer_message", "The parcel was late, and the strap is torn."),),
    story=(
        TicketStep(PETRA, "template_applied", template=IN_TIME),
        TicketStep(MARIA, "department_declined", _DECLINES, label=DELIVERY, to=BILLING),
        _note(BILLING, "The postage goes back today."),
        TicketStep(NOBODY, "reminder_due"),
        TicketStep(NOBODY, "department_due"),
        _note(WARRANTY),
        _note(BILLING, "Correction: it goes back tomorrow."),
        TicketStep(LENA, "send_reply", "The postage comes back tomorrow, and a new strap is on its way."),
    ),
    with_rule=TicketEnding(
        (
            TicketStand(_COLLECTING, Status.OPEN, _TWO, _TWO),
            replace(
                _WAITS,
                told=(
                    (IVAN, f"asked: delivery declined: {_DECLINES}"),
                    (PETRA, f"delivery declined: {_DECLINES}"),
                ),
            ),
            replace(_WAITS_FOR_LENA, fired=(LABELS_OFF,), told=((LENA, LAST),)),
            replace(_WAITS_FOR_LENA, told=((LENA, REMINDED),)),
            replace(_WAITS_FOR_LENA, told=((OLEG, OVERDUE),)),
            _LENA_COMPOSES,
            replace(_LENA_COMPOSES, drafted=(LENA, IVAN, IVAN), fired=(), told=((LENA, LATE),)),
            replace(
                _LENA_COMPOSES,
                stage=_ANSWERED,
                status=Status.PENDING,
                replies=1,
                drafted=(),
                fired=(),
                told=(),
            ),
        ),
        "Nobody waited in vain: Lena was reminded, her lead was told, and there is one reply.",
    ),
)

TICKETS = (*(_in_order(order) for order in itertools.permutations(MEMBERS)), _LATE_TICKET)
