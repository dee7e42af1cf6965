"""The HTTP API against callers who send what they like: wrong keys, anything at all, or next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from baton.desk.apikeys import ApiKeyRevocation, ApiKeyRotation, NewApiKey, Scope, new_key
from baton.desk.tokens import digest_of
from gateway.api import ROUTERS
from gateway.routing import scope_of
from lab.gateways import gateway_of, key_for
from lab.rig import Rig, becomes, event, eventually, fresh
from tests.problems import bearing, problem

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
CALLS = [(method, route) for route in ROUTES for method in sorted(route.methods or ())]
EXAMPLES = 12
"""For each operation and each way to make them. More find more, and take longer: see the closing note."""
SLOW = 200


@pytest.fixture
async def url(rig: Rig) -> AsyncIterator[str]:
    async with gateway_of(rig) as address:
        yield address


def places(route: APIRoute) -> str:
    """An address of this route, at which nothing is."""
    return route.path_format.format(
        channel="telegram",
        conversation="none",
        ticket_id="none",
        staff="none",
        customer="c",
        template_id="t",
        webhook_id="none",
        name="late",
    )


# --- Keys -----------------------------------------------------------------------------------------


async def test_no_route_is_open_and_each_needs_its_own_scope(rig: Rig, url: str) -> None:
    keys = {scope: await key_for(rig.desk, scope) for scope in Scope}
    assert {scope_of(route) for route in ROUTES} == set(Scope), "each scope is good for something"
    async with httpx.AsyncClient(base_url=url, timeout=None) as client:
        for method, route in CALLS:
            address = places(route)
            assert problem(await client.request(method, address)) == (401, "no-key"), route.path
            wrong = await client.request(method, address, headers=bearing("baton_guessed"))
            assert problem(wrong) == (401, "no-key"), route.path
            for scope, key in keys.items():
                answer = await client.request(method, address, headers=bearing(key))
                refused = answer.status_code == 403 and problem(answer) == (403, "no-scope")
                assert refused == (scope != scope_of(route)), (route.path, scope)


async def test_a_key_that_was_revoked_or_rotated_is_refused_soon_and_the_new_one_let_in(
    rig: Rig, url: str
) -> None:
    old, new, name = new_key(), new_key(), fresh("key")
    keys = rig.desk.api_keys
    await keys.add(NewApiKey(name=name, digest=digest_of(old), scopes=(Scope.READ,)))
    async with httpx.AsyncClient(base_url=url, timeout=None) as client:

        async def let_in() -> list[int]:
            asked = [await client.get("/v1/templates", headers=bearing(key)) for key in (old, new)]
            return [answer.status_code for answer in asked]

        await becomes(let_in, [200, 401], "the first key")
        await keys.rotate(ApiKeyRotation(name=name, digest=digest_of(new), grace=3600))
        await becomes(let_in, [200, 200], "both keys during the grace")
        await keys.rotate(ApiKeyRotation(name=name, digest=digest_of(new_key()), grace=0))
        await becomes(let_in, [401, 401], "neither key")
        await keys.revoke(ApiKeyRevocation(name=name))


async def test_a_key_that_asks_too_often_is_told_when_to_come_again_and_others_are_not(rig: Rig) -> None:
    async with (
        gateway_of(rig, gateway_rate=1) as address,
        httpx.AsyncClient(base_url=address, timeout=None) as client,
    ):
        hasty, other = [bearing(await key_for(rig.desk)) for _ in range(2)]
        answers = [await client.get("/v1/templates", headers=hasty) for _ in range(12)]
        assert [answer.status_code for answer in answers].count(200) == 10
        assert problem(answers[-1]) == (429, "too-many-requests")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert (await client.get("/v1/templates", headers=other)).status_code == 200


# --- Anything at all ------------------------------------------------------------------------------


async def description(url: str, key: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=url, headers=bearing(key), timeout=None) as client:
        found: dict[str, Any] = (await client.get("/v1/openapi.json")).json()
        return found


async def test_whatever_is_sent_to_whatever_route_the_answer_is_as_described(rig: Rig, url: str) -> None:
    key = await key_for(rig.desk)
    schema = schemathesis.openapi.from_dict(await description(url, key))
    sent = 0

    def play() -> None:
        for found in schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

                @given(case=operation.as_strategy(generation_mode=mode))
                @settings(
                    max_examples=EXAMPLES,
                    derandomize=True,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                def holds(case: schemathesis.Case[Any]) -> None:
                    nonlocal sent
                    sent += 1
                    # A case, a person, a label may not be there, however well formed its name is. Keys have
                    # a test of their own.
                    case.call_and_validate(
                        base_url=url,
                        headers=bearing(key),
                        excluded_checks=[positive_data_acceptance, ignored_auth],
                    )

                holds()

    await asyncio.to_thread(play)
    assert sent > EXAMPLES * len(CALLS)


def examples(schema: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every example of a body, with its schema."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                for example in media.get("examples", {}).values():
                    yield media["schema"], example["value"]


async def test_the_description_is_valid_and_its_examples_can_be_sent(rig: Rig, url: str) -> None:
    schema = await description(url, await key_for(rig.desk))
    schemathesis.openapi.from_dict(schema).validate()
    found = list(examples(schema))
    assert len(found) >= 4
    for part, example in found:
        Draft202012Validator({**part, "components": schema["components"]}).validate(example)


# --- Next to nothing ------------------------------------------------------------------------------


async def test_two_hundred_slow_callers_keep_nobody_else_from_an_answer(rig: Rig, url: str) -> None:
    at, key = urlsplit(url), await key_for(rig.desk)
    message = event("customer_message", "customer", text="Hello?")
    begun = (
        f"POST /v1/chats/telegram/slow/events HTTP/1.1\r\nhost: desk\r\ncontent-length: 1000\r\n"
        f"content-type: application/json\r\nauthorization: Bearer {key}\r\n\r\n{{"
    ).encode()
    async with AsyncExitStack() as slow, httpx.AsyncClient(base_url=url, timeout=None) as client:
        for _ in range(SLOW):
            _, writer = await asyncio.open_connection(at.hostname, at.port)
            slow.callback(writer.close)
            writer.write(begun)
            await writer.drain()

        async def known() -> bool:
            return (await client.get("/v1/templates", headers=bearing(key))).status_code == 200

        await eventually(known, "the key is not known")
        for _ in range(20):
            answer = await client.post(
                f"/v1/chats/telegram/{fresh('chat')}/events", json={"event": message}, headers=bearing(key)
            )
            assert answer.status_code == 200, answer.text
