"""The page of a chat."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from baton.client import Chat
from baton.contract import ChatSnapshot, Status
from baton.desk.accounts import Role
from baton.phrases import stories
from gateway.console import deeds
from gateway.console.casepage import NOTHING_KEPT, Kept, answered, labels_for, look, require_hands, shown
from gateway.console.casewords import chat_path
from gateway.console.deeds import Fields, Typed
from gateway.console.routing import PersonOf, VisitOf, pages_for
from gateway.console.visiting import Visit

router = pages_for(Role.AGENT)

Part = Annotated[Literal["", "now", "timeline"], Query()]
_PLACE = "/chats/{channel}/{conversation}"


@router.get(_PLACE)
async def chat_page(
    visit: VisitOf, channel: str, conversation: str, before: str | None = None, part: Part = ""
) -> Response:
    """What was said, who has it, what happened, and the forms."""
    return await _page(visit, await _chat(visit, channel, conversation), part=part, before=before)


@router.post(_PLACE)
async def act_on_chat(visit: VisitOf, person: PersonOf, channel: str, conversation: str) -> Response:
    """Send what a form says."""
    chat = await _chat(visit, channel, conversation)

    async def send(_: Typed, event: Fields) -> None:
        snapshot = await chat.snapshot()
        if event["kind"] == "assigned":
            require_hands(visit, person, snapshot.pinned_to or snapshot.reserved_for or snapshot.assignee)
        patience = visit.console.backend.patience
        # If it is closed, a message opens the next one, which is the same customer's.
        await chat.send(event, customer=snapshot.customer, timeout=patience)

    async def page(kept: Kept) -> Response:
        return await _page(visit, chat, kept)

    return await answered(visit, person, chat, deeds.CHAT, send, page, chat_path(channel, conversation))


async def _chat(visit: Visit, channel: str, conversation: str) -> Chat:
    return (await visit.console.backend.baton()).chat(channel, conversation)


_TEMPLATES = {"": "chat.html", "now": "chatnow.html", "timeline": "timeline.html"}


async def _page(
    visit: Visit, chat: Chat, kept: Kept = NOTHING_KEPT, *, part: str = "", before: str | None = None
) -> Response:
    seen = await look(visit, chat, before)
    path, snapshot = chat_path(chat.channel, chat.conversation), seen.snapshot
    return visit.page(
        _TEMPLATES[part],
        kept.status,
        title=f"{chat.channel}:{chat.conversation}",
        now=stories.holder(snapshot, visit.texts) if snapshot else "",
        state=stories.chat_state(snapshot, visit.texts) if snapshot else "",
        statuses=list(Status),
        is_over=_is_over(snapshot),
        labels=labels_for(seen),
        **await shown(visit, chat, seen, kept, path, earlier_shown=before is not None),
    )


def _is_over(chat: ChatSnapshot | None) -> bool:
    """Whether only a message goes on with it."""
    return (
        chat is None or chat.activity is None or (chat.activity == "ended" and chat.status == Status.CLOSED)
    )
