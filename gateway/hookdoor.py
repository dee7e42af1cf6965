"""The door for hooks of desks: who may come in, what is kept, and which feed is woken.

Whoever comes in is answered at once. Waking the feed, and keeping what could not be used, go on behind: desks
may run a hook while somebody waits for it, and most of them try a delivery only once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

from baton.desk.besideclient import BesideClient
from baton.errors import SettingsError
from baton.files import read_secret
from baton.temporal.logs import words_of
from gateway.backend import Backend
from gateway.waking import Waker
from helpdesks.outside.hooks import Delivery, Hint, NotAuthentic, Unusable, read
from helpdesks.outside.opening import desks_with_hooks

SHORTEST_SECRET = 16
_MOST_WAITING = 100
"""Deliveries that wait for the database to be kept. Each has at most `helpdesks.outside.hooks.MOST_BYTES`."""
_PAUSES = (0.5, 2.0, 10.0)
"""Seconds between attempts to keep one."""

_log = logging.getLogger("baton.gateway.hooks")


def read_secrets(path: Path | None) -> tuple[str, ...]:
    """The secrets in a file, each on a line; none without a file.

    Raises ``SettingsError``, which never quotes them.
    """
    if path is None:
        return ()
    lines = read_secret(path, "BATON_HOOK_SECRET_FILE").splitlines()
    secrets = tuple(line.strip() for line in lines if line.strip())
    if not secrets or min(map(len, secrets)) < SHORTEST_SECRET:
        raise SettingsError(
            f"BATON_HOOK_SECRET_FILE: each line of {path} must be a secret of {SHORTEST_SECRET} characters "
            "or more, and there must be one"
        )
    return secrets


class _Kept(NamedTuple):
    desk: str
    delivery: Delivery
    reason: str
    at: datetime


class HookDoor:
    """One for an app, as ``app.state.hooks``.

    Args:
        secrets: any of these will do.
    """

    def __init__(self, secrets: Sequence[str], backend: Backend, task_queue: str) -> None:
        self._secrets = secrets
        self._desks = desks_with_hooks()
        self._backend = backend
        self._task_queue = task_queue
        self._to_keep: asyncio.Queue[_Kept] = asyncio.Queue(_MOST_WAITING)
        self._keeping: asyncio.Task[None] | None = None
        self.waker = Waker(self._look)
        self.counts: Counter[tuple[str, str]] = Counter()
        """By desk and result: ``hint``, ``kept``, ``refused`` and ``dropped``."""

    def takes(self, desk: str) -> bool:
        """Whether there is a secret, and an adapter for this desk that reads hooks."""
        return bool(self._secrets) and desk in self._desks

    def receive(self, desk: str, delivery: Delivery) -> None:
        """Take a delivery. Raises `NotAuthentic`, and nothing else."""
        try:
            self._read(desk, delivery)
        except NotAuthentic:
            self.counts[desk, "refused"] += 1
            times = self.counts[desk, "refused"]
            if str(times).rstrip("0") == "1":  # 1, 10, 100, …: anybody may send as many as they like
                _log.warning("a hook of %s does not have the secret, %s times so far", desk, f"{times:,}")
            raise
        except Unusable as unusable:
            self._keep(_Kept(desk, delivery, str(unusable), datetime.now(UTC)))
        else:
            self.counts[desk, "hint"] += 1
        # Also after one that cannot be used: something has happened there.
        self.waker.wake(desk)

    def _read(self, desk: str, delivery: Delivery) -> Hint:
        *others, last = self._secrets
        for secret in others:
            try:
                return read(desk, delivery, secret)
            except NotAuthentic:
                continue
        return read(desk, delivery, last)

    def _keep(self, kept: _Kept) -> None:
        try:
            self._to_keep.put_nowait(kept)
            self.counts[kept.desk, "kept"] += 1
        except asyncio.QueueFull:
            self.counts[kept.desk, "dropped"] += 1
            _log.warning("a hook of %s cannot be used and is not kept: too many wait", kept.desk)
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._go_on_keeping(), name="keeping hooks")

    async def _go_on_keeping(self) -> None:
        while True:
            kept = await self._to_keep.get()
            _log.warning("a hook of %s cannot be used, see `baton hooks list`: %s", kept.desk, kept.reason)
            await self._keep_until_it_is(kept)

    async def _keep_until_it_is(self, kept: _Kept) -> None:
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                hooks = (await self._backend.ledger()).hooks
                await hooks.keep(kept.desk, kept.delivery, kept.reason, kept.at)
            except Exception as error:  # whatever it is, the next attempt may do better
                _log.warning("a hook of %s cannot be kept now, trying again: %s", kept.desk, words_of(error))
                await asyncio.sleep(pause)
            else:
                return

    async def _look(self, desk: str) -> None:
        await BesideClient(await self._backend.temporal(), task_queue=self._task_queue).look(desk)

    async def aclose(self) -> None:
        """Stop waking and keeping."""
        await self.waker.aclose()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
