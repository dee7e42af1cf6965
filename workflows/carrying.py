"""What one run hands to the next, which must fit into a payload of 2 MB.

Everything that makes a case grow has its own bound, and together they are far below that. If that is not
enough, the case goes on with less to show rather than not at all: the help desk has what is left out here.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic_core import to_json

from baton.contract import Event, Instant, Payload, TimelineEntry
from baton.model.effects import Effect

LARGEST_START = 1_800_000
"""The most bytes that the start argument of the next run may have."""

StartT = TypeVar("StartT", bound=Payload)


class Carried(Payload):
    """What one run hands to the next, besides the state of the case itself."""

    seen: dict[str, Instant] = {}
    seen_until: Instant | None = None
    unsent: tuple[Effect, ...] = ()
    unsent_size: int = 0
    waiting: tuple[Event, ...] = ()
    """Events that the case has got and not yet taken, in order."""
    timeline: tuple[TimelineEntry, ...] = ()
    answer_size: int = 0
    events: int = 0
    refused: int = 0


def fitting(start: StartT) -> StartT:
    """The start argument of the next run; if too large, without its timeline, then also without texts."""
    carried: Any = start.carried  # type: ignore[attr-defined]
    for less in ({"timeline": ()}, {"state": carried.state.without_texts()}):
        if len(to_json(start)) <= LARGEST_START:
            break
        carried = carried.model_copy(update=less)
        start = start.model_copy(update={"carried": carried})
    return start
