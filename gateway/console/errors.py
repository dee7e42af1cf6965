"""What goes wrong on a page, for people."""

from __future__ import annotations


class PageError(Exception):
    """What a page cannot do. It is shown as a page of its own.

    Args:
        status: of HTTP.
        said: in the language of whoever asked; empty if the title says it all.
    """

    def __init__(self, status: int, said: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class NotSignedIn(Exception):
    """Somebody must log in first."""
