"""Where the cases of ``baton demo`` can be seen: Temporal's Web UI, if it can be found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

from baton.cli.webui import ui_address
from baton.settings import load_settings
from baton.temporal.webaddresses import list_address

UI_BESIDE = 1000
"""Temporal's development server puts its UI this many ports above its own, unless told otherwise."""
ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Place:
    """A list of workflows in the Web UI, whose address may be unknown."""

    ui: str | None
    namespace: str
    query: str
    stays: bool
    """Whether it is still there when the demo is over."""
    rt: str | None = None
    """The address of the Request Tracker, if tickets were played in one that is still there."""

    @property
    def workflows(self) -> str | None:
        """The address of the list of all workflows."""
        return list_address(self.ui, self.namespace) if self.ui else None

    @property
    def link(self) -> str | None:
        """The address of the list, filtered."""
        return list_address(self.ui, self.namespace, self.query) if self.ui else None


async def find_ui(address: str, namespace: str, workflow_id: str) -> str | None:
    """The address of a UI on the server's machine that knows this workflow, and so belongs to the server."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return None
    beside, usual = (f"http://{host}:{one}" for one in (int(port) + UI_BESIDE, load_settings().ui_port))
    for ui in dict.fromkeys((ui_address(None), beside, usual)):
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
        if await asyncio.to_thread(_answers, ui + path):
            return ui
    return None


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, URLError, ValueError):
        return False
