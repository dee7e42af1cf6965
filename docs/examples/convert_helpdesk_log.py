"""Converts a public event log of a help desk into a feed and a directory for Baton.

    python docs/examples/convert_helpdesk_log.py LOG.csv.gz --feed feed.jsonl --directory directory.yaml

The log: M. Polato, 2017, "Dataset belonging to the help desk log of an Italian Company", 4TU.ResearchData; as
a CSV file, compressed or not, with the columns case, activity, staff and at. It is not part of Baton.

Each case becomes a chat, and each row one event of it, whose ID is made from the case and the row's number in
it: converting again gives the same events, and Baton takes each of them once. The log has neither texts nor
customers, so an event says what the log calls it, and every case has a customer of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

CHANNEL = "tickets"
COLUMNS = ("case", "activity", "staff", "at")
LINES = ("line-1", "line-2")
EVERY = 4
"""Every fourth member of staff is in the second line."""
DEPARTMENTS = ("billing", "delivery", "warranty")
LABELS = ("several-departments",)
"""The log has neither departments nor labels. These are what the templates of a default installation name; a
directory without them would not fit it."""

OPENED = "Insert ticket"
EVENTS: Mapping[str, Mapping[str, Any]] = {
    "Assign seriousness": {"kind": "taken"},
    "Take in charge ticket": {"kind": "agent_message"},
    "Wait": {"kind": "status_set", "status": "pending"},
    "Resolve ticket": {"kind": "chat_ended", "status": "pending"},
    "Closed": {"kind": "status_set", "status": "closed"},
}
"""What an activity of the log is in Baton; any other is a note. `OPENED` is the customer's message."""


class Row(NamedTuple):
    """One row of the log."""

    case: str
    activity: str
    staff: str
    at: datetime


class Unreadable(Exception):
    """The log cannot be converted: says where, and what is wrong."""


def read_log(path: Path) -> Iterator[Row]:
    """The rows of the log, in its order. Raises ``Unreadable``."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, csv.DictReader(file))
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path} is no CSV file in UTF-8: {error}") from None


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Row]:
    there = reader.fieldnames or ()
    if missing := [column for column in COLUMNS if column not in there]:
        raise Unreadable(
            f"{path}:1: no column {', '.join(missing)}. The first line must name the columns "
            f"{', '.join(COLUMNS)}; it names {', '.join(there) or 'nothing'}."
        )
    for row in reader:
        # A row that is too short has None where it ends.
        if empty := [column for column in COLUMNS if not (row[column] or "").strip()]:
            raise Unreadable(f"{path}:{reader.line_num}: nothing in the column {', '.join(empty)}.")
        try:
            at = datetime.fromisoformat(row["at"])
        except ValueError:
            raise Unreadable(
                f"{path}:{reader.line_num}: {row['at']!r} in the column at is no time. Write it as "
                "2010-01-13 08:40:25+00:00."
            ) from None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        yield Row(row["case"], row["activity"], staff_id(row["staff"]), at)


def staff_id(name: str) -> str:
    """``Value 1`` as an ID: ``value-1``."""
    return re.sub(r"[\s:]+", "-", name.strip().lower())


def feed_lines(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """One line for each row, and one for the message that opened a case where the log only implies it.

    They come in the order of time, so that the cases overlap as they did; those of one case keep the log's.
    """
    numbers: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.at):
        number = numbers.get(row.case, 0)
        if number == 0:
            # Most cases begin with what staff did, but somebody must have asked for it.
            yield _line(row, 0, _customer_message(row.case))
            number = 1
            if row.activity == OPENED:
                numbers[row.case] = number
                continue
        yield _line(row, number, _by_staff(row))
        numbers[row.case] = number + 1


def _customer_message(case: str) -> dict[str, Any]:
    author = {"type": "customer", "id": customer_of(case)}
    return {"kind": "customer_message", "author": author, "text": OPENED}


def _by_staff(row: Row) -> dict[str, Any]:
    event = EVENTS.get(row.activity, {"kind": "note_added"})
    text = {"text": row.activity} if event["kind"] in ("agent_message", "note_added") else {}
    return {**event, "author": {"type": "staff", "id": row.staff}, **text}


def _line(row: Row, number: int, event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "channel": CHANNEL,
        "conversation": row.case,
        "customer": customer_of(row.case),
        "event": {"id": f"{row.case}-{number}", "at": row.at.isoformat(), **event},
    }


def customer_of(case: str) -> str:
    return f"customer-{case}"


def directory(staff: Iterable[str]) -> str:
    """The directory of these people, as YAML."""
    lines = [
        *("lines:", *(f"  {line}: {{}}" for line in LINES)),
        *("departments:", *(f"  {department}: {{label: {department}}}" for department in DEPARTMENTS)),
        f"labels: [{', '.join(LABELS)}]",
        "staff:",
    ]
    for number, member in enumerate(sorted(set(staff), key=_natural), start=1):
        line = LINES[number % EVERY == 0]
        # Years pass within minutes here, so everybody has more chats at a time than a person could.
        lines.append(f"  {member}: {{line: {line}, max_chats: 1000}}")
    return "\n".join(lines) + "\n"


def _natural(text: str) -> list[tuple[int, str]]:
    """A key with which ``value-2`` comes before ``value-10``."""
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path, help="the log: a CSV file, or one compressed with gzip")
    parser.add_argument("--feed", type=Path, required=True, help="write the events here, as JSON lines")
    parser.add_argument("--directory", type=Path, required=True, help="write the directory here, as YAML")
    arguments = parser.parse_args()

    try:
        rows = list(read_log(arguments.log))
    except Unreadable as error:
        raise SystemExit(f"{error}\nNothing was written.") from None
    written = 0
    with arguments.feed.open("w", encoding="utf-8") as feed:
        for line in feed_lines(rows):
            feed.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += 1
    staff = {row.staff for row in rows}
    arguments.directory.write_text(directory(staff), encoding="utf-8")
    cases = len({row.case for row in rows})
    print(f"{len(rows):,} rows of {cases:,} cases: {written:,} lines in {arguments.feed}")
    print(f"{len(staff)} members of staff in {arguments.directory}")


if __name__ == "__main__":
    main()
