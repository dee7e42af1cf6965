"""Calls about the desk that stands beside the ledger, and the status of its feed."""

from __future__ import annotations

from baton.contract import Payload

DESK_IN_USE = "desk_in_use"
CHECK_DESK = "check_desk"
SET_UP_DESK = "set_up_desk"
IMPORT_DESK = "import_desk"

EMBEDDED = "embedded"
"""The name of the help desk that is the ledger, too."""
NO_OTHER_DESK = "people work in the embedded help desk; to have another, give the workers BATON_DESK_FILE"


class DeskInUse(Payload):
    """Where people work."""

    name: str = EMBEDDED
    url: str = ""
    every: float = 10.0
    """Seconds between two looks at what is new."""
    can: tuple[str, ...] = ()
    """What it can express."""
    cannot: tuple[str, ...] = ()
    """What it cannot: this is said in notes on the cases."""


class DeskFinding(Payload):
    """One thing that was looked at."""

    what: str
    wrong: str = ""
    """What is wrong with it, and what to do; empty if it is fine."""


class SetUp(Payload):
    """Make at the desk what Baton needs there."""

    dry_run: bool = False


class ImportPage(Payload):
    """Take over a page of what is open at the desk."""

    after: str | None = None
    """Where the page begins, as the page before it says."""
    dry_run: bool = False


class Imported(Payload):
    """What became of one page."""

    after: str | None = None
    """Where the next page begins; None after the last one."""
    total: int | None = None
    """How many cases there are in all, if the desk says so."""
    seen: int = 0
    taken_over: int = 0
    known: int = 0
    """Cases that Baton had already; they are left as they are."""
    events: int = 0
    refused: tuple[str, ...] = ()
    """Cases that could not be taken over, with the reason."""
