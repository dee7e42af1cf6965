"""What the gateway stands on: Temporal, by the client, and the ledger's database, for reading.

Neither needs to be there when the gateway starts, nor all the time: each is connected to by the first request
that needs it, and what cannot be reached is an error of that request.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from baton.client import BatonClient, connect
from baton.desk.client import DeskClient
from baton.desk.outgoingclient import OutgoingClient
from baton.documents.directory import Directory
from baton.errors import BatonError, HelpDeskUnavailable
from baton.settings import Settings
from baton.templates import Templates
from gateway.templatefile import TemplateFile
from helpdesks.embedded import EmbeddedHelpDesk

SCHEMA_SECONDS = 5.0
"""For how long the schema that was found counts: workers of another release may have changed it."""
FAILED_SECONDS = 1.0
"""For how long it is not tried again to connect to Temporal, after it failed."""
LOOK_SECONDS = 5.0
"""Within which Temporal must answer when somebody asks whether the gateway is ready."""


class Backend:
    """Connections, made when they are needed.

    Args:
        settings: where the database is, and which workers there are.
        runtime: where the metrics of the Temporal client go.
        client: a Temporal client that is connected already.
    """

    def __init__(
        self, settings: Settings, *, runtime: Runtime | None = None, client: Client | None = None
    ) -> None:
        self.settings = settings
        self._runtime = runtime
        self._client = client
        self._baton: BatonClient | None = None
        self._desk: DeskClient | None = None
        self._ledger: EmbeddedHelpDesk | None = None
        self._schema_seen = 0.0
        self._failed: tuple[float, BatonError] | None = None
        self._templates = TemplateFile(settings.templates_file)
        self._opened = AsyncExitStack()
        self._connecting, self._opening = asyncio.Lock(), asyncio.Lock()

    @property
    def patience(self) -> float:
        """Seconds that a call may take. The answer may take longer, so that it can say what was late."""
        return self.settings.gateway_answer_seconds * 0.9

    async def temporal(self) -> Client:
        """The Temporal client. Raises ``ConnectionFailed`` or ``SettingsError``."""
        if self._client is None:
            async with self._connecting:
                if self._client is None:
                    self._client = await self._connected()
        return self._client

    async def _connected(self) -> Client:
        now = asyncio.get_running_loop().time()
        if self._failed is not None and now - self._failed[0] < FAILED_SECONDS:
            raise self._failed[1]
        try:
            return await connect(self.settings, self._runtime)
        except BatonError as error:
            self._failed = asyncio.get_running_loop().time(), error
            raise

    async def baton(self) -> BatonClient:
        """The client for cases. Raises as `temporal`."""
        if self._baton is None:
            self._baton = BatonClient(await self.temporal(), task_queue=self.settings.task_queue)
        return self._baton

    async def desk(self) -> DeskClient:
        """The client for changes of the help desk's own affairs. Raises as `temporal`."""
        if self._desk is None:
            self._desk = DeskClient(
                await self.temporal(), task_queue=self.settings.task_queue, timeout=self.patience
            )
        return self._desk

    async def outgoing(self) -> OutgoingClient:
        """The client for who is told elsewhere. Raises as `temporal`."""
        return OutgoingClient(
            await self.temporal(), task_queue=self.settings.task_queue, timeout=self.patience
        )

    @property
    def private_targets(self) -> bool:
        """Whether letters may go to addresses that are not public."""
        return self.settings.outgoing_private

    async def ledger(self) -> EmbeddedHelpDesk:
        """The ledger, for reading.

        Raises ``HelpDeskUnavailable`` if it cannot be reached, or is not of this release; ``SettingsError``.
        """
        now = asyncio.get_running_loop().time()
        if self._ledger is not None and now - self._schema_seen < SCHEMA_SECONDS:
            return self._ledger
        async with self._opening:
            if self._ledger is None:
                self._ledger = await self._opened.enter_async_context(
                    EmbeddedHelpDesk.open_as_it_is(self.settings.database_url)
                )
            else:
                await self._ledger.require_own_schema()
            self._schema_seen = asyncio.get_running_loop().time()
        return self._ledger

    async def templates(self) -> tuple[Templates, Directory]:
        """The templates in the file of the settings, and the directory in which their names are.

        Raises ``DocumentError`` if they are wrong, and as `ledger`.
        """
        known = await (await self.ledger()).directory()
        return await self._templates.read(known), known.directory

    async def missing(self) -> list[str]:
        """What the gateway cannot reach, in words for anybody; nothing if it is ready."""
        found = []
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                client = await self.temporal()
                await client.workflow_service.get_system_info(
                    GetSystemInfoRequest(), timeout=timedelta(seconds=LOOK_SECONDS)
                )
        except (BatonError, RPCError, TimeoutError):
            found.append("Temporal does not answer")
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await (await self.ledger()).require_own_schema()
        except HelpDeskUnavailable as error:
            schema = "schema" in str(error)
            found.append("the database is of another release" if schema else "the database does not answer")
        except (BatonError, TimeoutError):
            found.append("the database does not answer")
        return found

    async def close(self) -> None:
        """Close the database."""
        await self._opened.aclose()
        if self._baton is not None:
            self._baton.close()
