"""Lists in pages: a page goes on behind the last row of the page before, whatever came or went meanwhile.

A *cursor* says which row that was: its key, by which the list is ordered. It is opaque to whoever gets it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, and_, false, or_, true

from baton.errors import InvalidEvent

RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", bound=tuple[Any, ...])


class Page(NamedTuple, Generic[RowT]):
    """Some rows of a list."""

    rows: Sequence[RowT]
    next: str | None
    """The cursor for the next page; None after the last one."""


class Cursors(Generic[KeyT]):
    """Cursors of one list.

    Args:
        key: the type of its keys, a tuple. Times in it are in UTC.
    """

    def __init__(self, key: type[KeyT]) -> None:
        self._adapter = TypeAdapter(key)

    def of(self, key: KeyT) -> str:
        """The cursor for a key."""
        return urlsafe_b64encode(self._adapter.dump_json(key)).decode().rstrip("=")

    def read(self, cursor: str | None) -> KeyT | None:
        """The key that a cursor was made for. Raises ``InvalidEvent`` for anything else."""
        if cursor is None:
            return None
        try:
            key = self._adapter.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            # A time that cannot be told in UTC was never in a key.
            for part in key:
                if isinstance(part, datetime):
                    part.astimezone(UTC)
        except (ValueError, ValidationError, OverflowError):
            raise InvalidEvent("the cursor is none of this list: give one as it was got from it") from None
        return key


def behind(*columns: tuple[ColumnElement[Any], Any], nulls_last: bool) -> ColumnElement[bool]:
    """Whether a row comes behind a key in a list that is ordered by these columns, ascending.

    Args:
        columns: each with its value in the key.
        nulls_last: whether rows without a value come last, and not first.
    """
    ways = []
    for position, (column, value) in enumerate(columns):
        same = [_same(one, other) for one, other in columns[:position]]
        ways.append(and_(*same, _greater(column, value, nulls_last)))
    first, value = columns[0]
    # Says nothing new, but lets an index of the first column be used.
    bound = first >= value if value is not None and not nulls_last else true()
    return and_(bound, or_(*ways))


def _same(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _greater(column: ColumnElement[Any], value: Any, nulls_last: bool) -> ColumnElement[bool]:
    if value is None:
        return false() if nulls_last else column.is_not(None)
    return or_(column > value, column.is_(None)) if nulls_last else column > value
