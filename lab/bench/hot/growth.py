"""Whether a handoff costs more in a large company than in a small one.

What it costs is read from the histories: the server's times, and what the decision has recorded.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from lab.bench.hot.options import Options
from lab.bench.hot.place import OWN, Pair, open_place
from lab.bench.hot.report import Section, Target
from lab.bench.hot.rounds import turns

SIZES = ((5, 100), (500, 20_000))
"""People in a line, and its open chats."""
HANDOFFS = 10
"""In each round."""


class Handoff(NamedTuple):
    """What one cost, or the medians of several."""

    decide: float
    """Milliseconds from when the decision was asked for until it was there."""
    whole: float
    """Milliseconds from when the server had the message until the help desk had the new assignee."""
    facts: float
    """Bytes of the facts that the decision recorded."""
    history: float
    """Bytes of all its events."""


async def growth(options: Options) -> list[Section]:
    """Measure a handoff in companies of both sizes."""
    names = [(build, members) for build in options.builds for members, _ in SIZES]
    rounds: dict[tuple[str, int], list[Handoff]] = {(build.name, members): [] for build, members in names}
    async with open_place() as place:
        pairs: dict[tuple[str, int], Pair] = {}
        for build in options.builds:
            for members, chats in SIZES:
                options.say(f"{build.name}: {members} people and {chats:,} chats in each line")
                ledger = place.filled(members, chats)
                pair = await place.baton(build, ledger, members=members, present=True)
                pairs[build.name, members] = pair
        for key, counts in turns(list(pairs), options.rounds, options.say):
            history = await pairs[key].driver.ask("record", step="handoff", times=HANDOFFS + 1)
            if counts:
                found = list(_handoffs(WorkflowHistory.from_json("", history)))
                rounds[key].append(_medians(found))
    return [_section(rounds, options)]


def _section(rounds: dict[tuple[str, int], list[Handoff]], options: Options) -> Section:
    (small, _), (large, _) = SIZES
    rows = list[tuple[str, ...]]()
    figures = []
    for (name, members), found in rounds.items():
        one = _medians(found)
        cells = (f"{one.decide:.1f}", f"{one.whole:.1f}", f"{one.facts:,.0f}", f"{one.history:,.0f}")
        rows.append((f"{name}, lines of {members}", *cells))
        figures.append(
            {"name": name, "members": members, **one._asdict(), "rounds": [each._asdict() for each in found]}
        )

    def ratio(value: Callable[[Handoff], float]) -> float:
        both = zip(rounds[OWN.name, large], rounds[OWN.name, small], strict=True)
        return statistics.median(value(one) / value(floor) for one, floor in both)

    targets = [
        Target(f"decide in a line of {large} beside {small}", ratio(lambda one: one.decide), most=1.25),
        Target(f"a handoff in a line of {large} beside {small}", ratio(lambda one: one.whole), most=1.25),
        Target(f"facts of a line of {large}, bytes", _medians(rounds[OWN.name, large]).facts, most=1000),
    ]
    return Section(
        "A handoff in a small company and in a large one",
        ("decide\nms", "whole\nms", "facts\nbytes", "history\nbytes"),
        rows,
        figures,
        targets if options.before is None else [],
    )


def _medians(handoffs: Sequence[Handoff]) -> Handoff:
    return Handoff(*(statistics.median(values) for values in zip(*handoffs, strict=True)))


def _handoffs(history: WorkflowHistory) -> Iterator[Handoff]:
    """The handoffs of a history but the last one, whose end is not marked by another."""
    updates = [
        number
        for number, one in enumerate(history.events)
        if one.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]
    begins = [_task_of(history.events, number) for number in updates]
    for begin, end in pairwise(begins):
        events = history.events[begin:end]
        written = _last(events, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)
        decided = _last(events, EventType.EVENT_TYPE_MARKER_RECORDED)
        if (
            written is None or decided is None
        ):  # the message was none that hands over: the chat was made ready
            continue
        details = decided.marker_recorded_event_attributes.details
        times = json.loads(details["data"].payloads[0].data)
        yield Handoff(
            decide=(_seconds(times["complete_time"]) - _seconds(times["original_schedule_time"])) * 1000,
            whole=(_at(written) - _at(events[0])).total_seconds() * 1000,
            facts=len(_compact(json.loads(details["result"].payloads[0].data)["facts"])),
            history=sum(one.ByteSize() for one in events),
        )


def _task_of(events: Sequence[HistoryEvent], update: int) -> int:
    """Where the workflow task begins in which an update was accepted."""
    return max(
        number
        for number in range(update)
        if events[number].event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    )


def _last(events: Sequence[HistoryEvent], kind: EventType.ValueType) -> HistoryEvent | None:
    return next((one for one in reversed(events) if one.event_type == kind), None)


def _at(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _seconds(time: dict[str, int]) -> float:
    return time["seconds"] + time["nanos"] / 1e9


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
