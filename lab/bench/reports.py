"""How long reports take, and how much memory, over many events: on SQLite and on PostgreSQL.

The ledger is filled with chats of eight events each, as many a day as a busy company has; every third is
handed on by a rule. Each report runs in a process of its own, which says what memory it used at most, above
what the process itself needs.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Connection, insert, text

from baton.desk.reports import ReportName, ReportQuery
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import cases, changes, events
from lab.bench.tables import table_of
from lab.postgres import fresh_database, running_postgresql

DAYS = 37.5
CHATS_A_DAY = 1000
EVENTS = 8
"""Events of a chat."""
NOW = datetime(2026, 11, 1, tzinfo=UTC)
_PORTION = 2000


@click.command()
@click.option("--days", default=DAYS, show_default=True, help="Days with 1,000 chats each.")
def main(days: float) -> int:
    """Fill both databases, and time each report. Returns 0."""
    console = Console()
    chats = round(days * CHATS_A_DAY)
    console.print(f"{chats:,} chats, {chats * EVENTS:,} events, {days:g} days")
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        urls = {
            "SQLite": f"sqlite:///{folder}/baton.db",
            "PostgreSQL": asyncio.run(fresh_database(server.url)),
        }
        for name, url in urls.items():
            with console.status(f"filling {name}"):
                asyncio.run(_fill(url, chats, days))
            table = table_of(name, "all days", "of it processor", "memory", "last 7 days")
            for report in ReportName:
                whole, week = _timed(url, report, days), _timed(url, report, 7)
                all_days, processor, last = (f"{one:.1f} s" for one in (*whole[:2], week[0]))
                table.add_row(report, all_days, processor, f"{whole[2]:.0f} MB", last)
            console.print(table)
    return 0


def _timed(url: str, report: str, days: float) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "lab.bench.reports", url, report, str(days)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, used, megabytes = map(float, done.stdout.split())
    return seconds, used, megabytes


async def _one(url: str, report: str, days: float) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        query = {"name": report, "until": NOW, "since": NOW - timedelta(days=days)}
        await desk.directory()
        before, began, used = _megabytes(), time.perf_counter(), time.process_time()
        await desk.report(ReportQuery.model_validate(query), NOW)
        print(time.perf_counter() - began, time.process_time() - used, _megabytes() - before)


def _megabytes() -> float:
    """The most memory that this process ever had; what `resource` says may be its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def _fill(url: str, chats: int, days: float) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        for first in range(0, chats, _PORTION):
            numbers = range(first, min(first + _PORTION, chats))
            rows = [_chat(number, NOW - timedelta(days=days) * (1 - number / chats)) for number in numbers]

            def write(connection: Connection, rows: list[Any] = rows) -> None:
                connection.execute(insert(cases), [row for row, _, _ in rows])
                connection.execute(insert(events), [one for _, happened, _ in rows for one in happened])
                connection.execute(insert(changes), [one for _, _, changed in rows for one in changed])

            await desk._database.write(write)
        if desk._database.dialect == "postgresql":
            # Rows that came in at once have no statistics yet; those of a company have.
            await desk._database.write(lambda connection: connection.execute(text("ANALYZE")))


def _chat(number: int, began: datetime) -> tuple[Mapping[str, Any], list[Any], list[Any]]:
    case_id = f"case-{number:08}"
    place = {"channel": "telegram", "conversation": f"c-{number}"}
    ended = {"activity": "ended", "status": "closed", "tab": "ended"}
    row = {
        **place,
        **ended,
        "case_id": case_id,
        "kind": "chat",
        "customer": f"customer-{number}",
        "labels": [],
        "holders": {},
        "opened_at": began,
        "opened_by": "e0",
        "decided_at": began,
        "last_event": "e7",
        "settled": True,
        "rest": "x" * 600,
    }
    happened: list[Any] = [
        {
            **place,
            "case_id": case_id,
            "event_id": f"e{which}",
            "chain": "chain",
            "kind": "agent_message" if which % 2 else "customer_message",
            "author": "staff:lena" if which % 2 else f"customer:customer-{number}",
            "at": began + timedelta(minutes=2 * which),
            "decided_at": began + timedelta(minutes=2 * which),
            "text": "Where is my order? " * 5,
            "body": "{}",
            "rules": [],
        }
        for which in range(EVENTS)
    ]
    return row, happened, list(_changes(case_id, number, began))


def _changes(case_id: str, number: int, began: datetime) -> Iterator[Mapping[str, Any]]:
    opened = "activity – → active; status – → open"
    answered = "status open → pending; assignee – → lena; line – → second; pinned_to – → lena"
    given = "activity active → ended; assignee lena → ivan; line second → first; pinned_to lena → –"
    minutes = timedelta(minutes=2)
    yield {"case_id": case_id, "source": "e0", "at": began, "by": "customer_x", "what": opened}
    yield {"case_id": case_id, "source": "e1", "at": began + minutes, "by": "staff_lena", "what": answered}
    if number % 3 == 0:
        key = f"{case_id}:e1:write"
        yield {"case_id": case_id, "source": key, "at": began + minutes, "by": "rule_line", "what": given}
    closed = "status pending → closed"
    last = began + EVENTS * minutes
    yield {"case_id": case_id, "source": f"{case_id}:e7:write", "at": last, "by": "rule_x", "what": closed}


if __name__ == "__main__":
    asyncio.run(_one(sys.argv[1], sys.argv[2], float(sys.argv[3])))
