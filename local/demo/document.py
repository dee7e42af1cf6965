"""What ``baton demo --json`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from local.demo.case import Difference
from local.demo.play import Play, Played
from local.demo.ticketplay import TicketPlay
from local.demo.ui import Place


def as_dict(played: Played, place: Place, seconds: float) -> dict[str, Any]:
    """Everything that was seen, for programs."""
    return {
        "as_expected": played.as_expected,
        "seconds": round(seconds, 3),
        "ui": place.link if place.stays else None,
        "filter": place.query,
        "situations": [_situation(plays, map(_chat, plays)) for plays in played.chats],
        "tickets": [_situation(plays, map(_ticket, plays)) for plays in played.tickets],
    }


def _situation(plays: Sequence[Play | TicketPlay], shown: Iterable[dict[str, Any]]) -> dict[str, Any]:
    situation = plays[0].situation
    names = ("with_rule" if play.with_rule else "without_rule" for play in plays)
    return {
        "id": situation.id,
        "title": situation.title,
        "rule": situation.rule,
        **dict(zip(names, shown, strict=True)),
    }


def _chat(play: Play) -> dict[str, Any]:
    return {
        "workflow_id": play.workflow_id,
        "as_expected": not play.differences,
        "differences": _differences(play.differences),
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


def _ticket(play: TicketPlay) -> dict[str, Any]:
    return {
        "workflow_id": play.workflow_id,
        "as_expected": not play.differences,
        "differences": _differences(play.differences),
        "time_skipped": play.skipped,
        "steps": [
            {
                "by": seen.step.by or None,
                "kind": seen.step.kind,
                "text": seen.step.text or None,
                "fired": list(seen.fired),
                "told": [{"staff": staff, "reason": reason} for staff, reason in seen.told],
                "sent": seen.sent,
                "draft": seen.draft.text or None,
                "snapshot": seen.ticket.model_dump(mode="json"),
            }
            for seen in play.seen
        ],
    }


def _differences(found: Iterable[Difference]) -> list[dict[str, Any]]:
    return [
        {"step": item.step, "field": item.field, "expected": item.expected, "actual": item.actual}
        for item in found
    ]
