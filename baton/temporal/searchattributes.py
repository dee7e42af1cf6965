"""The contract's search attributes, as Temporal knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.common import SearchAttributeKey

from baton.contract import SEARCH_ATTRIBUTES
from baton.errors import SettingsError

if TYPE_CHECKING:
    from temporalio.client import Client

_VALUE_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}

VALUE_TYPES: Mapping[str, IndexedValueType.ValueType] = {
    name: _VALUE_TYPES[kind] for name, kind in SEARCH_ATTRIBUTES.items()
}
"""The type that each is registered with."""


LONGEST_KEYWORD = 255
"""Characters of a Keyword: the width of PostgreSQL's columns. A case that has a longer one is on no list."""
LARGEST_SEARCH_ATTRIBUTE = 2000
"""Bytes of one search attribute. Temporal takes 2,048, and fails a workflow that sets a larger one."""


def searchable(value: Any) -> Any:
    """As much of a value as a search attribute can hold, whatever Temporal keeps it in: some of the labels,
    but never half a label; of anything else all or ``None``."""
    if isinstance(value, list):
        ends = accumulate(len(json.dumps(word)) + len(",") for word in value)
        return [word for word, end in zip(value, ends, strict=True) if end < LARGEST_SEARCH_ATTRIBUTE]
    if isinstance(value, datetime):
        return value
    fits = len(value) <= LONGEST_KEYWORD and len(json.dumps(value)) <= LARGEST_SEARCH_ATTRIBUTE
    return value if fits else None


def type_name(kind: IndexedValueType.ValueType) -> str:
    """A type as people write it, such as ``KeywordList``; covers all of the server's types."""
    words = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").split("_")
    return "".join(word.capitalize() for word in words)


def key_of(name: str) -> SearchAttributeKey[Any]:
    """The key for reading and setting a search attribute of the contract."""
    match SEARCH_ATTRIBUTES[name]:
        case "Keyword":
            return SearchAttributeKey.for_keyword(name)
        case "KeywordList":
            return SearchAttributeKey.for_keyword_list(name)
        case "Datetime":
            return SearchAttributeKey.for_datetime(name)


async def registered(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    """The custom search attributes of the client's namespace, with their types."""
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return listed.custom_attributes


async def require_registered(client: Client) -> None:
    """Raise ``SettingsError`` if the namespace lacks a search attribute: the first chat would be stuck."""
    present = await registered(client)
    wrong = []
    for name, kind in SEARCH_ATTRIBUTES.items():
        if name not in present:
            wrong.append(f"temporal operator search-attribute create --name {name} --type {kind}")
        elif present[name] != VALUE_TYPES[name]:
            actual = type_name(present[name])
            wrong.append(f"# {name} is of type {actual}, but must be {kind}: remove it, and create it again")
    if wrong:
        commands = "\n    ".join(wrong)
        raise SettingsError(
            f"namespace {client.namespace!r} lacks search attributes that the workflows set. "
            f"Run `baton ops register`, then start the worker again. It does the same as:\n    {commands}"
        )
