"""What is shown of a child that has ended: what it wrote shortly before, and which signal ended it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from baton.temporal.ending import how_ended
from local import child as children
from local.child import LAST_WORDS_SECONDS, Child
from local.stack import failure_of

# Says something now, and something else when it is told to go.
TALKING = """
import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: (print("no more hands", flush=True), os._exit(3)))
print("an old line", flush=True)
while True:
    signal.pause()
"""


class Clock:
    """The time by which the age of a line is told. On a slow machine, too, it does not pass by itself."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(children, "time", clock)
    return clock


async def ended_by(number: signal.Signals, log: Path, clock: Clock, *, shown: bool = False) -> Child:
    """A child that ended by a signal, a while after its first line."""
    talking = asyncio.Event()
    child = await Child.start(
        "worker",
        [sys.executable, "-c", TALKING],
        environment=dict(os.environ),
        folder=Path("/"),
        log=log,
        on_line=lambda _: talking.set(),
    )
    child.shown = shown
    await talking.wait()
    assert child.last_words == ["an old line"], "as long as it lives, whatever it wrote"
    clock.now += LAST_WORDS_SECONDS + 0.1
    os.kill(child.pid, number)
    await child.ended
    return child


async def test_the_lines_of_its_end_are_shown_and_no_older_ones(tmp_path: Path, clock: Clock) -> None:
    child = await ended_by(signal.SIGUSR1, tmp_path / "log", clock)
    assert str(failure_of(child, "ended by itself")) == (
        "The worker ended by itself, exit code 3. Its last lines:\n    no more hands"
    )
    assert child.tail == ["an old line", "no more hands"]


@pytest.mark.parametrize("shown", [True, False])
async def test_one_that_was_killed_said_nothing_about_it(tmp_path: Path, clock: Clock, shown: bool) -> None:
    child = await ended_by(signal.SIGKILL, tmp_path / "log", clock, shown=shown)
    assert str(failure_of(child, "ended by itself")).startswith(
        "The worker ended by itself, killed by SIGKILL. It wrote nothing in the "
    )
    assert str(failure_of(child, "ended by itself")).endswith(f" s before; its log: {tmp_path}/log")


@pytest.mark.parametrize(
    ("code", "said"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL"), (-40, "killed by signal 40")],
)
def test_an_exit_code_is_put_into_words(code: int, said: str) -> None:
    assert how_ended(code) == said
