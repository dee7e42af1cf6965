"""The names of the people in the demo, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from local.demo.table import NAMES


def name_of(staff: str | None) -> str:
    """Somebody's name, or the ID of a person without a name here."""
    return NAMES.get(staff, staff) if staff else "nobody"


def people(staff: Sequence[str]) -> str:
    """Names in a row: ``Ivan, Lena and Maria``."""
    if not staff:
        return "nobody"
    *others, last = map(name_of, staff)
    return f"{', '.join(others)} and {last}" if others else last
