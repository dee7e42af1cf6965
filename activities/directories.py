"""The directory is shown and changed, and the cases that a change concerns are told.

A change takes effect with the next event of each case. Cases that refer to somebody or something that is
gone, or is called otherwise now, must not wait for one: they get an event of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from activities.arrivals import fill_lines
from activities.calls import call
from activities.refusing import refusal, refusing
from activities.spreading import spread_once, tell_each
from activities.telling import tell
from baton.contract import SYSTEM, DirectoryChanged, Presence, derived_id
from baton.desk.api import (
    CHANGE_DIRECTORY,
    PREVIEW_DIRECTORY,
    SHOW_DIRECTORY,
    SPREAD_DIRECTORY,
    Concern,
    Concerns,
    DirectoryChange,
    DirectorySpread,
    ShownDirectory,
)
from baton.documents.directory import Directory
from baton.documents.directorychange import DirectoryDifference
from baton.errors import Problem
from baton.model.effects import CaseRef
from baton.wording import mistakes_in
from helpdesks.answers import shown
from helpdesks.base import Ledger
from helpdesks.known import Concerned, VersionedDirectory

SHOWN_CASES = 50
"""How many cases of a reason are named."""
_SPREAD_TIMEOUT = timedelta(hours=1)


class DirectoryChanges:
    """The activities about the directory.

    Args:
        desk: the help desk.
        task_queue: the task queue of the cases' workflows.
        misfits: the mistakes in what is in force, such as ``rules``, if that were the directory.
    """

    def __init__(
        self,
        desk: Ledger,
        task_queue: str,
        misfits: Callable[[Directory], Mapping[str, Sequence[Problem]]],
    ) -> None:
        self._desk = desk
        self._task_queue = task_queue
        self._misfits = misfits

    @call(SHOW_DIRECTORY)
    async def show_directory(self) -> ShownDirectory:
        return shown(await self._desk.directory())

    @call(PREVIEW_DIRECTORY)
    async def preview_directory(self, change: DirectoryChange) -> Concerns:
        """Which living cases such a change would concern; it is refused for the same reasons."""
        directory = self._checked(change)
        present = await self._desk.directory()
        if present.directory != directory:
            with refusing():
                present.require(change.based_on)
        difference = DirectoryDifference.between(present.directory, directory)
        return _concerns(await self._desk.concerned_by(difference))

    @call(CHANGE_DIRECTORY)
    async def change_directory(self, change: DirectoryChange) -> ShownDirectory:
        """Replace the directory, unless it is wrong, somebody else changed it, or the rules would not fit."""
        directory = self._checked(change)
        with refusing():
            changed = await self._desk.change_directory(directory, based_on=change.based_on)
        # Even if nothing is new: an earlier attempt may have died at this point.
        await self._spread(changed)
        return shown(changed)

    @call(SPREAD_DIRECTORY)
    async def spread_directory(self, spread: DirectorySpread) -> int:
        """Tell the cases that a version of the directory concerns. Returns how many were told now."""
        present = (await self._desk.directory()).version
        if spread.version > present:
            raise refusal("InvalidEvent", f"there is no version {spread.version} yet; it is {present} now")
        before = await self._desk.directory(spread.version - 1)
        after = await self._desk.directory(spread.version)
        await self._send_home_who_is_gone()
        change = DirectoryDifference.between(before.directory, after.directory)
        event = DirectoryChanged(
            id=derived_id("directory", _name(after)),
            author=SYSTEM,
            former_labels={label.former: key for key, label in change.renamed.items()},
        )

        async def tell_case(case: CaseRef) -> bool:
            return await tell(self._desk, self._task_queue, case.workflow_id, event)

        told = await tell_each((one.case for one in await self._desk.concerned_by(change)), tell_case)
        # Somebody may take more cases than before, or belong to another line.
        lines = after.directory.lines
        await fill_lines(self._desk, self._task_queue, lines, event.id, datetime.now(UTC))
        return told

    def _checked(self, change: DirectoryChange) -> Directory:
        try:
            directory = Directory.model_validate(change.directory)
        except ValidationError as error:
            raise refusal("DocumentError", mistakes_in(error, "directory")) from None
        if found := self._misfits(directory):
            listed = "\n".join(str(problem) for problems in found.values() for problem in problems)
            what = f"the {' and '.join(found)} in force would not fit this directory:\n{listed}"
            raise refusal("DocumentError", what)
        return directory

    async def _spread(self, changed: VersionedDirectory) -> None:
        await spread_once(
            f"directory:{_name(changed)}",
            SPREAD_DIRECTORY,
            DirectorySpread(version=changed.version),
            task_queue=self._task_queue,
            within=_SPREAD_TIMEOUT,
            said=f"version {changed.version} of the directory",
        )

    async def _send_home_who_is_gone(self) -> None:
        """Whoever is gone is not online any more, also if they are added again one day."""
        directory = (await self._desk.directory()).directory
        for staff, attends in (await self._desk.presence()).items():
            if staff not in directory.staff and attends.presence is not Presence.OFFLINE:
                await self._desk.set_presence(staff, Presence.OFFLINE, datetime.now(UTC))


def _name(entry: VersionedDirectory) -> str:
    """What no other version is called, even if the database was replaced and versions are counted anew."""
    return f"{entry.version}:{entry.since.isoformat() if entry.since else ''}"


def _concerns(found: Sequence[Concerned]) -> Concerns:
    counted = Counter(reason for one in found for reason in one.reasons)
    tickets = sum(one.case.ticket_id is not None for one in found)
    return Concerns(
        chats=len(found) - tickets,
        tickets=tickets,
        reasons=tuple(
            Concern(reason=reason, cases=number, first=tuple(_first(found, reason)))
            for reason, number in counted.most_common()
        ),
    )


def _first(found: Sequence[Concerned], reason: str) -> Iterator[str]:
    named = (one.case.workflow_id for one in found if reason in one.reasons)
    yield from (workflow_id for _, workflow_id in zip(range(SHOWN_CASES), named, strict=False))
