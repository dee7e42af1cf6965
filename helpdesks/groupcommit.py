"""One thread that writes, and commits many short transactions at once.

A commit that survives a power cut waits for the disk, which takes longer than everything else. What comes in
while it waits is carried out after it, one after the other, and committed together:

* Each piece of work has a savepoint of its own. If one fails, the others do not notice.
* Nobody is answered before the commit. If that fails, or the database gives up the whole transaction, nothing
  of the group is kept, and each piece of work is carried out again by itself: a failure is its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")

MOST = 64
"""How many pieces of work share a commit. More would save little, and let the first one wait."""

_Answer = Callable[[], None]


class _Job(Generic[T]):
    """A piece of work, and who waits for it. Answers are called in the loop of whoever waits."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self.waiting: asyncio.Future[T] = self._loop.create_future()

    def on(self, connection: Connection) -> _Answer:
        """Carry it out. Returns its answer, for when it is committed."""
        done = self._work(connection)
        return lambda: self.waiting.set_result(done)

    def failed(self, error: BaseException) -> _Answer:
        return lambda: self.waiting.set_exception(error)

    def answer(self, answer: _Answer) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._unless_cancelled, answer)

    def _unless_cancelled(self, answer: _Answer) -> None:
        if not self.waiting.cancelled():
            answer()


class GroupWriter:
    """Carries out what is submitted, in order, in the one thread that it starts.

    Args:
        connect: opens the connection, which is kept until something fails.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._kept: Connection | None = None
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="baton-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Have work carried out, perhaps more than once, until it is committed; only the last time counts.

        The work must not begin or end a transaction. What is cancelled before its turn is left out.
        """
        job = _Job(work)
        self._jobs.put(job)
        return job.waiting

    def close(self) -> None:
        """Carry out what was submitted, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._next()
            wanted = [job for job in group if not job.waiting.cancelled()]
            if len(wanted) > 1 and self._together(wanted):
                continue
            for job in wanted:
                self._alone(job)
        self._disconnect()

    def _next(self) -> tuple[Sequence[_Job[Any]], bool]:
        """What waits, at least one piece of work; and whether more may come."""
        group: list[_Job[Any]] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == MOST:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _together(self, jobs: Sequence[_Job[Any]]) -> bool:
        """Carry them out in one transaction. False if nothing of it was kept, and nobody was answered."""
        try:
            with self._connection().begin():
                answers = [(job, self._attempt(job)) for job in jobs]
        except Exception:
            self._disconnect()
            return False
        for job, answer in answers:
            job.answer(answer)
        return True

    def _alone(self, job: _Job[Any]) -> None:
        try:
            with self._connection().begin():
                answer = job.on(self._connection())
        except BaseException as error:
            self._disconnect()
            answer = job.failed(error)
        job.answer(answer)

    def _attempt(self, job: _Job[Any]) -> _Answer:
        """Carry out one piece of work in a savepoint.

        Raises if the database gave up the whole transaction, as SQLite does when its disk is full.
        """
        savepoint = self._connection().begin_nested()
        try:
            answer = job.on(self._connection())
            savepoint.commit()
        except Exception as error:
            savepoint.rollback()  # raises if there is no transaction any more
            return job.failed(error)
        return answer

    def _connection(self) -> Connection:
        if self._kept is None:
            self._kept = self._connect()
        return self._kept

    def _disconnect(self) -> None:
        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            kept.close()
        except Exception:
            # What is broken may not even be closed in order. Were this raised, the thread would end, and all
            # who come after would wait for ever.
            kept.invalidate()
