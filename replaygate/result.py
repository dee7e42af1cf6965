"""The result of replaying a history: what the replaying process tells ``baton replay``."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from baton.errors import BatonError

_MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)+)"')


def message_in(said: str) -> str:
    """Finds the sentence in the output of Temporal's core, which prints a whole Rust structure."""
    found = _MESSAGE.search(said)
    return found[1].replace('\\"', '"') if found else said


class HistoryVerdict(StrEnum):
    """How a replay ended."""

    REPLAYED = "replayed"
    BROKEN = "broken"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


class Difference(BaseModel):
    """A command whose content differs from the history's.

    Args:
        event: the ID of the history's event.
        command: its name, such as ``activity notify``.
        field: where in the command, with dots between: ``input.0.tell.0.reason``.
        only: ``history`` or ``code`` if only one of the two has the field.
    """

    event: int
    command: str
    field: str
    recorded: Any = None
    now: Any = None
    only: str = ""


class Result(BaseModel):
    """One history.

    Args:
        name: the file's name, or the workflow ID.
        event: where the code departs from the history, if that is known.
        what: why it is not ``replayed``, in words.
        said: what Temporal said about it, or the last words of the process that died of it.
        seconds: how long the replay took.
        differences: what is in the commands now but not in the history, or the other way round.
        added: fields that the history does not have, and that are empty now.
    """

    name: str
    workflow_id: str = ""
    run_id: str = ""
    workflow_type: str = ""
    verdict: HistoryVerdict
    event: int | None = None
    what: str = ""
    said: str = ""
    events: int = 0
    seconds: float = 0.0
    differences: list[Difference] = []
    added: list[Difference] = []


class Entry(BaseModel):
    """A known, intended difference. ``history`` (a name), ``command`` and ``field`` may contain ``*``.

    Args:
        only: ``code`` for a field that histories do not have yet, ``history`` for one that is gone. Without
            ``only``, another value is accepted, too.
    """

    model_config = ConfigDict(extra="forbid")

    history: str = "*"
    command: str
    field: str
    only: Literal["code", "history"] | None = None
    why: str

    def covers(self, name: str, difference: Difference) -> bool:
        return (
            fnmatchcase(name, self.history)
            and fnmatchcase(difference.command, self.command)
            and fnmatchcase(difference.field, self.field)
            and self.only in (None, difference.only)
        )


class Accepted(BaseModel):
    """The known, intended differences: ``tests/replay/accepted.toml``."""

    model_config = ConfigDict(extra="forbid")

    accepted: list[Entry] = []

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ``BatonError``, which names the file and says what is wrong in it."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise BatonError(f"{path} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BatonError(f"{path} is not TOML: {error}") from None
        except ValidationError as error:
            wrong = error.errors()[0]
            place = ".".join(str(part) for part in wrong["loc"])
            raise BatonError(
                f"{path}: {place}: {wrong['msg']}. Each [[accepted]] has command, field and why."
            ) from None

    def split(self, result: Result) -> tuple[list[Difference], list[Difference]]:
        """The differences of a history: those that are not accepted, and those that are."""
        known = [
            difference
            for difference in result.differences
            if any(entry.covers(result.name, difference) for entry in self.accepted)
        ]
        return [difference for difference in result.differences if difference not in known], known
