"""Where the feed goes on: see `helpdesks.outside.remembering`. Times are seconds, by Omnidesk's clock."""

from __future__ import annotations

from helpdesks.outside.remembering import Remembered

MOST_READ = 80
MOST_TOLD = 120
MOST_LATER = 12
"""How many of each are remembered."""


class Cursor(Remembered):
    """Where the feed goes on."""

    later: tuple[tuple[str, int], ...] = ()
    """Cases with a message that is sent later, and when."""
