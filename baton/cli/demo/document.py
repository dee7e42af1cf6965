"""What ``baton demo --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from baton.cli.demo.play import Play, Plays
from baton.cli.demo.ui import Place


def as_dict(situations: Sequence[Plays], place: Place, seconds: float) -> dict[str, Any]:
    """Everything that was seen, for programs."""
    return {
        "as_expected": not any(play.differences for plays in situations for play in plays),
        "seconds": round(seconds, 3),
        "ui": place.link if place.stays else None,
        "filter": place.query,
        "situations": [
            {
                "id": plays[0].situation.id,
                "title": plays[0].situation.title,
                "rule": plays[0].situation.rule,
                **{"with_rule" if play.with_rule else "without_rule": _play(play) for play in plays},
            }
            for plays in situations
        ],
    }


def _play(play: Play) -> dict[str, Any]:
    return {
        "workflow_id": play.workflow_id,
        "as_expected": not play.differences,
        "differences": [
            {"step": item.step, "field": item.field, "expected": item.expected, "actual": item.actual}
            for item in play.differences
        ],
        "steps": [
            {
                "by": seen.step.by or None,
                "kind": seen.step.kind,
                "text": seen.step.text or None,
                "fired": list(seen.fired),
                "told": list(seen.told),
                "snapshot": seen.chat.model_dump(mode="json"),
            }
            for seen in play.seen
        ],
    }
