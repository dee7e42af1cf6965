#!/usr/bin/env bash
# SQLAlchemy on SQLite: DateTime(timezone=True) forgets the offset without converting, and sorts wrongly.
#
# Guess: aware times come back as the same moments: as aware ones, or converted to UTC.
# What happens: the offset is cut off. 12:00+02:00 comes back as 12:00, and is sorted after 11:00 UTC, which
# is later.
# Versions: SQLAlchemy 2.1.9, aiosqlite 0.22.1 (SQLite of Python 3.11).
# For whoever builds on it: a TypeDecorator that stores UTC and gives back aware times.
# Seen:
#   sqlalchemy 2.1.9, aiosqlite 0.22.1
#   ann wrote before bob: True
#   sorted by the database: ['bob', 'ann']
#   ann's time: 2026-11-27T12:00:00
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages sqlalchemy[asyncio]==2.1.9 aiosqlite==0.22.1
play <<'PY'
import asyncio
from datetime import UTC, datetime, timedelta, timezone

from lib import same
from sqlalchemy import Column, DateTime, MetaData, String, Table, select
from sqlalchemy.ext.asyncio import create_async_engine

notes = Table("notes", MetaData(), Column("by", String), Column("at", DateTime(timezone=True)))


async def main():
    ann = datetime(2026, 11, 27, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    bob = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
    same("ann wrote before bob", ann < bob, True)
    engine = create_async_engine("sqlite+aiosqlite:///notes.db")
    async with engine.begin() as connection:
        await connection.run_sync(notes.metadata.create_all)
        await connection.execute(notes.insert(), [{"by": "ann", "at": ann}, {"by": "bob", "at": bob}])
        rows = (await connection.execute(select(notes).order_by(notes.c.at))).all()
    same("sorted by the database", [row.by for row in rows], ["bob", "ann"])
    same("ann's time", rows[1].at.isoformat(), "2026-11-27T12:00:00")
    await engine.dispose()


asyncio.run(main())
PY
