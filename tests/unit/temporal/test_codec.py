"""Encrypted payloads: what opens them, where they belong, and what is said about unreadable ones."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from baton.contract import MAX_EVENT_SIZE
from baton.errors import NoKeys, SettingsError, UnknownKey, Unreadable
from baton.temporal.codec import ENCODING, KEY_ID, PLACE, PLAIN, EncryptionCodec, encrypting
from baton.temporal.keys import KeyRing, key_line, name_of, new_key, read_keys
from baton.temporal.payloads import UNREADABLE

SECRET = "my card number is 4711, мой номер"
OLD, NEW = new_key(), new_key()
CHAT = WorkflowSerializationContext(namespace="support", workflow_id="chat:telegram:42")


def ring(**keys: bytes) -> KeyRing:
    return KeyRing(keys or {"old": OLD})


def activity(workflow_id: str | None, activity_id: str | None = "7") -> ActivitySerializationContext:
    return ActivitySerializationContext(
        namespace="support",
        activity_id=activity_id,
        activity_type="decide",
        activity_task_queue="baton",
        workflow_id=workflow_id,
        workflow_type="Chat",
        is_local=True,
    )


def converter(keys: KeyRing | None = None, **options: Any) -> DataConverter:
    return encrypting(EncryptionCodec(keys or ring(), **options))


async def written(context: SerializationContext, keys: KeyRing | None = None) -> Payload:
    (payload,) = await converter(keys).with_context(context).encode([{"text": SECRET}])
    return payload


async def read(payload: Payload, context: SerializationContext, keys: KeyRing | None = None) -> Any:
    (value,) = await converter(keys).with_context(context).decode([payload])
    return value


async def test_a_payload_comes_back_as_it_was_and_shows_nothing_meanwhile() -> None:
    payload = await written(CHAT)

    assert b"4711" not in payload.SerializeToString()
    assert payload.metadata["encoding"] == ENCODING
    assert payload.metadata[KEY_ID].decode() == name_of("old", OLD)
    assert payload.metadata[PLACE] == b'["support","workflow","chat:telegram:42"]'
    assert await read(payload, CHAT) == {"text": SECRET}


async def test_the_same_value_never_looks_the_same() -> None:
    assert (await written(CHAT)).data != (await written(CHAT)).data


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        (CHAT, activity("chat:telegram:42")),
        (activity("chat:telegram:42"), CHAT),
        (activity("chat:telegram:42", None), activity("chat:telegram:42", "8")),
        # The client says None, and the worker an empty text.
        (activity(None), activity("")),
        # Who knows only the namespace, such as a codec server, can write for any case in it.
        (activity(None, None), CHAT),
    ],
)
async def test_what_belongs_together_is_readable_there(
    writer: SerializationContext, reader: SerializationContext
) -> None:
    assert await read(await written(writer), reader) == {"text": SECRET}


@pytest.mark.parametrize(
    ("elsewhere", "said"),
    [
        (WorkflowSerializationContext("support", "chat:telegram:43"), "workflow chat:telegram:43"),
        (WorkflowSerializationContext("other", "chat:telegram:42"), "namespace 'other'"),
        (activity("chat:telegram:43"), "workflow chat:telegram:43"),
        (activity(None, "chat:telegram:42"), "activity chat:telegram:42"),
    ],
)
async def test_a_payload_that_was_moved_is_refused(elsewhere: SerializationContext, said: str) -> None:
    payload = await written(CHAT)
    with pytest.raises(Unreadable) as refused:
        await read(payload, elsewhere)
    assert "the workflow chat:telegram:42 of namespace 'support'" in str(refused.value)
    assert said in str(refused.value)


async def test_a_payload_whose_place_was_changed_is_refused() -> None:
    payload = await written(CHAT)
    payload.metadata[PLACE] = payload.metadata[PLACE].replace(b"42", b"43")
    with pytest.raises(Unreadable, match="it was changed"):
        await read(payload, WorkflowSerializationContext("support", "chat:telegram:43"))


@pytest.mark.parametrize("position", [0, 12, -1])
async def test_a_payload_of_which_one_bit_was_changed_is_refused(position: int) -> None:
    payload = await written(CHAT)
    data = bytearray(payload.data)
    data[position] ^= 1
    payload.data = bytes(data)
    with pytest.raises(Unreadable, match="it was changed"):
        await read(payload, CHAT)


async def test_what_can_never_be_read_does_not_stop_the_rest() -> None:
    """A workflow task with one bad signal goes on; only code that reads its value gets the error."""
    good, bad = await written(CHAT), await written(WorkflowSerializationContext("support", "chat:x:1"))
    codec = EncryptionCodec(ring()).with_context(CHAT)
    decoded = await codec.decode([good, bad])
    payload_converter = converter().payload_converter
    read, kept = payload_converter.from_payloads(decoded)
    assert read == {"text": SECRET}
    assert kept.payload == decoded[1]
    with pytest.raises(Unreadable, match="chat:x:1"):
        payload_converter.from_payload(kept.payload, dict)


@pytest.mark.parametrize("reader", [PLAIN, converter()], ids=["without keys", "with a key"])
@pytest.mark.parametrize("encoding", UNREADABLE)
async def test_nobody_can_write_that_a_key_is_missing(reader: DataConverter, encoding: str) -> None:
    """Otherwise one signal could make a case wait for a key that does not exist."""
    forged = Payload(metadata={"encoding": encoding.encode()}, data=b"a key is missing")
    with pytest.raises(Unreadable) as refused:
        await reader.with_context(CHAT).decode([forged])
    assert not isinstance(refused.value, UnknownKey)


async def test_without_keys_only_what_is_encrypted_cannot_be_read() -> None:
    good, (bad,) = await PLAIN.encode(["plain"]), [await written(CHAT)]
    assert await PLAIN.decode(good) == ["plain"]
    hinted: list[type] = [dict]
    for hints in (None, hinted):
        with pytest.raises(NoKeys, match=rf"{name_of('old', OLD)}.*BATON_ENCRYPTION_KEYS_FILE"):
            await PLAIN.decode([bad], hints)


@pytest.mark.parametrize("reader", [PLAIN, converter(ring(new=NEW))], ids=["no keys", "another key"])
async def test_a_failure_is_not_taken_for_another_where_its_key_is_missing(reader: DataConverter) -> None:
    failure = Failure()
    await converter().with_context(CHAT).encode_failure(ApplicationError(SECRET), failure)
    with pytest.raises(UnknownKey, match=name_of("old", OLD)):
        await reader.with_context(CHAT).decode_failure(failure)
    plain = Failure()
    await PLAIN.with_context(CHAT).encode_failure(ApplicationError("plain"), plain)
    assert str(await reader.with_context(CHAT).decode_failure(plain)) == "plain"


ODD = {
    "bad json": Payload(metadata={"encoding": b"json/plain"}, data=b"{not json"),
    "an unknown encoding": Payload(metadata={"encoding": b"unheard/of"}, data=b"\x00\xff"),
    "no encoding": Payload(data=b"\x00\xff"),
    "an encoding that is no text": Payload(metadata={"encoding": b"\xff"}, data=b"{}"),
    "an unknown message": Payload(
        metadata={"encoding": b"json/protobuf", "messageType": b"no.such.Message"}, data=b"{}"
    ),
    "a null with something in it": Payload(metadata={"encoding": b"binary/null"}, data=b"x"),
    "more than an event may have": Payload(
        metadata={"encoding": b"json/plain"}, data=b'"%s"' % (b"x" * MAX_EVENT_SIZE)
    ),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("reader", [PLAIN, converter()], ids=["plain", "encrypting"])
def test_what_nobody_said_the_type_of_is_handed_over_as_it_came(reader: DataConverter, odd: Payload) -> None:
    null = reader.payload_converter.to_payload(None)
    assert reader.payload_converter.from_payloads([null, odd]) == [None, RawValue(odd)]


# --- Rotation -----------------------------------------------------------------------------------


async def test_the_first_key_writes_and_all_read() -> None:
    both = ring(new=NEW, old=OLD)
    earlier, later = await written(CHAT, ring(old=OLD)), await written(CHAT, both)

    assert later.metadata[KEY_ID].decode() == name_of("new", NEW)
    assert [await read(payload, CHAT, both) for payload in (earlier, later)] == [{"text": SECRET}] * 2


@pytest.mark.parametrize("keys", [{"new": NEW}, {"old": NEW}], ids=["removed", "another of that ID"])
async def test_a_key_that_is_missing_is_named(keys: dict[str, bytes]) -> None:
    payload = await written(CHAT, ring(old=OLD))
    with pytest.raises(UnknownKey) as missing:
        await read(payload, CHAT, ring(**keys))
    assert name_of("old", OLD) in str(missing.value)
    assert "Put it back" in str(missing.value)


# --- Before everything was encrypted --------------------------------------------------------------


async def test_payloads_from_before_are_readable_until_encryption_is_required() -> None:
    (plain,) = await DataConverter.default.encode([{"text": SECRET}])

    assert await read(plain, CHAT) == {"text": SECRET}
    with pytest.raises(Unreadable, match="BATON_ENCRYPTION_REQUIRED"):
        await converter(required=True).with_context(CHAT).decode([plain])


async def test_failures_show_their_type_only() -> None:
    failure = Failure()
    try:
        raise ApplicationError(SECRET, {"detail": SECRET}, type="HelpDeskUnavailable") from ValueError(SECRET)
    except ApplicationError as error:
        await converter().with_context(CHAT).encode_failure(error, failure)

    shown = failure.SerializeToString()
    assert b"4711" not in shown
    assert b"test_codec" not in shown, "a stack trace shows code"
    assert failure.application_failure_info.type == "HelpDeskUnavailable"
    back = await converter().with_context(CHAT).decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert (back.message, back.details) == (SECRET, ({"detail": SECRET},))
    assert isinstance(back.cause, ApplicationError)
    assert back.cause.message == SECRET


# --- Key files ----------------------------------------------------------------------------------


def test_a_key_file_has_one_key_on_each_line(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("# rotated in March\n\n" + key_line("2027-03", NEW) + key_line("2026-09", OLD))

    assert read_keys(path) == {"2027-03": NEW, "2026-09": OLD}
    assert KeyRing.read(path).names == [name_of("2027-03", NEW), name_of("2026-09", OLD)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (base64.b64encode(OLD).decode(), "1 words"),
        (f"a b {base64.b64encode(OLD).decode()}", "3 words"),
        (f"{base64.b64encode(OLD).decode()} a", "the first word cannot be the ID"),
        (f"k {base64.b64encode(OLD[:31]).decode()}", "'k' has 31 bytes, and needs 32"),
        (f"k {'?' * 44}", "'k' is not Base64"),
        (f"first {base64.b64encode(OLD).decode()}", "there is a key 'first' above"),
    ],
    ids=["no ID", "three words", "the wrong way round", "too short", "no Base64", "an ID twice"],
)
def test_a_mistake_in_a_key_file_is_told_with_its_line_and_without_the_key(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "keys"
    path.write_text(key_line("first", NEW) + line + "\n")
    with pytest.raises(SettingsError) as refused:
        read_keys(path)
    assert str(refused.value).startswith(f"{path}:2: ")
    assert said in str(refused.value)
    assert base64.b64encode(OLD).decode()[:20] not in str(refused.value)


@pytest.mark.parametrize(("text", "said"), [(None, "No such file"), ("# none\n", "there is no key in it")])
def test_without_a_key_the_command_that_makes_one_is_named(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=r"baton keys add") as refused:
        read_keys(path)
    assert said in str(refused.value)


def test_no_key_is_shown() -> None:
    keys = ring(old=OLD)
    shown = repr(keys) + repr(vars(keys)) + repr(EncryptionCodec(keys))
    assert OLD.hex() not in shown
    assert repr(OLD) not in shown
    assert base64.b64encode(OLD).decode() not in shown


def test_without_the_package_only_a_key_ring_is_missing() -> None:
    """The library works where ``cryptography`` is not installed, as long as no key is configured."""
    script = """
import sys
sys.modules["cryptography"] = None
import baton.cli, baton.client, baton.temporal.codec
from baton.errors import SettingsError
from baton.temporal.plugin import BatonPlugin
BatonPlugin()
try:
    baton.temporal.codec.KeyRing({"k": bytes(32)})
except SettingsError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "baton-desk[encryption]" in ended.stdout
