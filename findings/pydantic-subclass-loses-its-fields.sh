#!/usr/bin/env bash
# Temporal with pydantic: a subclass in a field of its base loses its fields before they are sent.
#
# Guess: everything an object holds is sent, and at worst the reader ignores it, as with the default
# converter.
# What happens: pydantic writes a field as its declared type. If a Message is in a field `event: Event`, only
# the fields of Event go into the history: without an error, and for good. The same object by itself, not in a
# field, is sent whole; so is one in a field of a dataclass.
# Versions: temporalio 1.35.0, pydantic 2.14.3.
# For whoever builds on it: a union with a discriminator, never a base class, in whatever crosses Temporal.
# Seen:
#   temporalio 1.35.0, pydantic 2.14.3
#   by itself: {"id":"m-1","text":"Where is it?"}
#   in a field: {"event":{"id":"m-1"}}
#   dataclasses, default converter: {"event":{"id":"m-1","text":"Where is it?"}}
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio[pydantic]==1.35.0 pydantic==2.14.3
play <<'PY'
import asyncio
from dataclasses import dataclass

from lib import same
from pydantic import BaseModel
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter


class Event(BaseModel):
    id: str


class Message(Event):
    text: str


class Entry(BaseModel):
    event: Event


@dataclass
class PlainEvent:
    id: str


@dataclass
class PlainMessage(PlainEvent):
    text: str


@dataclass
class PlainEntry:
    event: PlainEvent


async def sent(value, converter=pydantic_data_converter):
    return (await converter.encode([value]))[0].data.decode()


async def main():
    message = Message(id="m-1", text="Where is it?")
    same("by itself", await sent(message), '{"id":"m-1","text":"Where is it?"}')
    same("in a field", await sent(Entry(event=message)), '{"event":{"id":"m-1"}}')
    plain = PlainEntry(PlainMessage("m-1", "Where is it?"))
    whole = '{"event":{"id":"m-1","text":"Where is it?"}}'
    same("dataclasses, default converter", await sent(plain, DataConverter.default), whole)


asyncio.run(main())
PY
