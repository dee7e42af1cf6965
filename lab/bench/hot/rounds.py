"""Rounds: every subject is measured once in each, in turn, so that whatever else runs affects them alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from lab.bench.hot.place import Pair, Place

WARMING = 1.0
"""Seconds, at most, that a subject is warmed up."""

Say = Callable[[str], None]
T = TypeVar("T")


class Reading(NamedTuple):
    """What one round of a subject came to."""

    rate: float
    """Messages a second, or handoffs."""
    latency: float
    """The median of a call, in ms."""
    processor: Mapping[str, float]
    """Milliseconds of processor time for each message, by process."""


@dataclass
class Subject:
    """Something that is measured: a step, and who does it.

    Args:
        name: how the table calls it.
        step: what its driver does again and again.
        clients: how many do so at once.
        chats: how many chats each client has.
    """

    name: str
    step: str
    pair: Pair
    clients: int
    chats: int = 4
    readings: list[Reading] = field(default_factory=list)

    def median(self, value: Callable[[Reading], float]) -> float:
        return statistics.median(map(value, self.readings))

    @property
    def rate(self) -> float:
        return self.median(lambda one: one.rate)

    @property
    def latency(self) -> float:
        return self.median(lambda one: one.latency)

    def processor(self, process: str) -> float:
        return self.median(lambda one: one.processor[process])

    def beside(self, other: Subject, value: Callable[[Reading], float] = lambda one: one.rate) -> float:
        """The median, over the rounds, of the ratio to another subject in the same round."""
        both = zip(self.readings, other.readings, strict=True)
        return statistics.median(value(own) / value(floor) for own, floor in both)


def turns(subjects: Sequence[T], rounds: int, say: Say) -> Iterator[tuple[T, bool]]:
    """Each subject in each round, and whether it counts: one round more, before, warms everything up.

    Every other round goes backwards, so that nobody always comes after the same one.
    """
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}" if number else "warming up")
        for subject in subjects[:: -1 if number % 2 else 1]:
            yield subject, number > 0


async def play(place: Place, subjects: Sequence[Subject], rounds: int, seconds: float, say: Say) -> None:
    """Measure the subjects in so many rounds."""
    for subject, counts in turns(subjects, rounds, say):
        reading = await _measured(place, subject, seconds if counts else min(seconds, WARMING))
        if counts:
            subject.readings.append(reading)


async def _measured(place: Place, subject: Subject, seconds: float) -> Reading:
    worker, driver = subject.pair

    def used() -> Mapping[str, float]:
        return {**place.processor(), "worker": worker.processor(), "client": driver.processor()}

    await driver.ask("open", step=subject.step, clients=subject.clients, chats=subject.chats)
    before = used()
    done = await driver.ask("run", step=subject.step, seconds=seconds)
    after = used()
    return Reading(
        rate=done["times"] / done["seconds"],
        latency=done["latency"] * 1000,
        processor={name: (after[name] - before[name]) / done["times"] * 1000 for name in after},
    )
