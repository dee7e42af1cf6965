"""The rules in force: read from a file, followed while it changes, never replaced by a wrong version."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from watchfiles import awatch

from baton.directory import Directory
from baton.errors import BatonError
from baton.rules.loading import load_rules, parse_rules
from baton.rules.ruleset import RuleSet
from helpdesks.base import HelpDesk

_log = logging.getLogger("baton.rules")


class Rulebook:
    """The rule set that decisions use, and the file that it comes from.

    Raises ``DocumentError`` at ``open`` if the rules are wrong: a worker does not start with them.
    """

    def __init__(self, path: Path, desk: HelpDesk, rules: RuleSet) -> None:
        self._path = path
        self._desk = desk
        self.current = rules

    @classmethod
    async def open(cls, path: Path, desk: HelpDesk) -> Rulebook:
        """Read the rules, check them against the directory, and keep them under their digest."""
        rules = await _read(path, desk)
        await desk.keep_rules(rules.digest, rules.source)
        return cls(path, desk, rules)

    def fits(self, directory: Directory) -> None:
        """Raise ``DocumentError`` if the rules name something that ``directory`` does not have."""
        parse_rules(self.current.source, str(self._path), directory)

    async def follow(self) -> None:
        """Put each new version of the file in force, until cancelled.

        A version that is wrong is refused loudly, and the one before stays in force.
        """
        # The folder is watched, because editors replace a file rather than write into it.
        try:
            async for changes in awatch(self._path.parent, recursive=False):
                if any(Path(changed).name == self._path.name for _, changed in changes):
                    await self.reload()
        except Exception:  # the system may have no watches left; nobody would notice before the next edit
            _log.exception("%s is no longer followed: edits need a restart of the worker", self._path)

    async def reload(self) -> bool:
        """Read the file again. Returns whether other rules are in force now."""
        try:
            rules = await _read(self._path, self._desk)
            if rules.digest == self.current.digest:
                return False
            await self._desk.keep_rules(rules.digest, rules.source)
        except (BatonError, OSError) as error:
            _log.error(
                "The new rules were refused; those of %s stay in force.\n%s", self.current.digest[:12], error
            )
            return False
        _log.info("New rules are in force: %s instead of %s", rules.digest[:12], self.current.digest[:12])
        self.current = rules
        return True


async def _read(path: Path, desk: HelpDesk) -> RuleSet:
    # In a thread: thousands of rules take seconds, in which the worker has chats to decide about.
    return await asyncio.to_thread(load_rules, path, (await desk.directory()).directory)
