"""Ledgers that are full from the start, as if the company had been at work for long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from sqlalchemy import create_engine

from helpdesks import migrations
from lab.bench.hot import company

_AS_OF = "0006"
"""The schema of the rows below. A worker brings it up to date, as it does for those who upgrade."""

_CHAT = """
INSERT INTO cases (
    case_id, kind, channel, conversation, customer, status, assignee, line, activity, pinned_to, tab, holder,
    since, labels, holders, last_message_at, opened_at, opened_by, decided_at, last_event, settled
) VALUES (
    :name, 'chat', 'bench', :name, :name, 'open', :staff, :line, 'active', :staff, 'mine', :staff,
    :at, '[]', '{}', :at, :at, :name, :at, :name, 1
)
"""
_ONLINE = "INSERT INTO attendance (staff, presence, since) VALUES (?, 'online', ?)"


def fill(file: Path, members: int, chats: int) -> None:
    """Make a ledger in which everybody is online, and the people of each line have so many open chats.

    Args:
        file: of SQLite; it must not exist.
        members: people in each line.
        chats: in each line; its people have equally many.
    """
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        migrations.upgrade(connection, to=_AS_OF)
    engine.dispose()
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    with sqlite3.connect(file) as ledger:
        ledger.executemany(_CHAT, _chats(members, chats, now))
        ledger.executemany(_ONLINE, ((staff, now) for staff in company.people(members)))
    ledger.close()


def _chats(members: int, chats: int, now: str) -> Iterator[dict[str, str]]:
    for line in company.LINES:
        for number, staff in enumerate(islice(cycle(company.of_line(line, members)), chats)):
            yield {"name": f"filler-{line}-{number}", "staff": staff, "line": line, "at": now}
