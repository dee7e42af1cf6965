"""A help desk that is watched: in each transaction, whether a queue was served in order and each place once.

Read from the rows, before and after, and not from the code that hands places out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from baton.contract import Event
from baton.documents.directory import Directory
from baton.model.decision import CaseState
from helpdesks.base import Intake, Queues
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.queues import EmbeddedQueues
from helpdesks.schema import LIVING, cases, promises

T = TypeVar("T")


@dataclass(frozen=True)
class _Standing:
    """The chats of one moment: by case ID, since when each waits, and who has or is promised each."""

    waiting: dict[str, tuple[str, datetime]]
    """The line and since when, for those to whom nobody has promised anything."""
    had: dict[str, str]
    """The holder, or the person whose place is promised."""
    since: dict[str, datetime]


@dataclass
class Watch:
    """What was seen. ``overtaken`` and ``twice`` should be nothing."""

    transactions: int = 0
    given: int = 0
    overtaken: timedelta = timedelta()
    """The longest that somebody had waited longer than a chat that was given a place before it."""
    twice: int = 0
    """How often somebody had more chats, held or promised, than ``max_chats``."""

    def look(self, before: _Standing, after: _Standing, directory: Directory) -> None:
        """Compare a transaction's beginning with its end."""
        self.transactions += 1
        served = {
            case: directory.staff[staff].line for case, staff in after.had.items() if case not in before.had
        }
        self.given += len(served)
        for case, line in served.items():
            longer = [
                after.since[case] - since
                for waits, (of_line, since) in after.waiting.items()
                if of_line == line and waits in before.waiting and since < after.since[case]
            ]
            self.overtaken = max([self.overtaken, *longer])
        load = Counter(after.had.values())
        self.twice += sum(load[staff] > member.max_chats for staff, member in directory.staff.items())


class WatchedHelpDesk(EmbeddedHelpDesk):
    """An embedded help desk whose chats are moved by queues only, and everybody keeps to ``max_chats``."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.watch = Watch()

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        return await super().intake(
            before, event, now, chain, lambda intake: self._watched(intake, lambda: decide(intake))
        )

    async def queues(self, source: str, now: datetime, look: Callable[[Queues], T]) -> T:
        return await super().queues(source, now, lambda queues: self._watched(queues, lambda: look(queues)))

    def _watched(self, queues: Queues, work: Callable[[], T]) -> T:
        assert isinstance(queues, EmbeddedQueues)
        before = _standing(queues.connection)
        done = work()
        self.watch.look(before, _standing(queues.connection), queues.directory().directory)
        return done


def _standing(connection: Connection) -> _Standing:
    promised = {row.case_id: row.staff for row in connection.execute(select(promises))}
    rows: Any = connection.execute(
        select(cases.c.case_id, cases.c.queue, cases.c.since, cases.c.holder).where(
            LIVING, cases.c.kind == "chat"
        )
    )
    waiting, had, since = {}, {}, {}
    for row in rows:
        since[row.case_id] = row.since
        if staff := row.holder or promised.get(row.case_id):
            had[row.case_id] = staff
        elif row.queue is not None:
            waiting[row.case_id] = (row.queue, row.since)
    return _Standing(waiting, had, since)
