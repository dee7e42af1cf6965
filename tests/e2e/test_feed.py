"""`baton feed`, in its own process, on the real server: every event is handled once, and in order."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from baton.errors import IllegalTransition
from baton.feed.journal import Journal
from lab.rig import CHANNEL, Rig, eventually, fresh
from tests.commands import Baton, ended


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


def line(conversation: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "channel": CHANNEL,
        "conversation": conversation,
        "customer": f"of-{conversation}",
        "event": event,
    }


def story(conversation: str, notes: int = 3) -> list[dict[str, Any]]:
    """A chat from its opening to its closing."""
    customer, ivan = {"type": "customer", "id": f"of-{conversation}"}, {"type": "staff", "id": "ivan"}
    events = [
        {"kind": "customer_message", "author": customer, "text": "Hello?"},
        {"kind": "taken", "author": ivan},
        *({"kind": "note_added", "author": ivan, "text": f"note {number}"} for number in range(notes)),
        {"kind": "agent_message", "author": ivan, "text": "Hello!"},
        {"kind": "chat_ended", "author": ivan, "status": "closed"},
    ]
    return [line(conversation, {"id": f"{conversation}-{n}", **event}) for n, event in enumerate(events)]


def mixed(stories: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All stories at the same time, each in its order."""
    return [line for at_once in zip(*stories, strict=True) for line in at_once]


async def handled(rig: Rig, conversation: str) -> list[str]:
    return [entry.event_id for entry in await rig.client.chat(CHANNEL, conversation).timeline()]


async def test_every_event_is_handled_once_and_in_the_order_of_its_chat(rig: Rig, baton: Baton) -> None:
    chats = [fresh("feed") for _ in range(6)]
    stories = [story(chat) for chat in chats]
    baton.write("events.jsonl", mixed(stories))

    first = (await baton.run("feed", "events.jsonl", "--json")).json
    again = (await baton.run("feed", "events.jsonl", "--json")).json
    without = (await baton.run("feed", "events.jsonl", "--json", "--no-journal")).json

    assert (first["lines"], first["accepted"], first["earlier"]) == (42, 42, 0)
    assert (again["accepted"], again["earlier"]) == (42, 42)
    assert without["accepted"] + without["duplicate"] == 42
    for chat, told in zip(chats, stories, strict=True):
        assert await handled(rig, chat) == [line["event"]["id"] for line in told]


async def test_refusals_are_counted_by_type_and_written_with_their_reason(baton: Baton) -> None:
    chat = fresh("feed")
    stranger = {"type": "staff", "id": "nobody"}
    told = story(chat)
    baton.write(
        "events.jsonl",
        [
            *told[:1],
            line(chat, {"kind": "taken", "id": f"{chat}-x", "author": stranger}),
            line(chat, {"kind": "dance", "id": f"{chat}-y", "author": stranger}),
            *told[1:],
            line(chat, {"kind": "taken", "id": f"{chat}-z", "author": {"type": "staff", "id": "ivan"}}),
        ],
    )

    said = await baton.run("feed", "events.jsonl", "--refused", "refused.jsonl", "--strict", "--json")

    assert said.code == 1
    assert {name: reason["first_lines"] for name, reason in said.json["refusals"].items()} == {
        "UnknownStaff": [2],
        "InvalidEvent": [3],
        "IllegalTransition": [10],
    }
    refused = [json.loads(row) for row in (baton.folder / "refused.jsonl").read_text().splitlines()]
    assert {row["line"] for row in refused} == {2, 3, 10}
    assert "nobody 'nobody'" in next(row["reason"] for row in refused if row["line"] == 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_an_interrupted_feed_goes_on_where_it_was(
    rig: Rig, baton: Baton, number: signal.Signals
) -> None:
    chats = [fresh("feed") for _ in range(4)]
    stories = [story(chat, notes=20) for chat in chats]
    baton.write("events.jsonl", mixed(stories))

    process = await baton.start("feed", "events.jsonl", "--concurrency", "2")
    await until_handled(rig, chats[0], 5)
    process.send_signal(number)
    stopped = await ended(process)

    if number is signal.SIGINT:
        assert stopped.code == 1
        assert "Stopped: interrupted." in stopped.out
        assert "the same command" in stopped.err
    assert await handled(rig, chats[0]) != [line["event"]["id"] for line in stories[0]], "not in the middle"

    rest = (await baton.run("feed", "events.jsonl", "--json")).json

    assert rest["accepted"] + rest["duplicate"] == rest["lines"] == 4 * 24
    for chat, told in zip(chats, stories, strict=True):
        assert await handled(rig, chat) == [line["event"]["id"] for line in told]


async def until_handled(rig: Rig, chat: str, events: int) -> None:
    async def so_many() -> bool:
        try:
            return len(await handled(rig, chat)) >= events
        except IllegalTransition:
            return False  # there is no such chat yet

    await eventually(so_many, f"{chat} did not get {events} events")


async def test_a_stream_is_fed_as_it_comes(rig: Rig, baton: Baton) -> None:
    chat = fresh("feed")
    process = await baton.start("feed", "-", "--journal", "stream.journal", "--json")
    assert process.stdin is not None

    for number, told in enumerate(story(chat)[:3], start=1):
        process.stdin.write(json.dumps(told).encode() + b"\n")
        await process.stdin.drain()
        await until_handled(rig, chat, number)
    summary = (await ended(process)).json

    assert (summary["lines"], summary["accepted"]) == (3, 3)


async def test_a_stream_that_waits_for_more_can_be_stopped(rig: Rig, baton: Baton) -> None:
    chat = fresh("feed")
    process = await baton.start("feed", "-", "--no-journal")
    assert process.stdin is not None
    process.stdin.write(json.dumps(story(chat)[0]).encode() + b"\n")
    await process.stdin.drain()
    await until_handled(rig, chat, 1)
    process.send_signal(signal.SIGINT)

    assert await process.wait() == 1


async def test_signals_reach_the_chats_in_order(rig: Rig, baton: Baton) -> None:
    chats = [fresh("feed") for _ in range(3)]
    stories = [story(chat)[:-1] for chat in chats]
    baton.write("events.jsonl", mixed(stories))

    summary = (await baton.run("feed", "events.jsonl", "--signal", "--json")).json

    assert (summary["lines"], summary["submitted"]) == (18, 18)
    for chat, told in zip(chats, stories, strict=True):
        await until_handled(rig, chat, len(told))
        assert await handled(rig, chat) == [line["event"]["id"] for line in told]


async def test_a_journal_of_another_server_is_not_used(baton: Baton) -> None:
    baton.write("events.jsonl", story(fresh("feed")))
    with Journal.open(baton.folder / "events.jsonl.journal", "another namespace"):
        pass

    said = await baton.run("feed", "events.jsonl")

    assert said.code == 1
    assert "another server" in said.err
