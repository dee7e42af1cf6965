"""Lists of the API: they come in pages, each with the cursor for the next."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.routing import sent
from helpdesks.paging import Page

RowT = TypeVar("RowT", bound=BaseModel)
QueryT = TypeVar("QueryT", bound=BaseModel)

MOST_ROWS = 500
MostRows = Annotated[int, Field(ge=1, le=MOST_ROWS)]
Cursor = Annotated[str | None, Field(description="`next` of the page before; the first page without it.")]


class Asked(BaseModel):
    """What may be asked of any list: a word that it does not know is an error."""

    model_config = ConfigDict(extra="forbid")

    limit: MostRows = 50
    after: Cursor = None

    def query(self, kind: type[QueryT]) -> QueryT:
        """The same as the ledger is asked it; the cursor goes beside it."""
        return kind.model_validate(self.model_dump(exclude={"after"}))


class Listed(BaseModel, Generic[RowT]):
    """A page of a list."""

    rows: list[RowT]
    next: str | None = Field(default=None, description="The cursor for the next page; null after the last.")


def sent_page(page: Page[RowT], kind: type[RowT]) -> Response:
    """The page as an answer."""
    return sent(Listed[kind].model_construct(rows=list(page.rows), next=page.next))  # type: ignore[valid-type]
