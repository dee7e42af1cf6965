"""Every error that Baton raises, in one tree.

    BatonError
    ├── SettingsError            a setting is unknown or has a wrong value
    ├── DocumentError            a YAML document (rules, directory) is wrong: file, line, hint
    ├── ConnectionFailed         Temporal cannot be reached
    ├── Unanswered               no answer in time: unknown, not failed
    ├── HelpDeskUnavailable      the help desk did not answer; trying again may work
    ├── DeskRefused              the help desk said no; trying again never works
    ├── Unreadable               a payload cannot be decrypted, or does not belong where it was found
    │   └── UnknownKey           the key with which it is encrypted is not in the key file
    │       └── NoKeys           this process was started without any
    └── Refused                  an event was refused; nothing of it was applied
        ├── InvalidEvent         malformed, of an unknown kind, or by an author who cannot do this
        ├── IllegalTransition    not possible in the present state of the case
        ├── UnknownStaff         names a person or a line that the directory does not know
        ├── UnknownLabel         names a label that the directory does not know
        ├── DepartmentsWaiting   would close a ticket over a department that is still asked
        └── NotAllowed           the author may not do this

The names below ``Refused`` are part of the contract: they cross Temporal as the ``type`` of the
``ApplicationError`` with which an update fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from baton.signs import one_line, visible

LONGEST_REASON = 1000
"""The most characters of the reason why an event was refused; a longer one is cut."""


class BatonError(Exception):
    """The root: whatever Baton raises on purpose."""


class SettingsError(BatonError):
    """A setting is unknown or has a value that cannot be used."""


class ConnectionFailed(BatonError):
    """Temporal cannot be reached at the configured address."""


class Unanswered(BatonError):
    """No answer in time. The event may have been handled: send it again under the same ID."""


class HelpDeskUnavailable(BatonError):
    """The help desk did not answer. Trying again may work.

    Args:
        after: in how many seconds, if the help desk has said so.
    """

    def __init__(self, message: str = "", after: float | None = None) -> None:
        self.after = after
        super().__init__(message)


class DeskRefused(BatonError):
    """The help desk said no, such as to a person that it does not know. Trying again never works."""


class Unreadable(BatonError):
    """A payload cannot be decrypted, was changed, or does not belong where it was found."""


class UnknownKey(Unreadable):
    """A payload is encrypted with a key that is not in the key file."""


class NoKeys(UnknownKey):
    """A payload is encrypted, and this process has no keys at all."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a document: where it is, what is wrong and what to do about it."""

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        # Each may quote the document.
        place = one_line(f"{self.file}:{self.line}: {self.what}")
        return f"{place}\n    {one_line(self.hint)}" if self.hint else place


class DocumentError(BatonError):
    """Documents were not accepted. Carries every mistake found in them, not only the first.

    Args:
        remark: what else there is to know, in a sentence.
    """

    def __init__(self, problems: list[Problem], remark: str = "") -> None:
        self.problems = problems
        super().__init__("\n".join(filter(None, (*map(str, problems), remark))))


class Refused(BatonError):
    """An event was refused; nothing of it was applied."""

    def __init__(self, message: str) -> None:
        # It may quote what was sent, and it is kept in histories, which have no room for megabytes.
        message = visible(message)
        super().__init__(message if len(message) <= LONGEST_REASON else f"{message[:LONGEST_REASON]}…")

    @property
    def type(self) -> str:
        """The contract's name for this refusal."""
        return type(self).__name__


class InvalidEvent(Refused):
    """The event is malformed, of an unknown kind, or its author cannot be the author of such an event."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})
        """What is wrong with each field of what was sent, by its path: ``event.author.id``, or ``customer``
        of a start. Known where an event is read; it does not cross Temporal."""


class IllegalTransition(Refused):
    """The event is not possible in the present state of the case."""


class UnknownStaff(Refused):
    """The event names a person or a line that the directory does not know."""


class UnknownLabel(Refused):
    """The event names a label that the directory does not know."""


class DepartmentsWaiting(Refused):
    """Closing would pass over a department that is still asked."""


class NotAllowed(Refused):
    """The author of the event may not do this."""


REFUSALS: dict[str, type[Refused]] = {
    refusal.__name__: refusal
    for refusal in (
        InvalidEvent,
        IllegalTransition,
        UnknownStaff,
        UnknownLabel,
        DepartmentsWaiting,
        NotAllowed,
    )
}
