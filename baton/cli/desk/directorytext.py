"""The directory in words, and as people write it: YAML without default values."""

from __future__ import annotations

from collections.abc import Iterable

from baton.cli.shared import count, folded
from baton.documents.calendarremarks import Remark
from baton.documents.directory import Directory
from baton.documents.yamlwriting import write_yaml


def as_yaml(directory: Directory) -> str:
    """The directory as a document; reading it again gives the same directory."""
    document = directory.model_dump(mode="json", exclude_defaults=True)
    for calendar in document.get("calendars", {}).values():
        if "days_off" in calendar:
            calendar["days_off"] = sorted(calendar["days_off"])
        for hours in (calendar.get("weekly", {}), calendar.get("days", {})):
            hours.update({day: _as_written(one) for day, one in hours.items()})
        if "days" in calendar:
            calendar["days"] = dict(sorted(calendar["days"].items()))
        if list(calendar.get("holidays", ())) == ["country"]:
            calendar["holidays"] = calendar["holidays"]["country"]
    return write_yaml(document)


def _as_written(hours: str | list[list[str]]) -> str | list[str]:
    """``like fri``, or each interval as 09:00-13:00."""
    if isinstance(hours, str):
        return hours
    return ["-".join(time.removesuffix(":00") for time in interval) for interval in hours]


def remarks_text(remarks: Iterable[Remark]) -> str:
    """Each remark on a line, with what to do about it below."""
    lines = (
        line
        for calendar, what, hint in remarks
        for line in (*folded(f"Calendar {calendar}: {what}", 0), *(folded(hint, 4) if hint else ()))
    )
    return "\n".join(lines)


def size(directory: Directory) -> str:
    """How many of everything there are."""
    return ", ".join(
        (
            f"{len(directory.staff):,} staff",
            count(len(directory.lines), "line"),
            count(len(directory.departments), "department"),
            count(len(directory.known_labels), "label"),
        )
    )
