"""Payloads as values that can be compared."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    SerializationContext,
    WorkflowSerializationContext,
)

from baton.temporal.payloads import readable
from replaygate.commands import HIDDEN, Command
from replaygate.histories import workflow_type


class Reader:
    """Reads the payloads of one workflow.

    Args:
        converter: the one with which the history was written; none for what code has just made, which no
            codec has seen yet.
    """

    def __init__(self, converter: DataConverter | None, namespace: str, history: WorkflowHistory) -> None:
        self._converter = converter if converter is not None and converter.payload_codec else None
        self._namespace = namespace
        self._workflow_id = history.workflow_id
        self._workflow_type = workflow_type(history)

    async def read(self, command: Command) -> Command:
        """The same command, with values in place of payloads. Raises ``Unreadable``."""
        whole = WorkflowSerializationContext(namespace=self._namespace, workflow_id=self._workflow_id)
        context: SerializationContext = whole
        if command.key[0] == "activity":
            _, activity_id, name = command.key
            context = ActivitySerializationContext(
                namespace=self._namespace,
                activity_id=activity_id,
                activity_type=name,
                activity_task_queue=None,
                workflow_id=self._workflow_id,
                workflow_type=self._workflow_type,
                is_local=False,
            )
        content = {
            name: await self._value(value, context if name == "input" else whole)
            for name, value in command.content.items()
        }
        options = await self._value(command.options, whole)
        return Command(command.key, command.name, command.place, content, options)

    async def _value(self, value: Any, context: SerializationContext) -> Any:
        if isinstance(value, Payload):
            return await self._payload(value, context)
        if isinstance(value, list):
            return [await self._value(item, context) for item in value]
        if isinstance(value, dict):
            read = {name: await self._value(item, context) for name, item in value.items()}
            hidden = read.pop(HIDDEN, None)
            return {**read, "message": hidden["message"]} if isinstance(hidden, dict) else read
        return value

    async def _payload(self, payload: Payload, context: SerializationContext) -> Any:
        # Search attributes and markers do not go through codecs.
        if self._converter is not None and "type" not in payload.metadata:
            codec = self._converter.with_context(context).payload_codec
            assert codec is not None
            payload = readable(*await codec.decode([payload]))
        return plain(payload)


def plain(payload: Payload) -> Any:
    """The value in a payload that no codec has changed; a digest if it is not JSON."""
    encoding = payload.metadata.get("encoding", b"").decode()
    if encoding in ("binary/null", ""):
        return None
    if encoding.startswith("json/"):
        return json.loads(payload.data)
    return {"encoding": encoding, "sha256": hashlib.sha256(payload.data).hexdigest()}
