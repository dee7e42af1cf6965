"""A message and a handoff beside their floors: in memory, on a file, on PostgreSQL, encrypted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from lab.bench.hot.options import Options
from lab.bench.hot.place import OWN, Pair, Place, open_place
from lab.bench.hot.report import Section, Target, alone, at_once
from lab.bench.hot.rounds import Subject, play

MESSAGE, ALONE, HANDOFF = "message", "one client", "handoff"
BOTH = (MESSAGE, HANDOFF)


class Group(NamedTuple):
    """What one table compares. ``batons`` are by the name in the table."""

    title: str
    bare: Subject
    floor: Subject
    between: tuple[Subject, ...]
    batons: dict[str, Subject]

    @property
    def own(self) -> Subject:
        return self.batons[OWN.name]

    @property
    def subjects(self) -> list[Subject]:
        """Each of them once, in the order of the table."""
        return list(
            {id(one): one for one in (self.bare, *self.between, self.floor, *self.batons.values())}.values()
        )


Groups = Mapping[str, Group]
Wanted = Callable[[Groups], list[Target]]


def groups_of(where: str, floor: Pair, batons: Mapping[str, Pair], clients: int) -> Groups:
    """All that can be measured of these pairs."""

    def each(step: str, clients: int) -> dict[str, Subject]:
        return {name: Subject(name, step, pair, clients) for name, pair in batons.items()}

    bare, bare_alone = Subject("bare", "take", floor, clients), Subject("bare", "take", floor, 1)
    many = f"{clients} clients, {where}"
    return {
        MESSAGE: Group(
            f"A message, {many}",
            bare,
            Subject("+ activity and row", "keep", floor, clients),
            (Subject("+ local activity", "ask", floor, clients),),
            each("message", clients),
        ),
        ALONE: Group(f"A message, one client, {where}", bare_alone, bare_alone, (), each("message", 1)),
        HANDOFF: Group(
            f"A handoff, {many}",
            bare,
            Subject("+ upsert and activity", "hand_over", floor, clients),
            (),
            each("handoff", clients),
        ),
    }


async def in_memory(options: Options, parts: Collection[str]) -> list[Section]:
    """The parts ``message`` and ``handoff``, with everything of the server in memory."""

    def wanted(groups: Groups) -> list[Target]:
        found = []
        if MESSAGE in groups:
            message, one_client = groups[MESSAGE], groups[ALONE]
            latency = one_client.own.beside(one_client.bare, lambda one: one.latency)
            found += [
                Target("a message, of bare", message.own.beside(message.bare), least=0.60),
                _message(message),
                Target("a message, worker's processor in ms", message.own.processor("worker"), most=4.8),
                Target("one client, median latency beside bare", latency, most=1.5),
            ]
        return [*found, *([_handoff(groups[HANDOFF])] if HANDOFF in groups else [])]

    async with open_place() as place:
        floor = await place.floor(place.sqlite())
        batons = {build.name: await place.baton(build, place.sqlite()) for build in options.builds}
        groups = groups_of("server in memory", floor, batons, options.clients)
        return await _measured(place, groups, options, parts, wanted)


async def on_file(options: Options) -> list[Section]:
    """The same, with a server that writes to a file."""
    async with open_place(on_file=True) as place:
        floor = await place.floor(place.sqlite())
        batons = {build.name: await place.baton(build, place.sqlite()) for build in options.builds}
        groups = groups_of("server on a file", floor, batons, options.clients)
        return await _measured(place, groups, options, BOTH, lambda groups: [_message(groups[MESSAGE])])


async def on_postgresql(options: Options) -> list[Section]:
    """The same, with the ledger in PostgreSQL; with two workers, too, and one on SQLite beside them."""
    two, sqlite = f"{OWN.name}, two workers", f"{OWN.name} on SQLite"

    def wanted(groups: Groups) -> list[Target]:
        return [
            _message(groups[MESSAGE]),
            _handoff(groups[HANDOFF]),
            *(
                Target(
                    f"a {step}, two workers beside one on SQLite",
                    groups[step].batons[two].beside(groups[step].batons[sqlite]),
                    least=1.0,
                )
                for step in BOTH
            ),
        ]

    async with open_place() as place:
        ledgers = place.postgresql()
        floor = await place.floor(await ledgers.new())
        batons = {build.name: await place.baton(build, await ledgers.new()) for build in options.builds}
        batons[two] = await place.baton(OWN, await ledgers.new(), workers=2)
        batons[sqlite] = await place.baton(OWN, place.sqlite())
        groups = groups_of("ledger in PostgreSQL", floor, batons, options.clients)
        return await _measured(place, groups, options, BOTH, wanted)


async def encrypted(options: Options) -> list[Section]:
    """The same with encrypted payloads, beside Baton without. The floors are not encrypted."""
    async with open_place() as place:
        floor = await place.floor(place.sqlite())
        batons = {f"{OWN.name}, not encrypted": await place.baton(OWN, place.sqlite())}
        for build in options.builds:
            batons[build.name] = await place.baton(build, place.sqlite(), place.keys())
        groups = groups_of("encrypted", floor, batons, options.clients)
        return await _measured(place, groups, options, BOTH, lambda groups: [])


async def _measured(
    place: Place, groups: Groups, options: Options, parts: Collection[str], wanted: Wanted
) -> list[Section]:
    chosen = {
        name: group for name, group in groups.items() if name in parts or (name == ALONE and MESSAGE in parts)
    }
    subjects = {id(one): one for group in chosen.values() for one in group.subjects}
    await play(place, list(subjects.values()), options.rounds, options.seconds, options.say)
    sections = [
        alone(group.title, group.subjects, group.bare)
        if name == ALONE
        else at_once(group.title, group.subjects, group.bare, group.floor)
        for name, group in chosen.items()
    ]
    if options.before is None:
        sections[-1].targets = wanted(chosen)
    return sections


def _message(group: Group) -> Target:
    return Target("a message, of its floor", group.own.beside(group.floor), least=0.95)


def _handoff(group: Group) -> Target:
    return Target("a handoff, of its floor", group.own.beside(group.floor), least=0.80)
