"""The example that makes new events of refused ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from baton.settings import CHECKOUT

SCRIPT = CHECKOUT / "docs/examples/new_ids.py"


def record(number: int, text: str) -> str:
    return json.dumps({"line": number, "type": "UnknownStaff", "reason": "nobody", "input": text}) + "\n"


def written(event_id: str) -> dict[str, Any]:
    return {"channel": "t", "conversation": "1", "event": {"kind": "taken", "id": event_id}}


def test_refused_events_get_new_ids_in_the_order_of_their_file(tmp_path: Path) -> None:
    refused = tmp_path / "refused.jsonl"
    refused.write_text(
        record(30, json.dumps(written("e-3")))
        + record(4, json.dumps(written("e-1")))
        + record(5, "oops")
        + record(6, "[1]")
        + record(7, '{"event": {"id": 7}}')
    )

    ended = subprocess.run([sys.executable, SCRIPT, refused], capture_output=True, text=True, check=True)

    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        written("e-1-again"),
        written("e-3-again"),
    ]
    assert ended.stderr == "Left out, because they are no events: 3 (lines 5, 6, 7)\n"
