"""``baton demo``: the everyday situations of a support team, played on a real Temporal."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any, Protocol, Self, TypeVar

import click
from temporalio.service import RPCError

from baton.cli.screen import echo
from baton.cli.shared import as_json, print_json, run
from baton.temporal.failures import failure_of_operating
from local.demo import document, text
from local.demo.company import rule_names, task_queues
from local.demo.play import Played, Player, Plays
from local.demo.stage import Stage, open_stage
from local.demo.table import ONLINE, SITUATIONS
from local.demo.ticketplay import TicketPlays
from local.demo.tickettable import TICKETS
from local.demo.ui import Place, find_ui
from local.up import STOP_SIGNALS

INTERRUPTED = 130

PlayT = TypeVar("PlayT")


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep everything running until Ctrl-C, to look at the cases.")
@click.option(
    "--desk",
    type=click.Choice(["rt"]),
    help="Play the tickets only, with people who work in a private Request Tracker, which must be installed.",
)
@as_json
def command(keep: bool, desk: str | None, json_: bool) -> None:
    """Play the everyday situations of a support team, and show the result of each.

    It uses the Temporal of the baton up that runs, or the one that TEMPORAL_ADDRESS names, with its own
    workers and help desks, and closes its cases afterwards. If no Temporal answers, and with --desk rt in any
    case, it starts one, and stops it at the end. It takes less than a minute, with --desk rt two or three.
    It exits with 1 if anything did not go as expected.
    """
    as_expected = run(_until_interrupted, _demo(secrets.token_hex(3), keep, json_, in_rt=desk == "rt"))
    if as_expected is None:
        echo("interrupted", err=True)
        raise SystemExit(INTERRUPTED)
    if not as_expected:
        raise SystemExit(1)


async def _until_interrupted(demo: Coroutine[Any, Any, bool]) -> bool | None:
    """The result of the demo; None after a Ctrl-C, once everything is stopped."""
    running = asyncio.create_task(demo)

    def stop() -> None:
        # Only once: a second Ctrl-C must not interrupt the stopping itself, which has a time limit.
        if not running.cancelling():
            running.cancel()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.wait({running})
    return None if running.cancelled() else running.result()


async def _demo(name: str, keep: bool, json_: bool, *, in_rt: bool = False) -> bool:
    """Play everything, print it, and say whether all went as expected. ``name`` makes this run unique."""
    report = None if json_ else text.Report(text.console(), rule_names(), in_rt=in_rt)
    chats = () if in_rt else SITUATIONS
    rules = dict.fromkeys([*(one.rule for one in chats), *(one.rule for one in TICKETS)])
    async with AsyncExitStack() as exits:
        with text.progress(quiet=json_) as say:
            stage = await exits.enter_async_context(open_stage(name, rules, say, in_rt=in_rt))
        if report is not None:
            report.introduce()
        began = time.monotonic()
        played = await perform(stage, name, report or _Nobody())
        seconds = time.monotonic() - began
        place = await place_of(stage, name, played, keep=keep)
        if report is None:
            print_json(document.as_dict(played, place, seconds))
        else:
            report.summary(played, seconds)
            report.look(place)
        if keep:
            echo("Ctrl-C stops it.", err=True)
            with suppress(asyncio.CancelledError):
                await stage.watch()
    return played.as_expected


async def place_of(stage: Stage, name: str, played: Played, *, keep: bool) -> Place:
    """Where the cases of this run can be seen."""
    ui = stage.ui or await find_ui(stage.address, stage.client.namespace, played.plays[0].workflow_id)
    query = f"TaskQueue STARTS_WITH '{task_queues(name)}'"
    rt = stage.rt.url if stage.rt is not None and keep else None
    return Place(ui, stage.client.namespace, query, stays=keep or stage.own is None, rt=rt)


class Audience(Protocol):
    """Gets each situation to show once it has been played."""

    def situation(self, plays: Plays) -> None:
        """Show a situation of a chat."""

    def ticket(self, plays: TicketPlays) -> None:
        """Show a situation of a ticket."""


class _Nobody:
    """Shows nothing: the output is for a program."""

    def situation(self, plays: Plays) -> None:
        pass

    def ticket(self, plays: TicketPlays) -> None:
        pass


async def perform(stage: Stage, name: str, audience: Audience) -> Played:
    """Play everything before an audience.

    Raises ``StackFailed`` if a process of the stage ends in the meantime.
    """
    tasks = asyncio.create_task(stage.watch()), asyncio.create_task(_play_all(stage, name, audience))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        watching, playing = tasks
        if watching.done():
            watching.result()
        return playing.result()
    except RPCError as error:
        raise failure_of_operating(error) from None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _play_all(stage: Stage, name: str, audience: Audience) -> Played:
    """Play every situation with and without its rule, all together, and show them in their order."""
    players = {
        company.without: Player(
            stage.client,
            company.settings.task_queue,
            name,
            skips_time=stage.skips_time,
            queue=company.queue,
        )
        for company in stage.companies
    }
    await asyncio.gather(*(player.come_online(ONLINE) for player in players.values()))
    async with Together() as together:
        chats = [
            [
                together.start(players[None if with_rule else one.rule].play(one, with_rule))
                for with_rule, _ in one.endings()
            ]
            for one in (SITUATIONS if stage.rt is None else ())
        ]
        tickets = [
            [
                together.start(players[None if with_rule else one.rule].play_ticket(one, with_rule))
                for with_rule, _ in one.endings()
            ]
            for one in TICKETS
        ]
        played = Played([], [])
        for chat in chats:
            played.chats.append(await asyncio.gather(*chat))
            audience.situation(played.chats[-1])
        for ticket in tickets:
            played.tickets.append(await asyncio.gather(*ticket))
            audience.ticket(played.tickets[-1])
        return played


class Together:
    """Tasks that are cancelled, and waited for, at the end of the block."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self, play: Coroutine[Any, Any, PlayT]) -> asyncio.Task[PlayT]:
        task = asyncio.create_task(play)
        self._tasks.append(task)
        return task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            # Only once: a task that was cancelled together with its waiter is tidying up, and must not be
            # interrupted.
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
