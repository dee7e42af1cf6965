"""What a cached chat costs: the memory that it takes, and its replay when it is no longer cached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from lab.bench.hot.options import Options
from lab.bench.hot.place import OWN, Pair, open_place
from lab.bench.hot.report import Section, Target
from lab.bench.hot.rounds import turns

MESSAGES = 20
REPLAYS = 5
"""In each round."""
CLIENTS, CHATS, TIMES = 10, 10, 8
"""Each round, when memory is measured: who writes, in how many chats each, and how often in each of them."""

Rounds = Mapping[str, list[float]]


async def replay(options: Options) -> list[Section]:
    """The replay of a chat of 20 messages beside that of a bare workflow with as many updates."""
    async with open_place() as place:
        floor = await place.floor(place.sqlite())
        recorded = {"bare": await floor.driver.ask("record", step="take", times=MESSAGES)}
        replayers = {"bare": await place.replayer("bare", OWN)}
        for build in options.builds:
            pair = await place.baton(build, place.sqlite())
            recorded[build.name] = await pair.driver.ask("record", step="talk", times=MESSAGES)
            replayers[build.name] = await place.replayer("baton", build)
        rounds: dict[str, list[float]] = {name: [] for name in recorded}
        for name, counts in turns(list(recorded), options.rounds, options.say):
            seconds = await replayers[name].ask("replay", history=recorded[name], times=REPLAYS)
            if counts:
                rounds[name].append(seconds * 1000)
    ratio = _beside_bare(rounds, OWN.name)
    target = Target(f"replay of {MESSAGES} messages beside bare", ratio, most=1.2)
    return [_section(f"The replay of {MESSAGES} messages", "median\nms", rounds, target, options)]


async def memory(options: Options) -> list[Section]:
    """The memory of the worker for one more chat beside that for one more bare workflow."""
    async with open_place() as place:
        pairs: dict[str, Pair] = {"bare": await place.floor(place.sqlite())}
        for build in options.builds:
            pairs[build.name] = await place.baton(build, place.sqlite())
        rounds: dict[str, list[float]] = {name: [] for name in pairs}
        for name, counts in turns(list(pairs), options.rounds, options.say):
            worker, driver = pairs[name]
            before = worker.memory()
            step = "take" if name == "bare" else "talk"
            await driver.ask("open", step=step, clients=CLIENTS, chats=CHATS, times=TIMES)
            if counts:
                rounds[name].append((worker.memory() - before) / (CLIENTS * CHATS) / 1024)
    ratio = _beside_bare(rounds, OWN.name)
    target = Target("memory of a cached chat beside bare", ratio, most=1.25)
    return [
        _section(
            f"The memory of one more cached workflow, after {TIMES} messages", "KiB", rounds, target, options
        )
    ]


def _section(title: str, unit: str, rounds: Rounds, target: Target, options: Options) -> Section:
    medians = {name: statistics.median(found) for name, found in rounds.items()}
    shares = {name: _beside_bare(rounds, name) for name in rounds}
    return Section(
        title,
        (unit, "beside\nbare"),
        [(name, f"{medians[name]:.1f}", f"{shares[name]:.2f}") for name in rounds],
        [
            {"name": name, "median": medians[name], "beside_bare": shares[name], "rounds": found}
            for name, found in rounds.items()
        ],
        [target] if options.before is None else [],
    )


def _beside_bare(rounds: Rounds, name: str) -> float:
    both = zip(rounds[name], rounds["bare"], strict=True)
    return statistics.median(one / bare for one, bare in both)
