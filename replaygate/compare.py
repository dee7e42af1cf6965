"""What differs between the commands of a history and those that code made when replaying it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from replaygate.commands import Command
from replaygate.result import Difference

_EVENT = re.compile(r"HistoryEvent\(id: (\d+), (\w+)\)")
_NOTHING = object()


class Break(NamedTuple):
    """Where the code departs from the history: the event, if it is known, and what happens there."""

    event: int | None
    what: str


def leaving(recorded: Sequence[Command], made: Sequence[Command], completed: set[int]) -> Break | None:
    """The first command that only one of the two has.

    Args:
        completed: the first events of the workflow tasks that were completed. Commands made in any other task
            go beyond the history.
    """
    theirs = {command.key for command in recorded}
    ours = {command.key for command in made}
    missing = next((command for command in recorded if command.key not in ours), None)
    # A local activity that had not finished when the history was read is not in it.
    sent = (one for one in made if one.place in completed and one.key[0] != "local activity")
    extra = next((command for command in sent if command.key not in theirs), None)
    if missing is not None:
        if extra is None:
            instead = ", and this code does not"
        elif extra.name == missing.name:
            instead = "; this code has it at another place"
        else:
            instead = f"; this code has: {extra.name}"
        return Break(missing.place, f"the history has here: {missing.name}{instead}")
    if extra is not None:
        return Break(
            extra.place, f"in the task that began here this code has: {extra.name}, and the history has not"
        )
    return None


def event_in(said: str) -> int | None:
    """The ID of the event that Temporal's message names, if it names one."""
    found = _EVENT.search(said)
    return int(found[1]) if found else None


def differences(recorded: Sequence[Command], made: Sequence[Command]) -> Iterator[Difference]:
    """The differences in the content of the commands that both have."""
    ours = {command.key: command for command in made}
    for theirs in recorded:
        own = ours.get(theirs.key)
        if own is None:
            continue
        said = {name: theirs.options.get(name) for name in own.options}
        for field, before, now in _compared({**theirs.content, **said}, {**own.content, **own.options}):
            yield Difference(
                event=theirs.place,
                command=theirs.name,
                field=field,
                recorded=None if before is _NOTHING else before,
                now=None if now is _NOTHING else now,
                only="code" if before is _NOTHING else "history" if now is _NOTHING else "",
            )


def harmless(difference: Difference) -> bool:
    """Whether it is a payload field that the history does not know yet and that is still empty.

    Payloads may grow like this. A newly set search attribute is something else: workflows that are already
    running believe that they have set it.
    """
    return difference.only == "code" and not difference.now and not difference.field.startswith("set.")


def _compared(before: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in [*before, *(name for name in now if name not in before)]:
            inner = f"{path}.{name}" if path else str(name)
            yield from _compared(before.get(name, _NOTHING), now.get(name, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(now, list):
        for position in range(max(len(before), len(now))):
            yield from _compared(_at(before, position), _at(now, position), f"{path}.{position}")
    elif type(before) is bool or type(now) is bool:
        if before is not now:
            yield path, before, now
    elif before != now:
        yield path, before, now


def _at(values: list[Any], position: int) -> Any:
    return values[position] if position < len(values) else _NOTHING
