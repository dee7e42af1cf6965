"""Hooks of desks come in at a real gateway: they wake the feed, and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from baton.desk.besideclient import BesideClient
from baton.errors import IllegalTransition, SettingsError
from gateway.backend import Backend
from gateway.hookdoor import read_secrets
from helpdesks.outside.hooks import MOST_BYTES, Hint
from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from lab.gateways import gateway_of, serving
from lab.hookload import DESK, differences, play
from lab.ledger import events_of
from lab.paper import PaperDesk
from lab.rig import Rig, becomes, eventually, fresh
from local.machine import free_port
from tests.conftest import RigOpener

SECRET, FORMER = "the secret of these hooks", "the secret that they had before"
HINT = {"ticket": 12, "transaction": 345}


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk(name=DESK)


@pytest.fixture
async def rig(open_separate: RigOpener, desk: PaperDesk, tmp_path: Path) -> AsyncIterator[Rig]:
    """Beside a desk whose feed looks by itself only once an hour."""
    mapping = DeskMapping(desk=DESK, url="https://paper.example", every=3600)
    secrets = tmp_path / "hook-secret"
    secrets.write_text(f"{SECRET}\n{FORMER}\n")
    async with open_separate(beside=Beside(mapping, desk), hook_secret_file=secrets) as opened:
        await eventually(lambda: _has_looked(opened), "the feed never looked")
        yield opened


async def _has_looked(rig: Rig) -> bool:
    return (await beside(rig).feed(DESK)).status.looks > 0


@pytest.fixture
async def hooks(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        gateway_of(rig) as url,
        httpx.AsyncClient(base_url=f"{url}/v1/hooks", timeout=None) as client,
    ):
        yield client


def bearing(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def beside(rig: Rig) -> BesideClient:
    return BesideClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def heard(rig: Rig, ticket: str) -> list[str]:
    return [row.text for row in await events_of(rig.desk, ticket)]


@pytest.mark.parametrize("how", ["header", "former secret", "address", "unusable"])
async def test_a_hook_has_the_feed_read_what_happened(
    rig: Rig, desk: PaperDesk, hooks: httpx.AsyncClient, how: str
) -> None:
    ticket = fresh("T")
    desk.writes(ticket, "carol", "Where is my parcel?")
    headers = {} if how == "address" else bearing(FORMER if how == "former secret" else SECRET)
    params = {"secret": SECRET} if how == "address" else {}

    body = b"no JSON" if how == "unusable" else json.dumps(HINT)
    answer = await hooks.post(f"/{DESK}", content=body, headers=headers, params=params)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    await becomes(lambda: heard(rig, ticket), ["Where is my parcel?"], "what the ticket heard")


async def test_without_the_secret_nobody_comes_in_and_nothing_is_kept(
    rig: Rig, hooks: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for headers in ({}, bearing("not the secret"), {"authorization": SECRET}):
        answer = await hooks.post(f"/{DESK}", json=HINT, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:baton:problem:no-secret")
    assert (await hooks.post(f"/{DESK}?secret=wrong", content=b"no JSON")).status_code == 401
    assert (await hooks.post(f"/{DESK}?secret={SECRET}", json=HINT)).status_code == 202
    assert await beside(rig).hooks(10) == []
    told = [record.getMessage() for record in caplog.records if "does not have the secret" in record.message]
    assert told == ["a hook of rt does not have the secret, 1 times so far"]
    # The client of this test says what it asks for; the gateway must not.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not any(SECRET in message for message in logged)


async def test_what_is_no_desk_or_too_large_is_said(rig: Rig, hooks: httpx.AsyncClient) -> None:
    for name in ("paper", "outside", "embedded", "..", "rt%2F..", "RT"):
        assert (await hooks.post(f"/{name}", json=HINT, headers=bearing(SECRET))).status_code == 404
    large = b"x" * (MOST_BYTES + 1)
    assert (await hooks.post(f"/{DESK}", content=large, headers=bearing(SECRET))).status_code == 413
    assert (await hooks.get(f"/{DESK}", headers=bearing(SECRET))).status_code == 405


async def test_a_gateway_without_a_secret_takes_no_hooks(rig: Rig) -> None:
    async with gateway_of(rig, hook_secret_file=None) as url, httpx.AsyncClient() as client:
        assert (await client.post(f"{url}/v1/hooks/{DESK}", json=HINT)).status_code == 404


async def test_what_cannot_be_used_is_kept_and_read_again(rig: Rig, hooks: httpx.AsyncClient) -> None:
    odd = {**bearing(SECRET), "content-type": "text/odd"}
    bodies = [b"\xff\0", b"[]", b'{"ticket": "{$id}"}', b'{"a":' * 10_000, b""]
    for body in bodies:
        assert (await hooks.post(f"/{DESK}", content=body, headers=odd)).status_code == 202

    async def kept() -> int:
        return len(await beside(rig).hooks(10))

    await becomes(kept, len(bodies), "how many are kept")
    listed = await beside(rig).hooks(10)
    assert [one.reason.partition(":")[0] for one in listed] == [
        "the body is no JSON",
        "the body is nested too deeply",
        "the field 'ticket' has no number of a ticket",
        "the body is JSON, but no object",
        "the body is no JSON",
    ]
    assert [one.size for one in listed] == [len(body) for body in reversed(bodies)]
    shown = await beside(rig).hook(listed[2].id)
    assert (shown.body, shown.content_type) == ('{"ticket": "{$id}"}', "text/odd")
    again = await beside(rig).replay_hooks()
    assert (again.usable, again.left) == (0, len(bodies))


async def test_what_a_later_release_can_use_is_kept_no_longer(
    rig: Rig, desk: PaperDesk, hooks: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in (b"first", b"second", b"third"):
        await hooks.post(f"/{DESK}", content=body, headers=bearing(SECRET))

    async def kept() -> list[int]:
        return [one.id for one in await beside(rig).hooks(10)]

    async def number() -> int:
        return len(await kept())

    await becomes(number, 3, "how many are kept")
    latest, *_ = await kept()

    monkeypatch.setattr("helpdesks.rt.hooks.read", lambda delivery, secret: Hint("1"))
    ticket = fresh("T")
    desk.writes(ticket, "carol", "Hello?")
    done = await beside(rig).replay_hooks(latest)
    assert (done.usable, done.left, done.desks) == (1, 0, (DESK,))
    await becomes(lambda: heard(rig, ticket), ["Hello?"], "what the ticket heard")
    assert latest not in await kept()
    assert (await beside(rig).replay_hooks()).usable == 2
    assert await kept() == []
    with pytest.raises(IllegalTransition, match="no delivery"):
        await beside(rig).replay_hooks(latest)
    with pytest.raises(IllegalTransition, match="no delivery"):
        await beside(rig).hook(latest)


async def test_the_answer_is_the_same_while_temporal_is_away(rig: Rig) -> None:
    away = rig.settings.model_copy(update={"gateway_port": free_port()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
        async with serving(away, Backend(away)) as url, httpx.AsyncClient(timeout=None) as client:
            answer = await client.post(f"{url}/v1/hooks/{DESK}", json=HINT, headers=bearing(SECRET))
            assert answer.status_code == 202


async def test_many_doubled_and_shuffled_hooks_and_a_restart_lead_to_the_same_tickets() -> None:
    """`python -m lab.hookload` does the same with 10,000."""
    hooked = await play(80, 10, deliveries=400)
    clean = await play(80, 10)

    assert hooked.answers is not None
    assert (hooked.delivered, hooked.answers[202]) == (800, 800)
    assert (hooked.lost, hooked.doubled) == (0, 0)
    assert (clean.lost, clean.doubled) == (0, 0)
    assert differences(hooked, clean) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "there must be one"), ("short\n", "16 characters or more"), (None, "cannot be read")],
)
def test_a_secret_that_cannot_be_used_is_said_at_the_start(
    tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=said) as raised:
        read_secrets(file)
    assert not text or text.strip() not in str(raised.value)
