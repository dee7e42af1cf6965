"""Rules and templates in force: read from files, followed while they change, never replaced by wrong ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from watchfiles import awatch

from baton.directory import Directory
from baton.errors import BatonError
from baton.rules.loading import load_rules, parse_rules
from baton.rules.ruleset import RuleSet
from baton.templates.loading import load_templates, parse_templates
from baton.templates.templateset import Templates
from helpdesks.base import HelpDesk

_log = logging.getLogger("baton.rules")


class _Accepted(Protocol):
    """What a file was accepted as: immutable, and known by its digest."""

    digest: str
    source: str


Content = TypeVar("Content", bound=_Accepted)


class _InForce(Generic[Content]):
    """One file, and the version of it that is in force."""

    def __init__(
        self,
        what: str,
        path: Path,
        desk: HelpDesk,
        load: Callable[[Path, Directory], Content],
        parse: Callable[[str, str, Directory], Content],
    ) -> None:
        self._what = what
        self.path = path
        self._desk = desk
        self._read_from: Path | None = None
        self._load = load
        self._parse = parse
        self.current: Content

    async def open(self) -> None:
        """Read the file, check it against the directory, and keep it under its digest."""
        self.current = await self._read()
        await self._desk.keep_rules(self.current.digest, self.current.source)

    def fits(self, directory: Directory) -> None:
        """Raise ``DocumentError`` if what is in force names something that ``directory`` does not have."""
        self._parse(self.current.source, str(self.path), directory)

    async def reload(self) -> bool:
        """Read the file again. Returns whether another version is in force now."""
        before = self.current.digest
        try:
            new = await self._read()
            if new.digest == before:
                return False
            await self._desk.keep_rules(new.digest, new.source)
        except (BatonError, OSError) as error:
            _log.error(
                "The new %s were refused; those of %s stay in force.\n%s", self._what, before[:12], error
            )
            return False
        _log.info("New %s are in force: %s instead of %s", self._what, new.digest[:12], before[:12])
        self.current = new
        return True

    def lies_elsewhere(self) -> bool:
        """Whether the path leads to another file than the one read last: Kubernetes replaces the folder
        behind a link, and never touches the link that has the file's name."""
        return self.path.resolve() != self._read_from

    async def _read(self) -> Content:
        self._read_from = self.path.resolve()
        # In a thread: thousands of rules take seconds, in which the worker has chats to decide about.
        return await asyncio.to_thread(self._load, self.path, (await self._desk.directory()).directory)


class Rulebook:
    """The rule set that decisions use, the templates that are applied, and the files that they come from.

    Raises ``DocumentError`` at ``open`` if a file is wrong: a worker does not start with it.
    """

    def __init__(self, rules: _InForce[RuleSet], templates: _InForce[Templates]) -> None:
        self._rules = rules
        self._templates = templates
        self._files = (rules, templates)

    @classmethod
    async def open(cls, rules_path: Path, templates_path: Path, desk: HelpDesk) -> Rulebook:
        """Read both files, check them against the directory, and keep them under their digests."""
        rules = _InForce("rules", rules_path, desk, load_rules, parse_rules)
        templates = _InForce("templates", templates_path, desk, load_templates, parse_templates)
        await rules.open()
        await templates.open()
        return cls(rules, templates)

    @property
    def current(self) -> RuleSet:
        """The rules in force."""
        return self._rules.current

    @property
    def templates(self) -> Templates:
        """The templates in force."""
        return self._templates.current

    def fits(self, directory: Directory) -> None:
        """Raise ``DocumentError`` if a file names something that ``directory`` does not have."""
        for file in self._files:
            file.fits(directory)

    async def follow(self) -> None:
        """Put each new version of a file in force, until cancelled.

        A version that is wrong is refused loudly, and the one before stays in force.
        """
        # The folders are watched, because editors replace a file rather than write into it.
        folders = {file.path.parent for file in self._files}
        try:
            async for changes in awatch(*folders, recursive=False):
                changed = {Path(path).name for _, path in changes}
                for file in self._files:
                    if file.path.name in changed or file.lies_elsewhere():
                        await file.reload()
        except Exception:  # the system may have no watches left; nobody would notice before the next edit
            for file in self._files:
                _log.exception("%s is no longer followed: edits need a restart of the worker", file.path)

    async def reload(self) -> bool:
        """Read both files again. Returns whether anything else is in force now."""
        return any([await file.reload() for file in self._files])
