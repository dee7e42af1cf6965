"""Who changed what about a case, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from baton.contract import DepartmentState
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from helpdesks.schema import changes
from helpdesks.upserts import Upsert

# The logged fields. The messages already show who wrote last.
_LOGGED = ("activity", "stage", "status", "assignee", "line", "pinned_to", "reserved_for", "composer")
_STATES = frozenset(DepartmentState)
_LOG = Upsert(
    changes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[changes.c.case_id, changes.c.source],
        set_={name: insert.excluded[name] for name in ("at", "by", "what")},
    ),
)


@dataclass(frozen=True)
class Changed:
    """One entry of a case's change log. ``by`` is, for example, ``staff_lena`` or ``rule_support-line``."""

    at: datetime
    by: str
    what: str


def progress_of(case: CaseState) -> dict[str, Any]:
    """What the change log tracks for a ticket besides its `fields_of`: the composer, and each department."""
    if isinstance(case, ChatState):
        return {}
    return {
        "composer": case.composer,
        "departments": {department.label: department.state.value for department in case.departments},
    }


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What changed, such as ``assignee lena → ivan; billing asked → answered``; empty if nothing did."""
    said = [
        f"{name} {before.get(name) or '–'} → {after[name] or '–'}"
        for name in _LOGGED
        if name in after and before.get(name) != after[name]
    ]
    stood = before.get("departments") or {}
    said += [
        f"{label} {stood.get(label, '–')} → {state}"
        for label, state in after.get("departments", {}).items()
        if stood.get(label) != state
    ]
    had, has = before.get("labels") or (), after.get("labels", ())
    said += [f"+{label}" for label in has if label not in had]
    said += [f"-{label}" for label in had if label not in has and "labels" in after]
    return "; ".join(said)


@dataclass(frozen=True)
class Moves:
    """What an entry says about the fields of a case and about departments: what each was, and is now."""

    fields: Mapping[str, tuple[str | None, str | None]]
    departments: Mapping[str, tuple[str | None, str]]
    """By label."""


@lru_cache(4096)  # cases of a company tell the same again and again
def moves_in(what: str) -> Moves:
    """Reads again what `difference` has written."""
    fields: dict[str, tuple[str | None, str | None]] = {}
    departments: dict[str, tuple[str | None, str]] = {}
    left = list(_LOGGED)
    for part in what.split("; "):
        said, arrow, has = part.rpartition(" → ")
        name, _, had = said.rpartition(" ")
        if not arrow or not name:
            continue
        before = had if had != "–" else None
        if name in left and not departments:
            # Fields come first, and in their order.
            left = left[left.index(name) + 1 :]
            fields[name] = (before, has if has != "–" else None)
        elif has in _STATES and (before is None or before in _STATES):
            departments[name] = (before, has)
    return Moves(fields, departments)


def rule_names(rules: Iterable[str]) -> str:
    """The author of a change that rules made."""
    return ", ".join(f"rule_{rule}" for rule in rules) or "system_baton"


def log_change(connection: Connection, case_id: str, source: str, at: datetime, by: str, what: str) -> None:
    """Record who changed what. Each source (an event or an effect) has one entry."""
    values = {"case_id": case_id, "source": source, "at": at, "by": by, "what": what}
    connection.execute(_LOG.on(connection), values)


def change_log(connection: Connection, case_id: str) -> Sequence[Changed]:
    """Who changed what about a case, in order."""
    rows = connection.execute(
        select(changes).where(changes.c.case_id == case_id).order_by(changes.c.at, changes.c.id)
    )
    return [Changed(row.at, row.by, row.what) for row in rows]
