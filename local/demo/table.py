"""The situations that ``baton demo`` plays, and their expected results: only data.

Source: "Support lines in chats", examples 1 to 4. Ivan is in line 1, which works with chats. Lena is in line
2 and works rarely with them, Maria is on the phones. All three are online.

Each situation is played twice: with all rules of the shipped file, and without the one rule that it is
about. This table is compared with what happened, field by field, after every step of the story.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from baton.contract import Activity, Status, Tab

OPENS = "line-2-opens-chat"
ENDED = "line-2-writes-in-ended-chat"
TAKES = "line-2-takes-over"
PINS = "pin-to-assignee"

CUSTOMER = "customer"
NOBODY = ""
IVAN, LENA, MARIA = "ivan", "lena", "maria"
NAMES = {
    CUSTOMER: "Customer",
    IVAN: "Ivan",
    LENA: "Lena",
    MARIA: "Maria",
    "oleg": "Oleg",
    "petra": "Petra",
}
ONLINE = (IVAN, LENA, MARIA)
"""Everybody in the demo company who is online, in alphabetical order."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody does: an event. ``idle`` means that nobody writes until the chat ends."""

    by: str
    kind: str
    text: str = ""
    status: Status | None = None


@dataclass(frozen=True)
class Stand:
    """The state of a chat after a step, which rules fired in the step, and who was notified."""

    activity: Activity
    status: Status
    tab: Tab
    assignee: str | None
    pinned_to: str | None = None
    reserved_for: str | None = None
    fired: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """The state of the chat after each step of the story, and a sentence that says what it means."""

    stands: tuple[Stand, ...]
    meaning: str


@dataclass(frozen=True)
class Situation:
    """What happened before, the story itself, and its two endings."""

    id: str
    title: str
    short: str
    rule: str
    before: tuple[Step, ...]
    story: tuple[Step, ...]
    with_rule: Expected
    without_rule: Expected

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.before + self.story

    @property
    def waits(self) -> bool:
        """Whether the chat must end by itself because nobody writes."""
        return any(step.kind == "idle" for step in self.steps)

    def endings(self) -> Iterator[tuple[bool, Expected]]:
        """With the rule, and without it."""
        yield True, self.with_rule
        yield False, self.without_rule


def _writes(by: str, text: str) -> Step:
    return Step(by, "customer_message" if by == CUSTOMER else "agent_message", text)


def _ends(by: str, status: Status) -> Step:
    return Step(by, "chat_ended", status=status)


_ACTIVE, _OVER = Activity.ACTIVE, Activity.ENDED
_OPEN, _PENDING = Status.OPEN, Status.PENDING
_IDLE = Step(NOBODY, "idle")

_ASKED = _writes(CUSTOMER, "Where is my order?")
_ANSWERED = _writes(IVAN, "It left today.")
_EXPERT = _writes(LENA, "Your clock can be repaired.")
_REPLY = _writes(CUSTOMER, "Thank you! What does it cost?")

_OFFERED = Stand(_ACTIVE, _PENDING, Tab.RESERVED, IVAN, reserved_for=IVAN, fired=(OPENS,))
_BOTH = (IVAN, LENA)
"""Both have answered the same message of the customer, and both hear of it."""
_LENA_WROTE = Stand(_ACTIVE, _PENDING, Tab.MINE, LENA, pinned_to=LENA)
_LENA_HAS_IT = Stand(_ACTIVE, _OPEN, Tab.MINE, LENA, pinned_to=LENA)
_IVAN_GETS_IT = Stand(_ACTIVE, _OPEN, Tab.MINE, IVAN, pinned_to=IVAN, told=(IVAN,))
_PINNED_TO_IVAN = Stand(_ACTIVE, _OPEN, Tab.MINE, IVAN, pinned_to=IVAN, fired=(PINS,), told=(IVAN,))

_IVAN_ANSWERS = "The customer's answer is in Ivan's Mine. He works with chats."
_LENA_MISSES = "The customer's answer is in Lena's Mine, and she does not look there."


def _handed_back(rule: str, told: tuple[str, ...] = ()) -> Stand:
    return Stand(_OVER, _PENDING, Tab.ENDED, IVAN, fired=(rule,), told=told)


SITUATIONS = (
    Situation(
        id="1",
        title="Lena writes to a customer who has no chat",
        short="Lena writes first",
        rule=OPENS,
        before=(),
        story=(_EXPERT, _REPLY),
        with_rule=Expected((_OFFERED, _IVAN_GETS_IT), _IVAN_ANSWERS),
        without_rule=Expected((_LENA_WROTE, _LENA_HAS_IT), _LENA_MISSES),
    ),
    Situation(
        id="1-idle",
        title="The same, and the customer answers when the chat has ended",
        short="… the answer comes late",
        rule=OPENS,
        before=(),
        story=(_EXPERT, _IDLE, _REPLY),
        with_rule=Expected(
            (_OFFERED, Stand(_OVER, _PENDING, Tab.ENDED, IVAN, reserved_for=IVAN), _PINNED_TO_IVAN),
            "The chat waited for Ivan: the late answer is in his Mine, never in New.",
        ),
        without_rule=Expected(
            (
                _LENA_WROTE,
                Stand(_OVER, _PENDING, Tab.ENDED, LENA),
                Stand(_ACTIVE, _OPEN, Tab.NEW, LENA, told=ONLINE),
            ),
            "The late answer is in New, and everybody is notified.",
        ),
    ),
    Situation(
        id="1-closed",
        title="The same, to a customer whose last chat was closed",
        short="… the last chat was closed",
        rule=OPENS,
        before=(_ASKED, _ANSWERED, _ends(IVAN, Status.CLOSED)),
        story=(_EXPERT, _REPLY),
        with_rule=Expected((_OFFERED, _IVAN_GETS_IT), _IVAN_ANSWERS),
        without_rule=Expected((_LENA_WROTE, _LENA_HAS_IT), _LENA_MISSES),
    ),
    Situation(
        id="2",
        title="Lena writes in a chat that has ended, but is not closed",
        short="Lena writes in an ended chat",
        rule=ENDED,
        before=(_ASKED, _ANSWERED, _ends(IVAN, Status.PENDING)),
        story=(_EXPERT, _REPLY),
        with_rule=Expected((_handed_back(ENDED), _PINNED_TO_IVAN), _IVAN_ANSWERS),
        without_rule=Expected((_LENA_WROTE, _LENA_HAS_IT), _LENA_MISSES),
    ),
    Situation(
        id="3a",
        title="Lena is the first to answer in a new chat",
        short="Lena answers first",
        rule=TAKES,
        before=(_ASKED,),
        story=(_EXPERT, _REPLY),
        with_rule=Expected((_handed_back(TAKES), _PINNED_TO_IVAN), _IVAN_ANSWERS),
        without_rule=Expected((_LENA_WROTE, _LENA_HAS_IT), _LENA_MISSES),
    ),
    Situation(
        id="3b",
        title="Lena writes in a chat that Ivan has, and so takes it over",
        short="Lena takes over from Ivan",
        rule=TAKES,
        before=(_ASKED, _ANSWERED),
        story=(_EXPERT, _REPLY),
        with_rule=Expected((_handed_back(TAKES, told=_BOTH), _PINNED_TO_IVAN), _IVAN_ANSWERS),
        without_rule=Expected((replace(_LENA_WROTE, told=_BOTH), _LENA_HAS_IT), _LENA_MISSES),
    ),
    Situation(
        id="4",
        title="A customer comes back to an ended chat that Ivan is responsible for",
        short="A customer comes back to Ivan",
        rule=PINS,
        before=(_ASKED, _ANSWERED, _ends(IVAN, Status.PENDING)),
        story=(_REPLY,),
        with_rule=Expected((_PINNED_TO_IVAN,), "The chat is in Ivan's Mine, and only he is notified."),
        without_rule=Expected(
            (Stand(_ACTIVE, _OPEN, Tab.NEW, IVAN, told=ONLINE),),
            "The chat is in New, and everybody is notified, Lena and Maria, too.",
        ),
    ),
)
