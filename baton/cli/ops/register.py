"""``baton ops register``: the search attributes that the workflows set."""

from __future__ import annotations

import click
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client

from baton.cli.ops.cases import dry_run_option
from baton.cli.shared import as_json, baton_client, print_json, run
from baton.cli.tables import print_table
from baton.contract import SEARCH_ATTRIBUTES
from baton.errors import BatonError
from baton.temporal.searchattributes import VALUE_TYPES, registered, type_name

PRESENT, ADDED, WOULD_ADD, WRONG = "is there", "registered", "would be registered", "has another type"


class WrongTypes(BatonError):
    """The namespace has search attributes of these names, but of other types."""


@click.command("register")
@dry_run_option
@as_json
def command(dry_run: bool, json_: bool) -> None:
    """Register the search attributes in the namespace; existing ones stay.

    Do this once for a namespace, before the first worker starts. It needs no worker, but the right to
    administer the namespace.
    """
    done = run(_register, dry_run)
    if json_:
        print_json([{"name": name, "type": SEARCH_ATTRIBUTES[name], "what": done[name]} for name in done])
    else:
        print_table(
            ("Name", "Type", ""), [(name, SEARCH_ATTRIBUTES[name], what) for name, what in done.items()], ""
        )


async def _register(dry_run: bool) -> dict[str, str]:
    async with baton_client() as client:
        return await register(client.temporal, dry_run=dry_run)


async def register(client: Client, *, dry_run: bool = False) -> dict[str, str]:
    """Register what is missing in the client's namespace; returns what was done about each.

    Raises ``WrongTypes``, before anything is registered, if one has another type.
    """
    present = await registered(client)
    wrong = {name for name, kind in VALUE_TYPES.items() if present.get(name, kind) != kind}
    if wrong:
        raise WrongTypes(
            "\n".join(_how_to_change(client.namespace, name, present[name]) for name in sorted(wrong))
        )
    missing = {name: kind for name, kind in VALUE_TYPES.items() if name not in present}
    if missing and not dry_run:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    return {
        name: PRESENT if name not in missing else WOULD_ADD if dry_run else ADDED
        for name in SEARCH_ATTRIBUTES
    }


def _how_to_change(namespace: str, name: str, kind: IndexedValueType.ValueType) -> str:
    return (
        f"In the namespace {namespace!r} the search attribute {name} is of type {type_name(kind)}, but it "
        f"must be {SEARCH_ATTRIBUTES[name]}. If nothing else needs it, remove it and register it again:\n"
        f"    temporal operator search-attribute remove --namespace {namespace} --name {name}\n"
        f"    baton ops register"
    )
