"""``baton api-key`` against a real server and a real worker: what it shows, and what nobody ever sees."""

from __future__ import annotations

import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from baton.desk.tokens import digest_of
from lab.rig import Rig

BATON = Path(sys.executable).parent / "baton"


async def baton(rig: Rig, *words: str) -> tuple[int | None, str, str]:
    """How the command ended, and what it said on either output."""
    environment = os.environ | {
        "TEMPORAL_ADDRESS": rig.client.temporal.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": rig.client.temporal.namespace,
        "BATON_TASK_QUEUE": rig.settings.task_queue,
    }
    process = await create_subprocess_exec(
        str(BATON), "api-key", *words, stdout=PIPE, stderr=PIPE, env=environment
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_key_is_shown_once_and_its_secret_goes_nowhere(rig: Rig) -> None:
    code, out, err = await baton(rig, "new", "shop", "--scope", "events, read")
    key = out.strip()
    assert (code, key[:6], len(key)) == (0, "baton_", 49)
    assert "shop allows: events, read." in err
    (kept,) = await rig.desk.api_keys.living()
    assert (kept.digest, sorted(kept.scopes)) == (digest_of(key), ["events", "read"])

    code, listed, _ = await baton(rig, "list")
    assert "shop" in listed
    assert key not in listed
    seen = 0
    async for found in rig.client.temporal.list_activities(f"TaskQueue = '{rig.settings.task_queue}'"):
        seen += found.activity_type == "add_api_key"
    assert seen <= 1, "the call was made once"

    code, out, _ = await baton(rig, "rotate", "shop", "--grace-hours", "0", "--json")
    rotated = json.loads(out)
    assert (rotated["name"], rotated["scopes"]) == ("shop", ["events", "read"])
    assert [one.digest for one in await rig.desk.api_keys.living()] == [digest_of(rotated["key"])]

    code, out, _ = await baton(rig, "revoke", "shop")
    assert (code, out) == (0, "shop lets nobody in any more.\n")
    assert list(await rig.desk.api_keys.living()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "shop"), "--scope"),
        (("new", "shop", "--scope", "everything"), "there is no scope 'everything'; there are events, read"),
        (("new", "a shop", "--scope", "read"), "name"),
        (("revoke", "none"), "there is no API key 'none'"),
    ],
)
async def test_what_cannot_be_done_is_said(rig: Rig, words: tuple[str, ...], said: str) -> None:
    code, out, err = await baton(rig, *words)
    assert code in (1, 2)
    assert out == ""
    assert said in " ".join(err.split())
    assert "Traceback" not in err
