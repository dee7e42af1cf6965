"""Names in rules that the directory does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from baton.documents.directory import Directory
from baton.rules import verbs
from baton.rules.conditions import Atom, Op, Path
from baton.rules.field import Named, Sort
from baton.rules.grammar import entries
from baton.wording import did_you_mean


class Finding(NamedTuple):
    """A mistake in a rule, and where in the rule it is."""

    path: Path
    what: str
    hint: str = ""


class Names:
    """The names that a directory knows, by sort."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._department_labels = tuple(one.label for one in directory.departments.values())
        self._known: Mapping[Sort, tuple[str, ...]] = {
            Sort.STAFF: tuple(directory.staff),
            Sort.LINE: tuple(directory.lines),
            Sort.DEPARTMENT: tuple(directory.departments),
            Sort.ROLE: tuple(
                dict.fromkeys(role for member in directory.staff.values() for role in member.roles)
            ),
            Sort.LABEL: tuple(sorted(directory.known_labels)),
        }

    def in_test(self, atom: Atom) -> Iterator[Finding]:
        if atom.field.named is not None:
            yield from self._in_named(atom.field.named, atom.path)
            return
        if atom.field.sort in self._known and atom.op in (Op.ONE_OF, Op.NONE_OF):
            values = [value for value in atom.values if isinstance(value, str)]
            if atom.field.of_departments:
                yield from self._of_no_department(values, atom.path)
            else:
                yield from self._unknown(atom.field.sort, values, atom.path)

    def in_action(self, action: verbs.Action, path: Path) -> Iterator[Finding]:
        for name, given in entries(action):
            here = (*path, name)
            match action:
                case verbs.AddLabels() | verbs.RemoveLabels() if isinstance(given, tuple):
                    yield from self._unknown(Sort.LABEL, given, here)
                case verbs.Assign(assign=receiver):
                    for below, one in verbs.receivers(receiver):
                        yield from self._in_target(one, (*here, *below))
                case verbs.Pin() | verbs.Notify():
                    yield from self._in_target(given, here)
            if isinstance(action, verbs.Pin) and isinstance(given, verbs.ToStaff):
                yield from self._pinnable(given.staff, (*here, "staff"))

    def _in_named(self, named: Named, path: Path) -> Iterator[Finding]:
        """The name in the middle of a field. A line's hours and its time of day are those of its calendar."""
        directory, key = self._directory, named.key
        known: Mapping[str, Iterable[str]] = {
            "line": directory.lines,
            "calendar": directory.calendars,
            "staff": directory.staff,
        }
        if key not in known[named.what]:
            who = f"there is nobody {key!r} among the staff"
            what = who if named.what == "staff" else f"there is no {named.what} {key!r}"
            hint = did_you_mean(key, known[named.what], f"the directory has no {named.what}s")
            yield Finding(path, what, hint)
        elif named.what == "line" and named.asked != "available" and directory.lines[key].calendar is None:
            nothing = "it is always open" if named.asked == "open" else "no time zone is its own"
            yield Finding(
                path,
                f"the line {key!r} has no calendar, so {nothing}",
                f"ask calendar.NAME.{named.asked}, or give the line a calendar in the directory",
            )

    def _in_target(self, target: Any, path: Path) -> Iterator[Finding]:
        match target:
            case verbs.ToStaff(staff=staff):
                yield from self._unknown(Sort.STAFF, [staff], (*path, "staff"))
            case verbs.NotifyStaff(staff=several):
                yield from self._unknown(Sort.STAFF, several, (*path, "staff"))
            case verbs.ToLine(line=line) | verbs.NotifyLine(line=line):
                yield from self._unknown(Sort.LINE, [line], (*path, "line"))
            case verbs.NotifyDepartments(departments=labels):
                yield from self._of_no_department(labels, (*path, "departments"))

    def _of_no_department(self, given: Iterable[str], path: Path) -> Iterator[Finding]:
        for position, label in enumerate(given):
            if label not in self._department_labels:
                yield Finding(
                    (*path, position),
                    f"{label!r} is not the label of a department",
                    did_you_mean(label, self._department_labels, "the directory has no departments"),
                )

    def _pinnable(self, staff: str, path: Path) -> Iterator[Finding]:
        member = self._directory.staff.get(staff)
        if member is not None and not member.chats:
            yield Finding(
                path, f"{staff!r} does not work with chats", "pin to somebody with 'chats: true', or assign"
            )

    def _unknown(self, sort: Sort, given: Iterable[str], path: Path) -> Iterator[Finding]:
        known = self._known[sort]
        for position, name in enumerate(given):
            if name not in known:
                what = {
                    Sort.STAFF: f"there is nobody {name!r} among the staff",
                    Sort.ROLE: f"nobody has the role {name!r}",
                }.get(sort, f"there is no {sort} {name!r}")
                # In a list, the position leads to the wrong item; elsewhere it leads nowhere.
                yield Finding(
                    (*path, position), what, did_you_mean(name, known, f"the directory has no {sort}s")
                )
