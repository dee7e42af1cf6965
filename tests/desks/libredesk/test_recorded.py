"""What was recorded at a real Libredesk: Baton asks just that, and the tests' own server answers like it."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from pydantic import BaseModel

from helpdesks.libredesk.hooks import SIGNATURE, read
from helpdesks.libredesk.wire import AgentThere, ConversationThere, Listed, MessageThere
from helpdesks.outside.hooks import Delivery, Hint, NotAuthentic, Unusable
from tests.desks.libredesk.company import OWN, PEOPLE, STRANGER, Company, There
from tests.desks.libredesk.recording import Player, recorded
from tests.desks.libredesk.server import LibredeskServer, serving
from tests.desks.libredesk.story import SEEN, ask_for_the_impossible, play

READ: dict[str, type[BaseModel]] = {
    "conversations/all": Listed,
    "conversations/{}": ConversationThere,
    "conversations/{}/messages": MessageThere,
    "agents/compact": AgentThere,
}
"""What is read of the answers."""


async def test_baton_asks_what_it_asked_a_real_libredesk_and_understands_the_answers() -> None:
    story = recorded("story")
    player = Player(story["exchanges"])
    async with serving(player) as url:
        keys = dict.fromkeys([OWN, STRANGER, *PEOPLE.values()], "key:secret")
        mail = next(
            one["body"]["inbox_id"] for one in story["exchanges"] if "inbox_id" in (one["body"] or ())
        )
        company = Company(There(url, keys, "key:secret", "website", mail), presence_every=3600)
        try:
            seen = await play(company)
        finally:
            await company.aclose()
    assert seen == SEEN
    fields = ("method", "path", "query", "body")
    assert player.asked == [{name: one[name] for name in fields} for one in story["exchanges"]]


async def test_at_the_server_of_the_tests_the_same_story_is_the_same(company: Company) -> None:
    assert await play(company) == SEEN


async def test_the_server_of_the_tests_answers_as_a_real_one_what_cannot_be(company: Company) -> None:
    real = [(one["status"], one["answer"].get("message", "")) for one in recorded("impossible")["exchanges"]]
    assert await ask_for_the_impossible(company) == real[1:]  # the first is a customer who writes


async def test_the_server_of_the_tests_has_every_field_that_is_read(
    company: Company, server: LibredeskServer
) -> None:
    """Whatever it leaves out of an answer of a real one, nobody looks at."""
    await company.writes("petra", await company.customer("Hello?"), "Hello.")
    uuid = next(iter(server.account.conversations))
    for path, model in READ.items():
        real = next(
            one["answer"]["data"]
            for one in recorded("story")["exchanges"]
            if one["method"] == "GET" and _is(one["path"], path) and _first(one["answer"]["data"])
        )
        ours, theirs = _first(await company.does(OWN, "GET", path.format(uuid))), _first(real)
        assert set(ours) <= set(theirs), path
        assert set(model.model_fields) <= set(theirs), path
        assert set(model.model_fields) <= set(ours), path


def test_webhooks_of_a_real_libredesk_are_authentic_and_say_where_to_look() -> None:
    hooks = recorded("hooks")
    secret, events = hooks["secret"], set()
    for one in hooks["deliveries"]:
        headers = {name.lower(): value for name, value in one["headers"].items()}
        body = one["body"].encode()
        hint = read(Delivery(body, headers), secret)
        assert hint.case_id in one["body"]
        events.add(hint.event)
        for changed, shown, known in (
            (body + b" ", headers, secret),
            (body, headers, "another secret"),
            (body, {}, secret),
        ):
            with pytest.raises(NotAuthentic):
                read(Delivery(changed, shown), known)
    assert events == {
        "conversation.created",
        "conversation.assigned",
        "conversation.unassigned",
        "conversation.status_changed",
        "conversation.tags_changed",
        "message.created",
        "message.updated",
    }


def signed(body: bytes) -> Delivery:
    return Delivery(body, {SIGNATURE: "sha256=" + hmac.new(b"s", body, "sha256").hexdigest()})


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b'{"event": "webhook.test", "payload": {"id": 1}}', Hint(None, "webhook.test")),
        (
            b'{"event": "message.created", "payload": {"conversation_uuid": "../x"}}',
            Hint(None, "message.created"),
        ),
    ],
)
def test_a_webhook_that_names_no_conversation_is_a_hint_to_look_at_everything(
    body: bytes, hint: Hint
) -> None:
    assert read(signed(body), "s") == hint


@pytest.mark.parametrize("body", [b"", b"[]", b'{"payload": 7}', b'{"event": "message.created"}'])
def test_a_webhook_of_another_shape_cannot_be_used(body: bytes) -> None:
    with pytest.raises(Unusable):
        read(signed(body), "s")


def _is(path: str, pattern: str) -> bool:
    parts, wanted = path.removeprefix("/api/v1/").split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(w in ("{}", p) for p, w in zip(parts, wanted, strict=True))


def _first(data: Any) -> dict[str, Any]:
    rows = data["results"] if isinstance(data, dict) and "results" in data else data
    return dict(rows[0] if isinstance(rows, list) and rows else rows or {})
