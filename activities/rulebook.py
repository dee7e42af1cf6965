"""Rules and templates in force: read from files, reloaded when these change, never replaced by wrong ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence, Set
from contextlib import aclosing
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from watchfiles import awatch

from baton.company import attempt, refuse_together
from baton.documents.directory import Directory
from baton.errors import DocumentError, Problem
from baton.rules.loading import load_rules, parse_rules
from baton.rules.ruleset import RuleSet
from baton.templates.loading import load_templates, parse_templates
from baton.templates.templateset import Templates
from baton.temporal.logs import words_of
from helpdesks.base import Ledger

LOOK_EVERY = 5.0
"""Seconds after which files are looked at, even if no change was reported."""

_LOOKED_UP = (
    "Names were looked up in the directory that the help desk keeps, version {}, and not in a file: a file "
    "is read into an empty database only."
)

_log = logging.getLogger("baton.rules")


class _Accepted(Protocol):
    """The accepted content of a file: immutable, and identified by its digest."""

    digest: str
    source: str


Content = TypeVar("Content", bound=_Accepted)

_Mark = tuple[str, int, int, int] | tuple[()] | None
"""Identifies a version of a file. Empty if there is no file; ``None`` before it was looked at."""


def _mark_of(path: Path) -> _Mark:
    try:
        # With its real place: Kubernetes replaces the folder behind a link, and never touches the link that
        # has the file's name.
        place, found = path.resolve(), path.stat()
    except (OSError, RuntimeError):  # a link that leads to itself is a RuntimeError
        return ()
    return str(place), found.st_ino, found.st_ctime_ns, found.st_size


def _folder_mark(path: Path) -> tuple[int, int] | None:
    """Identifies a folder, whatever is in it; ``None`` if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _InForce(Generic[Content]):
    """One file, and the version of it that is in force."""

    def __init__(
        self,
        what: str,
        path: Path,
        desk: Ledger,
        load: Callable[[Path, Directory], Content],
        parse: Callable[[str, str, Directory], Content],
    ) -> None:
        self.what = what
        self.path = path
        self._desk = desk
        self._seen: _Mark = None
        self._said = ""
        """What was last logged about a version that is not in force; empty if there is none."""
        self._load = load
        self._parse = parse
        self.current: Content

    async def open(self) -> list[Problem]:
        """Read the file, and check it against the directory. Returns the mistakes; if there are none, it is
        in force, but not kept yet."""
        try:
            self.current = await self._read()
        except DocumentError as error:
            return error.problems
        return []

    async def keep(self) -> None:
        """Keep what is in force under its digest."""
        await self._desk.keep_rules(self.current.digest, self.current.source)

    def misfits(self, directory: Directory) -> list[Problem]:
        """Where what is in force names something that ``directory`` does not have."""
        _, problems = attempt(self._parse, self.current.source, str(self.path), directory)
        return problems

    async def reload(self) -> bool:
        """Read the file again. Returns whether another version is in force now.

        Raises nothing, whatever is wrong with the file or the help desk: what is in force stays.
        """
        before = self.current.digest
        try:
            new = await self._read()
            if new.digest != before:
                await self._desk.keep_rules(new.digest, new.source)
        except DocumentError as error:
            if isinstance(error.__context__, OSError):
                self._seen = None  # not wrong, but cannot be read now: looked at again, changed or not
            self._complain("The new %s were refused", str(error))
            return False
        except Exception as error:  # the help desk is down, or the mistake is ours: neither ends the worker
            self._seen = None
            self._complain("New %s cannot be put in force yet", words_of(error))
            return False
        if new.digest == before:
            if self._said:
                _log.info("%s is right again: it has the %s in force, %s", self.path, self.what, before[:12])
            self._said = ""
            return False
        _log.info("New %s are in force: %s instead of %s", self.what, new.digest[:12], before[:12])
        self.current, self._said = new, ""
        return True

    def has_changed(self) -> bool:
        """Whether the file differs from the one that was last read, or has disappeared or come back."""
        return self._seen is None or _mark_of(self.path) != self._seen

    def _complain(self, what: str, why: str) -> None:
        if why != self._said:  # retried every few seconds, but logged once
            _log.error(f"{what}; those of %s stay in force.\n%s", self.what, self.current.digest[:12], why)
        self._said = why

    async def _read(self) -> Content:
        self._seen = _mark_of(self.path)  # before reading: what is written meanwhile is another version
        # In a thread: thousands of rules take seconds, and the worker has chats to decide about meanwhile.
        return await asyncio.to_thread(self._loaded, (await self._desk.directory()).directory)

    def _loaded(self, directory: Directory) -> Content:
        try:
            return self._load(self.path, directory)
        except Exception:
            raise
        except BaseException as error:
            # A library in Rust may panic, which is no Exception. Nobody cancels a thread: it is the document.
            raise RuntimeError(f"{type(error).__name__} while {self.path.name} was read") from error


class Rulebook:
    """The rule set that decisions use, the templates that are applied, and the files that they come from.

    Raises ``DocumentError`` at ``open`` if a file is wrong: a worker does not start with it.
    """

    def __init__(self, rules: _InForce[RuleSet], templates: _InForce[Templates]) -> None:
        self._rules = rules
        self._templates = templates
        self._files = (rules, templates)

    @classmethod
    async def open(cls, rules_path: Path, templates_path: Path, desk: Ledger) -> Rulebook:
        """Read both files, check them against the directory, and keep them under their digests.

        Raises ``DocumentError`` with every mistake in both; then neither is kept.
        """
        rules = _InForce("rules", rules_path, desk, load_rules, parse_rules)
        templates = _InForce("templates", templates_path, desk, load_templates, parse_templates)
        found = [await file.open() for file in (rules, templates)]
        refuse_together(*found, remark=_LOOKED_UP.format((await desk.directory()).version))
        for file in (rules, templates):
            await file.keep()
        return cls(rules, templates)

    @property
    def current(self) -> RuleSet:
        """The rules in force."""
        return self._rules.current

    @property
    def templates(self) -> Templates:
        """The templates in force."""
        return self._templates.current

    def misfits(self, directory: Directory) -> Mapping[str, Sequence[Problem]]:
        """Where the ``rules`` and ``templates`` in force name something that ``directory`` does not have.

        Empty if both fit it.
        """
        found = {file.what: file.misfits(directory) for file in self._files}
        return {what: problems for what, problems in found.items() if problems}

    async def follow(self, every: float = LOOK_EVERY, *, looked: Callable[[], None] = lambda: None) -> None:
        """Put each new version of a file in force, until cancelled.

        A version that is wrong is refused with a logged error, and the one before stays in force. It also
        stays in force while a file or its folder is gone or unreadable, and while the system watches nothing.

        Args:
            every: seconds between two looks at the files, besides the changes that the system reports.
            looked: called after each look, whatever it found.
        """
        unwatched = ""
        while True:
            try:
                await self.look()
                looked()
                async with aclosing(self._watch(every)) as looks:
                    async for changed in looks:
                        if unwatched:
                            _log.info("the folders of the rules and templates are watched again")
                            unwatched = ""
                        await self.look(changed)
                        looked()
            except Exception as error:  # no folder, no watches left: the next edit must be noticed anyway
                why = words_of(error)
                if why != unwatched:
                    files = " and ".join(str(file.path) for file in self._files)
                    _log.warning("%s cannot be watched, and are looked at every %g s: %s", files, every, why)
                unwatched = why
                await asyncio.sleep(every)

    async def _watch(self, every: float) -> AsyncGenerator[Set[str], None]:
        """The names of changed files, at each change and each look; ends when a folder was replaced."""
        # The folders are watched, because editors replace a file rather than write into it.
        folders = sorted({file.path.parent for file in self._files})
        marks = [_folder_mark(folder) for folder in folders]
        watching = awatch(*folders, recursive=False, rust_timeout=int(every * 1000), yield_on_timeout=True)
        async with aclosing(watching):
            async for changes in watching:
                yield {Path(path).name for _, path in changes}
                if [_folder_mark(folder) for folder in folders] != marks:
                    return  # we still watch the old one, where nothing happens any more

    async def look(self, changed: Set[str] = frozenset()) -> None:
        """Read again the files that are named here, and those that look different."""
        for file in self._files:
            if file.path.name in changed or file.has_changed():
                await file.reload()
