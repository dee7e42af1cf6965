"""Encryption on the real server: what its database shows, other keys, other cases, and the day it starts."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.common import RawValue
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from baton.client import BatonClient
from baton.contract import (
    CHAT_WORKFLOW,
    HANDLE,
    POKE,
    SEARCH_ATTRIBUTES,
    SNAPSHOT,
    SUBMIT,
    chat_workflow_id,
)
from baton.desk.client import DeskClient
from baton.errors import HelpDeskUnavailable, UnknownKey, UnknownStaff
from baton.model.effects import Notice, Prompt
from baton.temporal.codec import ENCODING, KEY_ID, PLAIN, EncryptionCodec
from baton.temporal.keys import KeyRing, name_of, new_key
from baton.temporal.logs import JsonLines, Lines
from baton.temporal.plugin import BatonPlugin
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import ANSWERS, QUIET, SEPARATE_RIG
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh, open_rig
from lab.server import running_server
from tests.arguments import invalid
from tests.waiting import refused
from workflows.chat import Chat

KEYS = {"first": new_key(), "second": new_key()}

MARKS = {
    name: f"Жираф «{name}»"
    for name in (
        "customer ID",
        "customer",
        "staff",
        "note",
        "attachment",
        "unknown author",
        "refused signal",
        "subject",
        "question",
        "department",
        "decline",
        "reply",
        "reason",
        "name",
        "failed once",
        "failed for good",
    )
}
"""A text for each way in which somebody's words reach Temporal."""


def ring(*ids: str) -> KeyRing:
    return KeyRing({key_id: KEYS[key_id] for key_id in ids})


def encrypting(*ids: str, **options: Any) -> BatonPlugin:
    return BatonPlugin(EncryptionCodec(ring(*ids), **options))


async def with_plugin(server: WorkflowEnvironment, plugin: BatonPlugin) -> WorkflowEnvironment:
    """The same server, spoken to with other keys."""
    address = server.client.service_client.config.target_host
    return WorkflowEnvironment.from_client(await Client.connect(address, plugins=[plugin]))


# --- What the database shows ----------------------------------------------------------------------


class Talkative(EmbeddedHelpDesk):
    """A help desk whose errors quote what customers wrote."""

    told = False

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        if not self.told:
            self.told = True
            raise HelpDeskUnavailable(MARKS["failed once"])
        return await super().notify(notice)

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        raise ApplicationError("no", MARKS["failed for good"], non_retryable=True)


async def play(rig: Rig) -> None:
    """A chat that goes on in a new run, a ticket opened by it, refusals, failures and a new name."""
    chat, ticket = fresh("chat"), fresh("T")
    first = await _chat(rig, chat)
    await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)
    await eventually(lambda: _told(rig, ticket), "the chat's messages did not reach its ticket")
    await _ticket(rig, fresh("T"))
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    directory = (await desk.directory()).directory
    directory["staff"]["ivan"]["name"] = MARKS["name"]
    await desk.change_directory(directory)
    while (await rig.handle(chat).describe()).run_id == first:
        await rig.by("ivan", chat, "labels_changed", add=["vip"])
    await rig.settled(chat)


async def _chat(rig: Rig, chat: str) -> str:
    said = event("customer_message", "customer", text=MARKS["customer"], attachments=[MARKS["attachment"]])
    said["author"]["id"] = MARKS["customer ID"]  # services should never send it, but one may
    await rig.send(chat, said, customer=MARKS["customer ID"])
    first = (await rig.handle(chat).describe()).run_id
    await rig.staff(chat, "ivan", MARKS["staff"])
    await rig.by("ivan", chat, "note_added", text=MARKS["note"])
    await refused(UnknownStaff, rig.staff(chat, "stranger", MARKS["unknown author"]))
    await rig.handle(chat).signal(SUBMIT, event("no_such_kind", "ivan", text=MARKS["refused signal"]))
    await rig.by("ivan", chat, "labels_changed", add=["urgent"])
    return first


async def _told(rig: Rig, ticket: str) -> bool:
    query = f"WorkflowId = 'ticket:{ticket}'"
    if not [found async for found in rig.client.temporal.list_workflows(query)]:
        return False
    kinds = [entry.kind for entry in await rig.client.ticket(ticket).timeline()]
    return "customer_message" in kinds


async def _ticket(rig: Rig, ticket: str) -> None:
    opened = event("customer_message", "customer", text=MARKS["customer"])
    await rig.to_ticket(ticket, opened, subject=MARKS["subject"])
    await rig.on_ticket("petra", ticket, "template_applied", template=QUIET)
    await rig.on_ticket("ada", ticket, "department_declined", label="billing", reason=MARKS["decline"])
    await rig.on_ticket(
        "petra", ticket, "department_asked_again", label="billing", question=MARKS["question"]
    )
    for who in ANSWERS.values():
        await rig.note(who, ticket, MARKS["department"])
    await rig.on_ticket("cem", ticket, "send_reply", text=MARKS["reply"])
    await rig.on_ticket("petra", ticket, "department_asked_again", label="billing")
    await rig.on_ticket("petra", ticket, "status_set", status="closed", force=True, reason=MARKS["reason"])
    await rig.handle(f"ticket:{ticket}").result()


def forms(text: str) -> list[bytes]:
    """The text as it may stand in a file: as it is, as JSON escapes it, and as Base64 wherever it begins."""
    plain = [text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()]
    return plain + [base64.b64encode(b" " * shift + one)[4:-4] for one in plain for shift in range(3)]


def found_in(files: Mapping[str, bytes]) -> set[str]:
    return {
        name
        for name, text in MARKS.items()
        if any(form in content for content in files.values() for form in forms(text))
    }


@pytest.mark.parametrize("encrypted", [True, False])
async def test_no_word_of_anybody_is_in_the_database_of_the_server_nor_in_a_log(
    tmp_path: Path, encrypted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plugin = encrypting("first") if encrypted else BatonPlugin()
    database = tmp_path / "temporal.db"
    impatient = {"limit.historyCount.suggestContinueAsNew": "60"}
    async with (
        running_server(plugin, database, **impatient) as server,
        open_rig(server, tmp_path / "rig", "baton-encrypted", desk_class=Talkative, **SEPARATE_RIG) as rig,
    ):
        await play(rig)
        assert isinstance(rig.desk, Talkative)
        assert rig.desk.told
    files = {path.name: path.read_bytes() for path in tmp_path.glob("temporal.db*")}
    assert len(files["temporal.db"]) > 100_000

    # Without encryption each is found; otherwise this test could not fail.
    assert found_in(files) == (set() if encrypted else MARKS.keys())
    for form in (Lines(), JsonLines()):
        log = "\n".join(map(form.format, caplog.records))
        # It names the case and the help desk's error, but not what the error quotes.
        assert all(told in log for told in ("HelpDeskUnavailable", "UnknownStaff", "notify"))
        assert found_in({"log": log.encode()}) == {"failed once"}


# --- Other keys, other cases, other days ------------------------------------------------------------


class Place:
    """A place for several rigs one after another: the same folder, task queue and server, but other keys."""

    def __init__(self, server: WorkflowEnvironment, folder: Path) -> None:
        self._address = server.client.service_client.config.target_host
        self._folder = folder
        self._queue = fresh("encryption")

    async def client(self, plugin: BatonPlugin) -> BatonClient:
        return BatonClient(await Client.connect(self._address, plugins=[plugin]), task_queue=self._queue)

    @asynccontextmanager
    async def rig(self, plugin: BatonPlugin) -> AsyncIterator[Rig]:
        environment = WorkflowEnvironment.from_client((await self.client(plugin)).temporal)
        # Without a cache, a worker reads the whole history again, including what others wrote.
        async with open_rig(environment, self._folder, self._queue, max_cached_workflows=0) as rig:
            yield rig


@pytest.fixture
def place(server: WorkflowEnvironment, tmp_path: Path) -> Place:
    return Place(server, tmp_path / "rig")


def payloads_of(history: WorkflowHistory) -> Iterator[tuple[str, dict[str, str]]]:
    """Each payload in a history: the field in which it is, and its metadata."""

    def look(name: str, value: Any) -> Iterator[tuple[str, dict[str, str]]]:
        if isinstance(value, list):
            for item in value:
                yield from look(name, item)
        elif isinstance(value, dict):
            metadata = value.get("metadata")
            if isinstance(metadata, dict) and "encoding" in metadata:
                yield name, {key: base64.b64decode(text).decode() for key, text in metadata.items()}
            for key, item in value.items():
                # The name of a list of payloads says nothing; the name of the field that holds it does.
                yield from look(name if key in ("payloads", "indexedFields") else key, item)

    yield from look("", json.loads(history.to_json()))


def keys_in(history: WorkflowHistory) -> set[str]:
    return {metadata[KEY_ID] for _, metadata in payloads_of(history) if KEY_ID in metadata}


def replayer(plugin: BatonPlugin) -> Replayer:
    return Replayer(workflows=[Chat], plugins=[plugin])


async def test_only_search_attributes_and_the_bookkeeping_of_markers_stay_readable(place: Place) -> None:
    """Arguments, results, summaries of activities and timers: all of it goes through the codec."""
    chat = fresh("chat")
    async with place.rig(encrypting("first")) as rig:
        await rig.staff(chat, "lena")
        await rig.customer(chat)
        await rig.settled(chat)
        history = await rig.history(chat)
        described = await rig.handle(chat).describe()
        assert await described.static_summary() == f"{CHANNEL} · {chat}"

    readable = {name for name, metadata in payloads_of(history) if metadata["encoding"] != "binary/encrypted"}
    hidden = {name for name, metadata in payloads_of(history) if metadata["encoding"] == "binary/encrypted"}
    assert {"input", "result", "summary"} <= hidden
    # The marker of a local activity holds, beside its result, its type and number, which the SDK needs.
    markers = {"data", *SEARCH_ATTRIBUTES}
    assert readable <= markers
    raw = described.raw_description.execution_config.user_metadata
    assert raw.summary.metadata["encoding"] == ENCODING


async def test_a_chat_goes_on_through_a_rotation_and_needs_the_old_key_as_long_as_it_lives(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    chat = fresh("chat")
    old, new = (name_of(key_id, KEYS[key_id]) for key_id in ("first", "second"))
    async with place.rig(encrypting("first")) as rig:
        await rig.customer(chat, "before")
        await rig.settled(chat)
        assert keys_in(await rig.history(chat)) == {old}
    async with place.rig(encrypting("second", "first")) as rig:
        await rig.staff(chat, "ivan", "after")
        await rig.settled(chat)
        history = await rig.history(chat)
        assert keys_in(history) == {old, new}

    late = event("customer_message", "customer", text="without the old key")
    async with place.rig(encrypting("second")) as rig:
        await rig.client.chat(CHANNEL, chat).submit(late, customer="c")
        await eventually(lambda: _logged(caplog, f"the key {old!r}"), "nobody was told of the missing key")
    with pytest.raises(Exception, match=re.escape(old)):
        await replayer(encrypting("second")).replay_workflow(history)

    # The key is back, and nothing was refused or lost.
    async with place.rig(encrypting("second", "first")) as rig:

        async def taken() -> bool:
            return late["id"] in [entry.event_id for entry in await rig.client.chat(CHANNEL, chat).timeline()]

        await eventually(taken, "the event was lost")
        assert [entry.refused for entry in await rig.client.chat(CHANNEL, chat).timeline()] == [None] * 3
        await replayer(encrypting("second", "first")).replay_workflow(history)


async def _logged(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return text in caplog.text


async def test_chats_from_before_encryption_go_on_encrypted(place: Place) -> None:
    chat = fresh("chat")
    async with place.rig(BatonPlugin()) as rig:
        await rig.customer(chat, "plain")
        await rig.settled(chat)
        before = {metadata["encoding"] for _, metadata in payloads_of(await rig.history(chat))}
        assert "binary/encrypted" not in before
    async with place.rig(encrypting("first")) as rig:
        # Clients without keys are still accepted; this client cannot read the answer, and is told why.
        stranger = await place.client(BatonPlugin())
        unread = event("agent_message", "ivan", text="plain")
        with pytest.raises(UnknownKey, match="BATON_ENCRYPTION_KEYS_FILE"):
            await stranger.chat(CHANNEL, chat).send(unread, customer="c")
        assert (await rig.send(chat, unread)).snapshot.pinned_to == "ivan"
        await rig.customer(chat, "encrypted")
        await rig.settled(chat)
        history = await rig.history(chat)
        assert {"binary/encrypted"} | before == {metadata["encoding"] for _, metadata in payloads_of(history)}
        assert failed_tasks(history) == []
    await replayer(encrypting("first", required=True)).replay_workflow(history)


async def test_where_encryption_is_required_a_plain_event_is_refused_and_harms_nobody(place: Place) -> None:
    chat = fresh("chat")
    async with place.rig(encrypting("first", required=True)) as rig:
        await rig.customer(chat)
        plain = (await place.client(BatonPlugin())).temporal.get_workflow_handle(rig.handle(chat).id)
        await plain.signal(SUBMIT, event("taken", "ivan"))
        with pytest.raises(UnknownKey):  # the refusal is encrypted
            await plain.execute_update(HANDLE, event("taken", "ivan"))
        await rig.staff(chat, "ivan")
        await rig.settled(chat)
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        assert [entry.refused is None for entry in timeline] == [True, False, True]
        assert "BATON_ENCRYPTION_REQUIRED" in (timeline[1].refused or "")
        history = await rig.history(chat)
        assert failed_tasks(history) == []
    # What was refused stays refused, even where it could be read.
    for plugin in (encrypting("first", required=True), encrypting("first")):
        await replayer(plugin).replay_workflow(history)
    async with place.rig(encrypting("first")) as rig:
        await rig.staff(chat, "ivan")
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        assert [entry.refused is None for entry in timeline] == [True, False, True, True]


async def test_a_signal_that_is_moved_to_another_chat_is_refused_there(place: Place) -> None:
    mine, other = fresh("mine"), fresh("other")
    async with place.rig(encrypting("first")) as rig:
        for chat in (mine, other):
            await rig.customer(chat)
        await rig.client.chat(CHANNEL, other).submit(event("taken", "ivan"))
        await rig.settled(other)
        (signal,) = (
            item.workflow_execution_signaled_event_attributes
            for item in (await rig.history(other)).events
            if item.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
        )
        temporal = rig.client.temporal
        # Like somebody who may write to Temporal, but has no key.
        await temporal.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=rig.handle(mine).id),
                signal_name=SUBMIT,
                input=signal.input,
                request_id=fresh("moved"),
            )
        )
        await rig.settled(mine)
        assert (await rig.snapshot(other)).pinned_to == "ivan"
        assert (await rig.snapshot(mine)).pinned_to is None
        moved = (await rig.client.chat(CHANNEL, mine).timeline())[-1]
        assert f"it belongs to the workflow {rig.handle(other).id}" in (moved.refused or "")
        history = await rig.history(mine)
        assert failed_tasks(history) == []
    await replayer(encrypting("first")).replay_workflow(history)


# --- Keys that are not there ----------------------------------------------------------------------


def task_failures(caplog: pytest.LogCaptureFixture, said: str) -> Callable[[], Awaitable[bool]]:
    """Whether the worker says why a case waits."""
    return partial(_logged, caplog, said)


async def test_what_is_encrypted_is_refused_where_nobody_has_keys(place: Place) -> None:
    """One stray payload must not stop an unencrypted case, and keys that come later must agree."""
    chat = fresh("chat")
    keyed = (await place.client(encrypting("first"))).temporal
    async with place.rig(BatonPlugin()) as rig:
        await rig.customer(chat)
        stranger = keyed.get_workflow_handle(rig.handle(chat).id)
        await stranger.signal(SUBMIT, event("taken", "lena"))
        await rig.settled(chat)
        assert "BATON_ENCRYPTION_" in await invalid(stranger.execute_update(HANDLE, event("taken", "lena")))
        await stranger.signal(SUBMIT, args=[event("taken", "lena"), 2])
        await stranger.signal(POKE, "why?")
        assert await rig.handle(chat).query(SNAPSHOT) == await stranger.query(SNAPSHOT, "what?")
        await rig.by("ivan", chat, "taken")
        await rig.settled(chat)
        history, refusals = await rig.history(chat), await refusals_of(rig, chat)
        assert [refusal and refusal[:12] for refusal in refusals] == [
            *(None, "InvalidEvent", "InvalidEvent"),
            *(None, None),
        ]
        assert failed_tasks(history) == []
    for plugin in (BatonPlugin(), encrypting("first"), encrypting("second")):
        await replayer(plugin).replay_workflow(history)
    async with place.rig(encrypting("first")) as rig:
        await rig.by("petra", chat, "taken")
        assert await refusals_of(rig, chat) == [*refusals, None]
        assert failed_tasks(await rig.history(chat)) == []


async def refusals_of(rig: Rig, chat: str) -> list[str | None]:
    return [entry.refused for entry in await rig.client.chat(CHANNEL, chat).timeline()]


# When the case says that it cannot begin, Temporal's SDK has already made the coroutine of the signal.
@pytest.mark.filterwarnings("ignore:.*run_signal:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*run_signal' was never awaited:RuntimeWarning")
async def test_a_worker_that_was_started_without_its_keys_loses_nothing(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """The case began encrypted: with its start argument."""
    old, new = fresh("old"), fresh("new")
    keyed = await place.client(encrypting("first"))
    async with place.rig(encrypting("first")) as rig:
        await rig.customer(old)
        await rig.settled(old)
    async with place.rig(BatonPlugin()):
        for chat in (old, new):
            await keyed.chat(CHANNEL, chat).submit(event("customer_message", "customer"), customer="c")
        for chat in (old, new):
            waits = task_failures(caplog, f"ID {chat_workflow_id(CHANNEL, chat)}")
            await eventually(waits, "nobody was told")
        assert "NoKeys" in caplog.text
        assert "BATON_ENCRYPTION_KEYS_FILE" in caplog.text
    async with place.rig(encrypting("first")) as rig:
        await rig.staff(old, "ivan")
        await rig.staff(new, "ivan")
        assert await refusals_of(rig, old) == [None] * 3
        assert await refusals_of(rig, new) == [None] * 2


async def test_what_a_worker_with_keys_has_taken_in_is_not_refused_by_one_without(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """The case began before encryption was on, so its events are encrypted, but its start is not."""
    chat = fresh("chat")
    async with place.rig(BatonPlugin()) as rig:
        await rig.customer(chat)
        await rig.settled(chat)
    async with place.rig(encrypting("first")) as rig:
        await rig.client.chat(CHANNEL, chat).submit(event("taken", "ivan"))
        await rig.by("ivan", chat, "note_added", text="…")
        await rig.settled(chat)
        history = await rig.history(chat)
    with pytest.raises(Exception, match="BATON_ENCRYPTION_KEYS_FILE"):
        await replayer(BatonPlugin()).replay_workflow(history)
    caplog.clear()
    async with place.rig(BatonPlugin()) as rig:
        await rig.client.chat(CHANNEL, chat).submit(event("labels_changed", "ivan", add=["vip"]))
        await eventually(task_failures(caplog, "BATON_ENCRYPTION_KEYS_FILE"), "nobody was told")
    async with place.rig(encrypting("first")) as rig:

        async def labelled() -> bool:
            return (await rig.snapshot(chat)).labels == ("vip",)

        await eventually(labelled, "the event was lost")
        assert await refusals_of(rig, chat) == [None] * 4


async def test_an_event_waits_for_a_key_that_the_worker_does_not_have_yet(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """By update and by signal; and calls without an event in them do not wait."""
    chat = fresh("chat")
    ahead = await place.client(encrypting("second", "first"))
    async with place.rig(encrypting("first")) as rig:
        await rig.customer(chat)
        await rig.settled(chat)
        hasty = ahead.temporal.get_workflow_handle(rig.handle(chat).id)
        await hasty.signal(POKE, "why?")
        await rig.settled(chat)
        await hasty.signal(SUBMIT, args=[1, 2])
        assert await hasty.query(SNAPSHOT, "what?") == await rig.handle(chat).query(SNAPSHOT)
        await rig.settled(chat)
        assert failed_tasks(await rig.history(chat)) == []
        update = asyncio.create_task(ahead.chat(CHANNEL, chat).send(event("taken", "ivan")))
        missing = name_of("second", KEYS["second"])
        await eventually(task_failures(caplog, f"the key {missing!r}"), "nobody was told of the missing key")
    async with place.rig(encrypting("second", "first")) as rig:
        assert (await update).snapshot.pinned_to == "ivan"
        refusals = await refusals_of(rig, chat)
        assert [refusal is None for refusal in refusals] == [True, True, False, True]


async def test_a_start_that_was_moved_fails_that_case_alone(place: Place) -> None:
    async with place.rig(encrypting("first")) as rig:
        elsewhere = EncryptionCodec(ring("first")).with_context(
            WorkflowSerializationContext("default", "chat:telegram:other")
        )
        (start,) = await PLAIN.encode([{"channel": CHANNEL, "conversation": "c", "customer": "c"}])
        chat = fresh("moved")
        await (await place.client(BatonPlugin())).temporal.start_workflow(
            CHAT_WORKFLOW,
            RawValue(elsewhere.encrypted(start)),
            id=chat_workflow_id(CHANNEL, chat),
            task_queue=rig.settings.task_queue,
        )
        with pytest.raises(WorkflowFailureError) as raised:
            await rig.handle(chat).result()
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "InvalidEvent"
