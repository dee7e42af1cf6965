#!/usr/bin/env bash
# SQLite: a transaction that has read, and then writes, is refused at once, however long the time-out.
#
# Guess: with timeout=10, "database is locked" comes after ten seconds of waiting for another writer.
# What happens: in WAL mode, if somebody has committed since the transaction's first read, waiting could not
# help: its snapshot is too old to be written on. The error is the same, "database is locked", and comes at
# once.
# Versions: aiosqlite 0.22.1, SQLite of Python 3.11 (3.40.1).
# For whoever builds on it: begin a transaction that will write with BEGIN IMMEDIATE; otherwise try the whole
# transaction again.
# Seen:
#   aiosqlite 0.22.1
#   the write: OperationalError: database is locked
#   by its code: SQLITE_BUSY_SNAPSHOT
#   it waited for a lock: False
#   with BEGIN IMMEDIATE, notes: 2
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages aiosqlite==0.22.1
play <<'PY'
import asyncio
from time import monotonic

import aiosqlite
from lib import error, same


async def main():
    first, second = [await aiosqlite.connect("n.db", timeout=10, isolation_level=None) for _ in range(2)]
    try:
        await first.execute("PRAGMA journal_mode = WAL")
        await first.execute("CREATE TABLE note (body TEXT)")

        await first.execute("BEGIN")
        await first.execute_fetchall("SELECT * FROM note")
        await second.execute("INSERT INTO note VALUES ('from somebody else')")  # commits by itself
        begun = monotonic()
        raised = await error(first.execute("INSERT INTO note VALUES ('mine')"))
        waited = monotonic() - begun
        same("the write", f"{type(raised).__name__}: {raised}", "OperationalError: database is locked")
        same("by its code", raised.sqlite_errorname, "SQLITE_BUSY_SNAPSHOT")
        same("it waited for a lock", waited > 5, False)
        await first.execute("ROLLBACK")

        await first.execute("BEGIN IMMEDIATE")
        await first.execute_fetchall("SELECT * FROM note")
        await first.execute("INSERT INTO note VALUES ('mine')")
        await first.execute("COMMIT")
        same("with BEGIN IMMEDIATE, notes", len(await first.execute_fetchall("SELECT * FROM note")), 2)
    finally:
        await first.close()
        await second.close()


asyncio.run(main())
PY
