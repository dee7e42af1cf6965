"""What a new version of the directory takes from cases: people, lines and departments that are gone.

Names, calendars and limits do not count: they are looked up whenever they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from baton.documents.directory import Directory


class Renamed(NamedTuple):
    """The label of a department."""

    former: str
    present: str


class DirectoryDifference(NamedTuple):
    """How two versions of the directory differ, as far as it concerns living cases."""

    gone: frozenset[str] = frozenset()
    """People who are in the directory no longer."""
    moved: frozenset[str] = frozenset()
    """People who have another home line."""
    empty_lines: frozenset[str] = frozenset()
    """Lines where nobody is any more, and those that are gone themselves."""
    deserted: Mapping[str, str] = {}
    """Departments to which nobody belongs any more, and those that are gone: their former labels, by key."""
    staffed: Mapping[str, str] = {}
    """Departments to which somebody belongs again: their former labels, by key."""
    renamed: Mapping[str, Renamed] = {}
    """Departments with another label, by key."""

    @staticmethod
    def between(before: Directory, after: Directory) -> DirectoryDifference:
        """What is different in ``after``."""
        stayed = before.staff.keys() & after.staff.keys()
        members = {key: bool(before.members_of(key)) for key in before.departments}
        answers = {key: key in after.departments and bool(after.members_of(key)) for key in members}
        labels = {key: department.label for key, department in before.departments.items()}
        return DirectoryDifference(
            gone=frozenset(before.staff.keys() - after.staff.keys()),
            moved=frozenset(one for one in stayed if before.staff[one].line != after.staff[one].line),
            empty_lines=(before.staffed_lines | (before.lines.keys() - after.lines.keys()))
            - after.staffed_lines,
            deserted={
                key: labels[key]
                for key in labels
                if not answers[key] and (members[key] or key not in after.departments)
            },
            staffed={key: labels[key] for key in labels if answers[key] and not members[key]},
            renamed={
                key: Renamed(labels[key], after.departments[key].label)
                for key in labels
                if key in after.departments and after.departments[key].label != labels[key]
            },
        )
