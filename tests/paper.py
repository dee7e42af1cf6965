"""A help desk on paper: enough of one to make decisions without a server or a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from activities.decide import Deciding, Policy
from baton.chat import Settlement, check, opens, settle
from baton.chatstate import ChatState
from baton.contract import ChatEvent, ChatStart, Fired, Presence, parse_chat_event
from baton.decision import DecideRequest, Previous
from baton.directory import Directory
from baton.directoryfile import load_directory
from baton.errors import REFUSALS, Refused
from baton.rules.loading import load_rules
from baton.rules.ruleset import RuleSet
from baton.settings import CHECKOUT
from helpdesks.base import Attendance, KnownEvent, VersionedDirectory

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""


def shipped_directory() -> Directory:
    return load_directory(CHECKOUT / "deploy/directory/demo.yaml")


def shipped_rules(directory: Directory, path: Path | None = None) -> RuleSet:
    return load_rules(path or CHECKOUT / "deploy/rules/support-lines.yaml", directory)


class _Book(NamedTuple):
    current: RuleSet


@dataclass
class PaperDesk:
    """One customer's conversation, and who is there."""

    directory: Directory
    attending: dict[str, Attendance] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    """Chats that people hold beside this one."""
    previous: Previous | None = None
    number: int = 0

    def is_now(self, staff: str, presence: Presence, since: datetime) -> None:
        self.attending[staff] = Attendance(presence, since)

    @asynccontextmanager
    async def intake(
        self, before: ChatState, event: ChatEvent, now: datetime, chain: str
    ) -> AsyncIterator[_PaperIntake]:
        yield _PaperIntake(self, before, event)


@dataclass
class _PaperIntake:
    desk: PaperDesk
    before: ChatState
    event: ChatEvent

    async def known_event(self) -> KnownEvent | None:
        return None

    async def directory(self) -> VersionedDirectory:
        return VersionedDirectory(1, self.desk.directory)

    async def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        return {one: self.desk.attending[one] for one in staff if one in self.desk.attending}

    async def load(self, staff: Iterable[str]) -> Mapping[str, int]:
        return {one: self.desk.busy.get(one, 0) for one in staff}

    async def previous(self) -> Previous | None:
        return self.desk.previous

    async def other_holder(self) -> str | None:
        return None

    async def author_of(self, message_id: str) -> str | None:
        return None

    async def blocked(self) -> bool:
        return False

    async def case_id(self) -> str:
        if opens(self.before, self.event):
            return f"paper-{self.desk.number + 1}"
        return self.before.case_id or "?"

    async def take_in(
        self, folded: ChatState, settled: ChatState, rules: Sequence[str], *, opened: bool
    ) -> None:
        if opened:
            self.desk.number += 1
        if settled.case_id is not None:
            self.desk.previous = Previous(
                case_id=settled.case_id, assignee=settled.assignee, holders=settled.holders
            )


@dataclass
class PaperChat:
    """A chat that is played without Temporal: the model, the rules and the directory only."""

    desk: Any
    rules: RuleSet
    policy: Policy = field(default_factory=Policy)
    now: datetime = MORNING
    state: ChatState = field(
        default_factory=lambda: ChatState.before_first(
            ChatStart(channel="telegram", conversation="paper", customer="c")
        )
    )
    fired: tuple[Fired, ...] = ()
    chain: str = "paper"
    tick: timedelta = timedelta(seconds=1)
    """How much later each event comes."""

    async def take(self, payload: Mapping[str, Any]) -> Settlement:
        """Fold one event. Raises a ``Refused``; then nothing has changed."""
        return await self.fold(parse_chat_event(dict(payload)))

    async def fold(self, event: ChatEvent) -> Settlement:
        self.now += self.tick
        check(self.state, event)
        deciding = Deciding(self.desk, _Book(self.rules), self.policy)
        request = DecideRequest(before=self.state, event=event, now=self.now, chain=self.chain)
        decision = await deciding.decide(request)
        if decision.refusal is not None:
            raise REFUSALS.get(decision.refusal.type, Refused)(decision.refusal.message)
        settlement = settle(self.state, event, decision)
        self.state, self.fired = settlement.state, decision.fired
        return settlement
