"""One thread that writes, and commits many short transactions at once.

A commit that survives a power cut waits for the disk, which takes longer than everything else. What comes in
while it waits is carried out after it, one after the other, and committed together:

* Each piece of work has a savepoint of its own. If one fails, the others do not notice.
* Nobody is answered before the commit. If that fails, or the database gives up the whole transaction, nothing
  of the group is kept, and each piece of work is carried out again by itself: a failure is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")

MOST = 64
"""How many pieces of work share a commit. More would save little, and let the first one wait."""


class _Job(Generic[T]):
    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
        self.answer: Future[T] = Future()


class GroupWriter:
    """Carries out what is submitted, in order, in the one thread that it starts.

    Args:
        transaction: opens a transaction that commits at the end of the block.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="baton-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Have work carried out, perhaps more than once, until it is committed; only the last time counts.

        The work must not begin or end a transaction.
        """
        job = _Job(work)
        self._jobs.put(job)
        return job.answer

    def close(self) -> None:
        """Carry out what was submitted, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._next()
            wanted = [job for job in group if job.answer.set_running_or_notify_cancel()]
            if len(wanted) == 1 or not self._together(wanted):
                for job in wanted:
                    self._alone(job)

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
        answers: list[Callable[[], None]] = []
        try:
            with self._transaction() as connection:
                for job in jobs:
                    answers.append(_attempt(connection, job))
        except Exception:
            return False
        for answer in answers:
            answer()
        return True

    def _alone(self, job: _Job[Any]) -> None:
        try:
            with self._transaction() as connection:
                done = job.work(connection)
        except BaseException as error:
            job.answer.set_exception(error)
        else:
            job.answer.set_result(done)


def _attempt(connection: Connection, job: _Job[Any]) -> Callable[[], None]:
    """Carry out one piece of work. Returns how to answer it, once it is committed.

    Raises if the database gave up the whole transaction, as SQLite does when its disk is full.
    """
    savepoint = connection.begin_nested()
    try:
        done = job.work(connection)
        savepoint.commit()
    except Exception as error:
        savepoint.rollback()  # raises if there is no transaction any more
        failure = error
        return lambda: job.answer.set_exception(failure)
    return lambda: job.answer.set_result(done)
