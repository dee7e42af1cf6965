"""The fields of the case before this one: the conversation's chat before, or the ticket before it was closed.

It is the same whether or not a workflow still has that case, because the help desk is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from baton.contract import Status, TicketStage
from baton.model.facts import MissingPrevious, Previous
from baton.rules.field import Field, Sort, of_person
from baton.rules.scene import EVERY_CASE, TICKETS, CaseType, Scene

MINUTES_AGO = "previous minutes ago"

_NOTHING = Previous(case_id="")


def _previous(scene: Scene) -> Previous:
    found = scene.facts.previous
    if found is None and not scene.opening and scene.case.previous_case is not None:
        raise MissingPrevious
    return found or _NOTHING


def of_previous() -> Iterator[Field]:
    def plain(
        name: str,
        sort: Sort,
        about: str,
        choices: tuple[str, ...] = (),
        of: frozenset[CaseType] = EVERY_CASE,
    ) -> Field:
        read = attrgetter(name)
        return Field(
            f"previous.{name}", sort, about, lambda scene: read(_previous(scene)), choices, of=of, lazy=True
        )

    yield plain("status", Sort.CHOICE, "The status that the case before this one ended with.", tuple(Status))
    yield plain("stage", Sort.CHOICE, "Its stage.", tuple(TicketStage), TICKETS)
    yield plain("line", Sort.LINE, "The line that had the case before this one.")
    yield plain("labels", Sort.LABEL, "The labels on the case before this one.")
    assignee = plain("assignee", Sort.STAFF, "The person who was responsible for the case before this one.")
    yield assignee
    yield from of_person(
        assignee.name, "the person who was responsible for the case before this one", assignee.read
    )
    yield Field(
        MINUTES_AGO,
        Sort.NUMBER,
        "Minutes since the case before this one was closed.",
        _minutes_ago,
        lazy=True,
    )


def _minutes_ago(scene: Scene) -> Any:
    closed_at = _previous(scene).closed_at
    return None if closed_at is None else (scene.facts.now - closed_at).total_seconds() / 60
