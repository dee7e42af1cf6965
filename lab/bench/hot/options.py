"""How long is measured, and beside what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.bench.hot.place import OWN, Build


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Args:
        seconds: how long each subject is measured in a round.
        before: another checkout, measured in the same rounds.
        say: tells whoever waits how far it is.
    """

    rounds: int
    seconds: float
    clients: int
    before: Build | None
    say: Callable[[str], None]

    @property
    def builds(self) -> list[Build]:
        return [OWN] if self.before is None else [self.before, OWN]
