"""What a scene is: a play, the rig that it needs, and the cases whose histories it leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lab.rig import Rig

Play = Callable[[Rig, str], Awaitable[None]]


class Scene(NamedTuple):
    """A scene, and the rig that it needs."""

    play: Play
    settings: dict[str, Any] = {}
    impatient: bool = False
    """Whether the server suggests to continue as new after 60 events."""
    cases: tuple[str, ...] = ("{}",)
    """The cases whose histories are kept, made of the name that the scene is played under."""

    def cases_of(self, name: str) -> list[str]:
        return [case.format(name) for case in self.cases]
