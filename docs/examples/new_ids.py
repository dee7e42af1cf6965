"""Makes new events of the refused lines of a feed: the same, under new IDs, in the order of their file.

    python docs/examples/new_ids.py refused.jsonl > again.jsonl

What was refused in a chat is refused again under the same ID, and decided anew under another one. Do this
once the reason for the refusals is gone. Lines that are no events are left out: correct those in their file,
and feed it again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUFFIX = "-again"


def renewed(record: dict[str, Any]) -> dict[str, Any] | None:
    """The line of one record of ``baton feed --refused``, under a new ID; None if it is no event."""
    try:
        line: dict[str, Any] = json.loads(record["input"])
        return line | {"event": line["event"] | {"id": line["event"]["id"] + SUFFIX}}
    except (ValueError, KeyError, TypeError):
        return None


def records(path: Path) -> Iterator[dict[str, Any]]:
    """What ``baton feed --refused`` has written, in the order of the lines."""
    with path.open(encoding="utf-8") as file:
        yield from sorted(map(json.loads, file), key=lambda record: int(record["line"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("refused", type=Path, help="the file that `baton feed --refused` has written")
    left_out = []
    for record in records(parser.parse_args().refused):
        if (line := renewed(record)) is None:
            left_out.append(record["line"])
        else:
            print(json.dumps(line, ensure_ascii=False))
    if left_out:
        numbers = ", ".join(map(str, left_out[:5])) + (" …" if len(left_out) > 5 else "")
        print(f"Left out, because they are no events: {len(left_out):,} (lines {numbers})", file=sys.stderr)


if __name__ == "__main__":
    main()
