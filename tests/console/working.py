"""A console with a worker behind it, in which people work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx

from baton.contract import chat_workflow_id, ticket_workflow_id
from baton.model.effects import CaseRef
from lab.gateways import gateway_of
from lab.rig import CHANNEL, Rig
from tests.console.conftest import Site, Visitor


@asynccontextmanager
async def working_site(rig: Rig, **settings: Any) -> AsyncIterator[Site]:
    """A console for the worker of a rig."""
    async with gateway_of(rig, **settings) as url:
        yield Site(url, rig.desk, rig.settings)


def chat_at(conversation: str) -> str:
    """The page of a chat."""
    return f"/chats/{CHANNEL}/{conversation}"


async def texts_of(rig: Rig, case: str) -> list[str]:
    """What was written in a chat, named by its conversation, or in a ticket, by ``ticket:`` and its ID."""
    ticket = case.removeprefix("ticket:")
    workflow_id = ticket_workflow_id(ticket) if ticket != case else chat_workflow_id(CHANNEL, case)
    return [row.text for row in await rig.desk.messages(CaseRef.at(workflow_id), 50)]


class _Forms(HTMLParser):
    """The fields that the forms of a page have hidden in them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        elif tag == "input" and given.get("type") == "hidden":
            self.forms[-1].append((given["name"], given.get("value", "")))


def form_of(page: httpx.Response, deed: str) -> list[tuple[str, str]]:
    """The hidden fields of the form for a deed. Fails if the page has none."""
    parser = _Forms()
    parser.feed(page.text)
    return next(fields for fields in parser.forms if ("deed", deed) in fields)


async def submit(
    visitor: Visitor, path: str, form: Sequence[tuple[str, str]], **fields: str
) -> httpx.Response:
    """Send a form that a page had, with what was typed."""
    data: dict[str, list[str]] = {}
    for name, value in [*form, *fields.items()]:
        data.setdefault(name, []).append(value)
    return await visitor.client.post(path, data=data, headers={"origin": visitor.origin})


async def do(visitor: Visitor, path: str, deed: str, **fields: str) -> httpx.Response:
    """Open a page, fill in one of its forms and send it."""
    return await submit(visitor, path, form_of(await visitor.get(path), deed), **fields)
