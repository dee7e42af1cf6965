"""What one decision costs, and how that grows with the number of rules.

The floor is one ``model_copy`` of the chat's state in the same run: the least that any event costs, because
folding it makes such a copy. Ratios to the floor mean the same on a fast machine as on a slow one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter_ns
from typing import Any

from baton.contract import (
    Activity,
    AgentMessage,
    Author,
    AuthorType,
    ChatEvent,
    CustomerMessage,
    LabelsChanged,
    NoteAdded,
    Status,
    StatusSet,
)
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, Person
from baton.rules.engine import decide
from baton.rules.language import RuleFile
from baton.rules.ruleset import RuleSet

SIZES = (10, 100, 1_000, 10_000)
SITUATIONS = 500
ROUNDS = 7

CHANNELS = ("telegram", "whatsapp", "viber", "web", "vk", "sms", "facebook", "instagram")
LINES = tuple(f"line-{number}" for number in range(1, 9))
STAFF = tuple(f"staff-{number}" for number in range(1, 201))
HOME = {name: LINES[position % len(LINES)] for position, name in enumerate(STAFF)}
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
KINDS = ("customer_message", "agent_message", "note_added", "labels_changed", "status_set")

LABELS = tuple(f"label-{number}" for number in range(1, 41))
"""Labels on many cases. There are rare labels as well, a fifth as many as rules."""

Choice = Callable[[random.Random], tuple[str, object]]

TESTS: tuple[Choice, ...] = (
    lambda rng: ("case.channel", rng.choice(CHANNELS)),
    lambda rng: ("case.labels", rng.choice(LABELS)),
    lambda rng: ("case.labels", {"has any of": rng.sample(LABELS, 3)}),
    lambda rng: ("case.status", rng.choice(["open", "pending", {"is not": "closed"}])),
    lambda rng: ("case.line", rng.choice(LINES)),
    lambda rng: ("case.assignee", rng.choice([rng.choice(STAFF), {"is one of": rng.sample(STAFF, 5)}])),
    lambda rng: ("case.assignee.line", rng.choice([rng.choice(LINES), {"is not": rng.choice(LINES)}])),
    lambda rng: ("event.author", rng.choice([rng.choice(STAFF), {"is one of": rng.sample(STAFF, 5)}])),
    lambda rng: ("event.author.line", rng.choice([rng.choice(LINES), {"is not": rng.choice(LINES)}])),
    lambda rng: ("before.status", rng.choice(["open", "pending"])),
    lambda rng: ("before.activity", rng.choice(["active", "ended"])),
    lambda rng: ("before.pinned_to", {"is not": {"field": "event.author"}}),
)


def rule_set(size: int, seed: int = 1) -> RuleSet:
    """Rules like those of a large help desk: about a kind of event, a rare label and two more things."""
    rng = random.Random(seed)
    rules = []
    for number in range(size):
        rare = f"rare-{rng.randrange(max(size // 5, 1))}"
        when: dict[str, object] = {"event.kind": rng.choice(KINDS), "case.labels": rare}
        while len(when) < 4:
            field, test = rng.choice(TESTS)(rng)
            when.setdefault(field, test)
        label = rng.choice(LABELS)
        rules.append(
            {"id": f"rule-{number}", "name": "A rule", "when": when, "then": [{"add labels": [label]}]}
        )
    return RuleSet(RuleFile.model_validate({"version": 1, "changed": rules}))


Situation = tuple[Facts, ChatState, ChatState, ChatEvent]


def situation(rng: random.Random, number: int, size: int) -> Situation:
    """A chat before an event, after it, the event, and the facts. One of its labels is rare."""
    kind, staff, writer = rng.choice(KINDS), rng.choice(STAFF), rng.choice(STAFF)
    author = Author(type=AuthorType.CUSTOMER, id="c") if kind == "customer_message" else _staff(writer)
    after = ChatState(
        channel=rng.choice(CHANNELS),
        conversation=f"conversation-{number}",
        customer="c",
        case_id=f"case-{number}",
        activity=Activity.ACTIVE,
        status=rng.choice((Status.OPEN, Status.PENDING)),
        assignee=staff,
        pinned_to=staff,
        line=HOME[staff],
        labels=(*rng.sample(LABELS, rng.randrange(3)), f"rare-{rng.randrange(max(size // 5, 1))}"),
        last_author=author,
        last_message_at=NOW,
        customer_wrote_at=NOW - timedelta(minutes=rng.randrange(60)),
    )
    before = after.model_copy(update={"status": Status.OPEN, "activity": rng.choice(tuple(Activity))})
    people = {name: Person(line=HOME[name]) for name in (staff, writer)}
    return Facts(now=NOW, people=people), before, after, _event(kind, number, author)


def _staff(name: str) -> Author:
    return Author(type=AuthorType.STAFF, id=name)


def _event(kind: str, number: int, author: Author) -> ChatEvent:
    common: dict[str, Any] = {"id": f"event-{number}", "author": author}
    match kind:
        case "customer_message":
            return CustomerMessage(**common, text="Where is my parcel?")
        case "agent_message":
            return AgentMessage(**common, text="On its way.")
        case "note_added":
            return NoteAdded(**common, text="Called the carrier.")
        case "labels_changed":
            return LabelsChanged(**common, add=("label-1",))
        case _:
            return StatusSet(**common, status=Status.PENDING)


def microseconds(action: Callable[[Situation], object], situations: list[Situation]) -> float:
    """The median over the situations, in µs; each is measured several times, and the best counts."""
    best = [min(_once(action, one) for _ in range(ROUNDS)) for one in situations]
    return median(best)


def _once(action: Callable[[Situation], object], one: Situation) -> float:
    start = perf_counter_ns()
    action(one)
    return (perf_counter_ns() - start) / 1000


def main() -> None:
    """Print the table."""
    floor = 0.0
    rows = []
    for size in SIZES:
        rng = random.Random(2)
        situations = [situation(rng, number, size) for number in range(SITUATIONS)]
        floor = floor or microseconds(lambda one: one[2].model_copy(), situations)
        rows.append(_row(rule_set(size), situations, floor))
    print("One decision, without folding the event; four conditions in each rule.")
    print(f"Floor: one model_copy of the chat's state, {floor:.2f} µs.\n")
    print(f"{'rules':>7}   {'no rule fires':^22}   {'one or two fire':^22}   {'fired':>5}")
    print(f"{'':>7}   {'µs':>10}  {'x floor':>10}   {'µs':>10}  {'x floor':>10}   {'mean':>5}")
    for size, row in zip(SIZES, rows, strict=True):
        print(f"{size:>7,}   {row}")


def _row(rules: RuleSet, situations: list[Situation], floor: float) -> str:
    fired = [len(decide(rules, *one).fired) for one in situations]
    cells = []
    for least, most in ((0, 0), (1, 2)):
        some = [one for one, count in zip(situations, fired, strict=True) if least <= count <= most]
        cost = microseconds(lambda one: decide(rules, *one), some)
        cells.append(f"{cost:>10.1f}  {cost / floor:>10.1f}")
    return f"{'   '.join(cells)}   {sum(fired) / len(fired):>5.2f}"
