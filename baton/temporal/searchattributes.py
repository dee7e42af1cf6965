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
"""The type with which each is registered."""


def type_name(kind: IndexedValueType.ValueType) -> str:
    """How people write a type, the server's others included: ``KeywordList``."""
    words = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").split("_")
    return "".join(word.capitalize() for word in words)


def key_of(name: str) -> SearchAttributeKey[Any]:
    """The key under which a search attribute of the contract is read and set."""
    match SEARCH_ATTRIBUTES[name]:
        case "Keyword":
            return SearchAttributeKey.for_keyword(name)
        case "KeywordList":
            return SearchAttributeKey.for_keyword_list(name)
        case "Datetime":
            return SearchAttributeKey.for_datetime(name)


def quoted(value: str) -> str:
    """A value in a query, in whose strings a backslash and a quote need a backslash before them."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


async def registered(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    """The custom search attributes of the client's namespace, with their types."""
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return listed.custom_attributes
