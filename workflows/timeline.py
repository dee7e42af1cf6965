"""What happened in a case, line by line, as shown in the Temporal UI and by ``baton timeline``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from temporalio import workflow

from baton.contract import SYSTEM, TimelineEntry
from baton.errors import Refused
from baton.model.effects import Effect

TIMELINE_LENGTH = 200
CARRIED_TIMELINE = 50
"""How much of the timeline goes into the next run; the whole story is in the help desk."""

_LONGEST_ENTRY = 500
"""Characters of what a line of the timeline says."""


class Timeline:
    """The latest lines of a case, including those of earlier runs."""

    def __init__(self, carried: Iterable[TimelineEntry]) -> None:
        self._lines: deque[TimelineEntry] = deque(carried, maxlen=TIMELINE_LENGTH)

    def lines(self) -> list[TimelineEntry]:
        return list(self._lines)

    def carried(self) -> tuple[TimelineEntry, ...]:
        """What the next run begins with."""
        return tuple(self._lines)[-CARRIED_TIMELINE:]

    def folded(self, event: Any, at: datetime, what: str, rules: tuple[str, ...], *, moved: bool) -> None:
        """An event was decided, as of ``at``, and folded."""
        self._lines.append(
            TimelineEntry(
                at=at,
                event_id=event.id,
                kind=event.kind,
                author=str(event.author),
                what=what,
                rules=rules,
                moved=moved,
            )
        )

    def refused(self, event_id: str, kind: str, author: str, refusal: Refused) -> None:
        """An event was refused; ``?`` stands for what could not be read."""
        reason = cut(f"{refusal.type}: {refusal}", _LONGEST_ENTRY)
        self._lines.append(
            TimelineEntry(at=workflow.now(), event_id=event_id, kind=kind, author=author, refused=reason)
        )

    def could_not_write(self, effect: Effect, reason: str) -> None:
        """The help desk refused an effect permanently."""
        self._lines.append(
            TimelineEntry(
                at=workflow.now(),
                event_id=effect.event_id,
                kind=effect.do,
                author=str(SYSTEM),
                refused=cut(f"the help desk did not take it: {reason}", _LONGEST_ENTRY),
            )
        )

    def revived(self) -> None:
        """A case whose workflow was closed by force was taken over."""
        self._lines.append(
            TimelineEntry(
                at=workflow.now(),
                event_id="",
                kind="revived",
                author=str(SYSTEM),
                what="goes on as the ledger has kept it: its workflow had been closed by force",
            )
        )


def cut(text: str, length: int) -> str:
    """A text cut to at most ``length`` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
