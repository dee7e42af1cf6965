"""The command line: which parts are measured, and for how long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from lab.bench.hot import cached, growth, messages
from lab.bench.hot.options import Options
from lab.bench.hot.place import Build, build_beside
from lab.bench.hot.programs import ProgramFailed
from lab.bench.hot.report import Section

PARTS = {
    "message": "a message that changes nothing in a filter",
    "handoff": "a message whose rule hands the chat to another line",
    "file": "both, with a server that writes to a file",
    "postgresql": "both, with the ledger in PostgreSQL",
    "encryption": "both, with encrypted payloads",
    "replay": "the replay of 20 messages",
    "memory": "what a cached chat takes of the worker's memory",
    "growth": "a handoff in lines of 5 and of 500",
}

Measure = Callable[[Options], Awaitable[list[Section]]]
"""Measures a part, and returns its tables."""
APART: Mapping[str, Measure] = {
    "file": messages.on_file,
    "postgresql": messages.on_postgresql,
    "encryption": messages.encrypted,
    "replay": cached.replay,
    "memory": cached.memory,
    "growth": growth.growth,
}


def _listed(parts: Mapping[str, str]) -> str:
    return "; ".join(f"{part}, {what}" for part, what in parts.items())


def _parts(_context: click.Context, _option: click.Parameter, given: str) -> tuple[str, ...]:
    chosen = tuple(one.strip() for one in given.split(","))
    if unknown := [one for one in chosen if one not in PARTS]:
        raise click.BadParameter(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    return chosen


def _before(_context: click.Context, _option: click.Parameter, given: Path | None) -> Build | None:
    try:
        return None if given is None else build_beside(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--only",
    default=",".join(PARTS),
    callback=_parts,
    metavar="PART,…",
    help=f"The parts to measure; all if left out. They are {_listed(PARTS)}.",
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Rounds that count.")
@click.option(
    "--seconds",
    default=4.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="How long each subject is measured in a round.",
)
@click.option(
    "--clients", default=10, show_default=True, type=click.IntRange(1), help="How many write at once."
)
@click.option(
    "--beside",
    "before",
    callback=_before,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another checkout with a .venv of its own, measured in the same rounds as “before”.",
)
@click.option(
    "--json",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write every figure to this file.",
)
def main(
    only: tuple[str, ...],
    rounds: int,
    seconds: float,
    clients: int,
    before: Build | None,
    file: Path | None,
) -> int:
    """Measure a message and a handoff beside their floors."""
    console = Console()
    with console.status("starting …") as status:

        def say(what: str) -> None:
            if console.is_terminal:
                status.update(f"{what} …")
            else:
                console.print(f"{what} …", highlight=False)

        options = Options(rounds, seconds, clients, before, say)
        try:
            sections = asyncio.run(_measured(only, options, console))
        except ProgramFailed as error:
            console.print(str(error), markup=False, highlight=False)
            return 1
    if file is not None:
        found = {
            "rounds": rounds,
            "seconds": seconds,
            "clients": clients,
            "before": str(before.folder) if before is not None else None,
            "sections": [one.as_json() for one in sections],
        }
        file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


async def _measured(only: tuple[str, ...], options: Options, console: Console) -> list[Section]:
    """Measure the parts, and print each as soon as it is known."""
    found = []
    for title, measure in _chosen(only):
        options.say(title)
        for section in await measure(options):
            found.append(section)
            console.print(section.title, style="bold", highlight=False)
            console.print(section.table())
            for target in section.targets:
                console.print(str(target), highlight=False)
            console.print()
    return found


def _chosen(only: tuple[str, ...]) -> Iterator[tuple[str, Measure]]:
    """What has to be measured for these parts, and how it is called meanwhile."""
    if in_memory := [part for part in messages.BOTH if part in only]:
        yield ", ".join(in_memory), partial(messages.in_memory, parts=in_memory)
    for part, measure in APART.items():
        if part in only:
            yield part, measure
