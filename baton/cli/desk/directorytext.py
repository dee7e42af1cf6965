"""The directory in words, and as people write it: YAML without default values."""

from __future__ import annotations

from baton.cli.shared import count
from baton.documents.directory import Directory
from baton.documents.yamlwriting import write_yaml


def as_yaml(directory: Directory) -> str:
    """The directory as a document; reading it again gives the same directory."""
    document = directory.model_dump(mode="json", exclude_defaults=True)
    for calendar in document.get("calendars", {}).values():
        if "days_off" in calendar:
            calendar["days_off"] = sorted(calendar["days_off"])
        for day, intervals in calendar.get("weekly", {}).items():
            calendar["weekly"][day] = ["-".join(time.removesuffix(":00") for time in it) for it in intervals]
        if list(calendar.get("holidays", ())) == ["country"]:
            calendar["holidays"] = calendar["holidays"]["country"]
    return write_yaml(document)


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
