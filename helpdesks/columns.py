"""The column types of the embedded help desk's tables, on both SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, Text, TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment: always aware, always in UTC, also in SQLite, which has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone: {value}")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text from outside. PostgreSQL cannot store U+0000, and one such message must not stop a chat."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\0", "\ufffd") if value is not None else None


# SQLite numbers rows automatically only if the type is exactly INTEGER, which has 64 bits there.
Number = BigInteger().with_variant(Integer, "sqlite")


def key(name: str, *constraints: Any, optional: bool = False) -> Column[Any]:
    return Column(name, Words, *constraints, nullable=optional)


def moment(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=optional)
