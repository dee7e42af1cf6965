"""Links by which the demo's people get into the console with one click, for one run of ``baton up``.

Each person has a host name of their own, below ``localhost``. Browsers look such names up by themselves, on
this machine, and keep a login for one host only: so several people can be logged in side by side, in the
windows of one browser.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from baton.client.connecting import plugin_for
from baton.desk.accounts import ENTRY_PATH, EntryLink, Role
from baton.desk.accountsclient import AccountsClient
from baton.desk.tokens import digest_of, new_token
from baton.documents.directoryfile import load_directory
from baton.errors import BatonError
from baton.settings import CHECKOUT, HOST, Settings
from local.stack import NAMESPACE

DEMO = CHECKOUT / "deploy/directory/demo.yaml"
_ROLES = {"petra": Role.ADMIN, "oleg": Role.LEAD}
"""Of the demo's people; the others are agents."""
_LONGEST = timedelta(days=7)
_PATIENCE = 5.0
"""Seconds to make the links, and to end them."""


@asynccontextmanager
async def entry_links(settings: Settings, address: str) -> AsyncIterator[Sequence[str]]:
    """Links for the demo's people, which end with the block; none where the people are not the demo's.

    Nor are there any where others than this machine may reach the gateway. Raises ``BatonError`` if the
    links cannot be made.

    Args:
        address: of Temporal.
    """
    if settings.gateway_host not in (HOST, "localhost") or settings.console_origin is not None:
        yield ()
        return
    client = await Client.connect(address, namespace=NAMESPACE, plugins=[plugin_for(settings)])
    desk = AccountsClient(client, task_queue=settings.task_queue, timeout=_PATIENCE)
    demo = load_directory(DEMO)
    if (await desk.directory()).directory != demo.model_dump(mode="json"):
        yield ()
        return
    tokens, until = {staff: new_token() for staff in demo.staff}, datetime.now(UTC) + _LONGEST
    await desk.link(
        EntryLink(staff=staff, digest=digest_of(token), role=_ROLES.get(staff, Role.AGENT), until=until)
        for staff, token in tokens.items()
    )
    try:
        yield [
            f"http://{staff}.localhost:{settings.gateway_port}{ENTRY_PATH}{token}"
            for staff, token in tokens.items()
        ]
    finally:
        with suppress(BatonError):  # the next run ends them, too
            await desk.link(())
