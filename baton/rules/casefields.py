"""The fields of cases, as they are and as they were before the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter

from baton.contract import (
    Activity,
    AuthorType,
    Status,
    Tab,
    TicketStage,
)
from baton.model.decision import CaseState
from baton.rules.field import Field, Sort, author_id, of_person
from baton.rules.scene import CHATS, EVERY_CASE, TICKETS, CaseType, Scene


def of_case(scope: str, when: str) -> Iterator[Field]:
    """The fields of the case, as it is (``case``) or as it was before the event (``before``)."""
    case: Callable[[Scene], CaseState] = attrgetter(scope)

    def last_author_type(scene: Scene) -> AuthorType | None:
        author = case(scene).last_author
        return author.type if author else None

    def plain(
        name: str,
        sort: Sort,
        about: str,
        choices: tuple[str, ...] = (),
        of: frozenset[CaseType] = EVERY_CASE,
        *,
        of_departments: bool = False,
    ) -> Field:
        read = attrgetter(f"{scope}.{name}")
        said = f"{about}{when}."
        return Field(f"{scope}.{name}", sort, said, read, choices, of=of, of_departments=of_departments)

    yield plain("activity", Sort.CHOICE, "Whether the chat is active or ended", tuple(Activity), CHATS)
    yield plain("stage", Sort.CHOICE, "How far the ticket is", tuple(TicketStage), TICKETS)
    yield plain("status", Sort.CHOICE, "The status: whose turn it is", tuple(Status))
    yield plain("tab", Sort.CHOICE, "The tab in which staff find the chat", tuple(Tab), CHATS)
    yield Field(
        f"{scope}.channel",
        Sort.CHANNEL,
        f"The channel of the case, such as telegram{when}.",
        lambda scene: case(scene).channel or None,
    )
    yield plain("line", Sort.LINE, "The line that has the case: the assignee's, or the queue's")
    yield plain("labels", Sort.LABEL, "The labels on the case")
    yield plain(
        "asked",
        Sort.LABEL,
        "The labels of the departments that are asked and have not answered",
        of=TICKETS,
        of_departments=True,
    )
    yield plain("template", Sort.TEXT, "The template that was applied last", of=TICKETS)
    yield Field(
        f"{scope}.subject",
        Sort.TEXT,
        f"The subject of the ticket{when}.",
        lambda scene: getattr(case(scene), "subject", None) or None,
        of=TICKETS,
    )
    for name, whose, of in (
        ("assignee", "the person who is responsible for the case", EVERY_CASE),
        ("pinned_to", "the person who accepted the chat and has it in Mine", CHATS),
        ("reserved_for", "the person to whom the customer's next message will pin the chat", CHATS),
        ("composer", "the person who writes the consolidated reply", TICKETS),
        ("dispatcher", "the person who first asked departments", TICKETS),
    ):
        person = plain(name, Sort.STAFF, whose[0].upper() + whose[1:], of=of)
        yield person
        yield from of_person(person.name, whose + when, person.read, of)
    yield Field(
        f"{scope}.last_author",
        Sort.STAFF,
        f"The member of staff who wrote last{when}.",
        lambda scene: author_id(case(scene).last_author),
    )
    yield Field(
        f"{scope}.last_author.type",
        Sort.CHOICE,
        f"Whether customer or staff wrote last{when}.",
        last_author_type,
        tuple(AuthorType),
    )


CASE_TYPE = Field(
    "case.type",
    Sort.CHOICE,
    "Whether it is a chat or a ticket. Only for rules with 'cases: all'.",
    attrgetter("type"),
    tuple(CaseType),
)
