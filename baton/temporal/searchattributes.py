"""The contract's search attributes, as Temporal knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.common import SearchAttributeKey

from baton.contract import SEARCH_ATTRIBUTES

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
