"""What operators ask of the desk that stands beside the ledger. Programs call these without a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from activities.calls import call
from activities.deskhearing import DeskHearing
from activities.refusing import refusal, refusing
from activities.starting import workflow_id_of
from activities.takingover import broke_off, events_of, take_over
from baton.desk.beside import (
    CHECK_DESK,
    DESK_IN_USE,
    IMPORT_DESK,
    NO_OTHER_DESK,
    SET_UP_DESK,
    DeskFinding,
    DeskInUse,
    Imported,
    ImportPage,
    SetUp,
)
from baton.errors import DeskRefused, DocumentError, NotAllowed, Refused
from baton.model.effects import CaseRef
from helpdesks.base import Ledger
from helpdesks.deliveries import Deliveries
from helpdesks.outside.adapter import Capability, Finding
from helpdesks.outside.opening import Beside, mapping_of


@contextmanager
def _as_the_desk_refuses() -> Iterator[None]:
    """Tell the operator at once what the desk said no to."""
    try:
        yield
    except DeskRefused as refused:
        raise refusal(NotAllowed.__name__, str(refused)) from None


class DeskCalls:
    """The calls about the desk.

    Args:
        beside: the desk; None if people work in the embedded one.
    """

    def __init__(
        self,
        ledger: Ledger,
        deliveries: Deliveries,
        beside: Beside | None,
        task_queue: str,
    ) -> None:
        self._ledger = ledger
        self._deliveries = deliveries
        self._beside = beside
        self._task_queue = task_queue

    @call(DESK_IN_USE)
    async def desk_in_use(self) -> DeskInUse:
        """Where people work, and what can be expressed there."""
        if self._beside is None:
            return DeskInUse(can=tuple(Capability))
        can = self._beside.adapter.capabilities
        return DeskInUse(
            name=self._beside.adapter.name,
            url=self._beside.mapping.url,
            every=self._beside.mapping.every,
            can=tuple(one for one in Capability if one in can),
            cannot=tuple(one for one in Capability if one not in can),
        )

    @call(CHECK_DESK)
    async def check_desk(self) -> list[DeskFinding]:
        """Whether the mapping names whom the directory knows, and everything is there at the desk."""
        beside = self._required()
        with _as_the_desk_refuses():
            found = [*await self._check_names(beside), *await beside.adapter.check()]
        return [DeskFinding(what=one.what, wrong=one.wrong) for one in found]

    @call(SET_UP_DESK)
    async def set_up_desk(self, question: SetUp) -> list[str]:
        """Make at the desk what Baton needs there; says what was, or would be, made."""
        with _as_the_desk_refuses():
            return list(await self._required().adapter.set_up(dry_run=question.dry_run))

    @call(IMPORT_DESK)
    async def import_desk(self, page: ImportPage) -> Imported:
        """Take over a page of what is open at the desk. Done again, it takes over what is new."""
        adapter = self._required().adapter
        hearing = DeskHearing(self._ledger, self._deliveries, adapter, self._task_queue)
        with _as_the_desk_refuses():
            found = await adapter.open_cases(page.after)
        known = events = taken_over = 0
        refused = []
        for case in found.cases:
            kept = await self._ledger.kept(CaseRef.at(workflow_id_of(case.start)))
            if kept is not None and not await broke_off(self._deliveries, adapter.name, case):
                known += 1
                continue
            try:
                if page.dry_run:
                    events += events_of(adapter.name, case)
                else:
                    events += await take_over(hearing, self._deliveries, adapter.name, case)
                taken_over += 1
            except Refused as why:
                refused.append(f"{case.desk_id}: {why}")
        return Imported(
            after=found.after,
            total=found.total,
            seen=len(found.cases),
            taken_over=taken_over,
            known=known,
            events=events,
            refused=tuple(refused),
        )

    def _required(self) -> Beside:
        with refusing():
            if self._beside is None:
                raise NotAllowed(NO_OTHER_DESK)
        return self._beside

    async def _check_names(self, beside: Beside) -> list[Finding]:
        directory, mapping = (await self._ledger.directory()).directory, beside.mapping
        found = []
        if beside.file is not None:
            what = f"names in {beside.file.name}"
            try:
                mapping = mapping_of(beside.file, directory)
            except DocumentError as error:
                return [Finding(what, str(problem)) for problem in error.problems]
            found.append(Finding(what))
        missing = [one for one in directory.staff if one not in mapping.people]
        wrong = f"not mapped: {', '.join(missing)}; nobody knows what they do there" if missing else ""
        return [*found, Finding("everybody of the directory", wrong)]
