"""Prints the identity of the help desk's database that the settings name.

    python -m helpdesks [--make]

It prints an empty line if the database has none yet, because no worker of this release has opened it; with
``--make`` it then gets its tables, and with them an identity.
"""

from __future__ import annotations

import asyncio
import sys

from baton.errors import BatonError
from baton.settings import load_settings
from baton.signs import visible
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.firststart import identity_at


async def _identity(url: str, *, make: bool) -> str:
    if not make:
        return await identity_at(url) or ""
    async with EmbeddedHelpDesk.open(url) as desk:
        return await desk.identity()


def main() -> int:
    """Print it. Returns the exit code."""
    try:
        print(asyncio.run(_identity(load_settings().database_url, make="--make" in sys.argv[1:])))
    except BatonError as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
